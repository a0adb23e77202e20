"""Erasure: what a forgotten run's events said leaves the log's files.

The events keep their rows: `data` becomes empty, and the chain holds, since it covers the payload's
digest and not the payload. The trigger that keeps events from being changed is dropped and made
again, as it was, in the same transaction, so that nobody else ever meets a log without it.

SQLite only marks as free what it no longer needs. `secure_delete` (see `connection`) has it write
zeros there, and the write-ahead log, which still holds the pages as they were, is cut to nothing
after the commit; an opening does that too, for a process that died in between. Logs of versions
before had no `secure_delete`: copies of rows may lie in what is unused of their pages (SQLite moves
the rows of a table's first page when a second one comes). So such a log is written anew once,
before anything is erased: had that to be done afterwards, a death in between would leave them.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from storybook.book import RunId
from storybook.events.catalog import RunForgotten
from storybook.stores.remains import write_anew
from storybook.stores.sqlite.connection import BUSY_MS

READER_MS: Final = 250
"""How long the log waits for a reader that is in its way, in milliseconds: readers of ours look for
a few. Whoever stays longer is waited for by trying again."""

_TRIGGER: Final = "events_never_change"


def erase_run(db: sqlite3.Connection, run_id: RunId) -> None:
    """Empty the data of all events of a run but the one that says so, within the caller's
    transaction."""
    find = "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = ?"
    trigger = db.execute(find, (_TRIGGER,)).fetchone()
    if trigger is not None:  # else somebody else took it away, which `verify` tells
        db.execute(f"DROP TRIGGER {_TRIGGER}")
    db.execute(
        "UPDATE events SET data = x'' WHERE run_id = ? AND type <> ?",
        (run_id, RunForgotten.__name__),
    )
    if trigger is not None:
        db.execute(trigger[0])


def empty_wal(db: sqlite3.Connection) -> bool:
    """Move everything into the log's file, and cut the write-ahead log to nothing; whether that
    could be done, which a reader that stays may prevent."""
    db.execute(f"PRAGMA busy_timeout = {READER_MS}")
    is_busy, *_ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    return not is_busy


def scrub(db: sqlite3.Connection) -> None:
    """Leave no copies of rows in what is unused of the pages of a log. It is written anew if there
    are any, which takes as much memory and room on the disk as it is large."""
    empty_wal(db)
    write_anew(db)
