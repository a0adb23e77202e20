"""Which types sockets take and give, and what a bypassed node passes on.

A type may be several, with commas between them, or anything (`*`). A reroute has the type of what
comes in; inputs and outputs of one group have what all that comes into them has in common.
"""

from __future__ import annotations

from collections.abc import Sequence

from storybook.stages.illustrator.comfyui.editor import virtual
from storybook.stages.illustrator.comfyui.editor.layout import NodeLayout, Socket
from storybook.stages.illustrator.comfyui.editor.saved import (
    ANSWER,
    MAX_DEPTH,
    Drawing,
    Wire,
    type_of,
)
from storybook.stages.illustrator.comfyui.graph import Node, WorkflowError
from storybook.stages.illustrator.comfyui.node_types import ANY


class SocketTypes:
    """The types of one file's sockets."""

    def __init__(self, layout: NodeLayout) -> None:
        self._layout = layout

    def passing(self, drawing: Drawing, node: Node, slot: int, wanted: str) -> Socket | None:
        """The input that a bypassed node passes on to an output, for an input of the type
        `wanted` at the end."""
        sockets = self._layout.sockets(drawing, node)
        types = [self.input_type(drawing, node, it) for it in sockets]
        passing = passing_input(types, self.output_type(drawing, node, slot), slot, wanted)
        return None if passing is None else sockets[passing]

    def output_type(self, drawing: Drawing, node: Node, slot: int, depth: int = 0) -> str:
        """The type of an output. One of a group, and a reroute's, is that of what comes in."""
        if depth > MAX_DEPTH:
            raise WorkflowError(f"its links run in a circle; {ANSWER}")
        inner, kind = self._layout.definition(node), self._layout.kind(node)
        if inner is not None:
            return inner.outputs[slot].type if slot < len(inner.outputs) else ANY
        if node.get("type") in virtual.REROUTES:
            return self._incoming(drawing, self._layout.sockets(drawing, node)[:1], depth)
        if kind is not None and slot < len(kind.outputs):
            group = kind.output_groups[slot] if slot < len(kind.output_groups) else ""
            if group:
                members = [it for it in self._layout.sockets(drawing, node) if it.group == group]
                return self._incoming(drawing, members, depth)
            return kind.outputs[slot]
        saved = node.get("outputs") or []
        return type_of(saved[slot]) if slot < len(saved) else ANY

    def input_type(self, drawing: Drawing, node: Node, socket: Socket) -> str:
        """The type that an input takes, with what stands in the others of its group."""
        if not socket.group:
            return socket.type
        others = [
            it
            for it in self._layout.sockets(drawing, node)
            if it.group == socket.group and it.name != socket.name
        ]
        return common_type(socket.type, self._incoming(drawing, others, 0))

    def _incoming(self, drawing: Drawing, sockets: Sequence[Socket], depth: int) -> str:
        """What the wires into some inputs have in common."""
        return common_type(
            *(self._origin_type(drawing, it.wire, depth + 1) for it in sockets if it.wire)
        )

    def _origin_type(self, drawing: Drawing, wire: Wire, depth: int) -> str:
        """The type of what a wire brings."""
        origin = drawing.nodes.get(wire.origin)
        if origin is not None:
            return self.output_type(drawing, origin, wire.origin_slot, depth)
        at = wire.origin_slot
        return drawing.inputs[at].type if at < len(drawing.inputs) else ANY


def is_valid(one: str, other: str) -> bool:
    """Whether an output of one type may go into an input of another; each may be several."""
    if ANY in (one, other) or one == other:
        return True
    return bool({*one.lower().split(",")} & {*other.lower().split(",")})


def common_type(*types: str) -> str:
    """What several types have in common; nothing in common, or nothing at all, is anything."""
    lists = [it.split(",") for it in types if it != ANY]
    if not lists:
        return ANY
    common = [it for it in lists[0] if all(it in other for other in lists[1:])]
    return ",".join(common) or ANY


def passing_input(types: list[str], output: str, slot: int, wanted: str) -> int | None:
    """Which of a bypassed node's inputs stands for an output: for an input that takes anything the
    one in the same place, else the one in the same place if it fits, the first that is of the same
    type, or the first that fits."""
    if wanted == ANY:
        return None if not types else slot if slot < len(types) else 0
    fits = [is_valid(it, output) and is_valid(it, wanted) for it in types]
    if slot < len(types) and fits[slot]:
        return slot
    if wanted in types:
        return types.index(wanted)
    return fits.index(True) if any(fits) else None
