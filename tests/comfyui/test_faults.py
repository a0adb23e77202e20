"""Everything that a ComfyUI can do wrong, and what the user gets all the same."""

from __future__ import annotations

import json
from pathlib import Path

import anyio
import pytest

from storybook.engines import EngineUnavailable, WorkFailed
from storybook.stages.illustrator.comfyui import png
from tests.comfyui.double import ComfyDouble
from tests.comfyui.listening import post, workflow
from tests.comfyui.studio import Studio, task

pytestmark = pytest.mark.anyio


# ------------------------------------------------------------------------ a workflow it won't run


async def test_a_rejected_workflow_says_why() -> None:
    """The server's own words, with the node they are about; nothing is painted."""
    async with ComfyDouble().serving() as double:
        double.faults.rejects = "8"
        with pytest.raises(EngineUnavailable) as refusal:
            await Studio(double).paint()
        assert "node 8 (VAEDecode)" in refusal.value.why
        assert "Invalid image file: nope.png" in refusal.value.why
        assert "storybook comfyui check" in refusal.value.mend
        assert double.painted == []


async def test_a_model_that_is_gone_since_is_named() -> None:
    """The server ran the workflow before; it is looked at anew, and said in full."""
    async with ComfyDouble().serving() as double:
        studio = Studio(double)
        await studio.paint()
        double.models("other.safetensors")
        with pytest.raises(EngineUnavailable, match=r"it has other\.safetensors") as refusal:
            await studio.paint(task(prompt="Another."))
        assert "models folder" in refusal.value.mend


async def test_a_server_that_has_another_model_since_is_painted_with() -> None:
    """The shipped workflow takes what is there now."""
    async with ComfyDouble().serving() as double:
        double.models("first.safetensors")
        studio = Studio(double, workflow="")
        await studio.paint()
        double.models("other.safetensors")
        await studio.paint(task(prompt="Another."))
        assert studio.engine.info.model == "other.safetensors"


async def test_a_missing_model_is_named_before_anything_is_posted() -> None:
    """With the names that the server does have."""
    async with ComfyDouble().serving() as double:
        double.models("other.safetensors")
        with pytest.raises(EngineUnavailable, match=r"it has other\.safetensors"):
            await Studio(double).paint()
        assert double.posts == []


async def test_a_missing_node_is_named_before_anything_is_posted(tmp_path: Path) -> None:
    """An unknown class would be refused with one line; here its node is said."""
    graph = workflow("txt2img_tiny")
    graph["8"]["class_type"] = "VAEDecoder"
    (tmp_path / "w.json").write_text(json.dumps(graph))
    async with ComfyDouble().serving() as double:
        with pytest.raises(EngineUnavailable, match=r"node 8 \(VAEDecoder\).*no such node"):
            await Studio(double, workflow=str(tmp_path / "w.json")).paint()
        assert double.posts == []


async def test_half_accepted_without_the_picture_is_refused_and_taken_back() -> None:
    """A 200 whose `node_errors` concern the picture is no success, and nothing goes on running."""
    async with ComfyDouble().serving() as double:
        double.faults.half, double.faults.hold = "9", "KSampler"
        with pytest.raises(EngineUnavailable, match="Required input is missing"):
            await Studio(double).paint()
        assert double.running == double.pending == double.painted == []


async def test_half_accepted_with_the_picture_is_painted() -> None:
    """What is refused besides the picture does not matter."""
    async with ComfyDouble().serving() as double:
        double.faults.half = "77"
        await Studio(double).paint()


async def test_side_branches_are_not_even_submitted(tmp_path: Path) -> None:
    """So a half that is bad cannot be the half that is accepted."""
    graph = workflow("txt2img_tiny")
    graph["10"] = {"class_type": "SaveImage", "inputs": {"filename_prefix": "x"}}
    (tmp_path / "w.json").write_text(json.dumps(graph))
    async with ComfyDouble().serving() as double:
        await Studio(double, workflow=str(tmp_path / "w.json")).paint()
        assert "10" not in double.posts[0]["prompt"]


# ------------------------------------------------------------------------------ a prompt that fails


async def test_out_of_memory_makes_room_and_may_be_tried_again() -> None:
    """The server is told to free its memory; the next attempt succeeds."""
    async with ComfyDouble().serving() as double:
        double.faults.out_of_memory = 1
        studio = Studio(double)
        with pytest.raises(WorkFailed, match="KSampler") as failure:
            await studio.paint()
        assert (failure.value.kind, failure.value.retryable) == ("out_of_memory", True)
        assert double.freed == 1
        await studio.paint()


async def test_a_failing_node_is_named(tmp_path: Path) -> None:
    """Its class, its id, its title and its own message; an error ends like a success and is
    none."""
    graph = workflow("txt2img_tiny")
    graph["3"]["_meta"] = {"title": "Second pass"}
    (tmp_path / "w.json").write_text(json.dumps(graph))
    async with ComfyDouble().serving() as double:
        double.faults.sampler_error = "mat1 and mat2 shapes cannot be multiplied"
        studio = Studio(double, workflow=str(tmp_path / "w.json"))
        with pytest.raises(WorkFailed) as failure:
            await studio.paint()
    assert failure.value.kind == "comfyui_failed"
    assert "node 3 (KSampler 'Second pass'): mat1 and mat2" in str(failure.value)


async def test_a_checkpoint_that_does_not_load_names_file_and_mend(tmp_path: Path) -> None:
    """When the user has chosen it there is no other one to take."""
    graph = workflow("txt2img_tiny")
    graph["4"]["inputs"]["ckpt_name"] = "corrupt.safetensors"
    (tmp_path / "w.json").write_text(json.dumps(graph))
    async with ComfyDouble().serving() as double:
        studio = Studio(double, workflow=str(tmp_path / "w.json"))
        with pytest.raises(EngineUnavailable) as failure:
            await studio.paint()
    assert "corrupt.safetensors cannot be used: the file is no whole model" in failure.value.why
    assert "header too large" in failure.value.why
    assert failure.value.mend.startswith("Download corrupt.safetensors again")


async def test_the_checkpoint_that_is_taken_by_itself_is_one_that_loads() -> None:
    """The first that the server lists is damaged: the next one paints, also the next picture."""
    async with ComfyDouble().serving() as double:
        studio = Studio(double, workflow="")
        await studio.paint()
        await studio.paint()
        names = [body["prompt"]["4"]["inputs"]["ckpt_name"] for body in double.posts]
    assert names == [
        "corrupt.safetensors",
        "sd15_random_full.safetensors",
        "sd15_random_full.safetensors",
    ]


async def test_somebody_elses_interruption_is_no_picture() -> None:
    """It may be tried again."""
    async with ComfyDouble().serving() as double:
        double.faults.hold = "VAEDecode"
        studio = Studio(double)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(interrupt_when_sampled, double)
            with pytest.raises(WorkFailed) as failure:
                await studio.paint()
    assert (failure.value.kind, failure.value.retryable) == ("interrupted", True)


async def interrupt_when_sampled(double: ComfyDouble) -> None:
    await double.until(lambda: double.sampled == 1)
    double.interrupt_externally()


async def test_a_prompt_that_hangs_is_interrupted() -> None:
    """Without a sign for long it is taken back, and the failure may be tried again."""
    async with ComfyDouble().serving() as double:
        double.faults.hold = "KSampler"
        studio = Studio(double, hang=0.2)
        with pytest.raises(WorkFailed) as failure:
            await studio.paint()
        assert (failure.value.kind, failure.value.retryable) == ("hung", True)
        assert double.running == double.pending == []


def executing(double: ComfyDouble) -> str:
    """The class of the node that runs."""
    nodes = list(double.executing.values())
    return double.posts[-1]["prompt"][nodes[0]]["class_type"] if nodes else ""


# -------------------------------------------------------------------------------- a bad websocket


async def test_a_deaf_websocket_costs_only_the_progress() -> None:
    """Nothing is ever said; the history tells of the end."""
    async with ComfyDouble().serving() as double:
        double.faults.is_deaf = True
        await Studio(double, silence=0.05).paint()


async def test_a_stalled_websocket_costs_only_the_progress() -> None:
    """Some other client does not read, and everybody's messages wait."""
    async with ComfyDouble().serving() as double:
        double.faults.is_stalled = True
        await Studio(double, silence=0.05).paint()


async def test_no_websocket_at_all_costs_only_the_progress() -> None:
    """A proxy that lets none through: the history is looked at now and then."""
    async with ComfyDouble().serving() as double:
        double.faults.refuses_websockets = True
        await Studio(double).paint()
        assert double.connections == []


async def test_a_dropped_websocket_is_opened_again() -> None:
    """Under the same client id, and the rest of the progress is heard."""
    async with ComfyDouble(previews=True).serving() as double:
        double.faults.hold = "KSampler"
        studio = Studio(double)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(studio.paint)
            await double.until(lambda: executing(double) == "KSampler")
            await double.drop_websockets()
            await double.until(lambda: len(double.connections) == 2)
            before = len(set(studio.reports))
            double.release()
        assert len(set(double.connections)) == 1
        assert len(set(studio.reports)) > before + 3


async def test_a_picture_that_ends_while_the_websocket_is_away_is_found() -> None:
    """Missed messages are never repeated; the history is looked at."""
    async with ComfyDouble().serving() as double:
        double.faults.hold = "KSampler"
        studio = Studio(double)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(studio.paint)
            await double.until(lambda: executing(double) == "KSampler")
            double.faults.refuses_websockets = True
            await double.drop_websockets()
            double.release()
        assert len(double.connections) == 1


async def test_a_silent_websocket_is_closed_before_another_is_opened() -> None:
    """The server forgets a client whose older websocket closes late; so ours never does."""
    async with ComfyDouble(previews=True).serving() as double:
        double.faults.hold = "KSampler"
        studio = Studio(double, silence=0.05)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(studio.paint)
            await double.until(lambda: len(double.connections) >= 3)
            assert len(double.sockets) <= 1
            before = len(set(studio.reports))
            await double.until(lambda: len(double.sockets) == 1)
            double.release()
        assert len(set(studio.reports)) > before


@pytest.mark.slow
async def test_a_half_open_websocket_is_found_by_its_pings() -> None:
    """The server sends none itself, so a connection that is gone without a word is asked."""
    async with ComfyDouble().serving() as double:
        double.faults.hold = "KSampler"
        studio = Studio(double, ping=0.05, silence=60)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(studio.paint)
            await double.until(lambda: executing(double) == "KSampler")
            next(iter(double.sockets.values())).is_half_open = True
            await double.until(lambda: len(double.connections) == 2)
            double.release()


async def test_a_long_message_does_not_close_the_websocket() -> None:
    """Pictures of many MB come through it; the library's own limit is one."""
    async with ComfyDouble().serving() as double:
        double.faults.hold = "KSampler"
        studio = Studio(double)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(studio.paint)
            await double.until(lambda: executing(double) == "KSampler")
            looks, before = double.requests.count("GET /queue"), len(set(studio.reports))
            await double.send(None, bytes(3 * 1024 * 1024))
            await double.status_of_an_empty_queue()  # which is looked at, once it is heard
            await double.until(lambda: double.requests.count("GET /queue") > looks)
            double.release()
        assert len(set(studio.reports)) > before + 3
        assert len(double.connections) == 1


async def test_messages_of_node_packs_are_passed_over() -> None:
    """Unknown kinds, and frames that are none."""
    async with ComfyDouble().serving() as double:
        double.faults.hold = "KSampler"
        studio = Studio(double)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(studio.paint)
            await double.until(lambda: executing(double) == "KSampler")
            monitor = '{"type":"crystools.monitor","data":{"cpu":1}}'
            for strange in (monitor, "no JSON", "[]", b"\0"):
                await double.send(None, strange)
            double.release()


async def test_the_history_is_believed_and_not_the_message() -> None:
    """`execution_success` comes before the history has it: the prompt is not taken for lost."""
    async with ComfyDouble().serving() as double:
        double.faults.hold = "history"
        studio = Studio(double, silence=0.05)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(studio.paint)
            await double.until(lambda: len(double.painted) == 1)
            looks = double.requests.count("GET /queue")
            await double.until(lambda: double.requests.count("GET /queue") > looks + 3)
            assert studio.paintings == []
            double.release()
        assert len(double.posts) == 1


# ----------------------------------------------------------------------------- a server that fails


async def test_a_restart_that_forgets_is_submitted_again() -> None:
    """Under a new id, recorded again, and painted once."""
    async with ComfyDouble().serving() as double:
        double.faults.hold = "KSampler"
        studio = Studio(double)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(studio.paint)
            await double.until(lambda: executing(double) == "KSampler")
            double.faults.hold = None
            await double.restart()
        assert len({it.prompt_id for it in studio.submissions}) == 2
        assert len(double.painted) == 1


async def test_an_answer_that_never_came_is_not_posted_again() -> None:
    """The server took the prompt, and the connection broke: it is looked for, and found."""
    async with ComfyDouble().serving() as double:
        double.faults.loses_posts = 1
        studio = Studio(double)
        await studio.paint()
        assert len(double.posts) == len(studio.submissions) == 1


async def test_a_dead_worker_is_recognised_and_said() -> None:
    """HTTP answers and the queue takes everything, but nothing runs: only a restart helps."""
    async with ComfyDouble().serving() as double:
        double.kill_worker()
        with pytest.raises(EngineUnavailable, match="executes none") as fault:
            await Studio(double).paint()
        assert "Restart ComfyUI" in fault.value.mend
        assert double.pending == []  # what nobody waits for is taken back


async def test_one_answer_of_500_is_no_end() -> None:
    """While a prompt is followed, a failing answer is asked for again."""
    async with ComfyDouble().serving() as double:
        double.faults.hold = "KSampler"
        studio = Studio(double)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(studio.paint)
            await double.until(lambda: executing(double) == "KSampler")
            double.faults.answers_500 = 3
            double.release()
        assert len(double.posts) == 1


async def test_a_server_that_gives_ids_of_its_own_is_too_old() -> None:
    """It says so, and leaves nothing in its queue."""
    async with ComfyDouble().serving() as double:
        double.faults.ignores_prompt_ids, double.faults.hold = True, "KSampler"
        await post(double, {"prompt": workflow("txt2img_tiny"), "client_id": "other"})
        with pytest.raises(EngineUnavailable, match="too old"):
            await Studio(double).paint()
        assert double.pending == []


# ------------------------------------------------------------------------------------ a bad picture


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "kind", "retryable"),
    [
        ("garbage", "broken_picture", True),
        ("truncated", "broken_picture", True),
        ("stale", "stale_picture", True),
        ("missing", "picture_gone", True),
    ],
)
async def test_a_bad_picture_does_not_count(how: str, kind: str, retryable: bool) -> None:
    """It fails the attempt, and trying again helps."""
    async with ComfyDouble().serving() as double:
        double.faults.spoil = [how]
        studio = Studio(double)
        with pytest.raises(WorkFailed) as failure:
            await studio.paint()
        assert (failure.value.kind, failure.value.retryable) == (kind, retryable)
        painting = await studio.paint()
    png.check(painting.png, 64, 48)


async def test_a_flat_picture_is_painted_again_with_another_seed() -> None:
    """The server is told to forget; the seed that the picture was made from is recorded."""
    async with ComfyDouble().serving() as double:
        double.faults.spoil = ["flat"]
        painting = await Studio(double).paint()
        seeds = [body["prompt"]["3"]["inputs"]["seed"] for body in double.posts]
        assert (seeds, double.freed) == ([7, 8], 1)
    assert painting.made_from.seed == 8


async def test_a_picture_that_stays_flat_says_the_likely_causes() -> None:
    """After three seeds no other one will help."""
    async with ComfyDouble().serving() as double:
        double.faults.spoil = ["flat"] * 3
        with pytest.raises(WorkFailed, match=r"fp32-vae.*3 seeds were tried") as failure:
            await Studio(double).paint()
        assert (failure.value.kind, failure.value.retryable) == ("flat_picture", False)
        assert len(double.posts) == 3


async def test_a_picture_of_another_size_is_fitted_and_not_thrown_away() -> None:
    """It is scaled and cropped, and it is recorded what it was."""
    async with ComfyDouble().serving() as double:
        double.faults.spoil = ["wrong_size"]
        painting = await Studio(double).paint()
    png.check(painting.png, 64, 48)
    assert painting.made_from.fitted_from == "64x47"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["webp", "jpeg"])
async def test_a_picture_of_another_format_is_kept_as_png(kind: str) -> None:
    """Of the size that was asked for."""
    async with ComfyDouble().serving() as double:
        double.faults.spoil = [kind]
        painting = await Studio(double).paint()
    png.check(painting.png, 64, 48)
    assert painting.made_from.fitted_from == ""


async def test_a_broken_transfer_is_fetched_again_and_not_painted_again() -> None:
    """What broke on the way is whole on the server."""
    async with ComfyDouble().serving() as double:
        double.faults.cut_downloads = 1
        await Studio(double).paint()
        assert len(double.painted) == 1


async def test_a_name_that_is_used_again_is_not_ours() -> None:
    """Each prompt has a prefix of its own, so that files of others never have its name."""
    async with ComfyDouble().serving() as double:
        studio = Studio(double)
        first = await studio.paint()
        double.files.clear()
        second = await studio.paint(task(prompt="Another."))
        names = {key[2] for key in double.files}
    assert first.png != second.png
    assert names == {f"{studio.submissions[1].prompt_id}_00001_.png"}
