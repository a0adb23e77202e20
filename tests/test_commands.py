"""Commands: load, decide, append, and again on a conflict."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import cast

import pytest

from storybook.book import RunId, StoryRequest
from storybook.commands import MAX_TRIES, CommandIds, Commands, Decide
from storybook.events.catalog import Event, RunCancelled
from storybook.events.log import (
    NO_RUN,
    Appended,
    CommandId,
    Conflict,
    EventLog,
    LogUnavailable,
    OutcomeUnknown,
    Version,
)
from storybook.run import (
    ForgottenRun,
    Refused,
    Run,
    Status,
    cancel_run,
    prune_artifacts,
    request_run,
    retry_run,
)
from storybook.stores.sqlite.log import SqliteLog
from tests.engines import run_id

pytestmark = pytest.mark.anyio
RUN = run_id(1)
REQUEST = StoryRequest("조선시대", "숲", "토끼", "우정")
request = partial(request_run, request=REQUEST, seed=7, tts=None)


class Faulty:
    """A log that fails as told, before the append or after it has happened, or is overtaken."""

    def __init__(self, log: SqliteLog) -> None:
        self._log = log
        self.read_run, self.history = log.read_run, log.history
        self.before: list[Exception] = []
        self.after: list[Exception] = []
        self.commands: list[CommandId] = []
        self.before_again: list[Exception] = []
        self.overtaken_by: Decide | None = None

    async def append(
        self, run_id: RunId, events: Sequence[Event], *, expected: Version, command: CommandId
    ) -> Appended:
        self.commands.append(command)
        if self.overtaken_by is not None:
            other, self.overtaken_by = self.overtaken_by, None
            await Commands(self._log).execute(run_id, other)
        if self.before:
            raise self.before.pop(0)
        if len(self.commands) > 1 and self.before_again:
            raise self.before_again.pop(0)
        appended = await self._log.append(run_id, events, expected=expected, command=command)
        if self.after:
            raise self.after.pop(0)
        return appended


@asynccontextmanager
async def faulty(root: Path) -> AsyncIterator[tuple[Faulty, Commands]]:
    async with SqliteLog.open(root / "log.db", clock=lambda: 1) as log:
        it = Faulty(log)
        yield it, Commands(cast(EventLog, it))


async def test_a_command_answers_with_the_run_behind_it(tmp_path: Path) -> None:
    """The outcome has the new state and the position to wait for."""
    async with faulty(tmp_path) as (log, commands):
        outcome = await commands.execute(RUN, request)
        assert outcome.run == await commands.load(RUN)
        assert outcome.position == (await log.read_run(RUN))[-1].position


async def test_a_lost_race_is_decided_anew(tmp_path: Path) -> None:
    """On a conflict the run is loaded again, and the decision sees what the other did."""
    async with faulty(tmp_path) as (log, commands):
        await commands.execute(RUN, request)
        seen: list[Status] = []

        def cancel_too_late(run: Run | None) -> list[Event]:
            assert run is not None
            seen.append(run.status)
            return cancel_run(run)

        log.overtaken_by = cancel_run
        with pytest.raises(Refused, match="CANCELLED"):
            await commands.execute(RUN, cancel_too_late)
        assert seen == [Status.QUEUED, Status.CANCELLED]


async def test_of_a_run_that_is_known_only_what_came_since_is_read(tmp_path: Path) -> None:
    """Also what others have appended; so a long history costs a command nothing."""
    async with faulty(tmp_path) as (log, commands):
        await commands.execute(RUN, request)
        read: list[int] = []
        history = log.history

        async def counted(run_id: RunId, after: Version = NO_RUN) -> list[Event]:
            events = await history(run_id, after)
            read.append(len(events))
            return events

        log.history = counted
        before = await commands.load(RUN)
        await Commands(log._log).execute(RUN, cancel_run)
        after = await commands.load(RUN)
        assert before is not None and after is not None
        assert (before.status, after.status) == (Status.QUEUED, Status.CANCELLED)
        assert read == [0, after.version - before.version]
        assert after == await Commands(log._log).load(RUN)


async def test_nothing_is_kept_of_a_run_that_was_forgotten(tmp_path: Path) -> None:
    """By whomever."""
    async with faulty(tmp_path) as (log, commands):
        await commands.execute(RUN, request)
        await Commands(log._log).forget(RUN)
        for _ in range(2):
            with pytest.raises(ForgottenRun):
                await commands.load(RUN)


async def test_an_unknown_outcome_is_asked_again_and_has_one_effect(tmp_path: Path) -> None:
    """The second try carries the same command id, so an append that happened is not repeated."""
    async with faulty(tmp_path) as (log, commands):
        log.after = [OutcomeUnknown("the disk hung")]
        outcome = await commands.execute(RUN, request)
        assert log.commands[0] == log.commands[1]
        assert len(await log.read_run(RUN)) == outcome.run.version == 2


async def test_it_is_asked_until_it_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if the log can take nothing for a while: nobody decides anew on an unknown outcome."""
    monkeypatch.setattr("storybook.commands.ASK_AGAIN_SECONDS", (0.0,) * 4)
    async with faulty(tmp_path) as (log, commands):
        log.after = [OutcomeUnknown("the disk hung")]
        log.before_again = [LogUnavailable("the disk is full"), OutcomeUnknown("again")]
        outcome = await commands.execute(RUN, request)
        assert len(set(log.commands)) == 1
        assert len(log.commands) == 4
        assert len(await log.read_run(RUN)) == outcome.run.version == 2


async def test_what_cannot_be_appended_is_said(tmp_path: Path) -> None:
    """A full disk reaches the caller, and nothing has happened."""
    async with faulty(tmp_path) as (log, commands):
        log.before = [LogUnavailable("the disk is full")]
        with pytest.raises(LogUnavailable):
            await commands.execute(RUN, request)
        assert await commands.load(RUN) is None


async def test_endless_conflicts_end(tmp_path: Path) -> None:
    """Somebody who loses every race is told so instead of trying for ever."""
    async with faulty(tmp_path) as (log, commands):
        log.before = [Conflict(RUN, Version(0), Version(1))] * MAX_TRIES
        with pytest.raises(OutcomeUnknown, match="in a row"):
            await commands.execute(RUN, request)


async def test_nothing_follows_from_pruning_nothing(tmp_path: Path) -> None:
    """A decision without events appends nothing."""
    async with faulty(tmp_path) as (log, commands):
        await commands.execute(RUN, request)
        await commands.execute(RUN, cancel_run)
        version = len(await log.read_run(RUN))
        outcome = await commands.execute(RUN, partial(prune_artifacts, names=["cover.png"]))
        assert (outcome.appended, outcome.position) == (None, 0)
        assert len(await log.read_run(RUN)) == version


async def test_refusals_pass_through(tmp_path: Path) -> None:
    """What a decision refuses is not retried."""
    async with faulty(tmp_path) as (log, commands):
        await commands.execute(RUN, request)
        with pytest.raises(Refused, match="QUEUED"):
            await commands.execute(RUN, retry_run)
        assert not [it for it in await log.read_run(RUN) if isinstance(it.event, RunCancelled)]


def test_command_ids_never_come_again() -> None:
    """Neither in this process nor in one that starts anew: 32 digits, in the order they came."""
    here, anew = CommandIds(), CommandIds()
    ids = [it for _ in range(1_000) for it in (here(), anew())]
    assert len(set(ids)) == 2_000
    assert {len(it) for it in ids} == {32}
    assert ids[::2] == sorted(ids[::2])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_forked_process_has_command_ids_of_its_own() -> None:
    """Both go on from the same memory, and must not go on with the same ids."""
    program = """
import os
from storybook.commands import new_command_id
new_command_id()
child = os.fork()
os.write(1, f"{new_command_id()}\\n".encode())
if child:
    os.waitpid(child, 0)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    one, other = done.stdout.split()
    assert one[:20] != other[:20]
