"""Makes a backup while the data folder is worked in.

1. The databases are copied as they are at one moment, the log last.
2. The log's copy is checked, and held against the log of the backup that is there: a backup never
   gives way to a log that is damaged, or that lacks what it has.
3. Every artifact that the copy names is stored, if it is not there already, its digest checked.
4. What is missing may have been replaced or removed since step 1: then the log goes on with that
   run, and all is done again. If it does not, the file is lost, and that is told.
5. The manifest is swapped, and what nothing names any more is removed.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

import anyio
import msgspec
from anyio.to_thread import run_sync

from storybook import __version__
from storybook.book import Artifact, RunId
from storybook.clock import MICROSECONDS
from storybook.data_folder import DataFolder
from storybook.stores.artifacts import ArtifactError, ArtifactStore, Stored, read_whole
from storybook.stores.backup.last import LastBackup, note_backup
from storybook.stores.backup.manifest import BackupError, Manifest, artifact_path, stored_name
from storybook.stores.backup.parts import LOG, PARTS, PartKind
from storybook.stores.integrity import check_bytes
from storybook.stores.named_files import NamedFiles
from storybook.stores.sqlite.connection import open_reader
from storybook.stores.sqlite.online import check_log_not_newer, copy_database, went_on
from storybook.stores.sqlite.verify import Anchor, head_of, log_faults

ROUNDS: Final = 5
"""How often the log is copied for files that change meanwhile: a run is repaired once, rarely."""
GRACE_SECONDS: Final = 0.5
"""What a file is gone for before the log says so: retention removes first, and records then."""
COPIERS: Final = 2
"""Artifacts that are copied at once: while one is synced, the next one is read. With four, the
slowest append in a hundred took five times as long as with no backup."""
RESTS: Final = 1.0
"""How much longer a copier rests than it stores: the disk is the writer's of the log, too."""

Step = Callable[[int, int], None]
"""Told how many files are done, of how many."""
NamedFile = tuple[RunId, Artifact]


class BackupTarget(Protocol):
    """A backup that is being written, of either kind. Everything may raise OSError."""

    path: Path
    scratch: Path
    manifest: Manifest | None

    def has(self, name: str, size: int) -> bool:
        """Whether a file is stored already."""
        ...

    def put(self, name: str, content: bytes) -> None:
        """Store a file; called from several threads."""
        ...

    def take(self, name: str, made: Path) -> None:
        """Store a file that was made in `scratch`."""
        ...

    def commit(self, manifest: Manifest, named: set[str]) -> int:
        """Let this be the backup from now on, durable; returns how many files were removed."""
        ...


class BackupReport(msgspec.Struct):
    """What a backup came to. `copied` of the `files` were stored now, `bytes` in all; the others
    were there. `removed` are no longer named; `missing` are named, and nowhere whole."""

    backup: str
    head: str
    events: int
    files: int
    copied: int = 0
    bytes: int = 0
    removed: int = 0
    missing: list[str] = []


async def make_backup(
    source: DataFolder, store: ArtifactStore, target: BackupTarget, now: int, step: Step
) -> BackupReport:
    """Back up a data folder whose artifacts are in `store`; `now` is in microseconds since 1970.
    Raises `BackupError` and OSError: then the backup that is there is as it was; `LogError` where
    the log cannot be read."""
    await run_sync(check_log_not_newer, source.log)
    copied = _Copied()
    for _ in range(ROUNDS):
        parts = await run_sync(_copy_databases, source.path, target.scratch)
        copy = target.scratch / LOG
        head = await run_sync(_check_log, copy, target)
        named, unsure = await run_sync(files_of_log, copy)
        lost = await _copy_artifacts(named, store, target, copied, step)
        if not lost:
            break
        await anyio.sleep(GRACE_SECONDS)
        if not await run_sync(went_on, source.log, head.position, list(lost)):
            break
    parts |= await run_sync(_store_parts, source.path, parts, target, copied)
    made_at = f"{datetime.fromtimestamp(now // MICROSECONDS, UTC):%Y-%m-%dT%H:%M:%SZ}"
    manifest = Manifest(storybook=__version__, made_at=made_at, head=str(head), parts=parts)
    names = {_stored_as(*it) for it in named}
    removed = await run_sync(target.commit, manifest, names)
    missing = sorted(it for run_id, them in lost.items() if run_id not in unsure for it in them)
    noted = LastBackup(now, str(target.path), str(head), len(missing))
    await run_sync(note_backup, source.last_backup, noted)
    return BackupReport(
        str(target.path),
        str(head),
        *(head.position, len(named)),
        *(copied.files, copied.bytes, removed),
        missing,
    )


class _Copied(msgspec.Struct):
    files: int = 0
    bytes: int = 0

    def add(self, size: int) -> None:
        self.files, self.bytes = self.files + 1, self.bytes + size


# ------------------------------------------------------------------------------------- the parts


def _copy_databases(source: Path, scratch: Path) -> dict[str, Stored]:
    """Copy the databases that are there; what each copy is, by its path."""
    parts = {}
    for part in PARTS:
        if part.kind is PartKind.DATABASE and (source / part.path).exists():
            copy = scratch / part.path
            copy.unlink(missing_ok=True)
            try:
                copy_database(source / part.path, copy)
            except sqlite3.Error as error:
                raise BackupError(f"{copy} cannot be written: {error}; make room there") from error
            parts[part.path] = _stored(copy)
    return parts


def _stored(path: Path) -> Stored:
    with path.open("rb") as file:
        return Stored(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def _store_parts(
    source: Path, databases: dict[str, Stored], target: BackupTarget, copied: _Copied
) -> dict[str, Stored]:
    """Store the copies of the databases, and the files of the folders; what those are."""
    for path, stored in databases.items():
        name = stored_name(path, stored.sha256)
        if not target.has(name, stored.size):
            target.take(name, target.scratch / path)
    found = {}
    for path in _files_of_folders(source):
        content = (source / path).read_bytes()
        stored = Stored(len(content), hashlib.sha256(content).hexdigest())
        name = stored_name(path, stored.sha256)
        if not target.has(name, stored.size):
            target.put(name, content)
            copied.add(stored.size)
        found[path] = stored
    return found


def _files_of_folders(source: Path) -> Iterator[str]:
    for part in PARTS:
        folder = source / part.path
        if part.kind is PartKind.FOLDER and folder.is_dir():
            for it in sorted(folder.iterdir()):
                if it.is_file() and not it.is_symlink() and not it.name.startswith("."):
                    yield f"{part.path}/{it.name}"


# --------------------------------------------------------------------------------------- the log


def _check_log(copy: Path, target: BackupTarget) -> Anchor:
    """The copy's end, if all is well with it and it goes on from what the backup has."""
    if faults := log_faults(copy):
        raise BackupError(
            f"the log is damaged: {faults}. Nothing was changed in {target.path}; "
            "`storybook verify` says more"
        )
    before = target.manifest
    if before is not None and _lacks(copy, before.anchor):
        raise BackupError(
            f"{target.path} has the backup of {before.made_at}, of {before.anchor.position:,} "
            "events, which this log does not have: it is another log, or has lost its end. "
            "Nothing was changed; name another folder, or restore that backup"
        )
    return head_of(copy)


def _lacks(log: Path, anchor: Anchor) -> bool:
    if not anchor.position:
        return False
    with closing(open_reader(log)) as db:
        sql = "SELECT digest FROM events WHERE position = ?"
        return bool(db.execute(sql, (anchor.position,)).fetchone() != (anchor.digest,))


def files_of_log(log: Path) -> tuple[list[NamedFile], set[RunId]]:
    """The files that a log names, and the runs of which it is not certain. Raises `sqlite3.Error`
    for a log that was not verified."""
    named = NamedFiles()
    with closing(open_reader(log)) as db:
        for row in db.execute("SELECT run_id, type, schema, data FROM events ORDER BY position"):
            named.tell(*row)
    return named.all(), named.unsure


# --------------------------------------------------------------------------------- the artifacts


def _stored_as(run_id: RunId, artifact: Artifact) -> str:
    return stored_name(artifact_path(run_id, artifact), artifact.sha256)


async def _copy_artifacts(
    named: list[NamedFile],
    store: ArtifactStore,
    target: BackupTarget,
    copied: _Copied,
    step: Step,
) -> dict[RunId, list[str]]:
    """Store every file that is not stored; what cannot be had, as words, by run."""
    lost: dict[RunId, list[str]] = {}
    waiting = [it for it in named if not target.has(_stored_as(*it), it[1].size)]
    done, total = len(named) - len(waiting), len(named)
    step(done, total)
    waiting.reverse()

    async def copier() -> None:
        nonlocal done
        while waiting:
            run_id, artifact = waiting.pop()
            try:
                content = await read_whole(store, run_id, artifact.name)
                check_bytes(artifact, content)
            except ArtifactError as error:
                lost.setdefault(run_id, []).append(lost_file(run_id, artifact, error))
            else:
                began = time.perf_counter()
                await run_sync(target.put, _stored_as(run_id, artifact), content)
                copied.add(len(content))
                await anyio.sleep((time.perf_counter() - began) * RESTS)
            done += 1
            step(done, total)

    async with anyio.create_task_group() as copiers:
        for _ in range(COPIERS):
            copiers.start_soon(copier)
    return lost


def lost_file(run_id: RunId, artifact: Artifact, error: Exception) -> str:
    """A file that cannot be had, and why."""
    why = str(error).removeprefix(f"{artifact.name} of run {run_id} ")
    return f"{run_id}/{artifact.name} {why.removeprefix(f'{artifact.name} ')}"
