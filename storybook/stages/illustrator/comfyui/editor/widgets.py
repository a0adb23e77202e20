"""The values of a node's widgets, by name.

The editor saves them as a bare list, in the order of its widgets: those of the node type's inputs,
and others that are no input (a control after a seed, the button of an upload, the four numbers
under a box). A value that is missing is the widget's default; a choice brings the widgets of the
branch that its value names, at its own place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from storybook.stages.illustrator.comfyui.editor.dynamic_prompt import resolved
from storybook.stages.illustrator.comfyui.graph import Node, WorkflowError
from storybook.stages.illustrator.comfyui.node_types import CHOICE, LIST, TABLE, Input, NodeType

CONTROLS: Final = frozenset({"fixed", "increment", "decrement", "randomize", "increment-wrap"})
UPLOADS: Final = frozenset({"image", "mask", "audio", "video", "file"})
MOST_ROWS: Final = 1_000
"""Rows of a table that are read; more is a damaged file."""
SAMPLERS: Final = frozenset({"KSampler", "KSamplerAdvanced"})


class Widget(msgspec.Struct, frozen=True):
    """A widget that the graph has as an input. `value` is unset where nothing gives it one."""

    name: str
    value: Any = msgspec.UNSET
    input: Input | None = None


def widgets_of(node: Node, kind: NodeType) -> dict[str, Widget]:
    """The widgets of a node, in their order. Raises `WorkflowError` for values that are no list."""
    saved = node.get("widgets_values")
    if isinstance(saved, Mapping):
        values: _Values = _ByName(saved)
    elif saved is None or (isinstance(saved, Sequence) and not isinstance(saved, str)):
        values = _InOrder(_without_forced(list(saved or ()), kind))
    else:
        raise WorkflowError(
            f"the values of node {node['id']} are no list; save it from ComfyUI again"
        )
    drawn = {str(it["name"]) for it in node.get("inputs") or () if it.get("widget")}
    found = {it.name: it for it in _Reader(values, drawn).read(kind.inputs)}
    if kind.name == CUSTOM_COMBO:
        found |= _own_options(found["choice"].value, values)
    return {name: _mended(it, kind.name) for name, it in found.items()}


def sent_value(widget: Widget, value: Any) -> Any:
    """What the graph has for a widget's value: a list would be taken for a link, and words of a
    prompt may be templates."""
    it = widget.input
    if it is not None and it.kind == "CURVE" and value is not None:
        return {"__type__": "CURVE", "__value__": value}
    if it is not None and it.is_template and "." not in widget.name and isinstance(value, str):
        return resolved(value)
    return literal(value)


def literal(value: Any) -> Any:
    """A value as the API wants it: a list would be taken for a link."""
    return {"__value__": value} if isinstance(value, list) else value


# ------------------------------------------------------------------------------- the saved values


class _Values:
    """Saved values, taken one after the other."""

    def take(self, name: str, default: Any) -> Any:
        """The next widget's value; where none is saved, its default."""
        raise NotImplementedError

    def pass_over(self, after: Input, before: Input | None) -> None:
        """Values after a widget that are no input's."""


class _ByName(_Values):
    """Some node packs save names."""

    def __init__(self, saved: Mapping[str, Any]) -> None:
        self._saved = saved

    def take(self, name: str, default: Any) -> Any:
        return self._saved.get(name, default)


class _InOrder(_Values):
    """The editor itself saves a list."""

    def __init__(self, saved: list[Any]) -> None:
        self._saved, self._at = saved, 0

    def take(self, name: str, default: Any) -> Any:
        if self._at >= len(self._saved):
            return default
        self._at += 1
        return self._saved[self._at - 1]

    def pass_over(self, after: Input, before: Input | None) -> None:
        if self._at < len(self._saved):
            if after.has_control:
                self._at += _is_control(self._saved[self._at], before)
            elif after.uploads:
                self._at += _is_button(self._saved[self._at], before)
        if after.has_control and after.kind == "COMBO" and self._next_is(""):
            self._at += 1  # the filter of its list
        if after.kind == "BOUNDING_BOX":
            self._at += 4  # its x, y, width and height, once more

    def _next_is(self, value: Any) -> bool:
        return self._at < len(self._saved) and self._saved[self._at] == value


def _is_control(value: Any, before: Input | None) -> bool:
    """Whether a value is the control of the one before it. Not every saved list has it; very old
    ones have a boolean."""
    if _is_option(value, before) and not (isinstance(value, str) and value in CONTROLS):
        return False
    if isinstance(value, bool):
        return before is None or before.kind != "BOOLEAN"
    return value is None or (isinstance(value, str) and value in CONTROLS)


def _is_button(value: Any, before: Input | None) -> bool:
    return isinstance(value, str) and value in UPLOADS and not _is_option(value, before)


def _is_option(value: Any, it: Input | None) -> bool:
    return it is not None and it.options is not None and value in it.options


def _without_forced(values: list[Any], kind: NodeType) -> list[Any]:
    """Older editors saved values for inputs that take only links; they are taken out where the
    count says that they are there."""
    if any(it.kind == TABLE for it in kind.inputs):
        return values
    is_forced: list[bool] = []
    for it in kind.inputs:
        if it.is_widget or it.socket_only:
            is_forced += [it.socket_only, False] if it.has_control else [it.socket_only]
    if any(is_forced) and len(values) == len(is_forced):
        return [value for value, forced in zip(values, is_forced, strict=True) if not forced]
    return values


# ------------------------------------------------------------------------------------ the widgets


class _Reader:
    """Goes through a node type's inputs and takes each widget's value. `drawn` are the inputs that
    the saved node has as widgets, also of kinds that are not known here."""

    def __init__(self, values: _Values, drawn: set[str]) -> None:
        self._values, self._drawn = values, drawn

    def read(self, inputs: Sequence[Input], prefix: str = "") -> Iterator[Widget]:
        widgets = [it for it in inputs if it.is_widget or f"{prefix}{it.name}" in self._drawn]
        for at, it in enumerate(widgets):
            name = f"{prefix}{it.name}"
            if it.kind == "IMAGECOMPARE":  # the only one of them that is sent and never saved
                yield Widget(name, it.default, it)
                continue
            value = self._values.take(name, it.default if it.has_default else msgspec.UNSET)
            self._values.pass_over(it, widgets[at + 1] if at + 1 < len(widgets) else None)
            if it.kind != TABLE:
                yield Widget(name, value, it)
            yield from self._brought(it, name, value)

    def _brought(self, it: Input, name: str, value: Any) -> Iterator[Widget]:
        if it.kind == CHOICE:
            yield from self.read(it.branches.get(str(value), ()), f"{name}.")
        elif it.kind == TABLE and isinstance(value, int) and 0 <= value <= MOST_ROWS:
            for row in range(value):
                yield from self.read(it.parts, f"{name}.{row}.")
        elif it.kind == LIST:
            raise AssertionError("a list has no widget")


def _mended(widget: Widget, class_type: str) -> Widget:
    """A value as the editor mends it when it opens the file."""
    it, value = widget.input, widget.value
    if value is None and it is not None and it.kind in ("COMBO", CHOICE):
        first = next(iter(it.options or it.branches), msgspec.UNSET)
        return Widget(widget.name, None if first is msgspec.UNSET else first, it)
    if class_type in SAMPLERS and widget.name == "sampler_name" and isinstance(value, str):
        return Widget(widget.name, value.removeprefix("sample_"), it)
    return widget


CUSTOM_COMBO: Final = "CustomCombo"
"""A list whose options are widgets of its own: the choice, its place, and then the options."""


def _own_options(choice: Any, values: _Values) -> Iterator[tuple[str, Widget]]:
    values.take("index", None)  # worked out anew
    options: list[Any] = []
    while (option := values.take(f"option{len(options) + 1}", "")) or not options:
        options.append(option)
        if not option:
            break
    if options[-1]:
        options.append("")  # an empty one to write into
    place = options.index(choice) if choice in options else -1
    yield "index", Widget("index", place)
    for number, option in enumerate(options, start=1):
        yield f"option{number}", Widget(f"option{number}", option)
