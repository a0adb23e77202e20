"""Makes a book's pictures and voices small while the book is still being made.

Only the last page's are then left to do when the book is done. Pictures are made small in processes
of their own, that give way to those which paint: skia holds the GIL while it encodes, and the event
loop that hands out the next page would stand still for as long.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Final

import anyio

from storybook.book import Artifact, RunId
from storybook.events.catalog import StageCompleted
from storybook.events.log import START, EventLog, Recorded
from storybook.export.media import (
    Encode,
    Small,
    SmallMedia,
    files_in,
    picture_in_thread,
    small_picture,
)
from storybook.processes import ProcessDied, WorkerProcesses
from storybook.run import read_history

logger = logging.getLogger(__name__)

PROCESSES: Final = 2
"""As many as pictures that usually end at the same moment; each takes some 80 MiB."""


async def encode_as_done(log: EventLog, run_id: RunId, media: SmallMedia) -> None:
    """Make each artifact of a run's own language small as soon as the log says that it is there,
    until cancelled. Whatever goes wrong is found again, and told, by the export."""
    recorded = await log.read_run(run_id)
    run = read_history(recorded).run
    cursor = recorded[-1].position if recorded else START
    async with anyio.create_task_group() as tasks, aclosing(log.tail(cursor)) as batches:
        for artifact in files_in(run) if run is not None else ():
            tasks.start_soon(_try, media, run_id, artifact)
        async for batch in batches:
            for artifact in _made(batch, run_id):
                tasks.start_soon(_try, media, run_id, artifact)


def _made(batch: Sequence[Recorded], run_id: RunId) -> Iterator[Artifact]:
    for recorded in batch:
        is_done = recorded.type == StageCompleted.__name__ and not recorded.is_erased
        if is_done and recorded.run_id == run_id:  # all others are not even decoded
            match recorded.event:
                case StageCompleted(artifact=Artifact() as artifact, language=""):
                    yield artifact


async def _try(media: SmallMedia, run_id: RunId, artifact: Artifact) -> None:
    try:
        await media.uri(run_id, artifact)
    except Exception as error:  # the export does it again, and says why it cannot
        logger.info("run %s: not made small beforehand: %s", run_id, error)


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
