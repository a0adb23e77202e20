"""Inputs that bring others, and widgets that are no inputs: kinds that no recorded case has."""

from __future__ import annotations

from typing import Any

import pytest

from storybook.stages.illustrator.comfyui.editor import to_graph
from storybook.stages.illustrator.comfyui.node_types import NodeTypes
from tests.comfyui.drawings import Drawing


def inputs_of(specs: dict[str, Any], values: Any, **more: Any) -> dict[str, Any]:
    """The inputs of a node of a class with these inputs, saved with these values."""
    node_types = NodeTypes({"Mine": {"input": {"required": specs}}})
    document = Drawing().node(1, "Mine", values=values, **more).document()
    found: dict[str, Any] = to_graph(document, node_types)["1"]["inputs"]
    return found


def test_a_table_has_its_columns_for_each_row() -> None:
    """The number of rows stands before them and is not submitted itself."""
    columns = {"required": {"text": ["STRING", {}], "weight": ["FLOAT", {"default": 1.0}]}}
    specs = {
        "rows": ["COMFY_DYNAMICGROUP_V3", {"min": 1, "max": 9, "template": columns}],
        "after": ["INT", {}],
    }
    assert inputs_of(specs, [2, "a", 0.5, "b", 0.7, 42]) == {
        "rows.0.text": "a",
        "rows.0.weight": 0.5,
        "rows.1.text": "b",
        "rows.1.weight": 0.7,
        "after": 42,
    }
    assert inputs_of(specs, []) == {"rows.0.text": "", "rows.0.weight": 1.0, "after": 0}


def test_a_choice_within_a_choice_brings_its_own() -> None:
    """Each at its place, and what comes after does not move."""
    within = {
        "size": [
            "COMFY_DYNAMICCOMBO_V3",
            {"options": [{"key": "own", "inputs": {"required": {"width": ["INT", {}]}}}]},
        ]
    }
    options = [{"key": "plain", "inputs": {}}, {"key": "sized", "inputs": {"required": within}}]
    specs = {
        "mode": ["COMFY_DYNAMICCOMBO_V3", {"options": options}],
        "after": ["STRING", {}],
    }
    assert inputs_of(specs, ["plain", "x"]) == {"mode": "plain", "after": "x"}
    assert inputs_of(specs, ["sized", "own", 7, "x"]) == {
        "mode": "sized",
        "mode.size": "own",
        "mode.size.width": 7,
        "after": "x",
    }


def test_values_by_name_are_taken_where_they_say_what_the_list_says() -> None:
    """A type that has got an input in between since then does not move the values after it."""
    specs = {"first": ["INT", {}], "new": ["INT", {"default": 9}], "last": ["INT", {}]}
    named = {"first": 1, "last": 3}
    assert inputs_of(specs, [1, 3], widgets_values_named=named) == {"first": 1, "new": 9, "last": 3}
    stale = {"first": 1, "last": 4}
    assert inputs_of(specs, [1, 3], widgets_values_named=stale) == {"first": 1, "new": 3, "last": 0}


@pytest.mark.parametrize(
    ("values", "size"), [([5, "fixed", 64], 64), ([5, None, 64], 64), ([5, 64], 64)]
)
def test_a_control_is_passed_over_where_there_is_one(values: list[Any], size: int) -> None:
    """That one is missing shows in a list that ends too early."""
    specs = {"seed": ["INT", {}], "size": ["INT", {}]}
    assert inputs_of(specs, values) == {"seed": 5, "size": size}


def test_a_list_with_a_control_has_a_filter_too() -> None:
    """Two values after it that are no inputs."""
    specs = {
        "file": ["COMBO", {"options": ["a", "b"], "control_after_generate": True}],
        "size": ["INT", {}],
    }
    assert inputs_of(specs, ["b", "increment", "", 64]) == {"file": "b", "size": 64}


def test_what_older_editors_saved_for_inputs_that_take_only_links_is_left_out() -> None:
    """The number of values tells that it is there."""
    specs = {
        "text": ["STRING", {"forceInput": True}],
        "size": ["INT", {}],
        "name": ["STRING", {}],
    }
    assert inputs_of(specs, ["old", 64, "x"]) == {"size": 64, "name": "x"}
    assert inputs_of(specs, [64, "x"]) == {"size": 64, "name": "x"}


def test_widgets_that_only_show_something_take_no_value() -> None:
    """A preview is neither saved nor submitted; a comparison is submitted and not saved."""
    specs = {
        "view": ["RESOLUTION_PREVIEW", {}],
        "compare": ["IMAGECOMPARE", {}],
        "angle": ["CAMERA_ANGLE_VIEW", {}],
        "size": ["INT", {}],
    }
    assert inputs_of(specs, ["front", 64]) == {"compare": {"__value__": ["", ""]}, "size": 64}


def test_a_long_text_is_always_a_text() -> None:
    """The editor's box of several lines makes one of whatever is in the file."""
    specs = {"text": ["STRING", {"multiline": True}], "line": ["STRING", {}]}
    assert inputs_of(specs, [5, 5]) == {"text": "5", "line": 5}
    assert inputs_of(specs, [None, None]) == {"text": "", "line": None}


def test_an_unknown_kind_is_a_widget_where_the_file_says_so() -> None:
    """Node packs bring kinds of their own; a socket takes no value."""
    specs = {"odd": ["PACKS_OWN", {}], "size": ["INT", {}]}
    drawn = {("odd", "PACKS_OWN"): None}
    assert inputs_of(specs, ["v", 64], inputs=drawn, widgets=("odd",)) == {"odd": "v", "size": 64}
    assert inputs_of(specs, [64]) == {"size": 64}
