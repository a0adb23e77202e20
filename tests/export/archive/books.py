"""Books for the tests of archives: with the events of their runs as a log has them."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anyio

from storybook.book import RunId
from storybook.data_folder import DataFolder
from storybook.events.catalog import Event
from storybook.events.codec import SCHEMAS, encode
from storybook.events.log import EventLog, Position, Recorded, Version
from storybook.export.archive import make_archive
from storybook.export.archive.checking import BookArchive, open_archive
from storybook.export.archive.signing import SigningKey, own_key
from storybook.export.content import BookContent, book_content, makers_of
from storybook.export.media import SmallMedia
from storybook.run import fold, read_whole
from storybook.stores.artifacts import ArtifactStore
from storybook.stores.files import FileArtifactStore
from storybook.stores.sqlite.log import SqliteLog
from tests.export.finished import READ_ALOUD, RUN, finished_history

BOOK = "book.json"
MANIFEST = "manifest.json"


def recorded(events: Sequence[Event]) -> list[Recorded]:
    """Events as a log gives them, three apart: other books have events, too."""
    return [
        Recorded(
            Position(3 * n),
            RUN,
            Version(n),
            type(it).__name__,
            SCHEMAS[type(it).__name__],
            1_786_000_000_000_000 + n,
            encode(it),
            bytes([n % 256]) * 32,
        )
        for n, it in enumerate(events, start=1)
    ]


def content(events: Sequence[Event], *, partial: bool = False, language: str = "") -> BookContent:
    run = fold(events)
    assert run is not None
    return book_content(RUN, run, language, makers=makers_of(events), modified=7, partial=partial)


async def archive(tmp_path: Path, key: SigningKey | None = None, tts: Any = READ_ALOUD) -> bytes:
    """The archive of a small finished book."""
    store = FileArtifactStore(tmp_path / "outputs")
    events = finished_history(store, tts)
    key = key or SigningKey.new()
    return await make_archive(content(events), SmallMedia(store), recorded(events), key)


def files_in(whole: bytes) -> dict[str, bytes]:
    """What any program finds in an archive."""
    with zipfile.ZipFile(io.BytesIO(whole)) as opened:
        return {it: opened.read(it) for it in opened.namelist()}


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive as any program packs it."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", method) as packing:
        for name, it in files.items():
            packing.writestr(name, it)
    return whole.getvalue()


def looked_at(whole: bytes) -> BookArchive:
    return open_archive(io.BytesIO(whole))


def consistent(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files with a manifest that is right about them, and no signature: what somebody makes who
    changes an archive and knows how it is made."""
    told = json.loads(files[MANIFEST])
    told["files"] = [
        {"name": name, "size": len(it), "sha256": hashlib.sha256(it).hexdigest()}
        for name, it in files.items()
        if name not in (MANIFEST, "signature.json")
    ]
    rest = {it: files[it] for it in files if it not in (MANIFEST, "signature.json")}
    return {MANIFEST: json.dumps(told).encode(), **rest}


def with_book(whole: bytes, change: Callable[[Any], None]) -> bytes:
    """An archive whose book somebody has changed, with a manifest that is right about it."""
    files = files_in(whole)
    told = json.loads(files[BOOK])
    change(told)
    return zipped(consistent({**files, BOOK: json.dumps(told).encode()}))


async def exported(
    log: EventLog,
    store: ArtifactStore,
    folder: Path,
    run_id: RunId,
    language: str = "",
    *,
    partial: bool = False,
) -> bytes:
    """A book's archive, as the installation in a data folder makes it."""
    history = await log.read_run(run_id)
    run = read_whole(history)
    assert run is not None
    makers = makers_of(it.event for it in history)
    book = book_content(run_id, run, language, makers=makers, partial=partial)
    return await make_archive(book, SmallMedia(store), history, own_key(DataFolder(folder).keys))


def exported_by_hand(folder: Path, run_id: str, language: str = "") -> bytes:
    """The same, for whom no server runs."""

    async def main() -> bytes:
        found = DataFolder(folder)
        async with SqliteLog.read_only(found.log) as log:
            store = FileArtifactStore(found.outputs)
            return await exported(log, store, folder, RunId(run_id), language)

    return anyio.run(main)
