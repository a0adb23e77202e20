"""Which node types a server knows, out of its `/object_info`.

An input is either a **socket**, which only a link can fill, or a **widget**, which has a value.
What the editor saves of a node is the list of its widgets' values, so the order of inputs matters.
Three kinds of inputs stand for others: a **choice** brings the inputs of the branch that is chosen,
a **list** of sockets grows with its links, and a **table** has rows of the same columns. Inputs
that they bring have their names with a dot, such as "resize_type.width" or "images.image0".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

WIDGET_KINDS: Final = frozenset(
    {
        *("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO", "MARKDOWN", "TEXTAREA", "COLOR", "COLORS"),
        *("BOUNDING_BOX", "BOUNDING_BOXES", "CURVE", "RANGE", "CHART", "GALLERIA", "PAINTER"),
        *("COMPOSITOR", "VIDEO_EDIT", "IMAGECOMPARE", "RESOLUTION_PREVIEW", "LIGHT_INFO_PREVIEW"),
        *("LOAD_3D", "LOAD_3D_ADVANCED", "PREVIEW_3D", "CAMERA_INFO_STATE", "CAMERA_ANGLE_VIEW"),
        *("WEBCAM", "AUDIO_RECORD", "COMFY_DYNAMICCOMBO_V3", "COMFY_DYNAMICGROUP_V3"),
        *("COMFY_BRANCH_INPUT_NAMES", "COMFY_BRANCH_SELECTOR"),
    }
)
"""Kinds for which the editor (1.58) has a widget; of any other kind an input is a socket."""

CHOICE, LIST, TABLE, MATCH = (
    *("COMFY_DYNAMICCOMBO_V3", "COMFY_AUTOGROW_V3", "COMFY_DYNAMICGROUP_V3", "COMFY_MATCHTYPE_V3"),
)

SEED_NAMES: Final = frozenset({"seed", "noise_seed"})
"""Inputs after whose value older servers' editors save `control_after_generate`, unasked."""

ANY: Final = "*"
"""The type of a socket that takes everything."""

NO_VALUE: Final[Mapping[str, Any]] = {"INT": 0, "FLOAT": 0, "STRING": "", "BOOLEAN": False}
"""What the editor puts into a new widget for which the server names no default."""


class Input(msgspec.Struct, frozen=True):
    """An input of a node type. `options` are the values of a COMBO, where the server lists them;
    `low` and `high` bound a number, which goes in steps of `step`. `branches` are a choice's inputs
    by its keys, `parts` what a list or a table repeats, `first` the names that a new list has.
    `group` joins the inputs and outputs that
    take the same type."""

    name: str
    kind: str
    required: bool
    options: tuple[Any, ...] | None = None
    has_default: bool = False
    default: Any = None
    low: float | None = None
    high: float | None = None
    step: float | None = None
    rounds_to: float | None = None
    has_control: bool = False
    uploads: bool = False
    socket_only: bool = False
    is_template: bool = False
    is_long_text: bool = False
    branches: Mapping[str, tuple[Input, ...]] = {}
    parts: tuple[Input, ...] = ()
    first: tuple[str, ...] = ()
    group: str = ""
    widget_kind: str = ""

    @property
    def is_widget(self) -> bool:
        return (self.widget_kind or self.kind) in WIDGET_KINDS and not self.socket_only


class NodeType(msgspec.Struct, frozen=True):
    """A class of nodes: its inputs in their order, the types of its outputs, and for each output
    the group of inputs whose type it has (empty: none)."""

    name: str
    inputs: tuple[Input, ...]
    outputs: tuple[str, ...]
    is_output: bool
    output_groups: tuple[str, ...] = ()

    def input(self, name: str) -> Input | None:
        """The input of that name, also one that a choice, a list or a table brings."""
        return next((it for it in self.inputs if it.name == name), None) or _within(
            self.inputs, name
        )


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


def _within(inputs: tuple[Input, ...], name: str) -> Input | None:
    for it in inputs:
        if not name.startswith(f"{it.name}."):
            continue
        rest = name[len(it.name) + 1 :]
        if it.kind == TABLE:
            rest = rest.partition(".")[2]
        if it.kind == LIST and it.parts:
            return it.parts[0]
        for among in (it.parts, *it.branches.values()):
            here = next((inner for inner in among if inner.name == rest), None)
            if found := here or _within(among, rest):
                return found
    return None


def _node_type(name: str, info: Mapping[str, Any]) -> NodeType:
    outputs = tuple(_output(it) for it in info.get("output") or ())
    groups = tuple(it or "" for it in info.get("output_matchtypes") or ())
    inputs = _inputs(info.get("input") or {}, info.get("input_order") or {})
    return NodeType(name, inputs, outputs, bool(info.get("output_node")), groups)


def _output(kind: Any) -> str:
    """The type of an output; that of a group may be anything until something is linked to it."""
    if not isinstance(kind, str):
        return "COMBO"
    return ANY if kind == MATCH else kind


def _inputs(groups: Mapping[str, Any], order: Mapping[str, list[str]]) -> tuple[Input, ...]:
    return tuple(
        _input(it, groups[group][it], group == "required")
        for group in ("required", "optional")
        for it in order.get(group) or groups.get(group) or ()
    )


def _input(name: str, spec: list[Any], required: bool, *, asks_only: bool = False) -> Input:
    kind = spec[0]
    more: Mapping[str, Any] = spec[1] if len(spec) > 1 and isinstance(spec[1], dict) else {}
    options: tuple[Any, ...] | None = None
    if isinstance(kind, list):  # both shapes of a COMBO are in use on the same server
        kind, options = "COMBO", tuple(kind)
    elif kind == "COMBO" and isinstance(more.get("options"), list):
        options = tuple(more["options"])
    kind = str(kind)
    default = _default(kind, more, options)
    template = more.get("template") or {}
    return Input(
        name,
        kind=str(template.get("allowed_types", ANY)) if kind == MATCH else kind,
        required=required,
        options=options,
        has_default=default is not None,
        default=default,
        low=more.get("min"),
        high=more.get("max"),
        step=more.get("step"),
        rounds_to=more.get("round") or None,
        has_control=_has_control("" if asks_only else name, kind, more),
        uploads=any(key.endswith("_upload") and more[key] for key in more),
        socket_only=bool(more.get("forceInput")),
        is_template=bool(more.get("dynamicPrompts")),
        is_long_text=kind == "STRING" and bool(more.get("multiline")),
        branches=_branches(more) if kind == CHOICE else {},
        parts=_brought(template.get("input") or template) if kind in (LIST, TABLE) else (),
        first=_first_names(template) if kind == LIST else (),
        group=str(template.get("template_id", "")) if kind == MATCH else "",
        widget_kind=str(more.get("widgetType") or ""),
    )


def _default(kind: str, more: Mapping[str, Any], options: tuple[Any, ...] | None) -> Any:
    """What a new node has: for a choice always its first branch, for a table its fewest rows."""
    if kind == CHOICE:
        return next(iter(_branches(more)), None)
    if kind == TABLE:
        return more.get("min", 0)
    if kind == "IMAGECOMPARE":
        return ["", ""]
    if options is not None:
        return more.get("default") or next(iter(options), None)
    return more.get("default", NO_VALUE.get(str(more.get("widgetType") or kind)))


def _has_control(name: str, kind: str, more: Mapping[str, Any]) -> bool:
    asked = more.get("control_after_generate")
    return (kind == "INT" and name in SEED_NAMES) if asked is None else bool(asked)


def _branches(more: Mapping[str, Any]) -> Mapping[str, tuple[Input, ...]]:
    return {str(it["key"]): _brought(it.get("inputs") or {}) for it in more.get("options") or ()}


def _first_names(template: Mapping[str, Any]) -> tuple[str, ...]:
    """A list has its fewest sockets, and one more to grow."""
    names = template.get("names") or []
    count = int(template.get("min", 1)) + 1
    if names:
        return tuple(str(it) for it in names[:count])
    prefix = template.get("prefix", "")
    return tuple(f"{prefix}{number}" for number in range(min(count, template.get("max", count))))


def _brought(groups: Mapping[str, Any]) -> tuple[Input, ...]:
    """The inputs that another one brings. Their names are longer, and none of them is `seed`."""
    return tuple(
        _input(name, spec, group == "required", asks_only=True)
        for group in ("required", "optional")
        for name, spec in (groups.get(group) or {}).items()
    )
