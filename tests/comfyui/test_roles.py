"""Which nodes take the prompt, the seed and the size is found by following links."""

from __future__ import annotations

from typing import Any

import pytest

from storybook.stages.illustrator.comfyui.graph import Graph
from storybook.stages.illustrator.comfyui.prepare import fill, template
from storybook.stages.illustrator.comfyui.roles import find_roles
from storybook.stages.illustrator.comfyui.sizes import PictureSize
from storybook.stages.illustrator.comfyui.wiring import NodeInput
from tests.comfyui.drawings import NODE_TYPES
from tests.comfyui.listening import workflow


def node(kind: str, title: str = "", **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs, "_meta": {"title": title or kind}}


def simple(**changes: dict[str, Any]) -> Graph:
    """A recorded picture's graph, with some of its nodes replaced or added."""
    return workflow("txt2img_tiny") | changes


def flux() -> Graph:
    """A graph of the kind that Flux workflows have: a guider, noise and sigmas of their own."""
    return {
        "1": node("UNETLoader", unet_name="flux1-dev.safetensors", weight_dtype="default"),
        "2": node("DualCLIPLoader", clip_name1="clip_l.safetensors"),
        "3": node("CLIPTextEncode", text="a fox", clip=["2", 0]),
        "4": node("FluxGuidance", conditioning=["3", 0], guidance=3.5),
        "5": node("BasicGuider", model=["1", 0], conditioning=["4", 0]),
        "6": node("RandomNoise", noise_seed=1),
        "7": node("EmptySD3LatentImage", width=1024, height=1024, batch_size=1),
        "8": node(
            "SamplerCustomAdvanced",
            noise=["6", 0],
            guider=["5", 0],
            sampler=["12", 0],
            sigmas=["13", 0],
            latent_image=["7", 0],
        ),
        "9": node("VAEDecode", samples=["8", 0], vae=["10", 0]),
        "10": node("VAELoader", vae_name="ae.safetensors"),
        "11": node("SaveImage", images=["9", 0], filename_prefix="x"),
        "12": node("KSamplerSelect", sampler_name="euler"),
        "13": node("BasicScheduler", model=["1", 0], scheduler="simple", steps=20, denoise=1),
    }


def test_a_plain_graph() -> None:
    """Every role, and the model's name."""
    roles = find_roles(simple(), NODE_TYPES)
    assert roles.output == "9"
    assert roles.samplers == ("3",)
    assert roles.positive == (NodeInput("6", "text"),)
    assert roles.negative == (NodeInput("7", "text"),)
    assert roles.seeds == (NodeInput("3", "seed"),)
    assert (roles.width, roles.height) == (
        (NodeInput("5", "width"),),
        (NodeInput("5", "height"),),
    )
    assert roles.models == (NodeInput("4", "ckpt_name"),)


def test_positive_and_negative_follow_links_and_not_titles() -> None:
    """A node called Negative that is linked as the positive takes the prompt."""
    graph = simple()
    graph["6"]["_meta"]["title"], graph["7"]["_meta"]["title"] = "Negative", "Positive"
    assert find_roles(graph, NODE_TYPES).positive == (NodeInput("6", "text"),)


def test_a_guider_is_followed_to_its_prompt_and_noise_to_its_seed() -> None:
    """With nothing for the negative, since such a guider has none."""
    roles = find_roles(flux(), NODE_TYPES)
    assert roles.positive == (NodeInput("3", "text"),)
    assert roles.negative == ()
    assert roles.seeds == (NodeInput("6", "noise_seed"),)
    assert roles.width == (NodeInput("7", "width"),)
    assert roles.models == (NodeInput("1", "unet_name"),)


def test_a_guider_of_two_sides_has_two_prompts() -> None:
    """CFGGuider has a positive and a negative."""
    graph = flux()
    graph["5"] = node("CFGGuider", positive=["4", 0], negative=["14", 0], cfg=3)
    graph["14"] = node("CLIPTextEncode", text="bad", clip=["2", 0])
    roles = find_roles(graph, NODE_TYPES)
    assert roles.positive == (NodeInput("3", "text"),)
    assert roles.negative == (NodeInput("14", "text"),)


def test_a_negative_made_of_nothing_is_not_the_positive() -> None:
    """ConditioningZeroOut takes the positive's text and forgets it."""
    graph = simple(
        **{
            "7": node("ConditioningZeroOut", conditioning=["6", 0]),
        }
    )
    roles = find_roles(graph, NODE_TYPES)
    assert roles.positive == (NodeInput("6", "text"),)
    assert roles.negative == ()


def test_a_linked_text_is_written_where_it_stands() -> None:
    """In the node that holds it, not over the link."""
    graph = simple(**{"20": node("PrimitiveStringMultiline", value="a fox")})
    graph["6"]["inputs"]["text"] = ["20", 0]
    assert find_roles(graph, NODE_TYPES).positive == (NodeInput("20", "value"),)


def test_encoders_of_two_texts_get_both() -> None:
    """SDXL's and Flux's encoders have two."""
    graph = simple(
        **{"6": node("CLIPTextEncodeSDXL", text_g="a", text_l="b", width=1, clip=["4", 1])}
    )
    assert find_roles(graph, NODE_TYPES).positive == (
        NodeInput("6", "text_g"),
        NodeInput("6", "text_l"),
    )


def test_control_nets_and_combinations_are_passed_through() -> None:
    """By the side that one comes from."""
    graph = simple(
        **{
            "30": node("ControlNetApplyAdvanced", positive=["31", 0], negative=["7", 0]),
            "32": node("CLIPTextEncode", text="at night", clip=["4", 1]),
            "31": node("ConditioningCombine", conditioning_1=["6", 0], conditioning_2=["32", 0]),
        }
    )
    graph["3"]["inputs"] |= {"positive": ["30", 0], "negative": ["30", 1]}
    roles = find_roles(graph, NODE_TYPES)
    assert (roles.positive, roles.negative) == (
        (NodeInput("6", "text"), NodeInput("32", "text")),
        (NodeInput("7", "text"),),
    )


def test_titles_are_taken_first() -> None:
    """PROMPT_POS and PROMPT_NEG, in any case, wherever they stand."""
    graph = simple()
    graph["6"]["_meta"]["title"], graph["7"]["_meta"]["title"] = "prompt_neg", "PROMPT_POS"
    roles = find_roles(graph, NODE_TYPES)
    assert (roles.positive, roles.negative) == (
        (NodeInput("7", "text"),),
        (NodeInput("6", "text"),),
    )


def test_the_configuration_goes_before_everything() -> None:
    """A node, or a node and its input."""
    graph = simple(**{"40": node("EmptyImage", width=8, height=8, color=1)})
    graph["8"]["inputs"]["extra"] = ["40", 0]
    named = {
        "positive": ("7",),
        "seed": ("40.color",),
        "width": ("40.width",),
        "height": ("40.height",),
    }
    roles = find_roles(graph, NODE_TYPES, named)
    assert roles.positive == (NodeInput("7", "text"),)
    assert roles.seeds == (NodeInput("40", "color"),)
    assert (roles.width, roles.height) == (
        (NodeInput("40", "width"),),
        (NodeInput("40", "height"),),
    )


def test_a_configuration_that_names_nothing_is_passed_over() -> None:
    """What is found otherwise stands; `check` says that the name is wrong."""
    roles = find_roles(simple(), NODE_TYPES, {"positive": ("99.text",)})
    assert roles.positive == (NodeInput("6", "text"),)
    assert roles.unknown == ("positive = 99.text",)


def test_the_size_is_set_where_it_is_set_last_and_in_the_passes_before() -> None:
    """A scaling after the sampler decides about the picture, the latent about the first pass."""
    graph = simple(
        **{
            "9": node("SaveImage", images=["50", 0], filename_prefix="x"),
            "50": node(
                "ImageScale",
                image=["8", 0],
                upscale_method="area",
                width=1024,
                height=1024,
                crop="disabled",
            ),
        }
    )
    assert find_roles(graph, NODE_TYPES).width == (
        NodeInput("50", "width"),
        NodeInput("5", "width"),
    )


def test_two_samplers_get_the_same_seed() -> None:
    """A second pass over the latent."""
    graph = simple(**{"60": node("LatentUpscale", samples=["3", 0], width=128, height=128)})
    second = workflow("txt2img_tiny")["3"]
    second["inputs"]["latent_image"] = ["60", 0]
    graph |= {"61": second}
    graph["8"]["inputs"]["samples"] = ["61", 0]
    roles = find_roles(graph, NODE_TYPES)
    assert set(roles.seeds) == {NodeInput("3", "seed"), NodeInput("61", "seed")}
    assert roles.width == (NodeInput("60", "width"), NodeInput("5", "width"))


def test_of_several_pictures_the_finished_one_is_taken() -> None:
    """The one after the most nodes; a preview only if nothing is saved."""
    graph = simple(
        **{
            "70": node("SaveImage", images=["71", 0], filename_prefix="final"),
            "71": node("ImageInvert", image=["8", 0]),
            "72": node("PreviewImage", images=["73", 0]),
            "73": node("ImageInvert", image=["71", 0]),
        }
    )
    assert find_roles(graph, NODE_TYPES).output == "70"


def test_circles_end() -> None:
    """A damaged graph is answered, not followed for ever."""
    graph = simple()
    graph["5"] = node("LatentUpscale", samples=["5", 0])
    graph["6"] = node("ConditioningCombine", conditioning_1=["6", 0])
    roles = find_roles(graph, NODE_TYPES)
    assert (roles.positive, roles.width) == ((), ())


@pytest.mark.parametrize("name", ["nomodel_text_preview", "bad_no_output_node"])
def test_a_graph_without_a_picture_has_no_roles(name: str) -> None:
    """There is nothing to fetch."""
    assert find_roles(workflow(name), NODE_TYPES).output is None


def test_only_what_leads_to_the_picture_is_kept() -> None:
    """And the file itself is left as it is."""
    graph = simple(**{"80": node("EmptyImage", width=8)})
    roles = find_roles(graph, NODE_TYPES)
    kept = template(graph, roles)
    filled = fill(kept, roles, prompt="p", seed=9, size=PictureSize(64, 48), prompt_id="id")
    assert set(filled) == set(simple())
    assert graph["6"]["inputs"]["text"] == kept["6"]["inputs"]["text"] == "a red fox in the snow"


def test_one_picture_is_made_and_not_a_batch() -> None:
    """Four at once would be three thrown away."""
    graph = simple()
    graph["5"]["inputs"]["batch_size"] = 4
    roles = find_roles(graph, NODE_TYPES)
    kept = template(graph, roles)
    filled = fill(kept, roles, prompt="", seed=0, size=PictureSize(64, 48), prompt_id="i")
    assert filled["5"]["inputs"]["batch_size"] == 1
