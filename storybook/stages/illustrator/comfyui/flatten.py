"""The editor's nested graphs as one flat list of nodes, and where each link really comes from.

A **scope** is one drawing: the workflow itself, or a subgraph drawn once and used by a node. Inside
a subgraph, links from node -10 come in through the instance's inputs, and links to node -20 go out
through its outputs. An inner node's id is its path, `18:3`, as the editor writes it.

What only exists in the editor is looked through here: reroutes, primitive nodes (a value), bypassed
nodes (their input of the same type) and muted ones (nothing).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from storybook.stages.illustrator.comfyui.graph import Link, Node, WorkflowError

MUTED, BYPASSED = 2, 4
"""Values of a node's `mode`; 0 is an ordinary one."""

ENTRANCE, EXIT = -10, -20
"""The ids that stand for a subgraph's own inputs and outputs."""

REROUTES: Final = frozenset({"Reroute", "Reroute (rgthree)"})
PRIMITIVE: Final = "PrimitiveNode"
ONLY_DRAWN: Final = REROUTES | {PRIMITIVE, "Note", "MarkdownNote"}
"""Nodes that no server knows."""

MAX_DEPTH: Final = 200
"""Links followed, or subgraphs in subgraphs: more is a cycle in a damaged file."""


class Wire(msgspec.Struct, frozen=True):
    """A link as it is drawn."""

    origin: int | str
    origin_slot: int
    target: int | str
    target_slot: int


class Value(msgspec.Struct, frozen=True):
    """What a link brings when it comes from a widget that only the editor has."""

    value: Any


Source = Link | Value | None
"""Where an input gets its value from; None: from nowhere, its own widget stands."""


class Scope:
    """One drawing, and the subgraph's instance that it is seen through (None: the workflow)."""

    def __init__(
        self,
        drawing: Mapping[str, Any],
        definitions: Mapping[str, Mapping[str, Any]],
        outer: Scope | None = None,
        instance: Node | None = None,
    ) -> None:
        self.drawing, self.definitions = drawing, definitions
        self.outer, self.instance = outer, instance
        self.prefix = "" if outer is None or instance is None else outer.path(instance) + ":"
        self.nodes = {str(node["id"]): node for node in drawing.get("nodes", ())}
        self.wires = dict(_wires(drawing.get("links", ())))
        self._inner: dict[str, Scope] = {}
        if self.prefix.count(":") > MAX_DEPTH:
            raise WorkflowError("its subgraphs contain each other; save it from ComfyUI again")

    def path(self, node: Node) -> str:
        """The id of a node in the flat graph."""
        return f"{self.prefix}{node['id']}"

    def inner(self, node: Node) -> Scope | None:
        """What is drawn inside a node, if it is a subgraph."""
        definition = self.definitions.get(str(node.get("type")))
        if definition is None:
            return None
        key = str(node["id"])
        if key not in self._inner:
            self._inner[key] = Scope(definition, self.definitions, self, node)
        return self._inner[key]

    def active(self) -> Iterator[tuple[Scope, Node]]:
        """Every node that is executed, with the scope that it stands in."""
        for node in self.nodes.values():
            if node.get("mode", 0) in (MUTED, BYPASSED) or node.get("type") in ONLY_DRAWN:
                continue
            inner = self.inner(node)
            if inner is not None:
                yield from inner.active()
            else:
                yield self, node

    def source(self, wire_id: object, depth: int = 0) -> Source:
        """Where a link really comes from."""
        if depth > MAX_DEPTH:
            raise WorkflowError("its links run in a circle; save it from ComfyUI again")
        wire = self.wires.get(str(wire_id)) if wire_id is not None else None
        if wire is None:
            return None
        if wire.origin == ENTRANCE:
            return self._from_outside(wire.origin_slot, depth + 1)
        return self._from(str(wire.origin), wire.origin_slot, depth + 1)

    def _from(self, node_id: str, slot: int, depth: int) -> Source:
        node = self.nodes.get(node_id)
        if node is None:
            raise WorkflowError(
                f"a link comes from node {node_id}, which is not there; save it from ComfyUI again"
            )
        mode = node.get("mode", 0)
        if mode == MUTED:
            return None
        if node.get("type") in REROUTES:
            return self._through(node, 0, depth)
        if mode == BYPASSED:
            passing = _same_type_input(node, slot)
            return None if passing is None else self._through(node, passing, depth)
        if node.get("type") == PRIMITIVE:
            values = node.get("widgets_values") or []
            return Value(values[0]) if values else None
        inner = self.inner(node)
        return inner._to_outside(slot, depth) if inner else Link(self.path(node), slot)

    def _through(self, node: Node, slot: int, depth: int) -> Source:
        inputs = node.get("inputs") or []
        return self.source(inputs[slot].get("link"), depth) if slot < len(inputs) else None

    def _to_outside(self, slot: int, depth: int) -> Source:
        for wire in self.wires.values():
            if wire.target == EXIT and wire.target_slot == slot:
                if wire.origin == ENTRANCE:
                    return self._from_outside(wire.origin_slot, depth + 1)
                return self._from(str(wire.origin), wire.origin_slot, depth + 1)
        return None

    def _from_outside(self, slot: int, depth: int) -> Source:
        """What comes in through a subgraph's input: its link outside, or its instance's widget."""
        if self.outer is None or self.instance is None:
            raise WorkflowError("a link comes from outside of the workflow; save it again")
        declared = self.drawing.get("inputs") or []
        name = declared[slot].get("name") if slot < len(declared) else None
        inputs = self.instance.get("inputs") or []
        by_name = next((it for it in inputs if it.get("name") == name), None)
        entrance = by_name or (inputs[slot] if slot < len(inputs) else {})
        if entrance.get("link") is not None:
            return self.outer.source(entrance["link"], depth)
        return _promoted_value(self.instance, entrance)


def _promoted_value(instance: Node, entrance: Mapping[str, Any]) -> Value | None:
    """The value that a subgraph's instance has for one of its inputs, if it keeps one itself.

    Newer editors list the widgets in `proxyWidgets`, where "-1" marks those that the instance
    keeps; older ones have a value for each input with a widget.
    """
    values = instance.get("widgets_values") or []
    proxies = (instance.get("properties") or {}).get("proxyWidgets")
    if proxies is not None:
        kept = [name if str(owner) == "-1" else None for owner, name, *_ in proxies]
    else:
        kept = [it.get("name") for it in instance.get("inputs") or [] if it.get("widget")]
    name = entrance.get("name")
    if name not in kept or kept.index(name) >= len(values):
        return None
    value = values[kept.index(name)]
    return None if value is None else Value(value)


def _same_type_input(node: Node, slot: int) -> int | None:
    """The input that a bypassed node passes on to an output: the one of the same type, best in the
    same place."""
    outputs, inputs = node.get("outputs") or [], node.get("inputs") or []
    if slot >= len(outputs):
        return None
    kind = outputs[slot].get("type")
    alike = [i for i, it in enumerate(inputs) if it.get("type") == kind or kind == "*"]
    return slot if slot in alike else next(iter(alike), None)


def _wires(saved: Any) -> Iterator[tuple[str, Wire]]:
    """Links are lists in the workflow and objects in subgraphs and newer files."""
    for it in saved:
        match it:
            case [wire_id, origin, origin_slot, target, target_slot, *_]:
                yield str(wire_id), Wire(origin, int(origin_slot), target, int(target_slot))
            case {"id": wire_id}:
                wire = Wire(it["origin_id"], it["origin_slot"], it["target_id"], it["target_slot"])
                yield str(wire_id), wire
