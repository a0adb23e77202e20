"""Who writes a log: one process at a time, and every other one can find out which.

The lock file beside the log holds a line of JSON: the process, and where it serves.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from storybook.events.log import LogLocked, LogUnavailable
from storybook.system import AlreadyLocked, LockFile, is_locked


class Holder(msgspec.Struct, frozen=True, omit_defaults=True):
    """The process that writes a log. `url` is where it serves, empty as long as it does not."""

    pid: int
    url: str = ""

    def __str__(self) -> str:
        return f"process {self.pid}" + (f", which serves {self.url}" if self.url else "")


class WriteLock:
    """The right to write a log, held until it is released or the process dies."""

    def __init__(self, log: Path) -> None:
        """Take the right; raises `LogLocked` naming who has it, and `LogUnavailable`."""
        try:
            self._file = LockFile(_lock_of(log))
        except AlreadyLocked as locked:
            holder = _parse(locked.text) or "another process"
            raise LogLocked(
                f"{log} is written by {holder}, and only one process may: "
                "ask that one over HTTP, or stop it first"
            ) from None
        except OSError as error:
            raise LogUnavailable(
                f"{log} cannot be written: {error.strerror}; let this user write in "
                f"{log.parent}, or copy that to where he may"
            ) from error
        self.announce("")

    def announce(self, url: str) -> None:
        """Tell other processes where this one serves."""
        self._file.write(msgspec.json.encode(Holder(os.getpid(), url)).decode())

    def close(self) -> None:
        """Let others write."""
        self._file.release()


def find_holder(log: Path) -> Holder | None:
    """Who writes this log now; None if nobody does."""
    lock = _lock_of(log)
    try:
        holder = _parse(lock.read_text("utf-8"))
        return holder if holder is not None and is_locked(lock) else None
    except (FileNotFoundError, NotADirectoryError):
        return None


def _lock_of(log: Path) -> Path:
    return log.with_name(f"{log.name}.lock")


def _parse(text: str) -> Holder | None:
    try:
        return msgspec.json.decode(text, type=Holder)
    except msgspec.MsgspecError:
        return None  # released, or read in the instant in which it was being written
