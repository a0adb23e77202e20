"""A backup that is one tar file: written whole beside the old one, which it then replaces.

It is not compressed, pictures already are; unpacked, it is a backup in a folder.
"""

from __future__ import annotations

import io
import shutil
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

from storybook.stores.backup.folder import MAKING, PRIVATE, alone
from storybook.stores.backup.manifest import (
    MANIFEST,
    BackupError,
    Manifest,
    decode_manifest,
    encode_manifest,
)
from storybook.system import sync_file, sync_folder

SUFFIX: Final = ".tar"
OWNERS: Final = 0o600
"""Permissions of a tar, and of what is in it: token hashes are."""


class BackupArchive:
    """A backup in a tar, open for writing. `manifest` is that of the backup that is there."""

    def __init__(self, path: Path, scratch: Path, tar: tarfile.TarFile, file: BinaryIO) -> None:
        self.path, self.scratch, self._tar, self._file = path, scratch, tar, file
        self.manifest = _manifest_at(path)
        self._one = threading.Lock()
        """Of the threads that put, one writes."""

    @classmethod
    @contextmanager
    def writing(cls, path: Path) -> Iterator[BackupArchive]:
        """Begin a new tar, beside the old one if there is one. Raises `BackupError` if that is no
        backup, or another process writes it, and OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_name(f"{MAKING}-{path.name}")
        with alone(path, path.with_name(f".{path.name}.lock")):
            shutil.rmtree(scratch, ignore_errors=True)  # of one that was killed
            scratch.mkdir(PRIVATE)
            try:
                made = scratch / path.name
                made.touch(OWNERS)
                with (
                    made.open("wb") as file,
                    tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar,
                ):
                    yield cls(path, scratch, tar, file)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)

    def has(self, name: str, size: int) -> bool:
        return False

    def put(self, name: str, content: bytes) -> None:
        with self._one:
            self._add(name, len(content), io.BytesIO(content))

    def take(self, name: str, made: Path) -> None:
        with made.open("rb") as file:
            self._add(name, made.stat().st_size, file)
        made.unlink()

    def commit(self, manifest: Manifest, named: set[str]) -> int:
        """Let it take the old one's place."""
        content = encode_manifest(manifest)
        self._add(MANIFEST, len(content), io.BytesIO(content))
        self._tar.close()
        self._file.flush()
        sync_file(self._file.fileno())
        self._file.close()
        (self.scratch / self.path.name).replace(self.path)
        sync_folder(self.path.parent)
        return 0

    def _add(self, name: str, size: int, content: IO[bytes]) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, OWNERS
        self._tar.addfile(member, content)


class StoredArchive:
    """A backup in a tar, open for reading."""

    def __init__(self, path: Path, tar: tarfile.TarFile) -> None:
        self.path, self._tar = path, tar
        # A sparse member may be any size, and take nothing of the tar; a backup has none.
        whole = (it for it in tar.getmembers() if it.isreg() and not it.issparse())
        self._members = {it.name: it for it in whole}
        self.manifest = decode_manifest(self.open(MANIFEST).read(), str(path))

    def open(self, name: str) -> BinaryIO:
        """Raises FileNotFoundError where it is not there."""
        member = self._members.get(name)
        file = self._tar.extractfile(member) if member is not None else None
        if file is None:
            raise FileNotFoundError(f"{self.path} has no {name}")
        return cast("BinaryIO", file)


@contextmanager
def reading(path: Path) -> Iterator[StoredArchive]:
    """Open a backup. Raises `BackupError` and OSError."""
    try:
        with tarfile.open(path, "r:") as tar:
            yield StoredArchive(path, tar)
    except (tarfile.TarError, FileNotFoundError) as error:
        raise BackupError(f"{path} is no backup of storybook's: {error}") from error


def _manifest_at(path: Path) -> Manifest | None:
    if not path.exists():
        return None
    with reading(path) as there:
        return there.manifest
