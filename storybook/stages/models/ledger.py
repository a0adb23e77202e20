"""The ledger of digests, `models.lock` in the models folder.

A digest counts for as long as the file's size and time of change are those it was computed at. What
a file's digest was when it came is kept beside it: where the index knows none, that is what a
later look is held against. Without the ledger nothing breaks: digests are computed again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from storybook.system import sync_file, sync_folder

FILE_NAME: Final = "models.lock"
CHUNK_BYTES: Final = 1024 * 1024

Step = Callable[[int, int], None]
"""Told how many bytes are done, of how many; of 0 if that is not known."""


class Entry(msgspec.Struct):
    """What is remembered of a file. `came_with` is its digest when it was downloaded, `etag` the
    validator of a download that has not ended."""

    size: int = 0
    mtime_ns: int = 0
    sha256: str = ""
    came_with: str = ""
    etag: str = ""


class Ledger:
    """The digests of the files of one models folder."""

    def __init__(self, models: Path) -> None:
        self._models, self._path = models, models / FILE_NAME
        self._entries = _read(self._path)

    def recall(self, file: Path) -> str:
        """A file's digest if it has not changed since that was computed, else empty."""
        entry, stat = self._entries.get(self._key(file)), file.stat()
        if entry is None or (entry.size, entry.mtime_ns) != (stat.st_size, stat.st_mtime_ns):
            return ""
        return entry.sha256

    def came_with(self, file: Path) -> str:
        """A file's digest when it was downloaded, empty if it was not, or not by us."""
        entry = self._entries.get(self._key(file))
        return entry.came_with if entry else ""

    def digest(self, file: Path, step: Step) -> str:
        """A file's SHA-256, computed if it is not remembered."""
        known = self.recall(file)
        if not known:
            known = compute_digest(file, step)
            self._note(file, known)
        return known

    def downloaded(self, file: Path, sha256: str) -> None:
        """Remember a file that has just come."""
        self._note(file, sha256)
        entry = self._entries[self._key(file)]
        entry.came_with, entry.etag = sha256, ""

    def etag(self, file: Path) -> str:
        """The validator of the part that is there of a file."""
        entry = self._entries.get(self._key(file))
        return entry.etag if entry else ""

    def begun(self, file: Path, etag: str) -> None:
        """Remember the validator of a file whose download begins."""
        self._entries.setdefault(self._key(file), Entry()).etag = etag

    def save(self) -> None:
        """Write it down, if there is a models folder. Raises `OSError`."""
        if not self._models.is_dir():
            return
        new = self._path.with_suffix(".new")
        with new.open("wb") as opened:
            opened.write(msgspec.json.format(msgspec.json.encode(self._entries), indent=1))
            opened.flush()
            sync_file(opened.fileno())
        new.replace(self._path)
        sync_folder(self._models)

    def _note(self, file: Path, sha256: str) -> None:
        stat, entry = file.stat(), self._entries.setdefault(self._key(file), Entry())
        entry.size, entry.mtime_ns, entry.sha256 = stat.st_size, stat.st_mtime_ns, sha256

    def _key(self, file: Path) -> str:
        inside = file.is_relative_to(self._models)
        return (file.relative_to(self._models) if inside else file.absolute()).as_posix()


def compute_digest(file: Path, step: Step) -> str:
    """A file's SHA-256 in hexadecimal. Raises `OSError`."""
    digest, done, total = hashlib.sha256(), 0, file.stat().st_size
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK_BYTES):
            digest.update(chunk)
            done += len(chunk)
            step(done, total)
    return digest.hexdigest()


def _read(path: Path) -> dict[str, Entry]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Entry])
    except (OSError, msgspec.MsgspecError):
        return {}
