"""Intentions become events: load the run, decide, append at the version that was decided on.

When another append came first (`Conflict`), the run is loaded and decided on again; when it is not
known whether an append happened (`OutcomeUnknown`), the same one is asked for again under the same
command id, which can have no second effect.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import anyio
import msgspec

from storybook.book import RunId
from storybook.events.catalog import Event, RunForgotten
from storybook.events.codec import UnreadableEvent
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
from storybook.run import (
    ForgottenRun,
    InvalidHistory,
    NoSuchRun,
    Run,
    fold,
    forget_run,
    read_history,
    read_whole,
)

MAX_TRIES: Final = 20
"""Each lost race means that somebody else's append went through; nobody loses this many in a row
unless something is broken."""

ASK_AGAIN_SECONDS: Final = (0.0, 0.1, 0.5, 1.0, 2.0, 4.0)
"""How long to wait before asking again for an append of which nobody knows whether it happened."""

KEPT_RUNS: Final = 256
"""Runs whose folds stay in memory, about 10 KB each, and 2 KB for each later edition of a book:
more than are worked on at once."""

PREFIX_BYTES: Final = 10
"""Chance in the command ids of a process: that any two of a thousand million starts draw the same
is less likely than one in a million."""

Decide = Callable[[Run | None], list[Event]]
"""Takes the run as it stands and returns what follows, or raises `storybook.run.Refused`."""

_Append = Callable[..., Awaitable[Appended]]
"""`EventLog.append`, or `EventLog.forget`."""


def _version(run: Run | None) -> Version:
    return Version(run.version) if run is not None else NO_RUN


class TooManyRuns(Exception):
    """As many runs are open as the limits allow."""

    def __init__(self, limit: int, retry_after_seconds: int) -> None:
        super().__init__(
            f"{limit} books are being made or waiting, which is the limit; "
            f"try again in {retry_after_seconds} s"
        )
        self.retry_after_seconds = retry_after_seconds


class Executed(msgspec.Struct, frozen=True):
    """The run after a command, and the position that a reader must have seen to see its effect.
    `appended` is None where the decision was that nothing follows."""

    run: Run
    appended: Appended | None

    @property
    def position(self) -> Position:
        return self.appended.last if self.appended is not None else Position(0)


class CommandIds:
    """Command ids that never come again: chance drawn once a process, and a counter.

    Not chance for each: the operating system's lets go of the GIL, and with 16 who append that
    halved the groups that the log commits. Numbers that grow also keep the log's index of commands
    in order: a random id dirties a page of its own. 32 hexadecimal digits.
    """

    def __init__(self) -> None:
        self._begin()
        if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
            os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._prefix, self._count = secrets.token_hex(PREFIX_BYTES), itertools.count(1)

    def __call__(self) -> CommandId:
        return CommandId(f"{self._prefix}{next(self._count):012x}")


new_command_id: Final = CommandIds()
"""The ids of this process."""


class Commands:
    """The one way in which events of runs come to be. The runs that were asked for last are kept,
    and only what has happened since is read: however long a run's history is, a command costs the
    same."""

    def __init__(
        self, log: EventLog, new_command_id: Callable[[], CommandId] = new_command_id
    ) -> None:
        self._log, self._new_command_id = log, new_command_id
        self._kept: OrderedDict[RunId, Run] = OrderedDict()

    async def load(self, run_id: RunId) -> Run | None:
        """The run as it stands now; None if there is none. Raises `RunParked`, and
        `ForgottenRun`."""
        known = self._kept.get(run_id)
        try:
            later = await self._log.history(run_id, _version(known))
            if any(isinstance(event, RunForgotten) for event in later):
                raise ForgottenRun
            run = fold(later, known) if later else known
        except (UnreadableEvent, InvalidHistory):  # slower, and it tells where
            self._kept.pop(run_id, None)
            return read_whole(await self._log.read_run(run_id))
        except ForgottenRun:
            self._kept.pop(run_id, None)
            raise
        self._keep(run_id, run)
        return run

    def _keep(self, run_id: RunId, run: Run | None) -> None:
        """Keep a run, unless somebody else has kept a later state of it meanwhile."""
        if run is None or _version(self._kept.get(run_id)) > run.version:
            return
        self._kept[run_id] = run
        self._kept.move_to_end(run_id)
        if len(self._kept) > KEPT_RUNS:
            self._kept.popitem(last=False)

    async def execute(self, run_id: RunId, decide: Decide) -> Executed:
        """Carry out an intention. Raises what `decide` raises, `RunParked`, or a `LogError`."""
        for _ in range(MAX_TRIES):
            run = await self.load(run_id)
            events = decide(run)
            if not events:
                assert run is not None  # only an existing run can have nothing to do
                return Executed(run, None)
            expected = _version(run)
            try:
                appended = await self._append(run_id, events, expected, self._log.append)
            except Conflict:
                continue
            after = fold(events, run)
            assert after is not None
            self._keep(run_id, after)
            return Executed(after, appended)
        raise self._overtaken(run_id)

    async def forget(self, run_id: RunId, forgotten_by: str = "") -> Position:
        """Erase a run, also one of which not all events can be read; the position of the event that
        says so. Raises `NoSuchRun`, `ForgottenRun`, or a `LogError`."""
        for _ in range(MAX_TRIES):
            recorded = await self._log.read_run(run_id)
            if not recorded:
                raise NoSuchRun
            events = forget_run(read_history(recorded).run, forgotten_by)
            with contextlib.suppress(Conflict):
                expected = recorded[-1].version
                self._kept.pop(run_id, None)  # nothing of it is left here, either
                return (await self._append(run_id, events, expected, self._log.forget)).last
        raise self._overtaken(run_id)

    def _overtaken(self, run_id: RunId) -> OutcomeUnknown:
        return OutcomeUnknown(f"run {run_id} was changed by others {MAX_TRIES} times in a row")

    async def _append(
        self, run_id: RunId, events: list[Event], expected: Version, to_log: _Append
    ) -> Appended:
        """Append, and ask again until it is known whether that happened. Only the same command id
        may be asked for: deciding anew would meet its own events as somebody else's."""
        command = self._new_command_id()
        append = partial(to_log, run_id, events, expected=expected, command=command)
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
