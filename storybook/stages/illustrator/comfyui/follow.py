"""Following a prompt to its end, and taking one back.

The history is the truth. It is looked at when the websocket says that something may have ended,
when it drops, and after a silence, however quiet it is; then the prompt's state decides.
"""

from __future__ import annotations

import logging

import anyio

from storybook.stages.illustrator.comfyui.client import Server
from storybook.stages.illustrator.comfyui.ears import Ears
from storybook.stages.illustrator.comfyui.errors import Gone, Hung, Trouble, WorkerDead
from storybook.stages.illustrator.comfyui.state import (
    Failed,
    Finished,
    Interrupted,
    Lost,
    Running,
    Waiting,
)
from storybook.stages.illustrator.comfyui.timing import Timing

logger = logging.getLogger(__name__)

LOOKS_TO_BE_LOST = 2
"""How often a prompt must be missing, in a row, before it is taken for lost."""


class Follower:
    """Follows one prompt that was given to a server, with ears open for hints."""

    def __init__(self, server: Server, prompt_id: str, ears: Ears, timing: Timing) -> None:
        self._server, self._prompt_id, self._ears, self._timing = server, prompt_id, ears, timing
        self._missing = 0
        self._since: dict[str, float] = {}

    async def end(self) -> Finished | Failed | Interrupted:
        """How the prompt ended. Raises `Gone` if the server has forgotten it, and `Trouble` if the
        server is gone itself, takes no work, or hangs."""
        while True:
            hint = self._ears.look.next
            state = await self._look()
            if isinstance(state, Finished | Failed | Interrupted):
                return state
            with anyio.move_on_after(self._pause(state)):
                await hint.wait()

    async def _look(self) -> Finished | Failed | Interrupted | Running | Waiting | Lost | None:
        """The prompt's state, or None if the server did not answer."""
        try:
            state = await self._server.look(self._prompt_id)
        except Trouble:
            if self._lasts("gone", self._timing.gone):
                raise
            return None
        self._since.pop("gone", None)
        self._missing = self._missing + 1 if isinstance(state, Lost) else 0
        if self._missing >= LOOKS_TO_BE_LOST:
            raise Gone
        self._check_worker(state)
        self._check_sign(state)
        return state

    def _check_worker(self, state: object) -> None:
        if not isinstance(state, Waiting) or state.is_worked:
            self._since.pop("unworked", None)
        elif self._lasts("unworked", self._timing.unworked):
            raise WorkerDead(self._server.url, "it takes prompts, but executes none")

    def _check_sign(self, state: object) -> None:
        if not isinstance(state, Running):
            self._since.pop("running", None)
            return
        self._lasts("running", 0)
        last = max(self._since["running"], self._ears.heard_at)
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
        pause = timing.silence if self._ears.is_open else timing.poll
        if isinstance(state, Waiting) and not state.is_worked:
            pause = min(pause, timing.unworked)
        return min(pause, timing.hang)


async def withdraw(server: Server, prompt_id: str, timing: Timing) -> bool:
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
                if isinstance(state, Finished | Failed | Interrupted):
                    return True
                if isinstance(state, Waiting | Running) and not await server.cancel_job(prompt_id):
                    await server.take_out(prompt_id)
                    if isinstance(state, Running):
                        await server.interrupt(prompt_id)
            except Trouble as trouble:
                logger.info("prompt %s cannot be taken back now: %s", prompt_id, trouble)
            await anyio.sleep(timing.look_again)
        return True
    logger.warning("%s: prompt %s has not ended when told to", server.url, prompt_id)
    return False
