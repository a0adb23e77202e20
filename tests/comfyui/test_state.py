"""What became of a prompt follows from the queue and the history, and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from storybook.stages.illustrator.comfyui.state import (
    ImageFile,
    Lost,
    PromptFailed,
    PromptFinished,
    PromptInterrupted,
    PromptRunning,
    PromptWaiting,
    State,
    state_of,
)
from tests.comfyui.listening import recording

ServerAnswer = dict[str, Any]


def queue(running: Sequence[str] = (), pending: Sequence[tuple[float, str]] = ()) -> ServerAnswer:
    return {
        "queue_running": [[0, it, {}, {}, []] for it in running],
        "queue_pending": [[number, it, {}, {}, []] for number, it in pending],
    }


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (queue(), Lost()),
        (queue(running=["other"]), Lost()),
        (queue(running=["p"]), PromptRunning()),
        (queue(pending=[(3, "p")]), PromptWaiting(0, False)),
        (queue(["other"], [(3, "p")]), PromptWaiting(1, True)),
        (queue(["other"], [(2, "a"), (9, "b"), (3, "p")]), PromptWaiting(2, True)),
        (queue([], [(-5, "front"), (3, "p"), (1, "a")]), PromptWaiting(2, False)),
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
    assert recorded("txt2img_success") == PromptFinished({"9": (picture,)})
    assert recorded("txt2img_cached") == PromptFinished({"9": (picture,)})
    assert recorded("interrupted") == PromptInterrupted()
    failed = recorded("runtime_error")
    assert isinstance(failed, PromptFailed)
    assert failed.node == "CheckpointLoaderSimple (4)"
    assert failed.message == "Error while deserializing header: header too large"
    assert not failed.is_out_of_memory


def test_outputs_that_are_no_pictures_are_passed_over() -> None:
    """Texts, temporary files of previews, and nothing at all."""
    assert recorded("text_output") == PromptFinished({"2": ()})
    assert recorded("websocket_image") == PromptFinished({})
    preview = recorded("preview_temp")
    assert isinstance(preview, PromptFinished)
    assert preview.images["3"][0].type == "temp"


def test_the_history_goes_before_the_queue() -> None:
    """It was looked at later."""
    history = {"p": {"status": {"status_str": "success"}, "outputs": {}}}
    assert state_of("p", queue(running=["p"]), history) == PromptFinished({})


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
    assert PromptFailed("KSampler (3)", kind, message).is_out_of_memory


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
    assert isinstance(failed, PromptFailed) and len(failed.message) == 300
    success = entry | {"status": {"status_str": "success"}}
    assert state_of("p", queue(), {"p": success}) == PromptFinished({"1": (ImageFile("a.png"),)})
