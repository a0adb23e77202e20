"""A data folder with many finished books, as fast as a disk takes them."""

from __future__ import annotations

import hashlib
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from storybook.book import Artifact, RunId
from storybook.commands import new_command_id
from storybook.data_folder import DataFolder
from storybook.events.catalog import Event, StageCompleted
from storybook.events.log import NO_RUN
from storybook.stores.files import FileArtifactStore
from storybook.stores.sqlite.log import SqliteLog
from tests.export.finished import READ_ALOUD, finished_history

FILES_OF_A_BOOK = 10


async def add_books(folder: DataFolder, first: int, count: int, file_bytes: int) -> None:
    """Record books numbered from `first`, each with ten files of so many random bytes."""
    with tempfile.TemporaryDirectory() as scratch:
        history = finished_history(FileArtifactStore(Path(scratch)), READ_ALOUD)
    folder.outputs.mkdir(parents=True, exist_ok=True)
    async with SqliteLog.open(folder.log, clock=lambda: 1_800_000_000_000_000) as log:
        for number in range(first, first + count):
            run_id = RunId(f"{number:032x}")
            (folder.outputs / run_id).mkdir(parents=True)
            events = list(_own(history, folder.outputs / run_id, random.Random(number), file_bytes))
            await log.append(run_id, events, expected=NO_RUN, command=new_command_id())


def _own(
    history: list[Event], folder: Path, chance: random.Random, file_bytes: int
) -> Iterator[Event]:
    for event in history:
        match event:
            case StageCompleted(artifact=Artifact(name=name) as artifact):
                content = chance.randbytes(file_bytes)
                (folder / name).write_bytes(content)
                digest = hashlib.sha256(content).hexdigest()
                own = msgspec.structs.replace(artifact, size=file_bytes, sha256=digest)
                yield msgspec.structs.replace(event, artifact=own)
            case _:
                yield event
