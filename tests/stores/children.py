"""What runs in other processes while a log is tested, and how they are given the log.

A `Store` travels to a child by pickling, so it holds paths and addresses, nothing open.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Protocol

import anyio

from storybook.book import RunId, Stage
from storybook.events.catalog import Event, StageRequested
from storybook.events.log import Appended, CommandId, EventLog, Version


class Store(Protocol):
    """Where one log lives, and how it is opened."""

    def open(self) -> AbstractAsyncContextManager[EventLog]:
        """Open it for writing; what was appended before is there."""
        ...

    def follow(self) -> AbstractAsyncContextManager[EventLog]:
        """Open it as a process does that only reads."""
        ...

    def faults(self) -> list[str]:
        """What the log's own audit finds wrong with it."""
        ...


def numbered(number: int) -> Event:
    """An event that can be told from others."""
    return StageRequested(stage=Stage.TTS, page=0, attempt=1, not_before=number)


def batch(first: int, count: int) -> list[Event]:
    return [numbered(number) for number in range(first, first + count)]


@contextmanager
def child(work: Callable[..., None], *args: Any) -> Iterator[tuple[SpawnProcess, Connection]]:
    """Run `work(*args, connection)` in another process; it is killed at the end."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=work, args=(*args, theirs))
    process.start()
    theirs.close()
    try:
        yield process, ours
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()


Acknowledged = tuple[RunId, Version, Appended]
"""Run, expected version and answer of an append that was answered."""


def append_for_ever(store: Store, name: str, to: Connection) -> None:
    """Three appenders append batches of 1 to 7 events, and tell of each once it is answered."""

    async def appender(log: EventLog, number: int) -> None:
        run_id, version = RunId(f"{name}-{number}"), Version(0)
        while True:
            events = batch(version + 1, 1 + (version + number) % 7)
            command = CommandId(f"{run_id}-{version}")
            answer = await log.append(run_id, events, expected=version, command=command)
            to.send((run_id, version, answer))
            version = answer.version

    async def main() -> None:
        async with store.open() as log, anyio.create_task_group() as appenders:
            for number in range(3):
                appenders.start_soon(appender, log, number)

    anyio.run(main)


def append_on_request(store: Store, name: str, to: Connection) -> None:
    """Open the log, say so, then append one event for each message until the pipe is closed."""

    async def main() -> None:
        async with store.open() as log:
            to.send("open")
            version = Version(0)
            while await anyio.to_thread.run_sync(_next, to):
                answer = await log.append(
                    RunId(name),
                    [numbered(version + 1)],
                    expected=version,
                    command=CommandId(f"{name}-{version}"),
                )
                version = answer.version
                to.send(answer)

    anyio.run(main)


def _next(of: Connection) -> bool:
    try:
        of.recv()
    except EOFError:
        return False
    return True
