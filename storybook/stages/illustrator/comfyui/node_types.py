"""Which node types a server knows, out of its `/object_info`.

An input is either a **socket**, which only a link can fill, or a **widget**, which has a value.
What the editor saves of a node is the list of its widgets' values, so the order of inputs matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

WIDGET_KINDS: Final = frozenset({"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO"})

SEED_NAMES: Final = frozenset({"seed", "noise_seed"})
"""Inputs after whose value older servers' editors save `control_after_generate`, unasked."""


class Input(msgspec.Struct, frozen=True):
    """An input of a node type. `options` are the values of a COMBO, where the server lists them;
    `low` and `high` bound a number."""

    name: str
    kind: str
    required: bool
    options: tuple[Any, ...] | None = None
    has_default: bool = False
    default: Any = None
    low: float | None = None
    high: float | None = None
    has_control: bool = False
    uploads: bool = False
    socket_only: bool = False

    @property
    def is_widget(self) -> bool:
        return self.kind in WIDGET_KINDS and not self.socket_only


class NodeType(msgspec.Struct, frozen=True):
    """A class of nodes: its inputs in their order, the types of its outputs."""

    name: str
    inputs: tuple[Input, ...]
    outputs: tuple[str, ...]
    is_output: bool

    def input(self, name: str) -> Input | None:
        return next((it for it in self.inputs if it.name == name), None)


class NodeTypes:
    """The node types of one server."""

    def __init__(self, object_info: Mapping[str, Any]) -> None:
        self._raw = object_info
        self._read: dict[str, NodeType] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._raw

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def of(self, name: str) -> NodeType | None:
        """A node type by its class name."""
        if name not in self._raw:
            return None
        if name not in self._read:
            self._read[name] = _node_type(name, self._raw[name])
        return self._read[name]


def _node_type(name: str, info: Mapping[str, Any]) -> NodeType:
    groups, order = info.get("input", {}), info.get("input_order", {})
    inputs = tuple(
        _input(it, groups[group][it], group == "required")
        for group in ("required", "optional")
        for it in order.get(group) or groups.get(group, {})
    )
    outputs = tuple(it if isinstance(it, str) else "COMBO" for it in info.get("output") or ())
    return NodeType(name, inputs, outputs, bool(info.get("output_node")))


def _input(name: str, spec: list[Any], required: bool) -> Input:
    kind = spec[0]
    more: Mapping[str, Any] = spec[1] if len(spec) > 1 and isinstance(spec[1], dict) else {}
    options: tuple[Any, ...] | None = None
    if isinstance(kind, list):  # both shapes of a COMBO are in use on the same server
        kind, options = "COMBO", tuple(kind)
    elif kind == "COMBO" and isinstance(more.get("options"), list):
        options = tuple(more["options"])
    default = more.get("default", options[0] if options else None)
    return Input(
        name,
        str(kind),
        required,
        options,
        default is not None,
        default,
        more.get("min"),
        more.get("max"),
        bool(more.get("control_after_generate")) or (kind == "INT" and name in SEED_NAMES),
        any(key.endswith("_upload") and more[key] for key in more),
        bool(more.get("forceInput")),
    )
