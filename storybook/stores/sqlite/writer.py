"""The one thread that writes a log, and the one connection that it writes through.

**Group commit.** The thread takes everything that waits, gives each event its position, version
and digest, inserts all of it with as few statements as possible, and commits once. While the disk
syncs, the next appends gather by themselves; a waiting window would only add its own length.

**Plain sqlite3, not aiosqlite**: that one's connection is shared, so that transactions of different
callers mix, and each statement costs a hop between threads. **Few statements**: CPython lets go of
the GIL around each step of a statement and, beside a busy event loop, may wait a whole switch
interval (5 ms) to have it back. The composition root therefore also lowers
`sys.setswitchinterval`, which is the whole process's affair and none of a log's.

**What can go wrong.** The machine cannot write (a full disk, a read-only file): nothing was
appended, all that waits is told so, and the connection is opened anew for the next group. One
append is bad: the group is rolled back and its appends go one by one, so that the bad one fails
alone. COMMIT itself fails: nobody knows (the commit record may be on the disk even where this
process no longer sees it); asking again under the same command id tells.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import sqlite3
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from storybook.book import RunId
from storybook.events.log import (
    LogError,
    LogUnavailable,
    OutcomeUnknown,
    Position,
    Version,
)
from storybook.stores.sqlite.chain import GENESIS
from storybook.stores.sqlite.damage import log_error
from storybook.stores.sqlite.erasing import empty_wal, erase_run, scrub
from storybook.stores.sqlite.group import (
    GROUP_EVENTS,
    Answer,
    Append,
    CommitFailed,
    GroupDraft,
    GroupResult,
    answer_without_append,
    commit,
    end_of,
    find_command,
    insert,
    version_of,
)
from storybook.stores.sqlite.migrations import NewerDatabase, migrate

logger = logging.getLogger(__name__)

APPLICATION_ID: Final = 0x53544F52
"""What `PRAGMA application_id` says of a log: 'STOR'."""
GROUP_BYTES: Final = 1024 * 1024
"""Payload in one transaction, for the same reason."""
EVENT_BYTES: Final = 400
"""What an event takes beside its data: its other columns, its place in the index, its answer."""
PAGE_BYTES: Final = 4_096
WRITTEN_PAGES: Final = 6
"""Pages that the smallest append writes to the WAL: a leaf and a parent of each of three trees."""
EMPTYING_SECONDS: Final = 2.0
"""How often it is tried to empty the WAL of what was erased, while a reader is in the way."""
KNOWN_RUNS: Final = 65_536
"""Runs whose version is kept in memory (about 10 MB); beyond it, those that were appended
to longest ago are looked up anew."""

Connect = Callable[[Path], sqlite3.Connection]


class _FileGone(Exception):
    """The log's file is no longer where it was opened."""


class LogWriter(threading.Thread):
    """Takes appends from any thread and hands the result of each group to `deliver`."""

    def __init__(
        self,
        path: Path,
        clock: Callable[[], int],
        connect: Connect,
        deliver: Callable[[GroupResult], None],
    ) -> None:
        super().__init__(name="log-writer", daemon=True)
        self._path, self._clock, self._connect, self._deliver = path, clock, connect, deliver
        self._queue: SimpleQueue[Sequence[Append] | None] = SimpleQueue()
        self._waiting: deque[Append] = deque()
        self._opened = threading.Event()
        self._why_not: Exception | None = None
        self._db: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._position, self._digest = Position(0), GENESIS
        self._versions: OrderedDict[RunId, Version] = OrderedDict()
        self._is_scrubbed = False
        self._is_wal_to_be_emptied = False
        self.taken = 0
        """How many events have left the queue since the start."""

    def open(self) -> Position:
        """Start the thread and return the end of the log. Raises `LogUnavailable`, `LogDamaged` if
        nobody can tell any more where the log ends."""
        self.start()
        self._opened.wait()
        if self._why_not is not None:
            raise self._why_not
        return self._position

    def submit(self, appends: Sequence[Append]) -> None:
        """Hand over appends; those that are handed over together are recorded in one group."""
        self._queue.put(appends)

    def finish(self) -> None:
        """End once everything that was submitted is done; `join` waits for it."""
        self._queue.put(None)

    @property
    def end(self) -> tuple[Position, bytes]:
        """The last event's position and digest; for after the thread has ended."""
        return self._position, self._digest

    def run(self) -> None:
        try:
            self._open()
        except Exception as error:
            self._why_not = log_error(self._path, error, f"{self._path} cannot be opened")
            return
        finally:
            self._opened.set()
        while group := self._take():
            self._deliver(self._record(group))
        self._close()

    def _take(self) -> list[Append]:
        """Everything that waits, up to the limits of a group; nothing when the end was asked for.
        What erases is a group of its own.

        The mark of the end is put back for the next time if appends came before it.
        """
        group: list[Append] = []
        events = size = 0
        while events < GROUP_EVENTS and size < GROUP_BYTES:
            if not self._waiting:
                if group and self._queue.empty():
                    break
                handed_over = self._handed_over()
                if handed_over is None:
                    if group:
                        self._queue.put(None)
                    break
                self._waiting.extend(handed_over)
            if group and (group[0].erases or self._waiting[0].erases):
                break
            append = self._waiting.popleft()
            group.append(append)
            events += len(append.events)
            size += append.size
        self.taken += events
        return group

    def _handed_over(self) -> Sequence[Append] | None:
        """What is submitted next. Where a reader kept what was erased in the WAL, and nothing is
        submitted for long, it goes when the reader has."""
        while self._is_wal_to_be_emptied:
            with contextlib.suppress(Empty):
                return self._queue.get(timeout=EMPTYING_SECONDS)
            with contextlib.suppress(sqlite3.Error, NewerDatabase, _FileGone):
                self._is_wal_to_be_emptied = not empty_wal(self._open())
        return self._queue.get()

    def _record(self, group: list[Append]) -> GroupResult:
        """Append a group, and say what became of each of its appends."""
        try:
            return self._transact(group, self._open())
        except _FileGone as gone:
            self._versions.clear()
            return self._all(group, LogUnavailable, str(gone))
        except CommitFailed as failed:
            self._recover()
            return self._all(group, OutcomeUnknown, str(failed))
        except (sqlite3.OperationalError, NewerDatabase) as error:
            self._recover()
            why = f"{self._path} cannot be written now: {error}{_room(self._path, group, error)}"
            return self._all(group, LogUnavailable, why)
        except Exception as error:
            self._roll_back()
            return self._alone(group[0], error) if len(group) == 1 else self._one_by_one(group)

    def _transact(self, group: list[Append], db: sqlite3.Connection) -> GroupResult:
        draft = GroupDraft(self._position, self._digest, self._clock())
        for append in group:
            self._draft(draft, append, db)
        erased = [it.run_id for it in group if it.erases and draft.events]
        if draft.events:
            self._check_file()
            if erased:
                self._scrub(db)
            db.execute("BEGIN IMMEDIATE")
            insert(db, "events", 9, draft.events)
            insert(db, "commands", 5, draft.commands)
            for run_id in erased:
                erase_run(db, run_id)
            commit(db)
        self._position, self._digest = draft.position, draft.digest
        while len(self._versions) > KNOWN_RUNS:  # only now: the group itself goes by them
            self._versions.popitem(last=False)
        self._is_wal_to_be_emptied |= bool(erased)
        if self._is_wal_to_be_emptied:
            self._empty_wal(db)
        # What was erased is not to be told from memory: readers look at the rows.
        recorded = [] if erased else draft.recorded
        return GroupResult(recorded, draft.answers, draft.position)

    def _empty_wal(self, db: sqlite3.Connection) -> None:
        self._is_wal_to_be_emptied = not empty_wal(db)
        if self._is_wal_to_be_emptied:
            logger.warning(
                "%s-wal still has what was erased, since somebody is reading it: it is emptied "
                "when they have read",
                self._path,
            )

    def _scrub(self, db: sqlite3.Connection) -> None:
        if not self._is_scrubbed:
            scrub(db)
            self._is_scrubbed = True

    def _draft(self, draft: GroupDraft, append: Append, db: sqlite3.Connection) -> None:
        """Add an append to the group, or answer it if there is nothing to append.

        Whether a command happened before is looked up only when its expected version is not the
        run's: an append always moves its run on, so that a plain repeat never fits. One that fits
        (decided anew under an old command id) is refused by the table, and then goes alone.
        """
        version = self._versions.get(append.run_id)
        if version is None:
            version = version_of(db, append.run_id)
        fits = append.expected == version
        self._versions[append.run_id] = draft.add(append, version) if fits else version
        self._versions.move_to_end(append.run_id)
        if fits:
            return
        earlier = draft.by_command.get(append.command) or find_command(db, append.command)
        draft.answers.append((append.future, answer_without_append(append, earlier, version)))

    def _one_by_one(self, group: list[Append]) -> GroupResult:
        whole = GroupResult([], [], self._position)
        for append in group:
            result = self._record([append])
            whole.recorded += result.recorded
            whole.answers += result.answers
            whole.head = result.head
        return whole

    def _alone(self, append: Append, error: Exception) -> GroupResult:
        """The answer to an append that fails by itself: what it was answered before, if it was."""
        answer: Answer = log_error(self._path, error, "this append cannot be recorded")
        with contextlib.suppress(sqlite3.Error, _FileGone):
            if (earlier := find_command(self._open(), append.command)) is not None:
                answer = answer_without_append(append, earlier, append.expected)
        return GroupResult([], [(append.future, answer)], self._position)

    def _all(self, group: list[Append], error: type[LogError], why: str) -> GroupResult:
        return GroupResult([], [(append.future, error(why)) for append in group], self._position)

    def _open(self) -> sqlite3.Connection:
        """The connection; opened, and the end of the log read, if there is none."""
        if self._db is None:
            self._check_file()  # SQLite would begin a new log where there is none
            db = self._connect(self._path)
            try:
                self._check_ours(db)
                migrate(db, "log")
                self._position, self._digest = end_of(db)
                empty_wal(db)
            except Exception:
                db.close()
                raise
            self._db, self._file = db, _identity(self._path)
        return self._db

    def _check_file(self) -> None:
        """Raises `_FileGone` if another file, or none, lies where the log was opened: SQLite goes
        on writing a file that was deleted, and what is answered then is lost."""
        if self._file is not None and _identity(self._path) != self._file:
            raise _FileGone(
                f"{self._path} was moved, deleted or replaced since it was opened, so nothing is "
                "recorded: put that very file back, or stop this process and run `storybook verify`"
            )

    def _check_ours(self, db: sqlite3.Connection) -> None:
        (application,) = db.execute("PRAGMA application_id").fetchone()
        (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if tables and application != APPLICATION_ID:
            raise sqlite3.DatabaseError("it is another program's database")

    def _roll_back(self) -> None:
        """Forget a group that failed; the log is as it was before it."""
        self._versions.clear()
        try:
            if self._db is not None and self._db.in_transaction:
                self._db.execute("ROLLBACK")
        except sqlite3.Error:
            self._recover()

    def _recover(self) -> None:
        """Trust nothing that is remembered: open the log anew now, or else at the next group."""
        self._close()
        with contextlib.suppress(sqlite3.Error, NewerDatabase, _FileGone):
            self._open()

    def _close(self) -> None:
        self._versions.clear()
        db, self._db = self._db, None
        if db is not None:
            with contextlib.suppress(sqlite3.Error):
                db.close()


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file lies at a path; None if there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _room(path: Path, group: Sequence[Append], error: Exception) -> str:
    """What a full disk lacks; empty for other errors."""
    if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_FULL:
        return ""
    needed = sum(it.size + len(it.events) * EVENT_BYTES for it in group)
    needed += WRITTEN_PAGES * PAGE_BYTES
    try:
        free = f"{shutil.disk_usage(path.parent).free:,} are free"
    except OSError as why:
        free = f"how many are free cannot be told ({why.strerror})"
    return f"; about {needed:,} bytes are needed in {path.parent}, {free}: make room there"
