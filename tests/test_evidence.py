"""A log that lacks what the views or the files show is never taken for a new one."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import aclosing, closing
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from storybook.book import RunId, StoryRequest
from storybook.bootstrap import open_application
from storybook.data_folder import DataFolder
from storybook.events.log import START, Position
from storybook.evidence import EvidenceMissing, Seen, look_for_evidence, missing_evidence
from storybook.projections.checkpoints import Checkpoint
from storybook.settings import Limits, Settings
from storybook.stores.sqlite.state import LogState
from tests.books import new_run
from tests.clocks import ManualClock
from tests.engines import Scripted
from tests.stores.logs import SqliteStore

pytestmark = pytest.mark.anyio

DIGEST, OTHER = b"\1" * 32, b"\2" * 32
RUN = RunId("0123abcd" * 4)
DAY = 86_400_000_000
SEEN = Seen(Checkpoint(Position(40), DIGEST, 0), written_at=2 * DAY)
SETTINGS = Settings(limits=Limits(shutdown_seconds=0))


def log(end: int, digest: bytes | None = None, *unknown: RunId) -> LogState:
    return LogState(True, Position(end), DAY, digest, frozenset(unknown))


# --------------------------------------------------------------------------------------- the rules


@pytest.mark.parametrize(
    ("state", "seen", "outputs"),
    [
        (LogState(False), None, {}),
        (log(0), None, {}),
        (log(40, DIGEST), SEEN, {RUN: DAY}),
        (log(41, DIGEST), SEEN, {}),
        (log(41), None, {RUN: DAY}),
        (log(40, DIGEST), Seen(Checkpoint(Position(40), b"", 0), written_at=2 * DAY), {}),
    ],
    ids=["new folder", "empty folder", "caught up", "views are slower", "no views", "was damaged"],
)
def test_a_log_that_has_everything(
    state: LogState, seen: Seen | None, outputs: dict[RunId, int]
) -> None:
    """Views that lag, that were deleted, or that could not read their last event while the log was
    damaged, are no sign of a loss."""
    assert missing_evidence(state, seen, outputs) is None


@pytest.mark.parametrize(
    ("state", "what", "since"),
    [
        (LogState(False), "the log is missing", "those from 1 on are missing"),
        (log(0), "the log is empty", "those from 1 on are missing"),
        (
            log(12),
            "the log ends at event 12, of 1970-01-02 00:00 UTC",
            "the views of 1970-01-03 00:00 UTC know 40 events: those from 13 on are missing",
        ),
        (log(40, OTHER), "the log ends at event 40", "know another event 40: this log is older"),
        (log(99, OTHER), "the log ends at event 99", "know another event 40: this log is older"),
    ],
)
def test_what_the_views_know(state: LogState, what: str, since: str) -> None:
    """Missing, empty, shorter, or put back and written on: what is missing since when."""
    missing = missing_evidence(state, SEEN, {})
    assert missing is not None
    assert missing.sentences[0].startswith(what)
    assert since in missing.sentences[1]
    assert (missing.views, missing.runs) == (True, ())


def test_what_the_folders_know() -> None:
    """A book's files without its events, also where the views were deleted with the log."""
    missing = missing_evidence(LogState(False, unknown=frozenset({RUN})), None, {RUN: DAY})
    assert missing is not None
    assert missing.sentences == (
        "the log is missing",
        f"1 book has files since 1970-01-02 00:00 UTC but no event: {RUN}",
    )
    assert (missing.views, missing.runs) == (False, (RUN,))


# --------------------------------------------------------------------------------------- the shell


async def start(folder: DataFolder, *, accept_loss: bool = False, book: bool = False) -> None:
    """Start the application on a folder, make a book if that is wanted, and stop it."""
    async with open_application(
        SETTINGS,
        folder.path,
        clock=ManualClock(),
        engines=Scripted().engines,
        accept_loss=accept_loss,
    ) as application:
        if book:
            request = StoryRequest("조선시대", "숲", "토끼", "우정")
            run_id = await application.request_run(new_run(request, None))
            async with aclosing(application.log.tail(START)) as batches:
                async for batch in batches:
                    if any((it.run_id, it.type) == (run_id, "RunCompleted") for it in batch):
                        break
            await application.projections.reached(await application.log.head())


@pytest.fixture
async def folder(tmp_path: Path) -> DataFolder:
    """A data folder with one book in it."""
    folder = DataFolder(tmp_path / "data")
    await start(folder, book=True)
    assert look_for_evidence(folder) is None
    return folder


def content(folder: DataFolder) -> dict[str, bytes]:
    """Every file in a data folder, but those that SQLite makes for whoever reads a log."""
    files = [it for it in sorted(folder.path.rglob("*")) if it.is_file()]
    files = [it for it in files if not it.name.endswith(("-shm", "-wal"))]
    return {str(it.relative_to(folder.path)): it.read_bytes() for it in files}


def delete(folder: DataFolder) -> None:
    folder.log.unlink()


def empty(folder: DataFolder) -> None:
    folder.log.write_bytes(b"")


def cut_off(folder: DataFolder) -> None:
    with closing(sqlite3.connect(folder.log)) as db:
        db.executescript(
            "DROP TRIGGER events_never_go; DROP TRIGGER commands_never_go;"
            "DELETE FROM commands WHERE last_position > 3; DELETE FROM events WHERE position > 3;"
        )


def put_back_another(folder: DataFolder) -> None:
    """A log that goes further, of other books."""
    another = DataFolder(folder.path.with_name("another"))
    for _ in range(2):
        anyio.run(partial(start, another, book=True))
    shutil.copy(another.log, folder.log)


Lose = Callable[[DataFolder], None]
LOSSES: list[Lose] = [delete, empty, cut_off, put_back_another]


@pytest.mark.slow
@pytest.mark.parametrize("lose", LOSSES)
async def test_a_start_refuses_and_changes_nothing(folder: DataFolder, lose: Lose) -> None:
    """Views and files stay as they were, and no log is made."""
    await anyio.to_thread.run_sync(lose, folder)
    before = content(folder)
    with pytest.raises(EvidenceMissing, match=r"Nothing was changed.*--accept-loss"):
        await start(folder)
    assert content(folder) == before


@pytest.mark.slow
@pytest.mark.parametrize("lose", LOSSES)
async def test_an_accepted_loss_is_set_aside(folder: DataFolder, lose: Lose) -> None:
    """What showed it lies in a folder of its own; nothing is recorded, and starts go on."""
    views = folder.projections.read_bytes()
    (book,) = folder.outputs.iterdir()
    await anyio.to_thread.run_sync(lose, folder)
    before = SqliteStore(folder.log).faults() if lose is put_back_another else None
    await start(folder, accept_loss=True)
    (aside,) = folder.path.glob("set-aside-*")
    assert (aside / "projections.db").read_bytes() == views
    is_known = lose is cut_off  # the first events of the run are still there
    assert (aside / "outputs" / book.name).exists() is not is_known
    assert book.exists() is is_known
    await start(folder)
    if before is not None:
        assert SqliteStore(folder.log).faults() == before


async def test_a_folder_that_was_copied_while_it_was_written(
    folder: DataFolder, tmp_path: Path
) -> None:
    """The log first, the views later: the copy lacks what was recorded in between, and says so."""
    copy = DataFolder(tmp_path / "copy")
    copy.path.mkdir()
    shutil.copy(folder.log, copy.log)
    await start(folder, book=True)
    shutil.copy(folder.projections, copy.projections)
    with pytest.raises(EvidenceMissing, match="copied while a storybook wrote it"):
        await start(copy)


async def test_the_last_commits_of_a_log_that_is_gone_are_kept(folder: DataFolder) -> None:
    """SQLite would delete the WAL that stands beside a new file."""
    delete(folder)
    wal = folder.path / "log.db-wal"
    wal.write_bytes(b"the last commits")
    await start(folder, accept_loss=True)
    (aside,) = folder.path.glob("set-aside-*")
    assert (aside / wal.name).read_bytes() == b"the last commits"


async def test_views_that_say_nothing_are_no_evidence(folder: DataFolder) -> None:
    """Damaged or foreign ones are made anew as ever; so is a folder that is no run's."""
    shutil.rmtree(folder.outputs)
    delete(folder)
    folder.projections.write_bytes(b"no database")
    (folder.outputs / "notes").mkdir(parents=True)
    await start(folder)
    assert not list(folder.path.glob("set-aside-*"))
