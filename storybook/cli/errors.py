"""Where the command line meets the rest: runs a coroutine, and turns its errors into messages.

An error that is meant for people becomes one line on stderr and exit code 1; a fault in the
settings or in a book's words is a usage error, exit code 2. Any other one is a fault of ours and
keeps its traceback.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

import anyio
import rich_click as click

from storybook.cli.failure import Failure, data_folder, os_failure
from storybook.commands import TooManyRuns
from storybook.engines import EngineUnavailable
from storybook.events.codec import UnreadableEvent
from storybook.events.log import LogError, LogUnavailable
from storybook.events.parked import RunParked
from storybook.evidence import EvidenceMissing
from storybook.export import CannotExport
from storybook.export.archive.signing import KeyUnusable
from storybook.export.archive.zipping import ArchiveRefused
from storybook.export.formats import CannotTakeAlong
from storybook.lexicon.cast import MAX_CAST
from storybook.projections.projector import ProjectionsBusy, ProjectionsStopped
from storybook.projections.rebuild import RebuildRunning
from storybook.projections.views import ForeignFile, ViewsError
from storybook.request import WORDS, InvalidRequest, Loc
from storybook.run import InvalidHistory, Refused
from storybook.settings import SettingsError
from storybook.stopping import StopRequest, stop_on_signals
from storybook.stores.artifacts import ArtifactError
from storybook.stores.backup.manifest import BackupError
from storybook.stores.deliveries import DeliveriesUnavailable

T = TypeVar("T")

TOLD: Final = (
    ArchiveRefused,
    ArtifactError,
    BackupError,
    CannotExport,
    CannotTakeAlong,
    DeliveriesUnavailable,
    EngineUnavailable,
    EvidenceMissing,
    ForeignFile,
    InvalidHistory,
    KeyUnusable,
    LogError,
    OSError,
    ProjectionsBusy,
    ProjectionsStopped,
    RebuildRunning,
    Refused,
    RunParked,
    TooManyRuns,
    UnreadableEvent,
    ViewsError,
)
"""Errors whose message is for people."""
FULL_BYTES: Final = 100_000
"""A disk with less is full: SQLite's index of a WAL alone takes 32 KB."""
CALLED_WRONGLY: Final = (InvalidRequest, SettingsError)
"""Those that the caller has to mend: usage errors."""

VOICE: Final[Loc] = ("voice",)
"""Where what is wrong with a voice is, in `storybook edit`, which takes all voices alike."""

OPTIONS: Final[dict[Loc, str]] = {
    **{(word,): f"--{word}" for word in WORDS},
    ("page_count",): "--pages",
    ("language",): "--language",
    ("age",): "--age",
    ("seed",): "--seed",
    ("style",): "--style",
    **{("cast", i): "--cast" for i in range(MAX_CAST)},
    ("cast",): "--cast",
    ("based_on",): "--based-on",
    ("based_on", "run_id"): "--based-on",
    ("based_on", "edition"): "--edition",
    ("based_on", "keep"): "--keep",
    ("tts", "lang"): "--language",
    ("tts", "narrator_voice"): "--narrator-voice",
    ("tts", "dialogue_voice"): "--dialogue-voice",
    ("tts", "speed"): "--speed",
    ("pages", 0): "--text",
    ("pages", 0, "title"): "--text",
    ("pages", 0, "summary"): "--text",
    **{("pages", 0, it): f"--{it}" for it in ("page", "rewrite", "repaint", "seed", "revoice")},
    ("note",): "--note",
    VOICE: "--voice",
}
"""The option of `storybook make` or `edit` for each part of a request that it can say."""


def run_async(main: Callable[[], Awaitable[T]]) -> T:
    """Run a command's coroutine. Raises `Failure`, or a usage error for `CALLED_WRONGLY`."""
    try:
        return anyio.run(main)
    except BaseExceptionGroup as group:
        first = _first(group)
        if isinstance(first, (*TOLD, *CALLED_WRONGLY, Failure, KeyboardInterrupt)):
            raise _told(first) from group
        raise
    except (*TOLD, *CALLED_WRONGLY) as error:
        raise _told(error) from error


def run_until_stopped(main: Callable[[StopRequest], Awaitable[T]]) -> T:
    """The same for a command that has work in hand: a signal to this process asks it to stop."""

    async def stoppable() -> T:
        stop = StopRequest()
        with stop_on_signals(stop):
            return await main(stop)

    return run_async(stoppable)


def _told(error: BaseException) -> BaseException:
    if isinstance(error, InvalidRequest):
        return in_options(error)
    if isinstance(error, CALLED_WRONGLY):
        return click.UsageError(str(error))
    if not isinstance(error, TOLD) or isinstance(error, BrokenPipeError):
        return error
    if isinstance(error, OSError):
        return os_failure(error, data_folder())
    is_of_sqlite = isinstance(error, LogUnavailable | ViewsError)
    return Failure(f"{error}{_full_disk() if is_of_sqlite else ''}")


@contextmanager
def told_of(place: Path) -> Iterator[None]:
    """What the system refuses at a place that is not the data folder is told as such: `--data`
    would mend nothing."""
    try:
        yield
    except (OSError, BaseExceptionGroup) as error:
        first = _first(error)
        if not isinstance(first, OSError):
            raise
        where = first.filename or place
        raise Failure(f"{where}: {first.strerror or first}; {_AT_ANOTHER_PLACE}") from error


_AT_ANOTHER_PLACE: Final = "make room or let this user in there, or name another place"


def _full_disk() -> str:
    """SQLite says of a full disk that it cannot read, as soon as it wants to make a file there."""
    folder = data_folder()
    if folder is None or not folder.exists() or shutil.disk_usage(folder).free >= FULL_BYTES:
        return ""
    return f". {os_failure(OSError(errno.ENOSPC, ''), folder)}"


def in_options(invalid: InvalidRequest) -> click.UsageError:
    """The faults of a request as those of the options that it was given in."""
    named = ((_option(it.loc), it.msg) for it in invalid.faults)
    return click.UsageError("; ".join(f"{name}: {message}" for name, message in named))


def _option(loc: Loc) -> str:
    """The option that says a part of a request; a character's voice is `--voice NAME=VOICE`."""
    if loc[:2] == ("tts", "character_voices"):
        return " ".join([OPTIONS[VOICE], *map(str, loc[2:])])
    return OPTIONS.get(loc, ".".join(map(str, loc)))


def _first(error: BaseException) -> BaseException:
    """The error that a task group has wrapped."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
