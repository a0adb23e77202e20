"""Following a prompt to its end, and taking one back.

The history is the truth. It is looked at when the websocket says that something may have ended,
when it drops, and after a silence, however quiet it is; then the prompt's state decides.
"""

from __future__ import annotations

import logging

import anyio

from storybook.stages.illustrator.comfyui.client import ComfyServer
from storybook.stages.illustrator.comfyui.errors import ComfyTrouble, Hung, PromptGone, WorkerDead
from storybook.stages.illustrator.comfyui.listener import Listener
from storybook.stages.illustrator.comfyui.state import (
    Lost,
    PromptFailed,
    PromptFinished,
    PromptInterrupted,
    PromptRunning,
    PromptWaiting,
)
from storybook.stages.illustrator.comfyui.timing import ComfyTiming

logger = logging.getLogger(__name__)

LOOKS_TO_BE_LOST = 2
"""How often a prompt must be missing, in a row, before it is taken for lost."""


class Follower:
    """Follows one prompt that was given to a server, with a listener for hints."""

    def __init__(
        self, server: ComfyServer, prompt_id: str, listener: Listener, timing: ComfyTiming
    ) -> None:
        self._server, self._prompt_id, self._listener, self._timing = (
            server,
            prompt_id,
            listener,
            timing,
        )
        self._missing = 0
        self._since: dict[str, float] = {}

    async def end(self) -> PromptFinished | PromptFailed | PromptInterrupted:
        """How the prompt ended. Raises `PromptGone` if the server has forgotten it, and
        `ComfyTrouble` if the server is gone itself, takes no work, or hangs."""
        while True:
            hint = self._listener.look.next
            state = await self._look()
            if isinstance(state, PromptFinished | PromptFailed | PromptInterrupted):
                return state
            with anyio.move_on_after(self._pause(state)):
                await hint.wait()

    async def _look(
        self,
    ) -> (
        PromptFinished
        | PromptFailed
        | PromptInterrupted
        | PromptRunning
        | PromptWaiting
        | Lost
        | None
    ):
        """The prompt's state, or None if the server did not answer."""
        try:
            state = await self._server.look(self._prompt_id)
        except ComfyTrouble:
            if self._lasts("gone", self._timing.gone):
                raise
            return None
        self._since.pop("gone", None)
        self._missing = self._missing + 1 if isinstance(state, Lost) else 0
        if self._missing >= LOOKS_TO_BE_LOST:
            raise PromptGone
        self._check_worker(state)
        self._check_sign(state)
        return state

    def _check_worker(self, state: object) -> None:
        if not isinstance(state, PromptWaiting) or state.is_worked:
            self._since.pop("unworked", None)
        elif self._lasts("unworked", self._timing.unworked):
            raise WorkerDead(self._server.url, "it takes prompts, but executes none")

    def _check_sign(self, state: object) -> None:
        if not isinstance(state, PromptRunning):
            self._since.pop("running", None)
            return
        self._lasts("running", 0)
        last = max(self._since["running"], self._listener.heard_at)
        if anyio.current_time() - last >= self._timing.hang:
            seconds = self._timing.hang
            raise Hung(self._server.url, f"it has given no sign of the picture for {seconds:g} s")

    def _lasts(self, what: str, seconds: float) -> bool:
        """Whether something that is so now, has been so for long."""
        now = anyio.current_time()
        return now - self._since.setdefault(what, now) >= seconds

    def _pause(self, state: object) -> float:
        """How long to wait for a hint before the next look."""
        timing = self._timing
        if state is None or isinstance(state, Lost):
            return timing.look_again
        pause = timing.silence if self._listener.is_open else timing.poll
        if isinstance(state, PromptWaiting) and not state.is_worked:
            pause = min(pause, timing.unworked)
        return min(pause, timing.hang)


async def withdraw(server: ComfyServer, prompt_id: str, timing: ComfyTiming) -> bool:
    """Take a prompt of ours back: out of the queue, or interrupted if it is the one that runs; and
    look until it has really ended. Whether it has, within `timing.withdraw` seconds.

    Called when a painting is cancelled too, so it is shielded. A prompt that waits may start at any
    moment, so what is done follows from each look. In its last node a prompt can't be interrupted
    and ends well, which is an end.
    """
    missing = 0
    with anyio.move_on_after(timing.withdraw, shield=True):
        while missing < LOOKS_TO_BE_LOST:
            try:
                state = await server.look(prompt_id)
                missing = missing + 1 if isinstance(state, Lost) else 0
                if isinstance(state, PromptFinished | PromptFailed | PromptInterrupted):
                    return True
                if isinstance(state, PromptWaiting | PromptRunning) and not await server.cancel_job(
                    prompt_id
                ):
                    await server.take_out(prompt_id)
                    if isinstance(state, PromptRunning):
                        await server.interrupt(prompt_id)
            except ComfyTrouble as trouble:
                logger.info("prompt %s cannot be taken back now: %s", prompt_id, trouble)
            await anyio.sleep(timing.look_again)
        return True
    logger.warning("%s: prompt %s has not ended when told to", server.url, prompt_id)
    return False
