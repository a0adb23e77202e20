"""Makes a book's pictures and voices small while the book is still being made.

Only the last page's are then left to do when the book is done. Pictures are made small in processes
of their own, that give way to those which paint: skia holds the GIL while it encodes, and the event
loop that hands out the next page would stand still for as long.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from multiprocessing.connection import Connection
from typing import Final

import anyio
import anyio.to_thread

from storybook.book import Artifact, RunId
from storybook.events.catalog import StageCompleted
from storybook.events.log import START, EventLog, Recorded
from storybook.export.media import Small, SmallMedia, picture_in_thread, small_picture
from storybook.system import give_way

logger = logging.getLogger(__name__)

PROCESSES: Final = 2
"""As many as pictures that usually end at the same moment; each takes some 80 MiB."""
_CONTEXT: Final = multiprocessing.get_context("spawn")
"""A fresh interpreter: a fork would have the models that are loaded here without their threads."""


async def encode_as_done(log: EventLog, run_id: RunId, media: SmallMedia) -> None:
    """Make each artifact of a run small as soon as the log says that it is there, until cancelled.
    Whatever goes wrong is found again, and told, by the export."""
    async with anyio.create_task_group() as tasks, aclosing(_events_of(log, run_id)) as events:
        async for recorded in events:
            if recorded.type != StageCompleted.__name__:  # of no matter here, not even decoded
                continue
            match recorded.event:
                case StageCompleted(artifact=Artifact() as artifact):
                    tasks.start_soon(_try, media, run_id, artifact)


async def _try(media: SmallMedia, run_id: RunId, artifact: Artifact) -> None:
    try:
        await media.uri(run_id, artifact)
    except Exception as error:  # the export does it again, and says why it cannot
        logger.info("run %s: not made small beforehand: %s", run_id, error)


async def _events_of(log: EventLog, run_id: RunId) -> AsyncGenerator[Recorded, None]:
    """A run's events, and those that come."""
    cursor = START
    for recorded in await log.read_run(run_id):
        cursor = recorded.position
        yield recorded
    async with aclosing(log.tail(cursor)) as batches:
        async for batch in batches:
            for recorded in batch:
                if recorded.run_id == run_id:
                    yield recorded


@asynccontextmanager
async def picture_processes() -> AsyncIterator[PictureProcesses]:
    """Processes that make pictures small, ended with the context."""
    processes = PictureProcesses()
    try:
        yield processes
    finally:
        processes.close()


class PictureProcesses:
    """Called with a PNG, has a process make it small. A process is started when it is needed."""

    def __init__(self) -> None:
        self._places = anyio.CapacityLimiter(PROCESSES)
        self._all: list[_Process] = []
        self._idle: list[_Process] = []

    async def __call__(self, png: bytes) -> Small:
        async with self._places:
            if not self._idle:
                self._all.append(_Process())
                self._idle.append(self._all[-1])
            process = self._idle.pop()
            try:
                small = await anyio.to_thread.run_sync(process.small, png, abandon_on_cancel=True)
            except (EOFError, OSError) as error:  # somebody has killed it
                logger.info("a process that makes pictures small has ended: %s", error)
                return await picture_in_thread(png)
            self._idle.append(process)
            return small

    def close(self) -> None:
        """End them; what they have in hand is of no use any more."""
        for process in self._all:
            process.kill()


class _Process:
    """One process, used by one thread at a time."""

    def __init__(self) -> None:
        self._here, there = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_serve, args=(there,), daemon=True)
        self._process.start()
        there.close()  # so that the pipe ends with the process, and the process with the pipe

    def small(self, png: bytes) -> Small:
        """Raises EOFError or OSError when the process dies."""
        self._here.send_bytes(png)
        small: Small = self._here.recv()
        return small

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()


def _serve(pictures: Connection) -> None:
    """Runs in the process, until the other one has ended."""
    # Ctrl-C in a terminal is sent to this process too, but what it stops is decided in the other.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    give_way()
    while True:
        try:
            pictures.send(small_picture(pictures.recv_bytes()))
        except (EOFError, OSError):
            return
