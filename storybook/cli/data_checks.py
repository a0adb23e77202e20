"""What `storybook doctor` finds in a data folder: whether it can be written, and what the log, the
views and the files say of each other. Changes nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from storybook.cli.findings import Finding, Grade
from storybook.cli.output import size
from storybook.cli.parked import find_parked
from storybook.data_folder import DataFolder
from storybook.events.log import LogDamaged, LogUnavailable
from storybook.events.parked import ParkedRun
from storybook.evidence import look_for_evidence
from storybook.projections.parking import parked_by_views
from storybook.stores.sqlite.holder import find_holder
from storybook.stores.sqlite.log import SqliteLog
from storybook.stores.sqlite.verify import head_of, read_every_page

BOOK_BYTES: Final = 25_000_000
"""A book's files, generously: pictures of 2 MB, audio of 1 MB, the exported page."""
LOW_DISK_BYTES: Final = 40 * BOOK_BYTES


def folder_findings(folder: DataFolder) -> Iterator[Finding]:
    """Whether books can be kept there."""
    path = folder.path
    there = next(it for it in (path, *path.parents) if os.path.lexists(it))
    if not there.is_dir():
        found = f"{path} cannot be made: {there} is no folder"
        mend = "Move that away, or name another folder with --data."
        yield Finding("data folder", Grade.BAD, found, mend)
    elif folder.log.exists() and not folder.can_be_written:
        found = f"{path} can only be read: its books are shown, and none are made"
        mend = "Let this user write it, or copy it to where he may and name that with --data."
        yield Finding("data folder", Grade.BAD, found, mend)
    elif not os.access(there, os.W_OK | os.X_OK):
        mend = "Change its permissions, or name another folder with --data."
        yield Finding("data folder", Grade.BAD, f"{there} cannot be written", mend)
    else:
        found = f"{path}{'' if there == path else ' (to be made)'}"
        yield Finding("data folder", Grade.OK, found)
        yield _disk(there)


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    found = f"{size(free)} free, room for about {free // BOOK_BYTES:,} books"
    if free < BOOK_BYTES:
        return Finding("disk", Grade.BAD, found, "Make room, or name another folder with --data.")
    if free < LOW_DISK_BYTES:
        return Finding("disk", Grade.KNOWING, found, "Set [retention] keep_runs, or make room.")
    return Finding("disk", Grade.OK, found)


def log_findings(folder: DataFolder) -> Iterator[Finding]:
    """How long the log is, and whether every page of it can be read."""
    holder = find_holder(folder.log)
    who = f"; written by {holder}" if holder else "; no process writes it now"
    if not folder.log.exists():
        yield Finding("log", Grade.OK, "none yet; the first book begins it")
        return
    try:
        read_every_page(folder.log)
        head = head_of(folder.log)
    except LogDamaged as error:
        mend = "Run `storybook verify`, and put the log back from a backup. No books are taken."
        yield Finding("log", Grade.BAD, str(error), mend)
    except LogUnavailable as error:
        yield Finding("log", Grade.BAD, str(error), "Run `storybook verify`.")
    else:
        found = f"{head.position:,} events, {size(folder.log.stat().st_size)}{who}"
        yield Finding("log", Grade.OK, found)


def evidence_findings(folder: DataFolder) -> Iterator[Finding]:
    """What the views or the files know that the log does not have; nothing if it has all."""
    missing = look_for_evidence(folder)
    if missing is not None:
        mend = (
            f"Put {folder.log} back from a backup, or make a new folder of one: "
            "`storybook restore BACKUP NEWFOLDER`; or start once with --accept-loss, which sets "
            "aside what shows the loss."
        )
        yield Finding("evidence", Grade.BAD, "; ".join(missing.sentences), mend)


async def parked_runs(folder: DataFolder) -> list[ParkedRun]:
    """The runs that cannot be read to their end, as the views know, else by reading the log. Raises
    `LogUnavailable`."""
    async with SqliteLog.read_only(folder.log) as log:
        head = await log.head()
        known = parked_by_views(folder.projections, head)
        return known if known is not None else list((await find_parked(log, head)).values())


def parked_findings(parked: list[ParkedRun]) -> Iterator[Finding]:
    """Each run that is parked, with what to do."""
    for it in parked:
        yield Finding("parked run", Grade.BAD, it.what, f"{it.mend}.")
