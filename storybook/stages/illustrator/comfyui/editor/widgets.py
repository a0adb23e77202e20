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
from storybook.stages.illustrator.comfyui.node_types import CHOICE, TABLE, Input, NodeType

CONTROLS: Final = frozenset({"fixed", "increment", "decrement", "randomize", "increment-wrap"})
CONTROL: Final = "control_after_generate"
UPLOADS: Final = frozenset({"image", "mask", "audio", "video", "file"})
UNSAVED: Final = frozenset({"IMAGECOMPARE", "RESOLUTION_PREVIEW"})
UNSENT: Final = frozenset({TABLE, "CAMERA_ANGLE_VIEW", "RESOLUTION_PREVIEW"})
"""Kinds of widgets whose value stands in no file, and those whose value is not submitted."""
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
    drawn = {str(it["name"]) for it in node.get("inputs") or () if it.get("widget")}
    found = _read(node, _Reader(kind, drawn))
    return {name: _mended(it, kind.name) for name, it in found.items()}


def _read(node: Node, reader: _Reader) -> dict[str, Widget]:
    saved = node.get("widgets_values")
    if isinstance(saved, Mapping):
        return reader.read(_ByName(saved))
    if isinstance(saved, str) or not (saved is None or isinstance(saved, Sequence)):
        raise WorkflowError(
            f"the values of node {node['id']} are no list; save it from ComfyUI again"
        )
    named = node.get("widgets_values_named")
    if isinstance(named, Mapping) and list(named.values()) == saved and reader.knows(named):
        return reader.read(_ByName(named))
    values = _InOrder(_without_forced(list(saved or ()), reader.kind))
    found = reader.read(values)
    return reader.read(values.without_controls()) if values.lacks_controls else found


def sent_value(widget: Widget, value: Any) -> Any:
    """What the graph has for a widget's value: a list would be taken for a link, and words of a
    prompt may be templates."""
    it = widget.input
    if it is not None and it.kind == "CURVE" and value is not None:
        return {"__type__": "CURVE", "__value__": value}
    if it is not None and it.is_long_text:
        value = _as_text(value)
    if it is not None and it.is_template and "." not in widget.name and isinstance(value, str):
        return resolved(value)
    return literal(value)


def _as_text(value: Any) -> Any:
    """What a box of several lines makes of a value that is no text."""
    if value is None or value is msgspec.UNSET:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


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
    """The editor itself saves a list. After a seed stands its control; in lists that other programs
    wrote it may be missing, which is seen when the list ends too early."""

    def __init__(self, saved: list[Any], *, always_has_controls: bool = True) -> None:
        self._saved, self._at = saved, 0
        self._always_has_controls = always_has_controls
        self._saw_no_control = False

    @property
    def lacks_controls(self) -> bool:
        return self._saw_no_control and self._at > len(self._saved)

    def without_controls(self) -> _InOrder:
        """The same values from the start; only what is a control is passed over as one."""
        return _InOrder(self._saved, always_has_controls=False)

    def take(self, name: str, default: Any) -> Any:
        value = self._saved[self._at] if self._at < len(self._saved) else default
        self._at += 1
        return value

    def pass_over(self, after: Input, before: Input | None) -> None:
        if after.has_control:
            self._at += self._is_control()
            if after.kind == "COMBO":
                self._at += 1  # the filter of its list
        elif after.uploads and self._at < len(self._saved):
            self._at += _is_button(self._saved[self._at], before)
        if after.kind == "BOUNDING_BOX":
            self._at += 4  # its x, y, width and height, once more

    def _is_control(self) -> bool:
        value = self._saved[self._at] if self._at < len(self._saved) else None
        is_one = value is None or isinstance(value, bool) or value in CONTROLS
        self._saw_no_control = self._saw_no_control or not is_one
        return is_one or self._always_has_controls


def _is_button(value: Any, before: Input | None) -> bool:
    is_option = before is not None and before.options is not None and value in before.options
    return isinstance(value, str) and value in UPLOADS and not is_option


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

    def __init__(self, kind: NodeType, drawn: set[str]) -> None:
        self.kind, self._drawn = kind, drawn

    def read(self, values: _Values) -> dict[str, Widget]:
        found = {it.name: it for it in self._read(values, self.kind.inputs, "")}
        if self.kind.name == CUSTOM_COMBO:
            found |= _own_options(found["choice"].value, values)
        return found

    def knows(self, named: Mapping[str, Any]) -> bool:
        """Whether every saved name is one of the widgets that these values make."""
        found = self.read(_ByName(named))
        return all(name in found or name.startswith(CONTROL) for name in named)

    def _read(self, values: _Values, inputs: Sequence[Input], prefix: str) -> Iterator[Widget]:
        widgets = [it for it in inputs if it.is_widget or self._is_drawn(it, prefix)]
        for at, it in enumerate(widgets):
            name = f"{prefix}{it.name}"
            if it.kind in UNSAVED:
                if it.kind not in UNSENT:
                    yield Widget(name, it.default, it)
                continue
            value = values.take(name, it.default if it.has_default else msgspec.UNSET)
            values.pass_over(it, widgets[at + 1] if at + 1 < len(widgets) else None)
            if it.kind not in UNSENT:
                yield Widget(name, value, it)
            if it.kind == CHOICE:
                yield from self._read(values, it.branches.get(str(value), ()), f"{name}.")
            elif it.kind == TABLE and isinstance(value, int):
                for row in range(min(value, MOST_ROWS)):
                    yield from self._read(values, it.parts, f"{name}.{row}.")

    def _is_drawn(self, it: Input, prefix: str) -> bool:
        return f"{prefix}{it.name}" in self._drawn and not it.socket_only


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
