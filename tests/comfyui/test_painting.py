"""Pictures painted on the double: what a user gets, and what the server was asked for."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import anyio
import pytest

from storybook.engines import EngineUnavailable
from storybook.stages.illustrator.comfyui import png
from tests.comfyui.double import ComfyDouble
from tests.comfyui.double.execution import JPEG
from tests.comfyui.listening import post, workflow
from tests.comfyui.studio import NEGATIVE, Studio, task

pytestmark = pytest.mark.anyio


async def test_a_picture_is_painted() -> None:
    """It has the size asked for, and says what it was made from."""
    async with ComfyDouble().serving() as double:
        studio = Studio(double)
        painting = await studio.paint()
    png.check(painting.png, 64, 48)
    assert (painting.width, painting.height) == (64, 48)
    made_from = painting.made_from
    assert made_from.prompt == (
        "watercolor painting, children's book illustration, A fox in the snow."
    )
    assert made_from.seed == 7 and len(made_from.workflow_sha256) == 64
    assert (made_from.model, made_from.version) == (
        studio.engine.info.model,
        studio.engine.info.version,
    )
    assert made_from.model and made_from.version


async def test_the_graph_has_the_orders_values() -> None:
    """Prompt with its style, seed, size and prefix; the negative and the rest as in the file."""
    async with ComfyDouble().serving() as double:
        await Studio(double).paint()
        (body,) = double.posts
    graph = body["prompt"]
    assert graph["6"]["inputs"]["text"].endswith("illustration, A fox in the snow.")
    assert graph["7"]["inputs"]["text"] == NEGATIVE
    assert graph["3"]["inputs"]["seed"] == 7
    assert (graph["5"]["inputs"]["width"], graph["5"]["inputs"]["height"]) == (64, 48)
    assert graph["9"]["inputs"]["filename_prefix"] == f"storybook/{body['prompt_id']}"
    assert set(body) == {"prompt", "prompt_id", "client_id"}


async def test_ids_are_canonical_and_never_used_twice() -> None:
    """Newer servers take nothing else, and the same id twice is painted twice."""
    async with ComfyDouble(has_jobs_api=True).serving() as double:
        studio = Studio(double)
        await studio.paint()
        await studio.paint()
        ids = [body["prompt_id"] for body in double.posts]
    assert len(set(ids)) == 2
    assert all(str(uuid.UUID(it)) == it for it in ids)
    assert not any("number" in body or "front" in body for body in double.posts)


async def test_it_is_recorded_before_the_server_has_it() -> None:
    """A crash between the two loses nothing: who asks for the id again, finds that it is lost."""
    async with ComfyDouble().serving() as double:
        studio = Studio(double)
        studio.on_submission = lambda: studio.seen.append(len(double.posts))
        await studio.paint()
        assert studio.seen == [0]
        assert studio.submissions[0].endpoint == double.url
        assert studio.submissions[0].prompt_id == double.posts[0]["prompt_id"]


async def test_the_websocket_is_open_before_the_prompt_is_posted() -> None:
    """So the beginning is heard; its client id is the prompt's own."""
    async with ComfyDouble().serving() as double:
        await Studio(double).paint()
        assert double.requests.index("GET /ws") < double.requests.index("POST /prompt")
        assert double.connections == [double.posts[0]["client_id"]]


async def test_the_queue_is_looked_at_before_the_history() -> None:
    """The other way round, a prompt that ends in between is in neither."""
    async with ComfyDouble().serving() as double:
        await Studio(double).paint()
        looks = [it for it in double.requests if "/queue" in it or "/history" in it]
    assert looks and len(looks) % 2 == 0
    for queue, history in zip(looks[::2], looks[1::2], strict=True):
        assert queue == "GET /queue" and history.startswith("GET /history/")


async def test_progress_grows_with_the_sampler_to_one() -> None:
    """Step by step, never back, and 1 at the end."""
    async with ComfyDouble(previews=True).serving() as double:
        studio = Studio(double)
        await studio.paint()
    assert studio.reports == sorted(studio.reports)
    assert len(set(studio.reports)) > 10
    assert studio.reports[-1] == 1.0


async def test_other_peoples_progress_is_not_ours() -> None:
    """What a prompt without a client id broadcasts to everybody is passed over."""
    async with ComfyDouble(previews=True).serving() as double:
        double.faults.hold = "SaveImage"
        await post(double, {"prompt": workflow("txt2img_tiny")})
        await double.until(lambda: double.sampled == 1)
        studio = Studio(double)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(studio.paint)
            await double.until(lambda: len(double.pending) == 1)
            assert not any(studio.reports)
            double.release()
    assert studio.reports[-1] == 1.0


async def test_previews_are_reported_as_they_came() -> None:
    """One for each step of the sampler, and nobody else's: not what a prompt without a client id
    broadcasts to everybody."""
    async with ComfyDouble(previews=True).serving() as double:
        double.faults.hold = "KSampler"
        await post(double, {"prompt": workflow("txt2img_tiny")})
        studio = Studio(double)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(studio.paint)
            await double.until(lambda: len(double.pending) == 1)
            double.release()
        assert double.sampled == 2
    steps = workflow("txt2img_tiny")["3"]["inputs"]["steps"]
    assert studio.previews == [JPEG] * steps


@pytest.mark.slow
async def test_waiting_behind_others_is_no_fault() -> None:
    """Our prompt waits in the queue until it is its turn."""
    async with ComfyDouble().serving() as double:
        double.faults.hold = "SaveImage"
        for seed in range(3):
            graph = workflow("nomodel_seeded_noise")
            graph["2"]["inputs"]["seed"] = seed
            await post(double, {"prompt": graph, "client_id": "other"})
        studio = Studio(double, unworked=0.2, silence=0.05)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(studio.paint)
            await double.until(lambda: double.requests.count("GET /queue") > 10)
            assert double.painted == []
            double.release()
        assert len(double.painted) == 4


async def test_a_cached_sampler_still_gives_a_picture_of_its_own() -> None:
    """The same order twice: the second is answered from cache, under a new name."""
    async with ComfyDouble().serving() as double:
        studio = Studio(double)
        first, second = await studio.paint(), await studio.paint()
        assert double.sampled == 1
        assert len(double.painted) == 2
        assert len(double.files) == 2
    assert first == second


async def test_the_prompt_does_not_leak_with_the_picture() -> None:
    """ComfyUI writes the whole graph into its files; what is kept is the picture alone."""
    async with ComfyDouble().serving() as double:
        painting = await Studio(double).paint()
        (saved,) = double.files.values()
    assert b"A fox in the snow" in saved
    assert b"A fox in the snow" not in painting.png and png.texts(painting.png) == {}


async def test_proxies_of_the_environment_are_passed_by(monkeypatch: pytest.MonkeyPatch) -> None:
    """ComfyUI stands on this machine or beside it."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "ws_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with ComfyDouble().serving() as double:
        await Studio(double).paint()
        assert len(double.connections) == 1


async def test_no_request_has_an_origin() -> None:
    """The server refuses one that is not its own."""
    async with ComfyDouble().serving() as double:
        await Studio(double).paint()
        assert double.origins == {None}


async def test_one_seed_for_all_pages() -> None:
    """The seed is the task's own, on every page."""
    async with ComfyDouble().serving() as double:
        studio = Studio(double)
        for page in (0, 1):
            await studio.paint(task(page=page, prompt=f"Page {page}."))
        seeds = {body["prompt"]["3"]["inputs"]["seed"] for body in double.posts}
    assert seeds == {7}


async def test_the_shipped_workflow_takes_the_checkpoint_that_is_there(tmp_path: Path) -> None:
    """It needs nothing of the server but one checkpoint, and the engine names it."""
    async with ComfyDouble().serving() as double:
        double.models("some_model.safetensors")
        studio = Studio(double, workflow="")
        await studio.paint()
        graph = double.posts[0]["prompt"]
    loader = next(it for it in graph.values() if it["class_type"] == "CheckpointLoaderSimple")
    assert loader["inputs"]["ckpt_name"] == "some_model.safetensors"
    assert studio.engine.info.model == "some_model.safetensors"
    assert studio.engine.info.version == "0.3.64"
    assert studio.engine.info.device == double.url


async def test_a_workflow_in_the_editors_format_is_painted(tmp_path: Path) -> None:
    """A user's file, as ComfyUI saves it: its values reach the server under their names."""
    file = Path(__file__).parent / "workflows/editor_make_panel.json"
    async with ComfyDouble().serving() as double:
        double.models("flux1-schnell-fp8.safetensors")
        studio = Studio(double, workflow=str(file))
        await studio.paint()
        graph = double.posts[0]["prompt"]
    sampler = next(it for it in graph.values() if it["class_type"] == "KSampler")["inputs"]
    assert (sampler["seed"], sampler["steps"], sampler["cfg"]) == (7, 5, 1)
    assert (sampler["sampler_name"], sampler["scheduler"]) == ("dpmpp_sde_gpu", "karras")


async def test_a_workflow_that_only_shows_its_picture_saves_it_instead(tmp_path: Path) -> None:
    """A preview has no file of a name of ours, so it is made a saved one."""
    graph = workflow("txt2img_tiny")
    graph["9"] = {"class_type": "PreviewImage", "inputs": {"images": ["8", 0]}}
    file = tmp_path / "workflow.json"
    file.write_text(json.dumps(graph))
    async with ComfyDouble().serving() as double:
        await Studio(double, workflow=str(file)).paint()
        assert {key[0] for key in double.files} == {"output"}


async def test_no_style_is_a_style() -> None:
    """The prompt then goes as it is."""
    async with ComfyDouble().serving() as double:
        painting = await Studio(double, style="").paint()
    assert painting.made_from.prompt == "A fox in the snow."


async def test_room_is_made_for_other_engines() -> None:
    """Unloading tells the server to let go of its models, and asks nothing of one never used."""
    async with ComfyDouble().serving() as double:
        studio = Studio(double)
        await studio.engine.unload()
        assert double.freed == 0
        await studio.paint()
        await studio.engine.unload()
        assert double.freed == 1


async def test_readiness_says_what_is_missing() -> None:
    """Nothing there; a model that is not there, with those that are; and ready."""
    async with ComfyDouble().serving() as double:
        studio = Studio(double)
        assert (await studio.engine.readiness()).ready
        assert studio.engine.info.version == "0.3.64"
        double.models("other.safetensors")
        missing = await studio.engine.readiness()
        assert not missing.ready
        assert "sd15_random_tiny.safetensors" in missing.why
        assert "other.safetensors" in missing.why
        assert "models folder" in missing.mend
        await double.stop()
        gone = await studio.engine.readiness()
        assert not gone.ready
        assert double.url in gone.why and "Start ComfyUI" in gone.mend
        await double.start()


async def test_something_else_on_the_port_is_no_comfyui(tmp_path: Path) -> None:
    """A server that answers otherwise is said to be no ComfyUI."""
    async with ComfyDouble().serving() as double:
        double.faults.answers_500 = 1
        readiness = await Studio(double).engine.readiness()
    assert not readiness.ready and "500" in readiness.why


async def test_a_workflow_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """No such file, and a file that is no JSON."""
    (tmp_path / "broken.json").write_text("{")
    async with ComfyDouble().serving() as double:
        for name in ("absent.json", "broken.json"):
            studio = Studio(double, workflow=str(tmp_path / name))
            readiness = await studio.engine.readiness()
            assert not readiness.ready and name in readiness.why
            with pytest.raises(EngineUnavailable, match=name):
                await studio.paint()


# ------------------------------------------------------------------------------------------- sizes


async def test_pictures_have_the_workflows_own_size_if_that_is_wanted() -> None:
    """The file is submitted with the size that stands in it."""
    async with ComfyDouble().serving() as double:
        painting = await Studio(double, size="workflow").paint()
        (body,) = double.posts
    own = workflow("txt2img_tiny")["5"]["inputs"]
    assert (body["prompt"]["5"]["inputs"]["width"]) == own["width"]
    assert (painting.width, painting.height) == (own["width"], own["height"])
    png.check(painting.png, own["width"], own["height"])
    assert painting.made_from.fitted_from == ""


async def test_pictures_have_the_size_of_the_settings() -> None:
    """It goes before the one that is asked for."""
    async with ComfyDouble().serving() as double:
        painting = await Studio(double, size="96x32").paint()
    png.check(painting.png, 96, 32)


async def test_a_path_of_windows_is_the_same_file(tmp_path: Path) -> None:
    """It is submitted as the server spells it."""
    graph = workflow("txt2img_tiny")
    graph["4"]["inputs"]["ckpt_name"] = "SD15/dream.safetensors"
    (tmp_path / "w.json").write_text(json.dumps(graph))
    async with ComfyDouble().serving() as double:
        double.models("other.safetensors", "SD15\\dream.safetensors")
        await Studio(double, workflow=str(tmp_path / "w.json")).paint()
        (body,) = double.posts
    assert body["prompt"]["4"]["inputs"]["ckpt_name"] == "SD15\\dream.safetensors"


async def test_a_checkpoint_of_the_settings_is_loaded() -> None:
    """By the shipped workflow and by one of the user's."""
    for file in ({"workflow": ""}, {}):
        async with ComfyDouble().serving() as double:
            await Studio(double, checkpoint="sd15_random_full", **file).paint()
            (body,) = double.posts
        assert body["prompt"]["4"]["inputs"]["ckpt_name"] == "sd15_random_full.safetensors"


async def test_what_is_doubted_is_sent_and_what_the_server_says_stands_by_the_title(
    tmp_path: Path,
) -> None:
    """A value out of the range that is known here: the server has the last word."""
    graph = workflow("txt2img_tiny")
    graph["3"]["inputs"]["steps"] = 0
    graph["3"]["_meta"] = {"title": "Painter"}
    (tmp_path / "w.json").write_text(json.dumps(graph))
    async with ComfyDouble().serving() as double:
        with pytest.raises(EngineUnavailable) as failure:
            await Studio(double, workflow=str(tmp_path / "w.json")).paint()
        assert double.posts
    assert "node 3 (KSampler 'Painter')" in failure.value.why
    assert "smaller than min of 1" in failure.value.why
