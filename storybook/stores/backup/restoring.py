"""Checks a backup, and makes a data folder of it.

The data folder grows in `.restoring`, a folder inside it, and comes out of that when all is
checked, the log last: what was killed in between has no log, and begins nothing.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Final

import msgspec
from anyio.to_thread import run_sync

from storybook.data_folder import DataFolder
from storybook.stores.artifacts import ArtifactError, ArtifactStore
from storybook.stores.backup.contents import Contents
from storybook.stores.backup.making import NamedFile, Step, files_of_log, lost_file
from storybook.stores.backup.manifest import BackupError
from storybook.stores.backup.parts import LEFT_OUT, LOG, OUTPUTS, PARTS
from storybook.stores.files import FileArtifactStore
from storybook.stores.integrity import check_bytes
from storybook.stores.sqlite.verify import head_of
from storybook.system import sync_file, sync_folder

RESTORING: Final = ".restoring"
OWNER_ONLY: Final = 0o600
"""Permissions of what is secret."""
OWNERS_FOLDER: Final = 0o700
"""Those of a folder of it."""
MAY_BE_THERE: Final = {"models"}
"""What a folder may have already that something is restored into."""


class RestoreReport(msgspec.Struct):
    """What was found in a backup: `files` of the artifacts that its log names were whole. `missing`
    could not be had, a line each; `faults` are about parts that are not the log."""

    backup: str
    folder: str
    head: str
    events: int
    files: int
    missing: list[str]
    faults: list[str]

    @property
    def wrong(self) -> list[str]:
        """All that was not as it should be, a line each."""
        return [*self.faults, *(f"file {it}" for it in self.missing)]


async def check_backup(backup: Path, contents: Contents, step: Step) -> RestoreReport:
    """Read a backup and check every digest in it. Raises `BackupError` where its log is not whole,
    and OSError."""
    with tempfile.TemporaryDirectory(prefix="storybook-") as scratch:
        return await _go_through(backup, contents, Path(scratch), None, step)


async def restore(
    backup: Path, contents: Contents, folder: DataFolder, step: Step
) -> RestoreReport:
    """Make a data folder of a backup. Raises `BackupError` where the folder has a log, or what
    belongs to one, and what `check_backup` raises."""
    check_free(folder)
    scratch = folder.path / RESTORING
    shutil.rmtree(scratch, ignore_errors=True)  # of one that was killed
    scratch.mkdir(parents=True)
    try:
        store = FileArtifactStore(scratch / OUTPUTS)
        report = await _go_through(backup, contents, scratch, store, step)
        await run_sync(_come_out, scratch, folder.path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    report.folder = str(folder)
    return report


def check_free(folder: DataFolder) -> None:
    """Raises `BackupError` if there is anything in a folder that a log or its views belong to."""
    names = [OUTPUTS, *(it.path for it in PARTS), *LEFT_OUT]
    logs = [f"{LOG}-wal", f"{LOG}-shm"]
    there = [it for it in (*names, *logs) if it not in MAY_BE_THERE and (folder.path / it).exists()]
    if there:
        has = "has a log" if LOG in there else f"has {', '.join(there)} of another log"
        raise BackupError(
            f"{folder} {has}: nothing was changed. Name a folder that is new or empty"
        )


async def _go_through(
    backup: Path, contents: Contents, scratch: Path, store: ArtifactStore | None, step: Step
) -> RestoreReport:
    faults = await run_sync(contents.parts, scratch)
    head = head_of(scratch / LOG)
    named, unsure = await run_sync(files_of_log, scratch / LOG)
    missing, whole = [], 0
    for done, it in enumerate(named, start=1):
        if why := await _take(contents, it, store):
            missing += [why] if it[0] not in unsure else []
        else:
            whole += 1
        step(done, len(named))
    return RestoreReport(str(backup), "", str(head), head.position, whole, missing, faults)


async def _take(contents: Contents, named: NamedFile, store: ArtifactStore | None) -> str:
    """Check an artifact, and keep it if there is a store; returns why it cannot be had."""
    run_id, artifact = named
    try:
        content = await run_sync(contents.artifact, run_id, artifact)
        check_bytes(artifact, content)
    except FileNotFoundError:
        return f"{run_id}/{artifact.name} is missing"
    except (ArtifactError, OSError) as error:
        return lost_file(run_id, artifact, error)
    if store is not None:
        await store.put(run_id, artifact.name, content)
    return ""


def _hide(path: Path) -> None:
    """Let only the owner read what is there: a file, or a folder of files."""
    if path.is_dir():
        path.chmod(OWNERS_FOLDER)
        for it in path.iterdir():
            it.chmod(OWNER_ONLY)
    elif path.exists():
        path.chmod(OWNER_ONLY)


def _come_out(scratch: Path, folder: Path) -> None:
    for part in PARTS:
        if part.is_secret:
            _hide(scratch / part.path)
    names = sorted((it.name for it in scratch.iterdir()), key=lambda it: it == LOG)
    for path in scratch.rglob("*"):
        if path.is_file() and OUTPUTS not in path.relative_to(scratch).parts[:1]:
            with path.open("rb+") as file:
                sync_file(file.fileno())
    for name in names:
        (scratch / name).replace(folder / name)
        sync_folder(folder)
