"""When a prompt is believed to hang, to be lost, or to have a dead server: exact in time."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import anyio
import msgspec
import pytest

from storybook.notifier import Notifier
from storybook.stages.illustrator.comfyui.client import ComfyServer
from storybook.stages.illustrator.comfyui.errors import Hung, PromptGone, Unreachable, WorkerDead
from storybook.stages.illustrator.comfyui.follow import Follower
from storybook.stages.illustrator.comfyui.listener import Listener
from storybook.stages.illustrator.comfyui.state import (
    Lost,
    PromptFinished,
    PromptRunning,
    PromptWaiting,
    State,
)
from storybook.stages.illustrator.comfyui.timing import ComfyTiming

pytestmark = pytest.mark.anyio

TIMING = ComfyTiming(
    silence=0.002, poll=0.002, look_again=0.002, hang=0.03, unworked=0.03, gone=0.03
)


class FakeEars:
    """Listener that hear what a test says."""

    def __init__(self) -> None:
        self.look = Notifier()
        self.is_open = True
        self.heard_at = 0.0


class FakeServer:
    """A server whose states follow a script; an exception in it is raised."""

    url = "http://double"

    def __init__(self, states: Callable[[int], State | Exception]) -> None:
        self._states = states
        self.looks = 0
        self.first_look = 0.0

    async def look(self, prompt_id: str) -> State:
        self.looks += 1
        self.first_look = self.first_look or anyio.current_time()
        state = self._states(self.looks)
        if isinstance(state, Exception):
            raise state
        return state

    def seconds(self) -> float:
        return anyio.current_time() - self.first_look


def follower(server: FakeServer, listener: FakeEars | None = None, **seconds: float) -> Follower:
    ears = cast(Listener, listener or FakeEars())
    timing = msgspec.structs.replace(TIMING, **seconds)
    return Follower(cast(ComfyServer, server), "p", ears, timing)


@pytest.mark.slow
async def test_signs_keep_a_running_prompt_alive() -> None:
    """However long it takes altogether."""
    listener = FakeEars()

    def states(look: int) -> State:
        listener.heard_at = anyio.current_time()
        return PromptRunning() if server.seconds() < 1.5 * hang else PromptFinished({})

    hang = 0.5  # more than a busy machine takes from one look to the next
    server = FakeServer(states)
    assert await follower(server, listener, hang=hang).end() == PromptFinished({})


async def test_no_sign_for_long_is_a_hang() -> None:
    """Counted from when it was first seen running, not from when it was posted."""
    server = FakeServer(lambda look: PromptWaiting(1, True) if look < 40 else PromptRunning())
    with pytest.raises(Hung):
        await follower(server).end()
    assert server.looks > 40


async def test_a_queue_in_which_nothing_runs_for_long_has_no_worker() -> None:
    """A moment without a running prompt is nothing."""
    server = FakeServer(lambda look: PromptWaiting(0, False))
    with pytest.raises(WorkerDead):
        await follower(server).end()
    assert server.seconds() >= TIMING.unworked
    server = FakeServer(
        lambda look: PromptWaiting(0, look % 2 == 0) if look < 40 else PromptFinished({})
    )
    assert await follower(server).end() == PromptFinished({})


async def test_lost_is_believed_at_the_second_look() -> None:
    """One look may fall between the queue and the history of a slow server."""
    once = FakeServer(lambda look: Lost() if look == 1 else PromptFinished({}))
    assert await follower(once).end() == PromptFinished({})
    always = FakeServer(lambda look: Lost())
    with pytest.raises(PromptGone):
        await follower(always).end()
    assert always.looks == 2


async def test_a_server_may_be_away_for_a_while() -> None:
    """Its prompt is still there when it answers again; after long it is given up."""
    away = Unreachable("http://double", "it does not answer")
    briefly = FakeServer(lambda look: away if look < 4 else PromptFinished({}))
    assert await follower(briefly, gone=30).end() == PromptFinished({})
    for_ever = FakeServer(lambda look: away)
    with pytest.raises(Unreachable):
        await follower(for_ever).end()
    assert for_ever.seconds() >= TIMING.gone
