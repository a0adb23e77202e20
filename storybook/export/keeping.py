"""Copies of books that are kept beside their runs, with what each was made from.

A **copy** is a book in a format. Beside it lies a **note**: the digest of all that it was made from
(the book's content, the format and its version, the choice, this program's version) and of its own
bytes. A copy whose note says anything else than what is wanted now, or than what lies there, is
none: so whatever a process that was killed has left is never served. They go with the run's files:
when retention takes these, and when the run is forgotten.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from storybook import __version__
from storybook.book import Artifact, RunId
from storybook.events.log import Recorded
from storybook.export.content import ALL_LANGUAGES, BookContent, CannotExport
from storybook.export.formats import BookFormat, Material, Report, signing_key
from storybook.export.media import SmallMedia
from storybook.stores.artifacts import ArtifactStore, CannotKeep, NoSuchArtifact, read_whole
from storybook.stores.integrity import DamagedArtifact, Integrity

if TYPE_CHECKING:
    from storybook.export.archive.signing import SigningKey

BOOK_FILE: Final = "book.html"
"""The page of a book in its own language, as `make` leaves it beside the run."""
_BEGINNING: Final = "book."
_NOTE: Final = ".made"
_OF_EDITION: Final = re.compile(r"book\.(?:[^.]+\.)*?e([1-9][0-9]*)\.")

MOST_TITLE_BYTES: Final = 180
"""Of a file's name, before its ending: file systems take 255 bytes."""
_NOT_IN_NAMES: Final = re.compile(
    r'[\x00-\x1f\x7f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]+'
)
"""What a file's name cannot have on some system, and what turns the direction of its text."""


class BookFilesLost(CannotExport):
    """Files that the book is made of are damaged or lost: a repair makes them again."""


class BookCopy(msgspec.Struct, frozen=True):
    """A book in a format, as it is wanted. `key` is what it is signed with, if it is."""

    book: BookContent
    format: BookFormat
    choice: str = ""
    events: Sequence[Recorded] = ()
    key: SigningKey | None = None

    @property
    def name(self) -> str:
        """What it is called beside the run's files: `book.html`, `book.en.e1.a5.pdf`."""
        return ".".join(("book", *self._told, self.format.name))

    @property
    def file_name(self) -> str:
        """What people are given it as: with the book's title."""
        cleaned = _NOT_IN_NAMES.sub(" ", self.book.title)
        title = " ".join(cleaned.split()).encode()[:MOST_TITLE_BYTES].decode(errors="ignore")
        title = title.strip(" .") or "book"
        return ".".join((title, *self._told, self.format.name))

    @property
    def made_from(self) -> str:
        """The digest of all that it is made from."""
        format_, last = self.format, self.events[-1].digest.hex() if self.events else ""
        made = format_.name, format_.version, self.choice, __version__
        parts = (self.book.digest, *made, last, self.key.public_key if self.key else "")
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()

    @property
    def _told(self) -> tuple[str, ...]:
        """What tells it from the copy that is meant where nothing is said."""
        book, is_usual = self.book, self.choice in ("", *self.format.choices[:1])
        language = ALL_LANGUAGES if book.others else book.added
        number = f"e{book.edition}" if book.edition is not None else ""
        return tuple(it for it in (language, number, "" if is_usual else self.choice) if it)


class CopyNote(msgspec.Struct, frozen=True):
    """What a copy was made from, and its own bytes: how many, and their SHA-256."""

    made_from: str
    size: int
    sha256: str


class KeptCopy(msgspec.Struct, frozen=True):
    """A copy that is whole, and the store's token of what lies there: with another one it is not
    this one any more."""

    artifact: Artifact
    token: str


class KeptCopies:
    """Makes copies, and finds those that are still right.

    `keys` is the folder of what archives are signed with; `workspace` is where a making may write
    what is not whole (the system's own place if that is None)."""

    def __init__(self, store: ArtifactStore, keys: Path, workspace: Path | None = None) -> None:
        self._store, self._keys, self._workspace = store, keys, workspace
        self._integrity = Integrity(store)

    async def wanted(
        self,
        book: BookContent,
        format_: BookFormat,
        choice: str = "",
        recorded: Sequence[Recorded] = (),
        *,
        partial: bool = False,
    ) -> BookCopy:
        """The copy of a book that is wanted now. `recorded` are the run's events. With `partial`
        the book is without its files that are damaged or lost. Raises `CannotTakeAlong` and
        `CannotRead`."""
        if partial:
            run_id = book.run_id
            damage = {it.name: await self._integrity.damage(run_id, it) for it in book.all_files}
            book = book.without([name for name, found in damage.items() if found])
        key = await signing_key(self._keys) if format_.is_signed else None
        return BookCopy(book, format_, choice, recorded if format_.has_events else (), key)

    async def find(self, copy: BookCopy) -> KeptCopy | None:
        """A copy that was made of the same and is whole. Raises `CannotRead`."""
        run_id = copy.book.run_id
        try:
            text = await read_whole(self._store, run_id, copy.name + _NOTE)
            note = msgspec.json.decode(text, type=CopyNote)
            token = (await self._store.stat(run_id, copy.name)).token
        except (NoSuchArtifact, msgspec.MsgspecError):
            return None
        if note.made_from != copy.made_from:
            return None
        found = Artifact(copy.name, copy.format.media_type, note.size, note.sha256)
        is_whole = not await self._integrity.damage(run_id, found)
        return KeptCopy(found, token) if is_whole else None

    async def make(self, copy: BookCopy, media: SmallMedia, report: Report) -> KeptCopy:
        """Make a copy and keep it in place of the one before it. Raises `CannotTakeAlong`,
        `BookFilesLost`, `CannotRead` and `CannotKeep`, and whatever the format's maker does."""
        copy.format.check_ready()
        run_id = copy.book.run_id
        with _own_folder(self._workspace) as folder:
            material = Material(
                copy.format.name,
                copy.book,
                media,
                copy.choice,
                folder,
                report,
                copy.key,
                copy.events,
            )
            made = await self._made(copy, material)
            if isinstance(made, Path):
                stored = await self._store.put_file(run_id, copy.name, made)
            else:
                stored = await self._store.put(run_id, copy.name, made)
        note = CopyNote(copy.made_from, stored.size, stored.sha256)
        await self._store.put(run_id, copy.name + _NOTE, msgspec.json.encode(note))
        kept = await self.find(copy)
        if kept is None:
            raise CannotKeep(f"{copy.name} was replaced at once: somebody else makes it")
        return kept

    async def remove(self, copy: BookCopy) -> None:
        """Keep a copy no longer. Raises `CannotRemove`."""
        await self._store.remove(copy.book.run_id, [copy.name, copy.name + _NOTE])

    async def _made(self, copy: BookCopy, material: Material) -> bytes | Path:
        try:
            return await copy.format.make(material)
        except NoSuchArtifact as missing:
            raise _lost(copy, f"{missing.name} {missing.why}") from None
        except DamagedArtifact as damaged:
            raise _lost(copy, str(damaged)) from None


def kept_copies(names: Iterable[str], editions: Iterable[int] | None = None) -> list[str]:
    """Of the names that a store has of a run, those of copies and their notes; with `editions` of
    those that were asked for as one of these editions."""
    ours = [it for it in names if it.startswith(_BEGINNING)]
    if editions is None:
        return ours
    numbers = {str(it) for it in editions}
    return [it for it in ours if (found := _OF_EDITION.match(it)) and found[1] in numbers]


class StoredCopy(msgspec.Struct, frozen=True):
    """A copy that lies in the store, right or not: its bytes and its note's, and the store's word
    for when it was put (`Stat.put_at`)."""

    run_id: RunId
    name: str
    file_bytes: int
    put_at: int

    @property
    def names(self) -> tuple[str, str]:
        """What it is called in the store, and its note."""
        return self.name, self.name + _NOTE


async def stored_copies(store: ArtifactStore, run_id: RunId) -> list[StoredCopy]:
    """The copies that lie beside a run. Raises `CannotRead`."""
    names = kept_copies(await store.names(run_id))
    found = {}
    for name in names:
        with suppress(NoSuchArtifact):  # removed meanwhile
            found[name] = await store.stat(run_id, name)
    notes = {name: it.size for name, it in found.items() if name.endswith(_NOTE)}
    return [
        StoredCopy(run_id, name, it.size + notes.get(name + _NOTE, 0), it.put_at)
        for name, it in found.items()
        if name not in notes
    ]


def clear_workspace(folder: Path) -> None:
    """Remove what a process that was killed had begun to make. Raises OSError."""
    if folder.is_dir():
        shutil.rmtree(folder)


@contextmanager
def _own_folder(workspace: Path | None) -> Iterator[Path]:
    try:
        if workspace is not None:
            workspace.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix="storybook-", dir=workspace)
    except OSError as error:
        raise CannotKeep(f"{workspace} cannot be written: {error.strerror}") from error
    with folder as path:
        yield Path(path)


def _lost(copy: BookCopy, what: str) -> BookFilesLost:
    return BookFilesLost(f"{what}: `storybook repair {copy.book.run_id}` makes it again")
