"""How the nodes of a graph are connected: what a link carries, and where a value is written.

What a link carries is known from the server's node types. Nodes that they do not have, and sockets
that take anything (switches), are judged by the other end of the link, and last by the input's
name. Of a switch whose setting is written in the graph only the branch that is taken counts.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from storybook.stages.illustrator.comfyui.graph import (
    Graph,
    Link,
    NodeId,
    class_of,
    link_of,
    links,
)
from storybook.stages.illustrator.comfyui.node_types import NodeType, NodeTypes

GUIDING: Final = frozenset({"CONDITIONING", "GUIDER"})
"""What a sampler is guided by."""
PIXELS: Final = frozenset({"IMAGE", "LATENT"})
"""What a picture is before it is saved."""

NAMES: Final = {
    GUIDING: re.compile(r"(positive|negative|guider|cond|on_true$|on_false$|any)", re.IGNORECASE),
    PIXELS: re.compile(
        r"(images?\d*$|pixels|samples|latent|on_true$|on_false$|any|input$|destination)",
        re.IGNORECASE,
    ),
}
"""Inputs of unknown nodes that carry such things, by their names."""

LITERALS: Final = ("value", "text", "string", "int", "seed", "noise_seed", "number")
"""Inputs of nodes that only hold a value for others."""

SWITCH_BRANCHES: Final = {True: "on_true", False: "on_false"}


class NodeInput(NamedTuple):
    """An input of a node: the place of a value."""

    node: NodeId
    input: str

    def __str__(self) -> str:
        return f"{self.node}.{self.input}"


class Wiring:
    """A graph, read with the node types of a server where they are known."""

    def __init__(self, graph: Graph, node_types: NodeTypes | None = None) -> None:
        self.graph, self._node_types = graph, node_types

    def of(self, graph: Graph) -> Wiring:
        """Another graph, read with the same node types."""
        return Wiring(graph, self._node_types)

    def kind(self, node_id: NodeId) -> NodeType | None:
        return self._node_types.of(class_of(self.graph[node_id])) if self._node_types else None

    def inputs(self, node_id: NodeId) -> dict[str, Any]:
        found: dict[str, Any] = self.graph[node_id]["inputs"]
        return found

    def value(self, place: NodeInput) -> Any:
        return self.inputs(place.node).get(place.input)

    # -------------------------------------------------------------------------------------- links

    def gives(self, link: Link) -> frozenset[str] | None:
        """The types that an output gives; None if that is not known."""
        kind = self.kind(link.node)
        if kind is None or link.slot >= len(kind.outputs):
            return None
        return socket_types(kind.outputs[link.slot])

    def sources(self, node_id: NodeId, kinds: frozenset[str]) -> Iterator[tuple[str, Link]]:
        """The links through which one of `kinds` comes into a node, with the inputs' names."""
        kind = self.kind(node_id)
        for name, link in self.branches(node_id):
            declared = kind.input(name) if kind else None
            carried = self.gives(link) or (socket_types(declared.kind) if declared else None)
            if not carried.isdisjoint(kinds) if carried else NAMES[kinds].match(last_part(name)):
                yield name, link

    def branches(self, node_id: NodeId) -> Iterator[tuple[str, Link]]:
        """The links into a node, without the branches of a switch that are not taken."""
        taken = self._taken_branch(node_id)
        for name, link in links(self.graph[node_id]):
            if link.node in self.graph and (taken is None or name in ("switch", taken)):
                yield name, link

    def _taken_branch(self, node_id: NodeId) -> str | None:
        inputs = self.inputs(node_id)
        if not inputs.keys() & set(SWITCH_BRANCHES.values()) or "switch" not in inputs:
            return None
        place = self.written(NodeInput(node_id, "switch"), bool)
        switch = self.value(place)
        return SWITCH_BRANCHES[switch] if isinstance(switch, bool) else None

    def upwards(self, start: NodeId) -> Iterator[NodeId]:
        """A node and all that it takes anything from, nearest first."""
        seen, ahead = {start}, deque([start])
        while ahead:
            node_id = ahead.popleft()
            yield node_id
            for _, link in self.branches(node_id):
                if link.node not in seen:
                    seen.add(link.node)
                    ahead.append(link.node)

    # ------------------------------------------------------------------------------------- values

    def written(self, place: NodeInput, kind: type) -> NodeInput:
        """Where a value is written: in the node that holds it for others, if nothing is done with
        it on the way; else at the place itself, where it takes the link's place."""
        at, seen = place, {place.node}
        while (link := link_of(self.value(at))) is not None:
            held = self._held(link.node)
            if held is None or link.node in seen:
                return place
            seen.add(link.node)
            at = NodeInput(link.node, held)
        return at if is_literal(self.value(at), kind) else place

    def _held(self, node_id: NodeId) -> str | None:
        """The input of a node that only holds one value."""
        if node_id not in self.graph:
            return None
        names = list(self.inputs(node_id))
        return names[0] if len(names) == 1 and names[0] in LITERALS else None


def is_literal(value: object, kind: type) -> bool:
    """Whether a value is one of a kind; True and False are no numbers."""
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def socket_types(declared: str) -> frozenset[str] | None:
    """The types of a socket; None if it takes or gives anything."""
    types = frozenset(declared.split(","))
    return None if "*" in types or any(it.startswith("COMFY_") for it in types) else types


def last_part(name: str) -> str:
    """The name of an input that grows or depends on a choice (`images.image0`), without what it
    belongs to."""
    return name.rpartition(".")[2]
