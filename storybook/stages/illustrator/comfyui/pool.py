"""The servers that pictures are painted on, each one picture at a time.

A server that fails is left out with back-off. It comes back by itself: when its time is over it is
tried with the next picture, and left out for twice as long if it fails again.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import anyio

from storybook.notifier import Notifier
from storybook.stages.illustrator.comfyui.errors import ComfyTrouble
from storybook.stages.illustrator.comfyui.timing import ComfyTiming


class ComfyEndpoint:
    """A server's address, and how it has done lately."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_taken = False
        self.failures = 0
        self.due_at = 0.0
        """When it may be tried again, on the event loop's clock."""
        self.trouble: ComfyTrouble | None = None


class NoEndpoint(Exception):
    """No server is left that could paint."""


class Pool:
    """Hands out endpoints, the first in their order that is free and not left out."""

    def __init__(self, urls: Sequence[str], timing: ComfyTiming) -> None:
        self.endpoints = [ComfyEndpoint(url) for url in urls]
        self._timing = timing
        self._changed = Notifier()

    async def take(self, *, without: Collection[str], tried: Collection[str]) -> ComfyEndpoint:
        """A free endpoint that is not among `without`.

        When all of them are left out, those that are not among `tried` are tried all the same: they
        may just have come back. When there are none of those either, `NoEndpoint` is raised.
        """
        while True:
            changed, now = self._changed.next, anyio.current_time()
            usable = [it for it in self.endpoints if it.url not in without]
            is_alone = not any(it.is_taken for it in usable)
            due = [it for it in usable if it.due_at <= now and not it.is_taken]
            untried = [it for it in usable if it.url not in tried and is_alone]
            for it in due or untried:
                it.is_taken = True
                return it
            if is_alone:
                raise NoEndpoint
            wait = min((it.due_at for it in usable if not it.is_taken), default=math.inf)
            with anyio.move_on_after(wait - now):
                await changed.wait()

    async def take_this(self, url: str) -> ComfyEndpoint | None:
        """The endpoint of an address as soon as it is free, left out or not; None if there is no
        such endpoint any more."""
        it = next((it for it in self.endpoints if it.url == url), None)
        while it is not None and it.is_taken:
            await self._changed.next.wait()
        if it is not None:
            it.is_taken = True
        return it

    def release(self, endpoint: ComfyEndpoint) -> None:
        """Give an endpoint back."""
        endpoint.is_taken = False
        self._changed.notify()

    def leave_out(self, endpoint: ComfyEndpoint, trouble: ComfyTrouble) -> None:
        """Do without an endpoint for a while."""
        seconds = self._timing.back_off * 2.0**endpoint.failures
        if not trouble.waiting_helps:
            seconds = self._timing.back_off_limit
        endpoint.failures += 1
        endpoint.trouble = trouble
        endpoint.due_at = anyio.current_time() + min(seconds, self._timing.back_off_limit)

    def is_well(self, endpoint: ComfyEndpoint) -> None:
        """An endpoint has done its work: what was before is forgotten."""
        endpoint.failures, endpoint.due_at, endpoint.trouble = 0, 0.0, None

    @property
    def troubles(self) -> list[ComfyTrouble]:
        return [it.trouble for it in self.endpoints if it.trouble]
