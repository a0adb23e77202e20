"""The log as JSON lines and back: between machines, versions and stores.

The first line says what follows: the format with its version, how many events and answered commands
there are, and the head. Then a line for each event, in the order of the log, and one for each
command. Positions, versions, digests and command ids are as they were, and data byte for byte: as
the JSON that it is, `null` where it was erased, in base64 where it is no JSON on one line.
"""

from __future__ import annotations

import base64
import binascii
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import msgspec

from storybook import __version__
from storybook.events.log import LogError
from storybook.stores.sqlite.connection import open_reader, open_writer
from storybook.stores.sqlite.damage import log_error
from storybook.stores.sqlite.holder import WriteLock
from storybook.stores.sqlite.migrations import NewerDatabase, check_not_newer, migrate
from storybook.stores.sqlite.online import settle
from storybook.stores.sqlite.verify import Anchor, Progress, Row, head_of, log_faults
from storybook.system import sync_file, sync_folder

FORMAT: Final = "storybook log"
VERSION: Final = 1
GROUP: Final = 2_000
"""Rows that are inserted at once, and between two words of how far it is."""

_LAST: Final = "SELECT coalesce(max(position), 0) FROM events"
L = TypeVar("L", bound=msgspec.Struct)
Whole = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""What SQLite keeps of whole numbers."""

_AGAIN: Final = "nothing was changed here: export the log again"


class NotImported(LogError):
    """An export cannot be read, or not be read into this log; nothing was changed."""


class ExportHead(msgspec.Struct, frozen=True, kw_only=True):
    """The first line. `head` is an anchor."""

    format: str = FORMAT
    version: Whole = VERSION
    storybook: str
    events: Whole
    commands: Whole
    head: str


class EventLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event; digests are hexadecimal. `data` is a string where it is in base64."""

    position: Whole
    run_id: str
    version: Whole
    type: str
    schema: Whole
    recorded_at: Whole
    payload_digest: str
    digest: str
    data: msgspec.Raw
    base64: bool = False


class CommandLine(msgspec.Struct, frozen=True):
    """What a command was answered."""

    command: str
    run_id: str
    first_position: Whole
    last_position: Whole
    version: Whole


# --------------------------------------------------------------------------------- from the log


def export_lines(path: Path, progress: Progress) -> Iterator[bytes]:
    """The lines of a log as it is now, each with its end. Raises `LogUnavailable`, `LogDamaged`
    where a row cannot be read."""
    try:
        with closing(open_reader(path)) as db:
            if not check_not_newer(db, "log"):
                raise sqlite3.DatabaseError("it is no log")
            # One moment: an erasure, which is one transaction, is in all of it or in nothing.
            db.execute("BEGIN")
            yield from _lines(db, progress)
    except (sqlite3.Error, NewerDatabase) as error:
        raise log_error(path, error, f"{path} cannot be read") from error


def _lines(db: sqlite3.Connection, progress: Progress) -> Iterator[bytes]:
    (events,) = db.execute("SELECT count(*) FROM events").fetchone()
    (commands,) = db.execute("SELECT count(*) FROM commands").fetchone()
    last = db.execute("SELECT position, digest FROM events ORDER BY position DESC LIMIT 1")
    head = Anchor(*(last.fetchone() or (0, bytes(32))))
    encode = msgspec.json.Encoder().encode
    first = ExportHead(storybook=__version__, events=events, commands=commands, head=str(head))
    yield encode(first) + b"\n"
    columns = ", ".join(Row._fields)
    rows = db.execute(f"SELECT {columns} FROM events ORDER BY position")
    for done, row in enumerate(rows, start=1):
        yield encode(_event_line(Row(*row))) + b"\n"
        if done % GROUP == 0 or done == events:
            progress(done, events)
    for row in db.execute(f"SELECT {_COMMAND_COLUMNS} FROM commands ORDER BY command"):
        yield encode(CommandLine(*row)) + b"\n"


_COMMAND_COLUMNS: Final = ", ".join(CommandLine.__struct_fields__)


def _event_line(row: Row) -> EventLine:
    data, in_base64 = msgspec.Raw(row.data or b"null"), False
    if row.data and not _is_one_line(row.data):
        data, in_base64 = msgspec.Raw(b'"%b"' % base64.b64encode(row.data)), True
    digests = row.payload_digest.hex(), row.digest.hex()
    return EventLine(*row[:6], *digests, data, in_base64)


def _is_one_line(data: bytes) -> bool:
    """Whether data comes back byte for byte from a line."""
    try:
        exact: bool = bytes(msgspec.json.decode(data, type=msgspec.Raw)) == data
        data.decode()
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    return exact and b"\n" not in data and data != b"null"


# ----------------------------------------------------------------------------------- to the log


def import_lines(lines: Iterable[bytes], path: Path, progress: Progress) -> Anchor:
    """Make a log of an export, where there is none or an empty one; returns its head. It takes its
    place when it is whole and verified. Raises `NotImported`, `LogLocked`, `LogUnavailable`."""
    _must_be_empty(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(WriteLock(path)):
        _must_be_empty(path)
        made = path.with_name(f"{path.name}.importing")
        made.unlink(missing_ok=True)
        try:
            head = _make(lines, made, progress)
            _put_away_empty(path)
            made.replace(path)
            sync_folder(path.parent)
        except sqlite3.Error as error:
            raise log_error(made, error, f"{made} cannot be written") from error
        finally:
            made.unlink(missing_ok=True)
    return head


def _must_be_empty(path: Path) -> None:
    wal = path.with_name(f"{path.name}-wal")
    if not path.exists() or not path.stat().st_size:
        if wal.exists() and wal.stat().st_size:
            raise NotImported(
                f"{wal} is left of a log that is gone: move it away, or name another folder"
            )
        return
    try:
        with closing(open_reader(path)) as db:
            (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            events = db.execute(_LAST).fetchone()[0] if tables else 0
    except sqlite3.Error as error:
        raise log_error(path, error, f"{path} cannot be read") from error
    if events:
        raise NotImported(
            f"{path} has {events:,} events: a log is imported only where there is none. Nothing "
            "was changed; name another folder with --data"
        )


def _put_away_empty(path: Path) -> None:
    """Close what an empty log may have left beside it, which would be taken for the new one's."""
    if path.exists() and path.stat().st_size:
        with closing(open_writer(path)) as db:
            settle(db)


def _make(lines: Iterable[bytes], made: Path, progress: Progress) -> Anchor:
    source = enumerate(lines, start=1)
    head = _read_head(source)
    with closing(sqlite3.connect(made, isolation_level=None)) as db:
        # Nobody needs a log that is half made.
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        migrate(db, "log")
        db.execute("BEGIN IMMEDIATE")
        _insert(db, "events", _event_rows(source, head.events, progress))
        commands = (
            msgspec.structs.astuple(it) for it in _parse(source, CommandLine, head.commands)
        )
        _insert(db, "commands", commands)
        db.execute("COMMIT")
    for number, line in source:
        if line.strip():
            raise NotImported(f"line {number}: expected the end, found {line[:40]!r}")
    _verify(made, head)
    with made.open("rb+") as file:
        sync_file(file.fileno())
    return Anchor.parse(head.head)


def _read_head(source: Iterator[tuple[int, bytes]]) -> ExportHead:
    _, line = next(source, (1, b""))
    try:
        head = msgspec.json.decode(line, type=ExportHead)
        Anchor.parse(head.head)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        head = None
    if head is None or head.format != FORMAT:
        raise NotImported(
            "line 1: expected the head of a log that `storybook export-log` has written, found "
            f"{line[:40]!r}"
        )
    if head.version > VERSION:
        raise NotImported(
            f"this log was exported by storybook {head.storybook} in form {head.version}, and this "
            f"one knows {VERSION}: use that version"
        )
    return head


def _parse(source: Iterator[tuple[int, bytes]], kind: type[L], count: int) -> Iterator[L]:
    decode = msgspec.json.Decoder(kind).decode
    found = 0
    for number, line in islice(source, count):
        try:
            yield decode(line)
        except (msgspec.MsgspecError, RecursionError) as error:
            if not line.endswith(b"\n"):
                raise NotImported(
                    f"the export is cut off within line {number}; {_AGAIN}"
                ) from error
            raise NotImported(f"line {number}: {error}; {_AGAIN}") from error
        found += 1
    if found < count:
        missing = count - found
        raise NotImported(
            f"the export is cut off: {missing:,} lines are missing at its end; {_AGAIN}"
        )


def _event_rows(
    source: Iterator[tuple[int, bytes]], count: int, progress: Progress
) -> Iterator[tuple[Any, ...]]:
    for done, it in enumerate(_parse(source, EventLine, count), start=1):
        try:
            data = _data_of(it)
            digests = bytes.fromhex(it.payload_digest), bytes.fromhex(it.digest)
        except (ValueError, binascii.Error) as error:
            raise NotImported(f"event {it.position}: {error}") from error
        yield (*msgspec.structs.astuple(it)[:6], data, *digests)
        if done % GROUP == 0 or done == count:
            progress(done, count)


def _data_of(line: EventLine) -> bytes:
    data = bytes(line.data)
    if line.base64:
        return base64.b64decode(data.strip(b'"'), validate=True)
    return b"" if data == b"null" else data


def _insert(db: sqlite3.Connection, table: str, rows: Iterator[tuple[Any, ...]]) -> None:
    try:
        while group := list(islice(rows, GROUP)):
            marks = ", ".join("?" * len(group[0]))
            db.executemany(f"INSERT INTO {table} VALUES ({marks})", group)
    except sqlite3.IntegrityError as error:
        raise NotImported(f"the export is no whole log: {error}") from error


def _verify(made: Path, head: ExportHead) -> None:
    faults, found = log_faults(made), str(head_of(made))
    if not faults and found != head.head:
        faults = f"it ends at {found}, expected {head.head}"
    if faults:
        raise NotImported(f"the export was changed since it was made: {faults}; {_AGAIN}")
