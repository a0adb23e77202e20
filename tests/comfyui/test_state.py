"""What became of a prompt follows from the queue and the history, and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from storybook.stages.illustrator.comfyui.state import (
    Failed,
    Finished,
    ImageFile,
    Interrupted,
    Lost,
    Running,
    State,
    Waiting,
    state_of,
)
from tests.comfyui.listening import recording

Answer = dict[str, Any]


def queue(running: Sequence[str] = (), pending: Sequence[tuple[float, str]] = ()) -> Answer:
    return {
        "queue_running": [[0, it, {}, {}, []] for it in running],
        "queue_pending": [[number, it, {}, {}, []] for number, it in pending],
    }


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (queue(), Lost()),
        (queue(running=["other"]), Lost()),
        (queue(running=["p"]), Running()),
        (queue(pending=[(3, "p")]), Waiting(0, False)),
        (queue(["other"], [(3, "p")]), Waiting(1, True)),
        (queue(["other"], [(2, "a"), (9, "b"), (3, "p")]), Waiting(2, True)),
        (queue([], [(-5, "front"), (3, "p"), (1, "a")]), Waiting(2, False)),
    ],
)
def test_the_queue_tells_waiting_from_running(found: dict[str, Any], state: State) -> None:
    """It comes in heap order: who goes before is told by the numbers."""
    assert state_of("p", found, {}) == state


def recorded(name: str) -> State:
    """The state that the history of a recording tells."""
    answers = [it["response"] for it in recording(name) if "/history/" in it.get("http", "")]
    (prompt_id,) = answers[-1]
    return state_of(prompt_id, queue(), answers[-1])


def test_recorded_ends_are_told_apart() -> None:
    """Errors and interruptions have one status in the history."""
    picture = ImageFile("t2i_00001_.png", "acc")
    assert recorded("txt2img_success") == Finished({"9": (picture,)})
    assert recorded("txt2img_cached") == Finished({"9": (picture,)})
    assert recorded("interrupted") == Interrupted()
    failed = recorded("runtime_error")
    assert isinstance(failed, Failed)
    assert failed.node == "CheckpointLoaderSimple (4)"
    assert failed.message == "Error while deserializing header: header too large"
    assert not failed.is_out_of_memory


def test_outputs_that_are_no_pictures_are_passed_over() -> None:
    """Texts, temporary files of previews, and nothing at all."""
    assert recorded("text_output") == Finished({"2": ()})
    assert recorded("websocket_image") == Finished({})
    preview = recorded("preview_temp")
    assert isinstance(preview, Finished)
    assert preview.images["3"][0].type == "temp"


def test_the_history_goes_before_the_queue() -> None:
    """It was looked at later."""
    history = {"p": {"status": {"status_str": "success"}, "outputs": {}}}
    assert state_of("p", queue(running=["p"]), history) == Finished({})


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("torch.OutOfMemoryError", "Allocation on device"),
        ("RuntimeError", "CUDA error: out of memory"),
        ("RuntimeError", "[enforce fail] not enough memory: you tried to allocate 9 GB"),
    ],
)
def test_out_of_memory_has_many_names(kind: str, message: str) -> None:
    """Torch's own, CUDA's, and the processor's."""
    assert Failed("KSampler (3)", kind, message).is_out_of_memory


def test_newer_servers_may_add_what_they_like() -> None:
    """Unknown keys and shapes are no fault; a message is cut."""
    entry = {
        "status": {
            "status_str": "error",
            "messages": [["execution_error", {"exception_message": "x" * 5000, "new": 1}]],
        },
        "outputs": {"1": {"images": [{"filename": "a.png", "asset": {}}, 5]}, "2": None},
    }
    failed = state_of("p", queue(), {"p": entry})
    assert isinstance(failed, Failed) and len(failed.message) == 300
    success = entry | {"status": {"status_str": "success"}}
    assert state_of("p", queue(), {"p": success}) == Finished({"1": (ImageFile("a.png"),)})
