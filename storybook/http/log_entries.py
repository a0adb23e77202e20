"""How a recorded event looks to readers, over HTTP and on the command line."""

from __future__ import annotations

import msgspec

from storybook.book import RunId
from storybook.events.log import Position, Recorded
from storybook.http.times import iso_time


class LogEntry(msgspec.Struct, frozen=True):
    """An event as recorded. `digest` is in hexadecimal, `recorded_at` ISO 8601 in UTC. `data` is
    the event as JSON; bytes that are none are a JSON string of what they say, and null is what was
    erased."""

    position: Position
    version: int
    type: str
    recorded_at: str
    data: msgspec.Raw
    digest: str


class RunLogEntry(LogEntry, frozen=True):
    """An event as recorded, and whose it is."""

    run_id: RunId


def log_entry(recorded: Recorded) -> LogEntry:
    """An event of a run that the reader knows."""
    return LogEntry(*_columns(recorded))


def run_log_entry(recorded: Recorded) -> RunLogEntry:
    """An event of any run."""
    return RunLogEntry(*_columns(recorded), recorded.run_id)


def _columns(recorded: Recorded) -> tuple[Position, int, str, str, msgspec.Raw, str]:
    return (
        recorded.position,
        recorded.version,
        recorded.type,
        iso_time(recorded.recorded_at),
        _json_line(recorded.data),
        recorded.digest.hex(),
    )


def _json_line(data: bytes) -> msgspec.Raw:
    if not data:
        return msgspec.Raw(b"null")
    try:
        data.decode()  # msgspec looks at the structure alone
        msgspec.json.decode(data, type=msgspec.Raw)
    except (UnicodeDecodeError, msgspec.DecodeError):
        return msgspec.Raw(msgspec.json.encode(data.decode("utf-8", "backslashreplace")))
    is_line = b"\n" not in data and b"\r" not in data
    return msgspec.Raw(data if is_line else msgspec.json.format(data, indent=-1))
