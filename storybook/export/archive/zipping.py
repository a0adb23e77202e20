"""A ZIP as an archive is written, and one as it may come from anybody (PKWARE's APPNOTE 6.3.10).

Written is the same for the same files: stored in the order given, with no time in it. Pictures are
compressed already, and a program of any age opens it.

Read is little: files in no folder, stored or deflated, whose names are of known kinds, as many and
as large as the directory says. Whoever lies there is found out before it costs anything. The
directory is read by the standard library; what an entry has is unpacked here, since `zipfile` ends
silently where an entry has more than it says.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable
from typing import BinaryIO, Final

from storybook.export.archive.shapes import (
    BOOK,
    EVENTS,
    LICENCES,
    MANIFEST,
    MOST_BYTES,
    MOST_FILES,
    SIGNATURE,
)

BEGINNING: Final = b"PK\x03\x04"
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The first that a ZIP can say."""
_PLAIN_FILE: Final = (stat.S_IFREG | 0o644) << 16
_UNIX: Final = 3
_IS_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000
"""Bits of an entry: encrypted, strongly, and the directory with it."""

_END: Final = struct.Struct("<4s4H2LH")
"""The end of the central directory: signature, 2 disks, 2 counts of entries, size, offset, length
of the comment."""
_END_BEGINS: Final = b"PK\x05\x06"
_LOCATOR: Final = (20, b"PK\x06\x07")
"""What stands before the end of a ZIP64, which nothing of 200 MB needs."""
_LOCAL: Final = struct.Struct("<4s5H3L2H")
"""The head of an entry: signature, version, bits, method, time, date, CRC, sizes, lengths of name
and extra."""
_MOST_DIRECTORY: Final = MOST_FILES * 1_000
"""Bytes of the directory: 46 an entry and its name, and what programs add."""
_MOST_OVERHEAD: Final = 1_000_000
"""Bytes of a ZIP that are of no file."""

_KNOWN: Final = (
    *map(re.escape, (MANIFEST, SIGNATURE, BOOK, EVENTS, LICENCES)),
    r"cover\.png",
    r"panel_[1-9][0-9]?\.png",
    r"page_[0-9]{1,2}(\.[a-z]{2,3})?\.wav",
)
_KNOWN_NAME: Final = re.compile("|".join(_KNOWN))
_DRIVE: Final = re.compile(r"[A-Za-z]:")


class ArchiveRefused(Exception):
    """A file is no archive of a book that can be taken; the message says why."""


class EntryDamaged(Exception):
    """What an entry of an archive has is not what the ZIP says of it."""


def zip_of(files: Iterable[tuple[str, bytes]]) -> bytes:
    """The ZIP of files, by name and content."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.create_system, entry.external_attr = _UNIX, _PLAIN_FILE
            archive.writestr(entry, content)
    return whole.getvalue()


class ZipContents:
    """The files in a ZIP that may come from anybody. Opening raises `ArchiveRefused`."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._size = file, _check_end(file)
        try:
            entries = zipfile.ZipFile(file).infolist()
        except (zipfile.BadZipFile, RuntimeError, ValueError, OverflowError, struct.error) as error:
            raise ArchiveRefused(f"the ZIP's directory is damaged: {error}") from error
        _check_extent(entries)
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for it in entries:
            _check_entry(it)
            if it.filename in self._entries:
                raise ArchiveRefused(f"{it.filename!r} is in it twice")
            self._entries[it.filename] = it

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._entries)

    def size(self, name: str) -> int:
        """Bytes, as the directory says."""
        return self._entries[name].file_size

    def read(self, name: str) -> bytes:
        """What is in a file. Raises `EntryDamaged`."""
        entry = self._entries[name]
        packed = self._packed(entry)
        content = packed if entry.compress_type == zipfile.ZIP_STORED else _inflated(entry, packed)
        if len(content) != entry.file_size:
            raise EntryDamaged(f"has {len(content):,} bytes and not {entry.file_size:,}")
        if zlib.crc32(content) != entry.CRC:
            raise EntryDamaged("is damaged: its checksum in the ZIP is another")
        return content

    def _packed(self, entry: zipfile.ZipInfo) -> bytes:
        if max(entry.compress_size, entry.header_offset) > self._size:
            raise EntryDamaged("is cut off")
        try:
            self._file.seek(entry.header_offset)
            head = _LOCAL.unpack(self._file.read(_LOCAL.size))
            name = self._file.read(head[9])
            self._file.seek(head[10], io.SEEK_CUR)
            packed = self._file.read(entry.compress_size)
        except (struct.error, OSError, ValueError, OverflowError):
            raise EntryDamaged("is cut off") from None
        if head[0] != BEGINNING or name != entry.orig_filename.encode("ascii", "replace"):
            raise EntryDamaged("is not where the ZIP's directory says")
        if len(packed) != entry.compress_size:
            raise EntryDamaged("is cut off")
        return packed


def _inflated(entry: zipfile.ZipInfo, packed: bytes) -> bytes:
    """One byte more than it says it has, at most."""
    inflating = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = inflating.decompress(packed, entry.file_size + 1)
    except zlib.error as error:
        raise EntryDamaged(f"is damaged: {error}") from error
    if len(content) > entry.file_size:
        raise EntryDamaged(f"has more than the {entry.file_size:,} bytes that it says")
    if not inflating.eof or inflating.unused_data:
        raise EntryDamaged("is damaged: its end is not where it says")
    return content


def _check_end(file: BinaryIO) -> int:
    """`zipfile` reads as much of a directory as the end says, without asking how much that is.
    Returns how many bytes the file has."""
    size = file.seek(0, io.SEEK_END)
    if size > MOST_BYTES + _MOST_OVERHEAD:
        raise ArchiveRefused(f"it has {size:,} bytes, and at most {MOST_BYTES:,} are taken")
    file.seek(0)
    begins = file.read(len(BEGINNING))
    file.seek(max(size - _END.size - _LOCATOR[0], 0))
    tail = file.read()
    end = _END.unpack(tail[-_END.size :]) if len(tail) >= _END.size else (b"",)
    if end[0] != _END_BEGINS or end[-1]:
        if begins == BEGINNING:
            raise ArchiveRefused("it is cut off: the end of the ZIP is missing")
        raise ArchiveRefused("it is no ZIP: expected one that `storybook export` has written")
    if tail[: -_END.size].startswith(_LOCATOR[1]) or any(end[1:3]) or end[3] != end[4]:
        raise ArchiveRefused("it is a ZIP of several parts, or of the kind for large files")
    if end[4] > MOST_FILES or end[5] > _MOST_DIRECTORY:
        raise ArchiveRefused(f"it has more than {MOST_FILES} files, which no book has")
    return size


def _check_extent(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_FILES:
        raise ArchiveRefused(f"it has more than {MOST_FILES} files, which no book has")
    size = sum(it.file_size for it in entries)
    if size > MOST_BYTES:
        raise ArchiveRefused(
            f"it has {size:,} bytes when it is unpacked, and at most {MOST_BYTES:,} are taken"
        )


def _check_entry(entry: zipfile.ZipInfo) -> None:
    """Raise `ArchiveRefused` for what may not be in an archive, by what it tries."""
    name = entry.orig_filename
    if why := _wrong_name(name) or _wrong_kind(entry):
        raise ArchiveRefused(f"{name[:100]!r} {why}")


def _wrong_name(name: str) -> str:
    if "\0" in name:
        return "has a name with a zero byte"
    if "\\" in name:
        return "has a backslash in its name"
    if name.startswith("/") or _DRIVE.match(name):
        return "has a path from the root of a disk"
    if ".." in name.split("/"):
        return "leads out of its folder"
    if "/" in name:
        return "is in a folder, or is one: the files of a book lie side by side"
    if not _KNOWN_NAME.fullmatch(name):
        return "is of no kind that a book has"
    return ""


def _wrong_kind(entry: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if stat.S_ISLNK(kind):
        return "is a link"
    if kind not in (0, stat.S_IFREG):
        return "is no file"
    if entry.flag_bits & _IS_ENCRYPTED:
        return "is encrypted"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"is compressed by method {entry.compress_type}: expected stored or deflated"
    return ""
