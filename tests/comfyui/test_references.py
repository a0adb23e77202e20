"""Pictures of the characters: what a workflow is shown of them, on the double."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from storybook.engines import PaintingTask, Reference
from storybook.stages.illustrator.comfyui.explain import explain
from storybook.stages.illustrator.comfyui.node_types import NodeTypes
from storybook.stages.illustrator.comfyui.prepare import fill
from storybook.stages.illustrator.comfyui.roles import find_roles
from storybook.stages.illustrator.comfyui.wiring import NodeInput
from tests.comfyui.double import ComfyDouble
from tests.comfyui.double.comfy import object_info
from tests.comfyui.studio import Studio, task

pytestmark = pytest.mark.anyio

WORKFLOW: Final = Path(__file__).parent / "workflows/kind_reference.json"
REFERENCE_LATENT: Final[dict[str, Any]] = {
    "input": {
        "required": {"conditioning": ["CONDITIONING", {}]},
        "optional": {"latent": ["LATENT", {}]},
    },
    "output": ["CONDITIONING"],
    "output_is_list": [False],
    "output_name": ["CONDITIONING"],
    "name": "ReferenceLatent",
    "display_name": "Set Reference Latent",
    "description": "",
    "python_module": "comfy_extras.nodes_edit_model",
    "category": "model/conditioning",
    "output_node": False,
}
"""As ComfyUI 0.29 describes it, which is newer than the recordings."""

RABBIT: Final = Reference("ab" * 32, "image/png", b"a rabbit")
TIGER: Final = Reference("cd" * 32, "image/jpeg", b"a tiger")


def shown(*references: Reference, page: int = 1) -> PaintingTask:
    return msgspec.structs.replace(task(page), references=references)


def double_with_references() -> ComfyDouble:
    double = ComfyDouble()
    double.object_info["ReferenceLatent"] = REFERENCE_LATENT
    return double


def studio(*doubles: ComfyDouble, **more: Any) -> Studio:
    return Studio(*doubles, workflow=str(WORKFLOW), **more)


def node_types() -> NodeTypes:
    return NodeTypes({**object_info(), "ReferenceLatent": REFERENCE_LATENT})


def graph() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(WORKFLOW.read_bytes())
    return found


def images(double: ComfyDouble) -> list[str]:
    """What node 20 loads, of each prompt that was posted."""
    return [it["prompt"]["20"]["inputs"]["image"] for it in double.posts]


async def test_a_picture_is_uploaded_once_and_loaded_by_every_page() -> None:
    """It goes to a folder of ours in the server's input; what was made from it says so."""
    async with double_with_references().serving() as double:
        it = studio(double)
        for page in (1, 2):
            await it.paint(shown(RABBIT, page=page))
    name = f"storybook/{'ab' * 16}.png"
    assert double.uploads == [name]
    assert double.files["input", "storybook", f"{'ab' * 16}.png"] == RABBIT.content
    assert images(double) == [name, name]
    assert [made.made_from.references for made in it.paintings] == [(RABBIT.sha256,)] * 2


async def test_each_server_gets_it_for_itself() -> None:
    """What one has another has not."""
    async with double_with_references().serving() as one, double_with_references().serving() as two:
        it = studio(one, two)
        one.faults.turns_posts_away = 1
        await it.paint(shown(RABBIT))
        await it.paint(shown(RABBIT))
    assert len(one.uploads) == len(two.uploads) == 1


async def test_without_a_picture_the_files_own_stays() -> None:
    """As for the cover of a first book."""
    async with double_with_references().serving() as double:
        it = studio(double)
        await it.paint(shown(page=0))
    assert (double.uploads, images(double)) == ([], ["example.png"])
    assert it.paintings[0].made_from.references == ()


async def test_a_picture_that_the_server_has_lost_is_given_again() -> None:
    """Somebody has emptied its input folder: the page is painted all the same."""
    async with double_with_references().serving() as double:
        it = studio(double)
        await it.paint(shown(RABBIT))
        double.files = {key: value for key, value in double.files.items() if key[0] != "input"}
        double.list_inputs()
        await it.paint(shown(RABBIT, page=2))
    assert len(double.uploads) == 2
    assert len(double.painted) == 2


async def test_a_workflow_without_the_title_is_shown_nothing() -> None:
    """No link tells a reference from what a workflow begins with."""
    async with ComfyDouble().serving() as double:
        await Studio(double).paint(shown(RABBIT))
    assert double.uploads == []


def test_several_places_get_one_character_each() -> None:
    """In the order of their titles; the last picture stands in for those that are missing, and
    what there is no place for is not sent."""
    drawn = graph()
    drawn["20"]["_meta"]["title"] = "Reference 2"
    drawn["30"] = {
        "class_type": "LoadImage",
        "inputs": {"image": "example.png"},
        "_meta": {"title": "REFERENCE_1"},
    }
    drawn["31"] = {"class_type": "VAEEncode", "inputs": {"pixels": ["30", 0], "vae": ["4", 2]}}
    drawn["32"] = {
        "class_type": "ReferenceLatent",
        "inputs": {"conditioning": ["23", 0], "latent": ["31", 0]},
    }
    drawn["3"]["inputs"]["positive"] = ["32", 0]
    roles = find_roles(drawn)
    assert roles.references == (NodeInput("30", "image"), NodeInput("20", "image"))
    for names, loaded in (
        (["a", "b", "c"], ["a", "b"]),
        (["a"], ["a", "a"]),
        ([], ["example.png"] * 2),
    ):
        filled = fill(drawn, roles, prompt="", seed=1, size=None, prompt_id="x", shown=names)
        assert [filled[it]["inputs"]["image"] for it in ("30", "20")] == loaded


@pytest.mark.parametrize("named", ["20", "20.image"])
def test_settings_name_a_place_that_has_another_title(named: str) -> None:
    """As they name every other role."""
    drawn = graph()
    drawn["20"]["_meta"]["title"] = "Load Image"
    assert find_roles(drawn).references == ()
    roles = find_roles(drawn, named={"reference": (named,)})
    assert roles.references == (NodeInput("20", "image"),)


def test_the_page_s_text_is_still_found() -> None:
    """What is between the text and the sampler carries the reference, and is followed."""
    roles = find_roles(graph(), node_types())
    assert roles.positive == (NodeInput("6", "text"),)
    assert roles.width == (NodeInput("5", "width"),)


@pytest.mark.parametrize(
    ("title", "said"),
    [
        (
            "REFERENCE",
            "a picture of the characters goes to node 20; where there is none yet, as for a first "
            "book's cover, the file's own stays: example.png",
        ),
        (
            "Load",
            "it takes no picture of the characters: no node that loads one is titled REFERENCE",
        ),
    ],
)
def test_a_check_tells_whether_a_workflow_can_use_one(title: str, said: str) -> None:
    """And where it goes."""
    drawn = graph()
    drawn["20"]["_meta"]["title"] = title
    found = explain(drawn, node_types())
    assert found.ok and said in found.notes
    places = [(it.node, it.input, it.value) for it in found.found if it.role == "reference"]
    assert places == ([("20", "image", "example.png")] if title == "REFERENCE" else [])


async def test_a_book_s_style_goes_before_the_prompt() -> None:
    """In the place of the one of the settings: two would contradict each other."""
    async with ComfyDouble().serving() as double:
        it = Studio(double)
        await it.paint(msgspec.structs.replace(task(), style="oil painting,"))
    assert it.paintings[0].made_from.prompt == "oil painting, A fox in the snow."
