"""An archive that somebody gives: what is in it, and whether it is whole.

What cannot be looked into at all is refused (`ArchiveRefused`). Of what can be, every **fault** is
told, a sentence each: a file that is missing, or has other bytes than the manifest says; a
signature that is of other bytes; a book that contradicts itself or its files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final, TypeVar

import msgspec

from storybook.export.archive.book_faults import book_faults, file_fault
from storybook.export.archive.shapes import (
    BOOK,
    EVENTS,
    FORMAT,
    MANIFEST,
    SIGNATURE,
    VERSION,
    ArchivedBook,
    ArchivedEvent,
    ArchivedFile,
    ArchiveManifest,
    Signature,
)
from storybook.export.archive.signing import ALGORITHM, has_signed
from storybook.export.archive.zipping import ArchiveRefused, EntryDamaged, ZipContents
from storybook.stores.digests import digests_differ

MOST_EVENT_BYTES: Final = 32_000_000
"""Of the events: a book that was changed a hundred times has 4 MB of them."""
MOST_JSON_BYTES: Final = 4_000_000
"""Of any other JSON file, which takes twenty times as much in memory: a book of 13 pages in two
languages has 0.2 MB."""
_NEEDED: Final = (BOOK, EVENTS)
_AGAIN: Final = "have it exported again"

T = TypeVar("T", bound=msgspec.Struct)


class BookArchive(msgspec.Struct, frozen=True):
    """An archive that was looked at. `sha256` is of its manifest, `key` the public one that has
    signed it, "" if nobody has. `book` is there unless its faults are such that it cannot be
    read."""

    contents: ZipContents
    manifest: ArchiveManifest
    sha256: str
    key: str
    book: ArchivedBook | None
    faults: tuple[str, ...]

    def content(self, name: str) -> bytes:
        """A file's bytes, held against the manifest once more. Raises `ArchiveRefused`."""
        told = next(it for it in self.manifest.files if it.name == name)
        content, fault = _read(self.contents, told)
        if content is None:
            raise ArchiveRefused(fault)
        return content

    @property
    def is_whole_book(self) -> bool:
        """Whether the book has all that it is to have."""
        book = self.book
        if book is None or len(book.pages) < book.page_count:
            return False
        languages = 1 + len(book.languages)
        voices = languages if book.tts is not None else 0
        texts = {(page.page, it.language) for page in book.pages for it in page.others}
        return len(book.files) == book.page_count * (1 + voices) and len(
            texts
        ) == book.page_count * (languages - 1)

    @property
    def verdict(self) -> str:
        """That it is whole, and who says so, of one without faults."""
        return f"whole, by key {self.key}" if self.key else "whole"


def open_archive(file: BinaryIO) -> BookArchive:
    """Look at an archive, all of it. Raises `ArchiveRefused`, and `OSError` where the file cannot
    be read."""
    contents = ZipContents(file)
    signed = _needed(contents, MANIFEST)
    manifest = _manifest(signed)
    key, unsigned = _signer(contents, signed)
    looking = _Looking(contents, manifest)
    faults = [*unsigned, *looking.faults()]
    digest = hashlib.sha256(signed).hexdigest()
    return BookArchive(contents, manifest, digest, key, looking.book, tuple(faults))


# ------------------------------------------------------------------------------ manifest, signature


def _needed(contents: ZipContents, name: str) -> bytes:
    if name not in contents.names:
        raise ArchiveRefused(
            f"it has no {name}: expected the ZIP of a book that `storybook export` has written"
        )
    _check_text_size(contents, name)
    try:
        return contents.read(name)
    except EntryDamaged as error:
        raise ArchiveRefused(f"{name} {error}; {_AGAIN}") from error


def _check_text_size(contents: ZipContents, name: str) -> None:
    most = MOST_EVENT_BYTES if name == EVENTS else MOST_JSON_BYTES
    if (size := contents.size(name)) > most:
        raise ArchiveRefused(f"{name} has {size:,} bytes, and at most {most:,} are taken")


def _manifest(content: bytes) -> ArchiveManifest:
    try:
        manifest = msgspec.json.decode(content, type=ArchiveManifest)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ArchiveRefused(f"{MANIFEST} cannot be read: {error}; {_AGAIN}") from error
    if manifest.format != FORMAT:
        raise ArchiveRefused(f"{MANIFEST} is of {manifest.format[:40]!r}, expected {FORMAT!r}")
    if manifest.version > VERSION:
        raise ArchiveRefused(
            f"it was exported by storybook {manifest.storybook[:40]} in form {manifest.version}, "
            f"and this one knows {VERSION}: use that version"
        )
    names = [it.name for it in manifest.files]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ArchiveRefused(f"{MANIFEST} names {', '.join(twice)[:100]} twice")
    if missing := sorted({*_NEEDED}.difference(names)):
        raise ArchiveRefused(f"{MANIFEST} names no {' and no '.join(missing)}; {_AGAIN}")
    return manifest


def _signer(contents: ZipContents, signed: bytes) -> tuple[str, list[str]]:
    """The key that has signed the manifest, and what is wrong with the signature."""
    if SIGNATURE not in contents.names:
        return "", []
    try:
        told = msgspec.json.decode(_needed(contents, SIGNATURE), type=Signature)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        return "", [f"{SIGNATURE} cannot be read: {error}"]
    if told.algorithm != ALGORITHM:
        found = f"expected {ALGORITHM}, found {told.algorithm[:40]!r}"
        return "", [f"{SIGNATURE} is of an algorithm that is not known: {found}"]
    if not has_signed(told.public_key, bytes.fromhex(told.signature), signed):
        return "", [f"{SIGNATURE}: {MANIFEST} is not what the key {told.public_key} has signed"]
    return told.public_key, []


# ----------------------------------------------------------------------------------------- contents


class _Looking:
    """Looks at the files of an archive, one after the other."""

    def __init__(self, contents: ZipContents, manifest: ArchiveManifest) -> None:
        self._contents, self._manifest = contents, manifest
        self.book: ArchivedBook | None = None

    def faults(self) -> Iterator[str]:
        """What is wrong with any; `book` is read meanwhile."""
        named = {it.name for it in self._manifest.files}
        for name in self._contents.names:
            if name not in named and name not in (MANIFEST, SIGNATURE):
                yield f"{name} is not in {MANIFEST}"
        by_name = {it.name: it for it in self._manifest.files}
        told = by_name.pop(BOOK)
        yield from self._look_at(told)
        for it in by_name.values():
            yield from self._look_at(it)
        if self.book is not None:
            yield from book_faults(self.book, self._manifest)

    def _look_at(self, told: ArchivedFile) -> Iterator[str]:
        if told.name not in self._contents.names:
            yield f"{told.name} is missing"
            return
        if told.name in _NEEDED:
            _check_text_size(self._contents, told.name)
        content, fault = _read(self._contents, told)
        if content is None:
            yield fault
        elif told.name == BOOK:
            yield from self._take_book(content)
        elif told.name == EVENTS:
            yield from event_faults(content, self._manifest.events)
        elif self.book is not None:
            yield from file_fault(self.book, told.name, content)

    def _take_book(self, content: bytes) -> Iterator[str]:
        try:
            self.book = msgspec.json.decode(content, type=ArchivedBook)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            yield f"{BOOK} cannot be read: {error}"


def _read(contents: ZipContents, told: ArchivedFile) -> tuple[bytes | None, str]:
    """A file's bytes, or what is wrong with them."""
    try:
        content = contents.read(told.name)
    except EntryDamaged as error:
        return None, f"{told.name} {error}"
    if len(content) != told.size:
        return None, f"{told.name} has {len(content):,} bytes and not {told.size:,}"
    digest = hashlib.sha256(content).hexdigest()
    if digest != told.sha256:
        differ = digests_differ(told.sha256, digest)
        return None, f"{told.name} has other bytes: its SHA-256 {differ}"
    return content, ""


def event_faults(lines: bytes, digests: Sequence[str]) -> Iterator[str]:
    """What is wrong with the lines of `events.jsonl`; `digests` are those of the manifest."""
    found = lines.splitlines()
    if len(found) != len(digests):
        yield f"{EVENTS} has {len(found):,} events and not {len(digests):,}"
        return
    before = 0
    for number, (line, digest) in enumerate(zip(found, digests, strict=True), start=1):
        try:
            event = msgspec.json.decode(line, type=ArchivedEvent)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            yield f"{EVENTS}: line {number} cannot be read: {error}"
            return
        said = hashlib.sha256(bytes(event.data)).hexdigest()
        if event.payload_digest != digest or (not event.withheld and said != digest):
            yield f"{EVENTS}: event {number} is not what was recorded"
        if event.version != number or event.position <= before:
            yield f"{EVENTS}: an event is missing before line {number}, or is at another place"
        before = event.position
