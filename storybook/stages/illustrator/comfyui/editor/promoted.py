"""Widgets of a subgraph's nodes that its instance shows, and the values that it has for them.

Three generations save them in three ways, and files of all of them are about:

- The instance's list has a value for each of the definition's inputs behind which there is a
  widget, in their order. This is how files are saved now.
- `proxyWidgets` names a node inside and its widget for each value. A node of "-1" is the instance
  itself: its input of that name.
- `proxyWidgetErrorQuarantine` keeps what the editor could not sort out when it opened such a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from storybook.stages.illustrator.comfyui.editor.layout import NodeLayout, Socket
from storybook.stages.illustrator.comfyui.editor.saved import Drawing, Port
from storybook.stages.illustrator.comfyui.editor.virtual import PRIMITIVE
from storybook.stages.illustrator.comfyui.graph import Node

ITSELF: Final = "-1"
_PREFIX: Final = re.compile(r"^\s*(\d+)\s*:\s*(.+)$")
"""Older names of widgets that were shown through several borders: `12: text`."""

Inner = tuple[str, str]
"""A widget inside: its node's id, and its name."""


class Proxy(msgspec.Struct, frozen=True):
    """A widget that an instance shows: its node within, its name, and where that node is an
    instance too, the node within that one (empty: not said)."""

    owner: str
    name: str
    within: str


class Promoted(msgspec.Struct):
    """What an instance has for the definition's inputs by name, and for widgets inside that no
    input leads to."""

    by_input: dict[str, Any]
    inside: dict[Inner, Any]


class Promotions:
    """The values of a file's instances. Remembers what it has worked out."""

    def __init__(self, layout: NodeLayout) -> None:
        self._layout = layout
        self._found: dict[tuple[Drawing, str], Promoted] = {}

    def of(self, drawing: Drawing, instance: Node) -> Promoted:
        """The values of an instance. An input behind which there is no widget has none."""
        place = (drawing, str(instance["id"]))
        if place not in self._found:
            inner = self._layout.definition(instance)
            assert inner is not None
            self._found[place] = self._values(instance, inner)
        return self._found[place]

    def _values(self, instance: Node, inner: Drawing) -> Promoted:
        found = Promoted({}, {})
        for port in inner.inputs:
            shown = self._shown(inner, port)
            if shown is not None:
                found.by_input[port.name] = shown[1]
        saved = instance.get("widgets_values")
        values: list[Any] = saved if isinstance(saved, list) else []
        properties = instance.get("properties") or {}
        apart = dict(_quarantined(properties.get("proxyWidgetErrorQuarantine")))
        for at, name in enumerate(found.by_input):
            value = apart.get(name, values[at] if at < len(values) else None)
            if value is not None:
                found.by_input[name] = value
        for at, proxy in enumerate(properties.get("proxyWidgets") or ()):
            value = values[at] if at < len(values) else None
            self._take(found, inner, _proxy(proxy), value)
        return found

    def _shown(self, inner: Drawing, port: Port) -> tuple[Inner, Any] | None:
        """The widget behind a definition's input, and the value that it has inside."""
        for wire in port.wires:
            node = inner.nodes.get(wire.target)
            socket = self._socket_at(inner, node, wire.id) if node is not None else None
            if node is None or socket is None:
                continue
            if self._layout.definition(node) is not None:
                nested = self.of(inner, node).by_input
                if socket.name in nested:
                    return (wire.target, socket.name), nested[socket.name]
            elif socket.is_widget:
                widget = self._layout.widgets(inner, node).get(socket.name)
                return (wire.target, socket.name), widget.value if widget else None
        return None

    def _socket_at(self, inner: Drawing, node: Node, wire: str) -> Socket | None:
        sockets = self._layout.sockets(inner, node)
        return next((it for it in sockets if it.wire is not None and it.wire.id == wire), None)

    # ------------------------------------------------------------------------------ proxyWidgets

    def _take(self, found: Promoted, inner: Drawing, proxy: Proxy, value: Any) -> None:
        """Give a value to what a proxy names. One of a preview, and one of something that is not
        there any more, names nothing."""
        if value is None:
            return
        port = self._port_of(inner, (proxy.owner, proxy.name))
        if proxy.owner == ITSELF or port is not None:
            if (shown := port or proxy.name) in found.by_input:
                found.by_input[shown] = value
            return
        node = inner.nodes.get(proxy.owner)
        if node is not None and node.get("type") == PRIMITIVE:
            found.inside |= dict.fromkeys(self._written_by(inner, node), value)
        elif node is not None and (name := self._named(inner, node, proxy)) is not None:
            found.inside[proxy.owner, name] = value

    def _port_of(self, inner: Drawing, widget: Inner) -> str | None:
        """The definition's input that leads to a widget inside."""
        for port in inner.inputs:
            shown = self._shown(inner, port)
            if shown is not None and shown[0] == widget:
                return port.name
        return None

    def _named(self, inner: Drawing, node: Node, proxy: Proxy) -> str | None:
        """The input that a proxy names: of a node its widget, of an instance its own input or the
        widget within that this leads to."""
        definition = self._layout.definition(node)
        if definition is None:
            return proxy.name if proxy.name in self._layout.widgets(inner, node) else None
        for port in definition.inputs:
            shown = self._shown(definition, port)
            if shown is None:
                continue
            is_it = shown[0] == (proxy.within, proxy.name)
            if is_it or (not proxy.within and proxy.name in (port.name, shown[0][1])):
                return port.name
        return None

    def _written_by(self, inner: Drawing, primitive: Node) -> Iterator[Inner]:
        for wire in inner.out_of(primitive, 0):
            node = inner.nodes.get(wire.target)
            socket = self._socket_at(inner, node, wire.id) if node is not None else None
            if socket is not None:
                yield wire.target, socket.name


def _proxy(saved: Any) -> Proxy:
    owner, name, *within = (str(it) for it in saved)
    while match := _PREFIX.match(name):
        within, name = [match[1]], match[2]
    return Proxy(owner, name, within[0] if within else "")


def _quarantined(saved: Any) -> Iterator[tuple[str, Any]]:
    """Values of the instance's own inputs, by name; of several of one name the first counts."""
    for it in reversed(saved or ()):
        if not isinstance(it, Mapping):
            continue
        match it.get("originalEntry"):
            case [owner, name, *_] if str(owner) == ITSELF and it.get("hostValue") is not None:
                yield str(name), it["hostValue"]
