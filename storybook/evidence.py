"""Evidence that a log was more than it is: nothing is lost in silence.

The views know up to which event they were computed, and the digest of that event; the log is forced
to the disk before the views hear of an event, so that they are never ahead of it. And a folder of
files belongs to a run of the log. Where either knows of events that the log does not have, the log
was deleted, emptied, cut off, or put back from an older backup. To start all the same would hide
that for ever: the views would be made anew, and the log would grow other events at those positions.

Only a person can say that the loss is accepted. Then the evidence is **set aside**: moved into a
folder with the date in its name, nothing deleted and nothing recorded.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from storybook.book import RunId
from storybook.clock import MICROSECONDS
from storybook.data_folder import DataFolder
from storybook.events.log import START, LogUnavailable
from storybook.projections.checkpoints import Checkpoint
from storybook.projections.views import files_of, last_checkpoint
from storybook.stores.files import UNNAMED
from storybook.stores.sqlite.state import LogState, left_of_lost, log_state

NAMED_RUNS: Final = 3
"""Runs that a message names; there may be hundreds."""

_RUN_FOLDER: Final = re.compile(r"[0-9a-f]{32}")


class Seen(msgspec.Struct, frozen=True):
    """The views' checkpoint, and when their file was last written (microseconds since 1970)."""

    checkpoint: Checkpoint
    written_at: int


class Missing(msgspec.Struct, frozen=True):
    """What a log lacks, a sentence each, and what shows it: the views, the folders of `runs`."""

    sentences: tuple[str, ...]
    views: bool
    runs: tuple[RunId, ...]


class EvidenceMissing(Exception):
    """The log lacks what the views or the files show."""

    def __init__(self, folder: DataFolder, missing: Missing) -> None:
        super().__init__(
            f"{'; '.join(missing.sentences)}. Nothing was changed. Put {folder.log} back from a "
            "backup: `storybook restore BACKUP NEWFOLDER` makes a whole folder of one, and also of "
            "a folder that was copied while a storybook wrote it. Or start once with "
            "--accept-loss: what is missing stays missing, and what shows it is set aside in a "
            "folder of its own"
        )
        self.missing = missing


# --------------------------------------------------------------------------------------- the rules


def missing_evidence(
    log: LogState, seen: Seen | None, outputs: Mapping[RunId, int]
) -> Missing | None:
    """What a log lacks of what the views have seen, and of the runs that have files; None if it
    has everything. `outputs` says when each run's folder was last changed.

    `log` was asked for the views' position and for those runs, and later than they were.
    """
    views = _of_views(log, seen.checkpoint, seen.written_at) if seen is not None else ""
    runs = tuple(sorted(log.unknown & outputs.keys()))
    files = _of_files(runs, outputs) if runs else ""
    sentences = tuple(filter(None, (views, files)))
    if not sentences:
        return None
    return Missing((_of_log(log), *sentences), bool(views), runs)


def _of_log(log: LogState) -> str:
    if not log.exists:
        return "the log is missing"
    if log.end == START:
        return "the log is empty"
    return f"the log ends at event {log.end}, of {_moment(log.recorded_at)}"


def _of_views(log: LogState, checkpoint: Checkpoint, written_at: int) -> str:
    known = f"the views of {_moment(written_at)} know"
    if log.end < checkpoint.position:
        return f"{known} {checkpoint.position} events: those from {log.end + 1} on are missing"
    if checkpoint.digest and log.digest != checkpoint.digest:  # else that event could not be read
        return f"{known} another event {checkpoint.position}: this log is older, or another one"
    return ""


def _of_files(runs: tuple[RunId, ...], outputs: Mapping[RunId, int]) -> str:
    named = ", ".join(runs[:NAMED_RUNS]) + (", …" if len(runs) > NAMED_RUNS else "")
    since = _moment(min(outputs[it] for it in runs))
    many = f"{len(runs)} books have" if len(runs) > 1 else "1 book has"
    return f"{many} files since {since} but no event: {named}"


def _moment(microseconds: int) -> str:
    moment = datetime.fromtimestamp(microseconds // MICROSECONDS, UTC)
    return f"{moment:%Y-%m-%d %H:%M} UTC"


# --------------------------------------------------------------------------------------- the shell


def look_for_evidence(folder: DataFolder) -> Missing | None:
    """What the log of a data folder lacks. Changes nothing, also beside a process that writes it;
    a log that cannot be read is for whoever opens it to tell."""
    # The log last: what is recorded meanwhile must not look as if it were missing.
    seen, outputs = _seen(folder.projections), _outputs(folder.outputs)
    position = seen.checkpoint.position if seen is not None else START
    try:
        return missing_evidence(log_state(folder.log, position, outputs), seen, outputs)
    except LogUnavailable:
        return None


def require_evidence(folder: DataFolder) -> None:
    """Raise `EvidenceMissing` if the log lacks anything."""
    missing = look_for_evidence(folder)
    if missing is not None:
        raise EvidenceMissing(folder, missing)


def _seen(views: Path) -> Seen | None:
    try:
        written_at = views.stat().st_mtime_ns // 1_000
    except OSError:
        return None
    checkpoint = last_checkpoint(views)
    if checkpoint is None or checkpoint.position == START:
        return None
    return Seen(checkpoint, written_at)


def _outputs(outputs: Path) -> dict[RunId, int]:
    try:
        with os.scandir(outputs) as entries:
            return {
                RunId(it.name): it.stat().st_mtime_ns // 1_000
                for it in entries
                if _RUN_FOLDER.fullmatch(it.name) and it.is_dir() and not _is_unnamed(it.path)
            }
    except OSError:
        return {}


def _is_unnamed(run: str) -> bool:
    """Whether files are there that another run has too, and that were shared before an event could
    name them: a process died then, and nothing of the log is missing."""
    return (Path(run) / UNNAMED).exists()


def set_aside(folder: DataFolder, missing: Missing, now: int) -> Path:
    """Move what shows the loss into a new folder beside it, named after the moment, and return
    that. For whoever has the right to write the log."""
    stamp = datetime.fromtimestamp(now / MICROSECONDS, UTC)
    aside = folder.path / f"set-aside-{stamp:%Y-%m-%dT%H%M%S.%fZ}"
    aside.mkdir()
    _move(left_of_lost(folder.log), aside)
    if missing.views:
        _move(files_of(folder.projections), aside)
    if missing.runs:
        (aside / folder.outputs.name).mkdir()
        _move((folder.outputs / it for it in missing.runs), aside / folder.outputs.name)
    return aside


def _move(paths: Iterable[Path], to: Path) -> None:
    for path in paths:
        if path.exists():
            shutil.move(path, to / path.name)
