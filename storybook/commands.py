"""Intentions become events: load the run, decide, append at the version that was decided on.

When another append came first (`Conflict`), the run is loaded and decided on again; when it is not
known whether an append happened (`OutcomeUnknown`), the same one is asked for again under the same
command id, which can have no second effect.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial
from typing import Final

import anyio
import msgspec

from storybook.book import RunId
from storybook.events.catalog import Event
from storybook.events.log import (
    NO_RUN,
    Appended,
    CommandId,
    Conflict,
    EventLog,
    LogBusy,
    LogUnavailable,
    OutcomeUnknown,
    Position,
    Version,
)
from storybook.events.parked import RunParked
from storybook.run import Run, fold, read_history

MAX_TRIES: Final = 20
"""Each lost race means that somebody else's append went through; nobody loses this many in a row
unless something is broken."""

ASK_AGAIN_SECONDS: Final = (0.0, 0.1, 0.5, 1.0, 2.0, 4.0)
"""How long to wait before asking again for an append of which nobody knows whether it happened."""

Decide = Callable[[Run | None], list[Event]]
"""Takes the run as it stands and returns what follows, or raises `storybook.run.Refused`."""


class TooManyRuns(Exception):
    """As many runs are open as the limits allow."""

    def __init__(self, limit: int, retry_after_seconds: int) -> None:
        super().__init__(
            f"{limit} books are being made or waiting, which is the limit; "
            f"try again in {retry_after_seconds} s"
        )
        self.retry_after_seconds = retry_after_seconds


class Outcome(msgspec.Struct, frozen=True):
    """The run after a command, and the position that a reader must have seen to see its effect.
    `appended` is None where the decision was that nothing follows."""

    run: Run
    appended: Appended | None

    @property
    def position(self) -> Position:
        return self.appended.last if self.appended is not None else Position(0)


class Commands:
    """The one way in which events of runs come to be."""

    def __init__(
        self, log: EventLog, new_command_id: Callable[[], str] = lambda: uuid.uuid4().hex
    ) -> None:
        self._log, self._new_command_id = log, new_command_id

    async def load(self, run_id: RunId) -> Run | None:
        """The run as it stands now; None if there is none. Raises `RunParked`."""
        history = read_history(await self._log.read_run(run_id))
        if history.parked is not None:
            raise RunParked(history.parked)
        return history.run

    async def execute(self, run_id: RunId, decide: Decide) -> Outcome:
        """Carry out an intention. Raises what `decide` raises, `RunParked`, or a `LogError`."""
        for _ in range(MAX_TRIES):
            run = await self.load(run_id)
            events = decide(run)
            if not events:
                assert run is not None  # only an existing run can have nothing to do
                return Outcome(run, None)
            expected = Version(run.version) if run is not None else NO_RUN
            try:
                appended = await self._append(run_id, events, expected)
            except Conflict:
                continue
            after = fold(events, run)
            assert after is not None
            return Outcome(after, appended)
        raise OutcomeUnknown(f"run {run_id} was changed by others {MAX_TRIES} times in a row")

    async def _append(self, run_id: RunId, events: list[Event], expected: Version) -> Appended:
        """Append, and ask again until it is known whether that happened. Only the same command id
        may be asked for: deciding anew would meet its own events as somebody else's."""
        command = CommandId(self._new_command_id())
        append = partial(self._log.append, run_id, events, expected=expected, command=command)
        try:
            return await append()
        except OutcomeUnknown as unknown:
            for seconds in ASK_AGAIN_SECONDS:
                await anyio.sleep(seconds)
                try:
                    return await append()
                except (OutcomeUnknown, LogUnavailable, LogBusy):
                    continue
            raise unknown
