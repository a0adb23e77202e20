"""A backup that is a folder: each backup into it adds what is new, and removes what is not named.

`backup.json`, `log-….db`, `outputs/{run}/cover-….png` …; `.making` is what is being written, and
`.lock` keeps two processes from it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from storybook.stores.backup.manifest import (
    MANIFEST,
    BackupError,
    Manifest,
    decode_manifest,
    encode_manifest,
)
from storybook.stores.files import open_plainly
from storybook.system import AlreadyLocked, LockFile, sync_file, sync_folder

LOCK: Final = ".lock"
MAKING: Final = ".making"
PRIVATE: Final = 0o700
"""Permissions of a folder that is made for a backup: token hashes are in it."""


class BackupFolder:
    """A backup in a folder, open for writing. `manifest` is that of the backup that is there."""

    def __init__(self, path: Path, manifest: Manifest | None) -> None:
        self.path, self.manifest = path, manifest
        self.scratch = path / MAKING
        """Where something can be made on the backup's disk."""
        self._sizes = dict(_files(path))
        self._changed: set[Path] = set()

    @classmethod
    @contextmanager
    def writing(cls, path: Path) -> Iterator[BackupFolder]:
        """Open or begin a backup. Raises `BackupError` for a folder of other things, or one that
        another process writes, and OSError."""
        path.mkdir(PRIVATE, parents=True, exist_ok=True)
        manifest = read_manifest(path)
        if manifest is None:
            _check_nobodys(path)
        with alone(path, path / LOCK):
            it = cls(path, read_manifest(path))
            _remove(it.scratch)
            it.scratch.mkdir()
            try:
                yield it
            finally:
                _remove(it.scratch)

    def has(self, name: str, size: int) -> bool:
        """Whether a stored file is there, as far as its size tells; `verify` reads it."""
        return self._sizes.get(name) == size

    def put(self, name: str, content: bytes) -> None:
        """Store a file; durable after the next `commit`."""
        path = self.path / name
        temporary = self.scratch / name.replace("/", "-")
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            sync_file(file.fileno())
        self._move(temporary, path)
        self._sizes[name] = len(content)

    def take(self, name: str, made: Path) -> None:
        """Store a file that was made in `scratch`, and is durable."""
        self._move(made, self.path / name)

    def commit(self, manifest: Manifest, named: set[str]) -> int:
        """Make this the backup; then remove what is neither its own nor `named`, and return how
        many files that were."""
        for folder in self._changed:
            sync_folder(folder)
        temporary = self.scratch / MANIFEST
        with temporary.open("wb") as file:
            file.write(encode_manifest(manifest))
            file.flush()
            sync_file(file.fileno())
        temporary.replace(self.path / MANIFEST)
        sync_folder(self.path)
        return self._prune(manifest.stored_names() | named)

    def _move(self, made: Path, path: Path) -> None:
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._changed.update((path.parent.parent, self.path))
        made.replace(path)
        self._changed.add(path.parent)

    def _prune(self, keep: set[str]) -> int:
        gone = [name for name, _ in _files(self.path) if name not in keep]
        for name in gone:
            (self.path / name).unlink(missing_ok=True)
        for folder in {(self.path / name).parent for name in gone} - {self.path}:
            with contextlib.suppress(OSError):  # others are in it
                folder.rmdir()
        return len(gone)


class StoredFolder:
    """A backup in a folder, open for reading."""

    def __init__(self, path: Path) -> None:
        manifest = read_manifest(path)
        assert manifest is not None
        self.path, self.manifest = path, manifest

    def open(self, name: str) -> BinaryIO:
        """Raises OSError, FileNotFoundError where it is not there."""
        return open_plainly(self.path / name)


@contextmanager
def reading(path: Path) -> Iterator[StoredFolder]:
    """Open a backup; nobody changes it meanwhile. Raises `BackupError` and OSError."""
    with contextlib.ExitStack() as stack:
        if os.access(path, os.W_OK):
            stack.enter_context(alone(path, path / LOCK))
        yield StoredFolder(path)


def read_manifest(path: Path) -> Manifest | None:
    """That of the backup in a folder, None if there is none. Raises `BackupError` and OSError."""
    try:
        return decode_manifest((path / MANIFEST).read_bytes(), str(path))
    except FileNotFoundError:
        return None


def _check_nobodys(path: Path) -> None:
    """A folder may be new, empty, or the beginning of a backup that was killed."""
    ours = (path / MAKING).is_dir() or (path / LOCK).exists()
    if not ours and any(path.iterdir()):
        raise BackupError(
            f"{path} has other things in it and no backup: name an empty folder, or a new one"
        )


@contextmanager
def alone(backup: Path, lock: Path) -> Iterator[None]:
    """Keep others from a backup meanwhile. Raises `BackupError` if another process has it."""
    try:
        held = LockFile(lock)
    except AlreadyLocked as locked:
        raise BackupError(
            f"{backup} is in use by another backup or restore (process {locked.text}): "
            "try again when that has ended"
        ) from None
    try:
        held.write(str(os.getpid()))
        yield
    finally:
        held.release()


def _files(path: Path, inside: str = "") -> Iterator[tuple[str, int]]:
    """The stored files, by name, with their sizes; what begins with a dot is none."""
    with os.scandir(path) as entries:
        for it in entries:
            if it.name.startswith(".") or it.name == MANIFEST:
                continue
            if it.is_dir(follow_symlinks=False):
                yield from _files(path / it.name, f"{inside}{it.name}/")
            else:
                yield f"{inside}{it.name}", it.stat(follow_symlinks=False).st_size


def _remove(scratch: Path) -> None:
    shutil.rmtree(scratch, ignore_errors=True)
