"""`storybook comfyui check`: what a workflow is made of, and why it would fail."""

from __future__ import annotations

import json
from typing import Any

import pytest

from storybook.stages.illustrator.comfyui.client import ComfyServer
from storybook.stages.illustrator.comfyui.engine import ComfyUI
from storybook.stages.illustrator.comfyui.errors import Rejected
from storybook.stages.illustrator.comfyui.explain import Explanation, explain
from storybook.stages.illustrator.comfyui.prepare import new_prompt_id
from storybook.stages.illustrator.comfyui.timing import ComfyTiming
from tests.comfyui.double import ComfyDouble
from tests.comfyui.drawings import NODE_TYPES
from tests.comfyui.listening import HERE, post, workflow
from tests.comfyui.studio import WORKFLOW, Studio, access_to


def look(document: Any, **more: Any) -> Explanation:
    return explain(document, NODE_TYPES, **more)


def kinds(it: Explanation) -> set[str]:
    return {problem.kind for problem in it.problems}


def test_a_good_workflow_is_explained() -> None:
    """Each role with its node, its title and what stands there now."""
    it = look(workflow("txt2img_tiny"))
    assert it.ok and it.format == "api" and it.nodes == 7
    found = {one.role: one for one in it.found}
    assert set(found) == {"positive", "negative", "seed", "width", "height", "model", "output"}
    assert (found["positive"].node, found["positive"].title) == ("6", "Positive")
    assert found["negative"].value == "blurry"
    assert it.models == ("sd15_random_tiny.safetensors",)


def test_a_file_of_the_editor_is_explained() -> None:
    """Its format is told, and a model that is not there with those that are."""
    it = look(json.loads((HERE / "workflows/editor_make_panel.json").read_text()))
    assert it.format == "editor"
    (problem,) = it.problems
    assert problem.kind == "missing_model"
    assert problem.where == "node 1 (CheckpointLoaderSimple), ckpt_name"
    assert "'flux1-schnell-fp8.safetensors'; it has corrupt.safetensors" in problem.message
    assert "sd15_random_tiny.safetensors" in problem.has


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        (("4", "ckpt_name", "nope.safetensors"), "missing_model", "sd15_random_full.safetensors"),
        (("3", "sampler_name", "nope"), "unknown_value", "euler_ancestral"),
        (("3", "steps", 0), "out_of_range", "1 … 10000"),
        (("3", "cfg", "much"), "wrong_value", "no number"),
        (("3", "model", ["99", 0]), "broken_link", "node 99"),
        (("8", "samples", ["4", 0]), "wrong_link", "LATENT"),
        (("8", "vae", None), "missing_input", "required"),
        (("9", "images", None), "no_output", "Save Image"),
        (("3", "seed", None), "no_seed", "seed"),
    ],
)
def test_what_is_wrong_is_said(change: tuple[str, str, Any], kind: str, says: str) -> None:
    """Node, input, what was found, and what there is instead."""
    graph = workflow("txt2img_tiny")
    node, name, value = change
    graph[node]["inputs"][name] = value
    if value is None:
        del graph[node]["inputs"][name]
    it = look(graph)
    problem = next(problem for problem in it.problems if problem.kind == kind)
    assert says in f"{problem} {problem.mend}"
    assert problem.mend


def test_both_shapes_of_choices_are_read() -> None:
    """Newer node types announce theirs in another way."""
    graph = workflow("txt2img_tiny")
    inputs = {"model": ["4", 0], "clip": ["4", 1], "strength_model": 1, "strength_clip": 1}
    graph["30"] = {"class_type": "LoraLoader", "inputs": inputs | {"lora_name": "ink"}}
    graph["3"]["inputs"]["model"] = ["30", 0]
    (problem,) = look(graph).problems
    assert (problem.kind, problem.has) == ("missing_model", ("watercolor.safetensors",))


def test_a_missing_node_is_named_with_near_ones() -> None:
    """And the rest of the workflow is still explained."""
    graph = workflow("txt2img_tiny")
    graph["8"]["class_type"] = "VAEDecoder"
    it = look(graph)
    (problem,) = it.problems
    assert (problem.kind, problem.where) == ("missing_node", "node 8 (VAEDecoder)")
    assert "VAEDecode" in problem.has
    assert {one.role for one in it.found} >= {"positive", "seed", "width"}


@pytest.mark.parametrize(
    "document", [{}, [], 5, {"1": {"inputs": {}}}, {"1": {"class_type": "X"}}, {"nodes": [5]}]
)
def test_what_is_no_workflow_is_said(document: Any) -> None:
    """Never an exception."""
    it = look(document)
    assert kinds(it) == {"unreadable"} and not it.ok


def test_a_saved_request_is_a_workflow_too() -> None:
    """The body of POST /prompt, as scripts keep it."""
    assert look({"prompt": workflow("txt2img_tiny"), "client_id": "x"}).ok


def test_a_wrong_name_in_the_configuration_is_said() -> None:
    """With the names that there are."""
    it = look(workflow("txt2img_tiny"), named={"positiv": "6"})
    assert kinds(it) == {"unknown_role"}
    assert "positive" in it.problems[0].mend


def test_surprises_are_noted() -> None:
    """Nodes that are not submitted, and a missing negative."""
    graph = workflow("txt2img_tiny")
    graph["99"] = {"class_type": "EmptyImage", "inputs": {}}
    graph["7"] = {"class_type": "ConditioningZeroOut", "inputs": {"conditioning": ["6", 0]}}
    it = look(graph)
    assert it.ok
    assert any(note.startswith("1 nodes do not lead") for note in it.notes)
    assert any("negative" in note for note in it.notes)


def test_long_lists_are_cut_in_words_and_whole_in_data() -> None:
    """The message names a dozen; `has` has all."""
    graph = workflow("txt2img_tiny")
    graph["3"]["inputs"]["sampler_name"] = "nope"
    (problem,) = look(graph).problems
    assert "more" in problem.message and len(problem.has) > 30


@pytest.mark.anyio
@pytest.mark.parametrize(
    "name", [path.stem for path in sorted((HERE / "workflows").glob("bad_*.json"))]
)
async def test_all_that_the_server_refuses_is_explained_before(name: str) -> None:
    """Every workflow that was refused by a real server has a problem here."""
    async with ComfyDouble().serving() as double:
        assert (await post(double, {"prompt": workflow(name)})).status_code == 400
    assert not look(workflow(name)).ok


@pytest.mark.anyio
async def test_a_refusal_without_a_list_is_told_all_the_same() -> None:
    """Of more than twenty choices the server lists none."""
    async with ComfyDouble().serving() as double:
        double.models(*(f"{number}.safetensors" for number in range(30)))
        async with ComfyServer.open(access_to(double.url), ComfyTiming()) as server:
            with pytest.raises(Rejected, match=r"not in \(list of length 30\)") as refusal:
                await server.submit(workflow("txt2img_tiny"), new_prompt_id(), "9")
    (problem,) = refusal.value.problems
    assert (problem.kind, problem.has) == ("missing_model", ())


@pytest.mark.anyio
async def test_a_check_asks_every_endpoint() -> None:
    """One that answers, and one that does not."""
    async with ComfyDouble().serving() as double:
        studio = Studio(double, urls=(double.url, "http://127.0.0.1:1"))
        there, gone = await studio.engine.check()
    assert there.ok and there.version == "0.3.64"
    assert not gone.ok and "does not answer" in gone.why
    assert gone.explanation is not None and gone.explanation.ok  # of the file alone


@pytest.mark.anyio
async def test_without_a_server_an_editors_file_cannot_be_read() -> None:
    """It says what is needed."""
    file = HERE / "workflows/editor_make_panel.json"
    (gone,) = await ComfyUI(urls=("http://127.0.0.1:1",), workflow=str(file)).check()
    assert gone.explanation is not None
    assert "while ComfyUI answers" in str(gone.explanation.problems[0])
    (gone,) = await ComfyUI(urls=("http://127.0.0.1:1",), workflow=WORKFLOW).check()
    assert gone.explanation is not None and gone.explanation.ok
