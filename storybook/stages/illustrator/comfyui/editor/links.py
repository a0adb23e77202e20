"""Where each input really gets its value from.

What only exists in the editor is looked through: reroutes, setters and getters, the borders of
subgraphs, bypassed nodes (their input of the same type) and muted ones (nothing).
"""

from __future__ import annotations

from typing import Any

import msgspec

from storybook.stages.illustrator.comfyui.editor import virtual
from storybook.stages.illustrator.comfyui.editor.layout import NodeLayout, Socket
from storybook.stages.illustrator.comfyui.editor.promoted import Promotions
from storybook.stages.illustrator.comfyui.editor.saved import (
    ANSWER,
    BYPASSED,
    ENTRANCE,
    MAX_DEPTH,
    MUTED,
    mode_of,
)
from storybook.stages.illustrator.comfyui.editor.scopes import Scope
from storybook.stages.illustrator.comfyui.editor.socket_types import SocketTypes
from storybook.stages.illustrator.comfyui.graph import Link, Node, WorkflowError


class Value(msgspec.Struct, frozen=True):
    """What comes from a widget that only the editor has."""

    value: Any


Source = Link | Value | None
"""Where an input gets its value from; None: from nowhere, its own widget stands."""


class Links:
    """Follows the wires of one file."""

    def __init__(self, layout: NodeLayout) -> None:
        self._layout = layout
        self._types = SocketTypes(layout)
        self._promotions = Promotions(layout)

    def source(self, scope: Scope, node: Node, socket: Socket) -> Source:
        """Where an input of an executed node gets its value from."""
        return self._into(scope, node, socket, "", 0)

    def _into(self, scope: Scope, node: Node, socket: Socket, wanted: str, depth: int) -> Source:
        """`wanted` is the type of the input at the end, if it is not this one."""
        if depth > MAX_DEPTH:
            raise WorkflowError(f"its links run in a circle; {ANSWER}")
        if (given := self._given_inside(scope, node, socket)) is not None:
            return given
        wire = socket.wire
        if wire is None:
            return None
        if wire.origin == ENTRANCE and scope.outer is not None:
            return self._from_outside(scope, wire.origin_slot, depth + 1)
        origin = scope.drawing.nodes.get(wire.origin)
        if origin is None:
            raise WorkflowError(
                f"a link comes from node {wire.origin}, which is not there; {ANSWER}"
            )
        wanted = wanted or self._types.input_type(scope.drawing, node, socket)
        return self._out_of(scope, origin, wire.origin_slot, wanted, depth + 1)

    def _given_inside(self, scope: Scope, node: Node, socket: Socket) -> Value | None:
        """The value that the instance has for a widget that no input of its own leads to."""
        if scope.outer is None or scope.instance is None:
            return None
        inside = self._promotions.of(scope.outer.drawing, scope.instance).inside
        at = (str(node["id"]), socket.name)
        return Value(inside[at]) if at in inside else None

    def _from_outside(self, scope: Scope, slot: int, depth: int) -> Source:
        """What comes in through a definition's input: its wire outside, or its instance's value."""
        assert scope.outer is not None and scope.instance is not None
        sockets = self._layout.sockets(scope.outer.drawing, scope.instance)
        if slot >= len(sockets):
            raise WorkflowError(f"a subgraph has no input {slot}; {ANSWER}")
        if (given := self._given_inside(scope.outer, scope.instance, sockets[slot])) is not None:
            return given
        if sockets[slot].wire is not None:
            return self._into(scope.outer, scope.instance, sockets[slot], "", depth)
        values = self._promotions.of(scope.outer.drawing, scope.instance).by_input
        value = values.get(sockets[slot].name)
        return None if value is None or value is msgspec.UNSET else Value(value)

    def _out_of(self, scope: Scope, node: Node, slot: int, wanted: str, depth: int) -> Source:
        if mode_of(node) == MUTED:
            return None
        if mode_of(node) == BYPASSED:
            return self._past(scope, node, slot, wanted, depth)
        inner = scope.inner(node)
        if inner is not None:
            return self._out_of_subgraph(inner, slot, wanted, depth)
        if node.get("type") in virtual.REROUTES:
            sockets = self._layout.sockets(scope.drawing, node)
            return self._into(scope, node, sockets[0], wanted, depth) if sockets else None
        if node.get("type") in virtual.GETTERS:
            return self._from_setter(scope, node, wanted, depth)
        if virtual.is_virtual(node):
            return None
        return Link(scope.path(node), slot)

    def _past(self, scope: Scope, node: Node, slot: int, wanted: str, depth: int) -> Source:
        """Through a bypassed node."""
        passing = self._types.passing(scope.drawing, node, slot, wanted)
        return None if passing is None else self._into(scope, node, passing, "", depth)

    def _out_of_subgraph(self, inner: Scope, slot: int, wanted: str, depth: int) -> Source:
        outputs = inner.drawing.outputs
        wire = next(iter(outputs[slot].wires), None) if slot < len(outputs) else None
        if wire is None:
            return None
        if wire.origin == ENTRANCE:
            return self._from_outside(inner, wire.origin_slot, depth + 1)
        origin = inner.drawing.nodes.get(wire.origin)
        if origin is None:
            return None
        return self._out_of(inner, origin, wire.origin_slot, wanted, depth + 1)

    def _from_setter(self, scope: Scope, getter: Node, wanted: str, depth: int) -> Source:
        scopes = scope.around()
        found = virtual.setter_of(getter, tuple(it.drawing for it in scopes))
        if found is None:
            raise WorkflowError(
                f"node {getter['id']} ({getter['type']}) gets {virtual.name_of(getter)!r}, and no "
                f"node sets it; use Export (API) and give that file"
            )
        at, setter = found
        if mode_of(setter) == MUTED:
            return None
        sockets = self._layout.sockets(scopes[at].drawing, setter)
        return self._into(scopes[at], setter, sockets[0], wanted, depth) if sockets else None
