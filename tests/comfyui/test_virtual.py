"""Nodes that live in the editor alone: what they mean is done, or it is said that they do."""

from __future__ import annotations

from typing import Any

import pytest

from storybook.stages.illustrator.comfyui.graph import WorkflowError
from tests.comfyui.drawings import Drawing, text
from tests.comfyui.test_editor import encoder_subgraph

CLIP = ("clip", "CLIP")


def loader(drawing: Drawing, id: int = 1) -> Drawing:
    return drawing.node(
        id, "CheckpointLoaderSimple", values=["x.safetensors"], outputs=("MODEL", "CLIP", "VAE")
    )


@pytest.mark.parametrize("kinds", [("SetNode", "GetNode"), ("easy setNode", "easy getNode")])
def test_a_getter_brings_what_its_setter_was_given(kinds: tuple[str, str]) -> None:
    """They are joined by their name, and by no wire."""
    drawing = loader(Drawing())
    drawing.node(2, kinds[0], values=["words"], inputs={CLIP: (1, 1)}, outputs=("*",))
    drawing.node(3, kinds[0], values=["other"], inputs={("MODEL", "MODEL"): (1, 0)})
    drawing.node(4, kinds[1], values=["words"], outputs=("CLIP",))
    graph = text(drawing, 5, inputs={CLIP: (4, 0)}).graph()
    assert set(graph) == {"1", "5"}
    assert graph["5"]["inputs"]["clip"] == ["1", 1]


def test_a_getter_within_a_subgraph_may_name_a_setter_outside() -> None:
    """Its own drawing comes first, then those around it."""
    sub = encoder_subgraph()
    getter = Drawing(links_are_objects=True).node(8, "GetNode", values=["words"], outputs=("CLIP",))
    sub["nodes"] += getter.nodes
    (clip,) = [it for it in sub["links"] if it["target_id"] == 5 and it["target_slot"] == 0]
    clip |= {"origin_id": 8, "origin_slot": 0}
    drawing = loader(Drawing())
    drawing.node(2, "SetNode", values=["words"], inputs={CLIP: (1, 1)}, outputs=("*",))
    drawing.node(3, "sub", outputs=("CONDITIONING",))
    assert drawing.graph(sub)["3:5"]["inputs"]["clip"] == ["1", 1]


def test_a_getter_without_a_setter_is_refused_by_name() -> None:
    """With the way out."""
    drawing = Drawing().node(4, "GetNode", values=["words"], outputs=("CLIP",))
    text(drawing, 5, inputs={CLIP: (4, 0)})
    with pytest.raises(WorkflowError, match=r"gets 'words'.*Export \(API\)"):
        drawing.graph()


def test_a_muted_setter_gives_nothing() -> None:
    """As any muted node."""
    drawing = loader(Drawing())
    drawing.node(2, "SetNode", values=["words"], inputs={CLIP: (1, 1)}, mode=2)
    drawing.node(4, "GetNode", values=["words"], outputs=("CLIP",))
    assert "clip" not in text(drawing, 5, inputs={CLIP: (4, 0)}).graph()["5"]["inputs"]


@pytest.mark.parametrize(
    "kind",
    [
        *("Note", "MarkdownNote", "Label (rgthree)", "Bookmark (rgthree)"),
        *("Fast Groups Bypasser (rgthree)", "Fast Groups Muter (rgthree)"),
    ],
)
def test_labels_and_switches_are_left_out(kind: str) -> None:
    """What a switch has switched is saved with the nodes that it switches."""
    assert set(text(Drawing(), 1).node(2, kind, values=["x"]).graph()) == {"1"}


@pytest.mark.parametrize(
    "kind", ["Anything Everywhere", "Prompts Everywhere", "workflow>mine", "workflow/mine"]
)
def test_what_only_the_editor_can_work_out_is_refused(kind: str) -> None:
    """In one sentence with the node and what to do; muted it does no harm."""
    drawing = text(Drawing(), 1).node(2, kind)
    with pytest.raises(WorkflowError, match=r"node 2 .*only in the editor.*Export \(API\)"):
        drawing.graph()
    assert set(text(Drawing(), 1).node(2, kind, mode=2).graph()) == {"1"}


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("a {red|blue} fox", "a red fox"),
        ("{a {b|c} d|e}", "a b d"),
        ("{a|{b|c}} f", "a f"),
        ("a // not this\nb", "a \nb"),
        ("a /* nor\nthis */b", "a b"),
        (r"a \{b|c\} d", "a {b|c} d"),
        (r"{a\|b|c}", "a|b"),
        ("a } b | c", "a } b | c"),
        ("{|x}y", "y"),
        ("{" * 5000, ""),
        ("{a|b\\", "a"),
        ("plain", "plain"),
    ],
)
def test_templates_in_prompts_take_the_first_alternative(written: str, sent: str) -> None:
    """The editor draws one at random; a book is to be made again the same."""
    assert text(Drawing(), 1, written).graph()["1"]["inputs"]["text"] == sent


def test_a_text_that_is_no_template_stays_as_it_is() -> None:
    """Only inputs that the server calls templates are."""
    graph = Drawing().node(1, "SaveImage", values=["{a|b} // c"]).graph()
    assert graph["1"]["inputs"]["filename_prefix"] == "{a|b} // c"


@pytest.mark.parametrize(
    ("kind", "name", "written", "taken"),
    [
        ("EmptyLatentImage", "width", 333, 336),
        ("EmptyLatentImage", "width", 332, 336),
        ("EmptyLatentImage", "width", None, 0),
        ("EmptyLatentImage", "batch_size", 2.5, 3),
        ("KSampler", "cfg", 7.256, 7.3),
        ("KSampler", "cfg", 700.0, 100.0),
    ],
)
def test_a_number_that_a_primitive_node_writes_is_rounded(
    kind: str, name: str, written: Any, taken: float
) -> None:
    """To the steps of its target, as if somebody had typed it."""
    type_ = "FLOAT" if name == "cfg" else "INT"
    drawing = Drawing().node(1, "PrimitiveNode", values=[written, "fixed"], outputs=(type_,))
    drawing.node(2, kind, inputs={(name, type_): (1, 0)}, widgets=(name,))
    assert drawing.graph()["2"]["inputs"][name] == taken
