"""What each saved node is, with the server's node types and the file's own definitions.

The editor lays a node out anew when it opens a file: the inputs are those of its type, sockets
before widgets, and of the saved ones only the wires are taken over, by name. Inputs that the type
does not have stand after them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from storybook.stages.illustrator.comfyui.editor import virtual
from storybook.stages.illustrator.comfyui.editor.saved import Drawing, Wire, type_of
from storybook.stages.illustrator.comfyui.editor.widgets import Widget, widgets_of
from storybook.stages.illustrator.comfyui.editor.written import as_taken
from storybook.stages.illustrator.comfyui.graph import Node
from storybook.stages.illustrator.comfyui.node_types import (
    CHOICE,
    LIST,
    Input,
    NodeType,
    NodeTypes,
)


class Socket(msgspec.Struct, frozen=True):
    """An input of a node as it is laid out, and the wire that ends in it. `group` joins inputs that
    take the same type."""

    name: str
    type: str
    wire: Wire | None = None
    is_widget: bool = False
    group: str = ""


Place = tuple[Drawing, str]
"""A node, by its drawing and its id."""


class NodeLayout:
    """The nodes of one file. Remembers what it has worked out."""

    def __init__(self, definitions: Mapping[str, Drawing], node_types: NodeTypes) -> None:
        self._definitions, self._node_types = definitions, node_types
        self._sockets: dict[Place, tuple[Socket, ...]] = {}
        self._widgets: dict[Place, dict[str, Widget]] = {}

    def kind(self, node: Node) -> NodeType | None:
        """The type of a node that the server executes."""
        return None if virtual.is_virtual(node) else self._node_types.of(str(node["type"]))

    def definition(self, node: Node) -> Drawing | None:
        """What is drawn inside a node, if it is an instance."""
        return self._definitions.get(str(node.get("type")))

    def widgets(self, drawing: Drawing, node: Node) -> dict[str, Widget]:
        """The widgets that the graph has as inputs, in their order, with what primitive nodes write
        into them. A class that is not known has none."""
        place = (drawing, str(node["id"]))
        if place not in self._widgets:
            kind = self.kind(node)
            self._widgets[place] = widgets_of(node, kind) if kind else {}
            self._widgets[place] |= self._written(drawing, node)
        return self._widgets[place]

    def sockets(self, drawing: Drawing, node: Node) -> tuple[Socket, ...]:
        """The inputs of a node, in their order."""
        place = (drawing, str(node["id"]))
        if place not in self._sockets:
            self._sockets[place] = tuple(self._laid_out(drawing, node))
        return self._sockets[place]

    # ------------------------------------------------------------------------------------ inputs

    def _laid_out(self, drawing: Drawing, node: Node) -> Iterator[Socket]:
        gone = self._unknown_branches(drawing, node)
        saved = {
            str(it["name"]): it
            for it in node.get("inputs") or ()
            if not str(it["name"]).startswith(gone)
        }
        names = self._declared(drawing, node, saved)
        declared = {it.name for it in names}
        has_type = bool(names)
        for name, it in saved.items():
            if name not in declared and not (has_type and it.get("widget")):
                names.append(Socket(name, type_of(it), is_widget=bool(it.get("widget"))))
        wires = self._wires(drawing, node, [it.name for it in names], saved)
        for socket in names:
            yield msgspec.structs.replace(socket, wire=wires.get(socket.name))

    def _unknown_branches(self, drawing: Drawing, node: Node) -> tuple[str, ...]:
        """How names of inputs begin that belong to a branch which the server does not know: the
        editor takes them away, and their wires end in the places that they name."""
        return tuple(
            f"{it.name}."
            for it in self.widgets(drawing, node).values()
            if it.input is not None
            and it.input.kind == CHOICE
            and str(it.value) not in it.input.branches
        )

    def _declared(self, drawing: Drawing, node: Node, saved: Mapping[str, object]) -> list[Socket]:
        """The inputs that a node has by its type."""
        inner, kind = self.definition(node), self.kind(node)
        if inner is not None:
            return [Socket(it.name, it.type) for it in inner.inputs]
        if kind is None:
            return []
        widgets = [it for it in self.widgets(drawing, node).values() if it.input is not None]
        found = [*_sockets_of(kind.inputs, saved)]
        for it in widgets:
            assert it.input is not None
            for part in it.input.branches.get(str(it.value), ()):
                found += _sockets_of((part,), saved, f"{it.name}.")
        found += [Socket(it.name, it.input.kind, is_widget=True) for it in widgets if it.input]
        return found

    def _wires(
        self,
        drawing: Drawing,
        node: Node,
        names: list[str],
        saved: Mapping[str, Mapping[str, object]],
    ) -> dict[str, Wire]:
        """The wire into each input: the one that the saved input names, and otherwise the one that
        says that it ends in this place."""
        into = {it.id: it for it in drawing.into(node)}
        found: dict[str, Wire] = {}
        for name, it in saved.items():
            wire = into.pop(str(it.get("link")), None)
            if wire is not None:
                found[name] = wire
        for wire in into.values():
            if wire.target_slot < len(names):
                found.setdefault(names[wire.target_slot], wire)
        return found

    # ------------------------------------------------------------------------- primitive nodes

    def _written(self, drawing: Drawing, node: Node) -> Iterator[tuple[str, Widget]]:
        """The widgets of a node into which primitive nodes write, as they are then."""
        found = self._widgets[drawing, str(node["id"])]
        for socket in self.sockets(drawing, node):
            origin = drawing.nodes.get(socket.wire.origin) if socket.wire else None
            if origin is None or origin.get("type") != virtual.PRIMITIVE or not socket.is_widget:
                continue
            it = found.get(socket.name)
            match origin.get("widgets_values"):
                case [value, *_] if it and it.input and _writes(origin, socket):
                    taken = as_taken(it.input, value)
                    yield socket.name, msgspec.structs.replace(it, value=taken)


def _writes(primitive: Node, socket: Socket) -> bool:
    """Whether a primitive node has kept the type of its target; else it has that one's value."""
    outputs = primitive.get("outputs") or []
    return not outputs or type_of(outputs[0]) == socket.type


def _sockets_of(
    inputs: tuple[Input, ...], saved: Mapping[str, object], prefix: str = ""
) -> Iterator[Socket]:
    for it in inputs:
        name = f"{prefix}{it.name}"
        if it.kind == LIST:
            part = it.parts[0] if it.parts else it
            grown = [other for other in saved if other.startswith(f"{name}.")]
            names = dict.fromkeys([*(f"{name}.{first}" for first in it.first), *grown])
            yield from (Socket(other, part.kind, group=part.group) for other in names)
        elif not it.is_widget:
            yield Socket(name, it.kind, group=it.group)
