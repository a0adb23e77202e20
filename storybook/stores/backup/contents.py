"""What is in a backup, or in a plain copy of a data folder, as both are restored and checked.

A copy that `cp -r` made while the folder was worked in may be torn: the log's file and its WAL are
of two moments. Each of the two ways to read it (with the WAL, and without: then as it was when the
WAL was last written into it) is tried; the longer one of those that are whole is taken.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from storybook.book import Artifact, RunId
from storybook.data_folder import DataFolder
from storybook.events.log import LogUnavailable, Position
from storybook.stores.artifacts import Stored
from storybook.stores.backup import archive, folder
from storybook.stores.backup.manifest import (
    MANIFEST,
    BackupError,
    Manifest,
    artifact_path,
    stored_name,
)
from storybook.stores.backup.parts import LOG, PARTS, PartKind
from storybook.stores.digests import digests_differ
from storybook.stores.files import read_plainly
from storybook.stores.sqlite.holder import find_holder
from storybook.stores.sqlite.online import check_log_not_newer, copy_database, settle
from storybook.stores.sqlite.verify import head_of, log_faults

WAL: Final = "-wal"
_WITH_WAL: Final = "with its WAL"


class Contents(Protocol):
    """What can be had of a backup or a copy."""

    def parts(self, scratch: Path) -> list[str]:
        """Put every part into a folder, laid out as in a data folder, the log whole; returns what
        is wrong with the others. Raises `BackupError` where the log cannot be had."""
        ...

    def artifact(self, run_id: RunId, artifact: Artifact) -> bytes:
        """The bytes of a file that the log names, unchecked. Raises OSError."""
        ...


@contextmanager
def opened(path: Path) -> Iterator[Contents]:
    """Whatever a path is: a backup, or a copy of a data folder. Raises `BackupError` if neither,
    and OSError."""
    if path.is_file():
        with archive.reading(path) as stored:
            yield StoredContents(stored)
    elif (path / MANIFEST).is_file():
        with folder.reading(path) as stored_folder:
            yield StoredContents(stored_folder)
    elif (path / LOG).is_file():
        yield CopyContents(DataFolder(path))
    else:
        raise BackupError(
            f"{path} is no backup: expected a folder or a tar that `storybook backup` has made, or "
            f"a copy of a data folder with its {LOG}"
        )


# ------------------------------------------------------------------------------------- of a backup


class StoredFiles(Protocol):
    """A backup that is read, of either kind."""

    path: Path
    manifest: Manifest

    def open(self, name: str) -> BinaryIO:
        """A stored file. Raises OSError."""
        ...


class StoredContents:
    """What a backup has."""

    def __init__(self, stored: StoredFiles) -> None:
        self._stored = stored

    def parts(self, scratch: Path) -> list[str]:
        wrong = []
        for path, stored in self._stored.manifest.parts.items():
            to = scratch / path
            to.parent.mkdir(parents=True, exist_ok=True)
            if why := self._fetch(path, stored, to):
                to.unlink(missing_ok=True)
                if path == LOG:
                    raise BackupError(f"{self._stored.path} has no log any more: {why}")
                wrong.append(why)
        _must_be_whole(scratch / LOG, self._stored.path)
        return wrong

    def artifact(self, run_id: RunId, artifact: Artifact) -> bytes:
        name = stored_name(artifact_path(run_id, artifact), artifact.sha256)
        with self._stored.open(name) as file:
            return file.read()

    def _fetch(self, path: str, stored: Stored, to: Path) -> str:
        """Copy a part; returns what is wrong with it, nothing if it is as it was recorded."""
        name = stored_name(path, stored.sha256)
        try:
            source = self._stored.open(name)
        except OSError as error:
            return f"{name} cannot be read: {error.strerror or 'it is missing'}"
        with source, to.open("wb") as file:
            shutil.copyfileobj(source, file)
        with to.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found == stored.sha256:
            return ""
        return f"{name} has other bytes: its SHA-256 {digests_differ(stored.sha256, found)}"


def _must_be_whole(log: Path, where: Path) -> None:
    check_log_not_newer(log)
    if faults := log_faults(log):
        raise BackupError(f"the log of {where} is damaged: {faults}")


# --------------------------------------------------------------------------------------- of a copy


class CopyContents:
    """What a copy of a data folder has, that nobody works in."""

    def __init__(self, copy: DataFolder) -> None:
        holder = find_holder(copy.log)
        if holder is not None:
            raise BackupError(
                f"{copy} is no backup: it is written by {holder}. Make one with `storybook backup`"
            )
        self._copy = copy

    def parts(self, scratch: Path) -> list[str]:
        wrong = []
        _whole_log(self._copy.log, scratch)
        for part in PARTS:
            source = self._copy.path / part.path
            if part.path == LOG or not source.exists():
                continue
            try:
                if part.kind is PartKind.DATABASE:
                    copy_database(source, scratch / part.path)
                else:
                    shutil.copytree(source, scratch / part.path)
            except (LogUnavailable, OSError) as error:
                wrong.append(f"{part.path}: {error}")
        return wrong

    def artifact(self, run_id: RunId, artifact: Artifact) -> bytes:
        return read_plainly(self._copy.path / artifact_path(run_id, artifact))


def _whole_log(copied: Path, scratch: Path) -> None:
    """Put the log of a copy into a folder: the longest that can be read of it and is whole."""
    wal = copied.with_name(f"{copied.name}{WAL}")
    ways = [_WITH_WAL, "without its WAL"] if wal.is_file() and wal.stat().st_size else [""]
    whole: dict[Position, Path] = {}
    whys: list[str] = []
    for way in ways:
        to = scratch / f"{LOG}.{len(whys) + len(whole)}"
        shutil.copyfile(copied, to)
        if way == _WITH_WAL:
            shutil.copyfile(wal, to.with_name(f"{to.name}{WAL}"))
        if why := _settled(to):
            whys.append(f"{way}: {why}" if way else why)
            _forget(to)
        else:
            whole[head_of(to).position] = to
    if not whole:
        raise BackupError(
            f"the log of {copied.parent} is damaged: {'; '.join(whys)}. If it was copied while it "
            "was written, copy it again with the server stopped, or use `storybook backup`"
        )
    whole.pop(max(whole)).replace(scratch / LOG)
    for shorter in whole.values():
        _forget(shorter)


def _settled(log: Path) -> str:
    """Make a log one file; returns what is wrong with it."""
    try:
        with closing(sqlite3.connect(log, isolation_level=None)) as db:
            settle(db)
        check_log_not_newer(log)
        return log_faults(log)
    except (sqlite3.Error, LogUnavailable) as error:
        return str(error)


def _forget(log: Path) -> None:
    for suffix in ("", WAL, "-shm"):
        log.with_name(f"{log.name}{suffix}").unlink(missing_ok=True)
