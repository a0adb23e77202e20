"""Makes a book's pictures and voices small while the book is still being made.

Only the last page's are then left to do when the book is done. Pictures are made small in processes
of their own, that give way to those which paint: skia holds the GIL while it encodes, and the event
loop that hands out the next page would stand still for as long.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Final

import anyio

from storybook.book import Artifact, RunId
from storybook.events.catalog import StageCompleted
from storybook.events.log import START, EventLog, Recorded
from storybook.export.media import Encode, Small, SmallMedia, picture_in_thread, small_picture
from storybook.processes import ProcessDied, WorkerProcesses

logger = logging.getLogger(__name__)

PROCESSES: Final = 2
"""As many as pictures that usually end at the same moment; each takes some 80 MiB."""


async def encode_as_done(log: EventLog, run_id: RunId, media: SmallMedia) -> None:
    """Make each artifact of a run small as soon as the log says that it is there, until cancelled.
    Whatever goes wrong is found again, and told, by the export."""
    async with anyio.create_task_group() as tasks, aclosing(_events_of(log, run_id)) as events:
        async for recorded in events:
            if recorded.type != StageCompleted.__name__ or recorded.is_erased:
                continue  # of no matter here, not even decoded
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
async def picture_processes() -> AsyncIterator[Encode]:
    """What has a process make a PNG small. The processes end with the context."""
    workers = WorkerProcesses(small_picture, PROCESSES, yield_to_others=True)

    async def encode(png: bytes) -> Small:
        try:
            return await workers.do(png)
        except ProcessDied as error:  # somebody has killed it
            logger.info("a process that makes pictures small has ended: %s", error)
            return await picture_in_thread(png)

    try:
        yield encode
    finally:
        workers.let_go()
