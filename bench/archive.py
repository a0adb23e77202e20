"""An archive of a book as large as a painted one: made and signed, looked at, taken in.

Its pictures and recordings are noise of the size that real ones have, so that nothing of it can be
compressed away.
"""

from __future__ import annotations

import hashlib
import io
import random
import tempfile
import time
from pathlib import Path
from typing import Final

import anyio
import msgspec

from bench.figures import FULL, Effort, Figure, median_of
from storybook.clock import SystemClock
from storybook.commands import Commands
from storybook.events.catalog import Event, StageCompleted
from storybook.export.archive import make_archive
from storybook.export.archive.checking import open_archive
from storybook.export.archive.signing import SigningKey
from storybook.export.media import SmallMedia
from storybook.importing import take_in
from storybook.stores.files import FileArtifactStore
from storybook.stores.sqlite.log import SqliteLog
from tests.export.archive.books import content, recorded
from tests.export.finished import RUN, finished_history

PICTURE_BYTES: Final = 2_200_000
VOICE_BYTES: Final = 1_000_000
REACH_SECONDS: Final = 1.0


def measure(folder: Path, effort: Effort = FULL) -> list[Figure]:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        store = FileArtifactStore(Path(name) / "outputs")
        events = _enlarged(store, finished_history(store), effort)
        archives: list[bytes] = []
        made = median_of(lambda: anyio.run(_making, store, events, archives), effort.repetitions)
        archive = archives[0]
        looked = median_of(lambda: _looking(archive), effort.repetitions)
        taken = median_of(lambda: anyio.run(_taking_in, archive), effort.repetitions)
    note = f"5 pages, read aloud, {len(archive) / 1_000_000:.1f} MB"
    return [
        Figure("archive of a book, made and signed", made, "s", REACH_SECONDS, "≤", note),
        Figure("archive looked at, every digest", looked, "s", REACH_SECONDS, "≤", note),
        Figure("archive taken in, files durable", taken, "s", REACH_SECONDS, "≤", note),
    ]


def _enlarged(store: FileArtifactStore, events: list[Event], effort: Effort) -> list[Event]:
    """The events of a book whose files are as large as real ones."""
    noise = random.Random(7)
    return [_with_noise(store, it, noise, effort) for it in events]


def _with_noise(
    store: FileArtifactStore, event: Event, noise: random.Random, effort: Effort
) -> Event:
    if not isinstance(event, StageCompleted) or event.artifact is None:
        return event
    path = Path(store.location(RUN, event.artifact.name))
    size = PICTURE_BYTES if event.stage.is_picture else VOICE_BYTES
    whole = path.read_bytes() + noise.randbytes(effort.of(size))
    path.write_bytes(whole)
    digest = hashlib.sha256(whole).hexdigest()
    artifact = msgspec.structs.replace(event.artifact, size=len(whole), sha256=digest)
    return msgspec.structs.replace(event, artifact=artifact)


async def _making(store: FileArtifactStore, events: list[Event], archives: list[bytes]) -> float:
    """Not returned is what is made: asyncio puts the result of what it runs into words, and 16 MB
    of them take a second."""
    media, key, history = SmallMedia(store), SigningKey.new(), recorded(events)
    began = time.perf_counter()
    archives.append(await make_archive(content(events), media, history, key))
    return time.perf_counter() - began


def _looking(archive: bytes) -> float:
    began = time.perf_counter()
    assert not open_archive(io.BytesIO(archive)).faults
    return time.perf_counter() - began


async def _taking_in(archive: bytes) -> float:
    with tempfile.TemporaryDirectory() as name:
        store = FileArtifactStore(Path(name) / "outputs")
        async with SqliteLog.open(Path(name) / "log.db", clock=SystemClock().now) as log:
            began = time.perf_counter()
            found = open_archive(io.BytesIO(archive))
            await take_in(found, Commands(log), store, "bench")
            return time.perf_counter() - began
