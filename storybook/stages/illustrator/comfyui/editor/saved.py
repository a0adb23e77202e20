"""A workflow file as the editor saves it: drawings of nodes and wires.

The workflow is one drawing; each **definition** is another, drawn once and used by any number of
nodes, its instances. In a definition wires from node -10 come in through the instance's inputs, and
wires to node -20 go out through its outputs. Both generations of files are read: wires are lists
in the older one and objects in subgraphs and the newer one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from storybook.stages.illustrator.comfyui.graph import Node, WorkflowError

ENTRANCE, EXIT = "-10", "-20"
"""The ids that stand for a subgraph's own inputs and outputs."""

MUTED, BYPASSED = 2, 4
"""Values of a node's `mode`; 0 is an ordinary one."""

MAX_DEPTH: Final = 200
"""Links followed: more is a circle in a damaged file."""

MAX_DEFINITIONS: Final = 500
"""Of one workflow; the most of any template is 10."""

ANSWER: Final = "save it from ComfyUI again"
"""What to do about a damaged file."""


class Wire(msgspec.Struct, frozen=True):
    """A link as it is drawn."""

    id: str
    origin: str
    origin_slot: int
    target: str
    target_slot: int


class Port(msgspec.Struct, frozen=True):
    """An input or an output of a definition, and the wires that end there, the first one first."""

    name: str
    type: str
    wires: tuple[Wire, ...]


class Drawing:
    """One drawing: its nodes by id, its wires, and a definition's inputs and outputs."""

    def __init__(self, saved: Mapping[str, Any]) -> None:
        self.nodes: dict[str, Node] = {str(it["id"]): it for it in saved.get("nodes") or ()}
        self.wires = {it.id: it for it in _wires(saved.get("links") or ())}
        self.inputs = tuple(
            Port(str(it.get("name")), type_of(it), self._first_listed(it, slot))
            for slot, it in enumerate(saved.get("inputs") or ())
        )
        self.outputs = tuple(
            Port(str(it.get("name")), type_of(it), self._out_through(slot))
            for slot, it in enumerate(saved.get("outputs") or ())
        )

    def into(self, node: Node) -> list[Wire]:
        """The wires that end at a node."""
        return [it for it in self.wires.values() if it.target == str(node["id"])]

    def out_of(self, node: Node, slot: int) -> list[Wire]:
        """The wires that begin at an output of a node."""
        at = (str(node["id"]), slot)
        return [it for it in self.wires.values() if (it.origin, it.origin_slot) == at]

    def _first_listed(self, port: Mapping[str, Any], slot: int) -> tuple[Wire, ...]:
        """The wires from an input, in the order in which it lists them."""
        order = [str(it) for it in port.get("linkIds") or ()]
        at = (ENTRANCE, slot)
        found = [it for it in self.wires.values() if (it.origin, it.origin_slot) == at]
        last = len(order)
        return tuple(sorted(found, key=lambda it: order.index(it.id) if it.id in order else last))

    def _out_through(self, slot: int) -> tuple[Wire, ...]:
        """The wires to an output. There should be one; of several the editor keeps the first."""
        at = (EXIT, slot)
        return tuple(it for it in self.wires.values() if (it.target, it.target_slot) == at)


def definitions_in(document: Mapping[str, Any]) -> dict[str, Drawing]:
    """The definitions of a workflow by id. Raises `WorkflowError` if one stands within itself."""
    found = dict(_definitions(document))
    seen: dict[str, bool] = {}  # whether all that stands within has been looked at
    for name in found:
        _look_within(name, found, seen)
    return found


def _definitions(document: Mapping[str, Any]) -> Iterator[tuple[str, Drawing]]:
    """Those of the workflow, and before them those that stand in other definitions."""
    for it in (document.get("definitions") or {}).get("subgraphs") or ():
        yield from _definitions(it)
        yield str(it["id"]), Drawing(it)


def _look_within(name: str, found: Mapping[str, Drawing], seen: dict[str, bool]) -> None:
    if seen.get(name):
        return
    if name in seen or len(seen) > MAX_DEFINITIONS:
        raise WorkflowError(f"its subgraphs contain each other; {ANSWER}")
    seen[name] = False
    for kind in {str(it.get("type")) for it in found[name].nodes.values()}:
        if kind in found:
            _look_within(kind, found, seen)
    seen[name] = True


def mode_of(node: Node) -> int:
    return int(node.get("mode") or 0)


def type_of(socket: Mapping[str, Any]) -> str:
    """The type of a saved input or output; several stand with commas between them."""
    kind = socket.get("type")
    if isinstance(kind, list):
        return ",".join(str(it) for it in kind)
    return "*" if kind in (None, "", 0) else str(kind)


def _wires(saved: Any) -> Iterator[Wire]:
    for it in saved:
        match it:
            case [wire_id, origin, slot, target, target_slot, *_]:
                yield Wire(str(wire_id), str(origin), int(slot), str(target), int(target_slot))
            case {"id": wire_id}:
                ends = (str(it["origin_id"]), int(it["origin_slot"]))
                yield Wire(str(wire_id), *ends, str(it["target_id"]), int(it["target_slot"]))
