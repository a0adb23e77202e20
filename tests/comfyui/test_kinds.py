"""Workflows of each kind that people have: every text, seed and size on the way to the picture."""

from __future__ import annotations

from typing import Any

import pytest

from storybook.stages.illustrator.comfyui.arithmetic import evaluated
from storybook.stages.illustrator.comfyui.explain import Explanation, explain
from storybook.stages.illustrator.comfyui.graph import Graph
from storybook.stages.illustrator.comfyui.prepare import fill
from storybook.stages.illustrator.comfyui.roles import Roles, find_roles
from storybook.stages.illustrator.comfyui.sizes import PictureSize
from tests.comfyui.drawings import NODE_TYPES
from tests.comfyui.listening import workflow

PROMPT = "A rabbit on a hill."


def filled(name: str, size: PictureSize | None, **changes: dict[str, Any]) -> Graph:
    """What is submitted for a page."""
    it = explain(workflow(name) | changes, None, size=size)
    assert it.ok
    return fill(it.graph, it.roles, prompt=PROMPT, seed=9, size=size, prompt_id="id")


def looked_at(name: str, size: PictureSize | None = None) -> Explanation:
    return explain(workflow(name), None, size=size)


def places(roles: Roles, role: str) -> set[str]:
    return {str(it) for it in getattr(roles, role)}


def side(graph: Graph, node: str) -> tuple[Any, Any]:
    return graph[node]["inputs"]["width"], graph[node]["inputs"]["height"]


@pytest.mark.parametrize("node_types", [None, NODE_TYPES], ids=["alone", "with a server"])
@pytest.mark.parametrize(
    ("name", "positive", "negative", "seeds"),
    [
        (
            "kind_base_refiner",
            {"6.text", "15.text"},
            {"7.text", "16.text"},
            {"10.noise_seed", "11.noise_seed"},
        ),
        ("kind_hires_fix", {"6.text"}, {"7.text"}, {"3.seed", "11.seed"}),
        ("kind_flux", {"3.clip_l", "3.t5xxl"}, set(), {"6.noise_seed"}),
        ("kind_areas", {"6.text", "11.text", "12.text"}, {"7.text"}, {"3.seed"}),
        ("kind_image_to_image", {"6.text"}, {"7.text"}, {"3.seed"}),
        ("kind_upscale_model", {"6.text"}, {"7.text"}, {"3.seed"}),
        ("kind_switch", {"33.text"}, set(), {"3.seed"}),
    ],
)
def test_every_text_and_seed_on_the_way_is_found(
    node_types: Any, name: str, positive: set[str], negative: set[str], seeds: set[str]
) -> None:
    """In both passes, through areas and guiders, where a text is computed and where it is chosen;
    with a server's node types and from the file alone."""
    roles = find_roles(workflow(name), node_types)
    assert places(roles, "positive") == positive
    assert places(roles, "negative") == negative
    assert places(roles, "seeds") == seeds


def test_no_page_is_painted_with_a_text_of_the_file() -> None:
    """The example of SDXL has its glass bottle in the base and in the refiner."""
    graph = filled("kind_base_refiner", None)
    assert [graph[it]["inputs"]["text"] for it in ("6", "15")] == [PROMPT] * 2
    assert "bottle" not in str(graph)


def test_what_computed_a_text_is_not_submitted() -> None:
    """The prompt takes the place of the link."""
    graph = filled("kind_upscale_model", None)
    assert graph["6"]["inputs"]["text"] == PROMPT
    assert "30" not in graph


def test_a_titled_node_is_taken_whatever_is_linked_to_it() -> None:
    """The other texts stay, and it is said by title which."""
    graph = workflow("kind_base_refiner")
    graph["30"] = {"class_type": "SomeWriter", "inputs": {"words": "a bottle"}}
    graph["6"]["inputs"]["text"] = ["30", 0]
    graph["6"]["_meta"]["title"] = "PROMPT_POS"
    it = explain(graph, None)
    assert places(it.roles, "positive") == {"6.text"}
    (warning,) = it.warnings
    assert (warning.kind, warning.where) == (
        "text_stays",
        "node 15 (CLIPTextEncode 'Refiner positive'), text",
    )
    assert "a glass bottle" in warning.message


def test_a_titled_node_of_texts_is_written_into() -> None:
    """A title may stand on the node that only works on texts."""
    graph = workflow("kind_upscale_model")
    graph["30"]["_meta"]["title"] = "prompt_pos"
    assert places(find_roles(graph), "positive") == {"30.string_a"}


def test_several_places_may_be_named_for_a_role() -> None:
    """And a node alone stands for all its texts."""
    named = {"positive": ("3",), "seed": ("6", "20.value")}
    roles = find_roles(workflow("kind_flux"), None, named)
    assert places(roles, "positive") == {"3.clip_l", "3.t5xxl"}
    assert places(roles, "seeds") == {"6.noise_seed", "20.value"}


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


def test_a_loader_that_encodes_both_sides_is_understood() -> None:
    """Node packs have texts of both sides, and a size, in one node with the outputs of all."""
    graph = {
        "1": node(
            "Efficient Loader",
            positive="a fox",
            negative="bad",
            empty_latent_width=512,
            empty_latent_height=512,
            batch_size=1,
        ),
        "2": node(
            "KSampler (Efficient)",
            seed=1,
            positive=["1", 1],
            negative=["1", 2],
            latent_image=["1", 3],
        ),
        "3": node("VAEDecode", samples=["2", 3], vae=["1", 4]),
        "4": node("SaveImage", images=["3", 0], filename_prefix="x"),
    }
    roles = find_roles(graph)
    assert places(roles, "positive") == {"1.positive"}
    assert places(roles, "negative") == {"1.negative"}
    assert places(roles, "width") == {"1.empty_latent_width"}


def test_a_pipe_of_a_node_pack_leads_to_a_text_by_its_name() -> None:
    """Where no conditioning is to be followed, the input that is called positive is it."""
    graph = {
        "1": node("easy fullLoader", positive="a fox", negative="bad", batch_size=1),
        "2": node("easy preSampling", pipe=["1", 0], seed=5),
        "3": node("easy kSampler", pipe=["2", 0]),
        "4": node("SaveImage", images=["3", 1], filename_prefix="x"),
    }
    roles = find_roles(graph)
    assert places(roles, "positive") == {"1.positive"}
    assert places(roles, "negative") == {"1.negative"}
    assert places(roles, "seeds") == {"2.seed"}


def test_a_node_that_paints_from_a_text_by_itself_gets_the_prompt() -> None:
    """Services have one node for all."""
    graph = {
        "1": node("SomeImageService", prompt="a fox", negative_prompt="bad", seed=5),
        "2": node("SaveImage", images=["1", 0], filename_prefix="x"),
    }
    roles = find_roles(graph)
    assert places(roles, "positive") == {"1.prompt"}
    assert places(roles, "negative") == {"1.negative_prompt"}


# --------------------------------------------------------------------------------------- the size


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("kind_base_refiner", (1024, 1024)),
        ("kind_hires_fix", (1024, 1536)),
        ("kind_flux", (1024, 1024)),
        ("kind_areas", (704, 1280)),
        ("kind_image_to_image", None),
        ("kind_upscale_model", (1536, 1536)),
        ("kind_switch", (840, 1256)),
    ],
)
def test_the_size_that_a_workflow_gives_is_worked_out(
    name: str, size: tuple[int, int] | None
) -> None:
    """Through scalings, models and selectors; that of a loaded picture is not known beforehand."""
    it = looked_at(name)
    assert find_roles(workflow(name)).size == size
    assert (it.size.width, it.size.height) == (size or (None, None))
    assert it.size.picture is None


def test_a_size_that_is_calculated_is_worked_out() -> None:
    """As ComfyUI does, and never anything but arithmetic."""
    graph = workflow("kind_hires_fix")
    graph["30"] = node("PrimitiveInt", value=500)
    for name, expression in (("31", "ceil(a * 1.5 / 16) * 16"), ("32", "min(a, 3) // 2 * 512")):
        inputs = {"expression": expression, "values.a": ["30", 0]}
        graph[name] = {"class_type": "ComfyMathExpression", "inputs": inputs}
    graph["5"]["inputs"] |= {"width": ["31", 1], "height": ["32", 1]}
    assert find_roles(graph).size == (752 * 2, 512 * 2)


@pytest.mark.parametrize(
    "expression",
    ["", "a +", "b", "9 ** 9 ** 9", "__import__('os')", "1 / 0", "sqrt(-1)", "'a' * 9", "1e999"],
)
def test_what_is_no_arithmetic_has_no_value(expression: str) -> None:
    """And does nothing."""
    assert evaluated(expression, {"a": 1.0}) is None


def test_a_size_of_its_own_changes_nothing_in_the_file() -> None:
    """Every width and height stays as it is, linked or not."""
    graph = filled("kind_flux", None)
    assert side(graph, "7") == (["20", 0], ["20", 0])


def test_a_first_pass_has_the_shape_of_the_picture_and_no_fewer_pixels() -> None:
    """512 × 768, doubled later, becomes a square of as many pixels for a square picture."""
    graph = filled("kind_hires_fix", PictureSize(1024, 1024))
    assert side(graph, "5") == (640, 640)
    wide = filled("kind_hires_fix", PictureSize(2048, 1024))
    assert side(wide, "5") == (1024, 512)


def test_a_scaling_to_a_size_decides_and_the_first_pass_keeps_its_own() -> None:
    """The last one on the way is the picture's."""
    graph = filled("kind_upscale_model", PictureSize(1024, 512))
    assert side(graph, "16") == (1024, 512)
    width, height = side(graph, "5")
    assert width == 2 * height and width * height == pytest.approx(512 * 512, rel=0.1)


def test_a_size_that_is_shared_by_both_sides_is_set_for_each() -> None:
    """And for the model that is told the size too."""
    graph = filled("kind_flux", PictureSize(1024, 768))
    assert side(graph, "7") == side(graph, "14") == (1024, 768)
    assert "20" not in graph


def test_a_computed_size_is_replaced_where_it_is_needed() -> None:
    """The selector's links make way."""
    graph = filled("kind_switch", PictureSize(768, 768))
    assert side(graph, "5") == (768, 768)
    assert "34" not in graph


def test_a_picture_that_is_begun_with_can_be_painted_over() -> None:
    """Nothing sets its size: it is said, and what comes is fitted."""
    it = looked_at("kind_image_to_image", PictureSize(1024, 1024))
    assert it.ok and {warning.kind for warning in it.warnings} == {"no_size"}
    assert looked_at("kind_image_to_image").warnings == ()


def test_one_picture_is_painted_of_a_batch() -> None:
    """Whatever sets the size."""
    assert filled("kind_upscale_model", None)["5"]["inputs"]["batch_size"] == 1


# -------------------------------------------------------------------------------------- the saver


def test_of_two_savers_the_finished_picture_is_taken() -> None:
    """The draft of the first pass is not even submitted."""
    graph = filled("kind_hires_fix", None)
    assert "9" in graph and "21" not in graph


def test_an_animation_is_saved_as_a_picture() -> None:
    """By a node of ours, and `check` says so."""
    it = looked_at("kind_upscale_model")
    assert it.graph["9"]["class_type"] == "SaveImage"
    (warning,) = it.warnings
    assert warning.kind == "other_saver" and "an animation" in warning.message


def test_what_is_only_shown_is_saved() -> None:
    """A preview is no fault."""
    it = looked_at("kind_areas")
    assert it.graph["9"]["class_type"] == "SaveImage"
    assert it.warnings == () and any("only shown" in note for note in it.notes)


def test_a_branch_that_is_not_taken_says_nothing() -> None:
    """Its text stays, and nobody will see it."""
    assert looked_at("kind_switch").warnings == ()
