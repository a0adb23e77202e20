"""What the recorded websockets tell of a prompt's progress."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest

from storybook.stages.illustrator.comfyui.progress import HeardMessage, PromptProgress
from tests.comfyui.double.execution import JPEG
from tests.comfyui.listening import recording

NODES = ("4", "5", "6", "7", "3", "8", "9")


def messages(name: str) -> list[str | bytes]:
    """The messages of a recording as they came."""
    found: list[str | bytes] = []
    for line in recording(name):
        if "text" in line:
            found.append(json.dumps(line["text"]))
        elif "binary" in line:
            metadata = json.dumps(line["binary"].get("metadata")).encode()
            event = line["binary"]["event"]
            length = len(metadata) if event == 4 else 1
            found.append(event.to_bytes(4, "big") + length.to_bytes(4, "big") + metadata + b"\xff")
    return found


def said(kind: str, **data: Any) -> str:
    return json.dumps({"type": kind, "data": data})


def preview(picture: bytes, metadata: dict[str, str] | None = None) -> bytes:
    """A binary message, of the kind with metadata if there is any."""
    if metadata is None:
        return struct.pack(">II", 1, 1) + picture
    told = json.dumps(metadata).encode()
    return struct.pack(">II", 4, len(told)) + told + picture


def id_of(name: str) -> str:
    """The id of the prompt that a recording is of."""
    for line in recording(name):
        data = line.get("text", {}).get("data", {})
        if "prompt_id" in data:
            return str(data["prompt_id"])
    raise AssertionError(name)


def play(name: str, prompt_id: str | None = None) -> tuple[list[float], list[HeardMessage]]:
    progress = PromptProgress(prompt_id or id_of(name), NODES, ("3",))
    fractions, heard = [], []
    for message in messages(name):
        heard.append(progress.hear(message))
        fractions.append(progress.fraction)
    return fractions, heard


@pytest.mark.parametrize(
    "name",
    [
        "txt2img_success",
        "txt2img_cached",
        "txt2img_other_seed_partly_cached",
        "txt2img_preview_metadata",
    ],
)
def test_a_picture_grows_to_one_and_then_is_looked_for(name: str) -> None:
    """It never goes back, and the last message says to look."""
    fractions, heard = play(name)
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)
    assert heard[-1] is HeardMessage.LOOK


def test_the_sampler_is_most_of_the_work() -> None:
    """Its four steps are four large steps of the progress."""
    fractions, _ = play("txt2img_success")
    assert len([it for it in set(fractions) if 0.15 < it < 0.93]) >= 4


@pytest.mark.parametrize("name", ["runtime_error", "interrupted"])
def test_an_end_that_is_no_success_is_looked_for_too(name: str) -> None:
    """What it was, the history says."""
    fractions, heard = play(name)
    assert HeardMessage.LOOK in heard[-3:]
    assert fractions[-1] < 1


def test_a_reconnect_goes_on_where_it_is() -> None:
    """`executing` without an id is a sign; the steps that follow count."""
    fractions, heard = play("reconnect_mid_run_second_connection")
    assert heard[1] is HeardMessage.SIGN
    assert fractions[5] > 0.1 and heard[-1] is HeardMessage.LOOK


def test_other_prompts_are_not_ours() -> None:
    """A broadcast moves nothing and is no sign; only an empty queue is worth a look."""
    fractions, heard = play("txt2img_success", "another")
    assert set(fractions) == {0.0}
    assert HeardMessage.SIGN not in heard
    assert heard.count(HeardMessage.LOOK) == 1


@pytest.mark.parametrize("name", ["txt2img_preview_metadata", "txt2img_success"])
def test_previews_are_ours_if_they_say_so_or_ours_is_the_prompt_that_runs(name: str) -> None:
    """Then they are signs, too; for anybody else they are nothing."""
    for prompt_id, expected in (
        (id_of(name), HeardMessage.SIGN),
        ("another", HeardMessage.NOTHING),
    ):
        progress = PromptProgress(prompt_id, NODES, ("3",))
        for message in messages(name):
            heard = progress.hear(message)
            is_preview = isinstance(message, bytes)
            assert not is_preview or heard is expected
            assert (progress.preview is not None) == (is_preview and expected is HeardMessage.SIGN)
        assert progress.hear(preview(JPEG)) is HeardMessage.NOTHING  # it has ended


def test_the_picture_is_what_stands_after_the_frames_head() -> None:
    """With metadata and without, and only until the next message."""
    progress = PromptProgress("p", NODES, ("3",))
    progress.hear(said("progress", prompt_id="p", node="3", value=1, max=4))
    for frame in (preview(JPEG), preview(JPEG, {"prompt_id": "p"})):
        progress.hear(frame)
        assert progress.preview == JPEG
    progress.hear("{}")
    assert progress.preview is None


def test_after_a_reconnect_a_preview_may_be_anybodys() -> None:
    """Until the server tells that ours still runs: its end may have been missed. Another prompt's
    progress tells that ours does not."""
    progress = PromptProgress("p", NODES, ("3",))
    ours = said("progress", prompt_id="p", node="3", value=1, max=4)
    hello = said("status", status={"exec_info": {"queue_remaining": 1}}, sid="p")
    others = said("progress", prompt_id="q", node="3", value=1, max=4)
    for message, expected in (
        (ours, True),
        (hello, False),
        (said("executing", node="3"), True),
        (others, False),
        (ours, True),
        (said("crystools.monitor", cpu=3), True),
        (said("executing", node=None, prompt_id="p"), False),
    ):
        progress.hear(message)
        assert (progress.hear(preview(JPEG)) is HeardMessage.SIGN) is expected, message


@pytest.mark.parametrize(
    "message",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"type":"progress","data":null}',
        '{"type":"progress","data":{"prompt_id":"p","node":"3","value":1,"max":0}}',
        '{"type":"progress_state","data":{"prompt_id":"p","nodes":{"3":{}}}}',
        '{"type":"status","data":{}}',
        b"",
        b"\0\0\0\4\xff\xff\xff\xff",
        b"\0\0\0\4\0\0\0\2{}",
    ],
)
def test_nonsense_is_passed_over(message: Any) -> None:
    """Node packs send what they like."""
    progress = PromptProgress("p", NODES, ("3",))
    progress.hear(message)
    assert progress.fraction == 0 and progress.preview is None
