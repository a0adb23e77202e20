"""The program on a terminal of its own: what a person sees, and what Ctrl-C does."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.conftest import REPOSITORY, TOO_LONG_SECONDS

if sys.platform == "win32":  # pragma: no cover
    pytest.skip("Windows has no such terminals", allow_module_level=True)

import fcntl
import struct
import termios

CTRL_C = b"\x03"


class Terminal:
    """A terminal of so many columns in which `storybook` runs, with quick engines."""

    def __init__(self, columns: int, data: Path, *arguments: str, **environ: str) -> None:
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.shown = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.program", "--data", str(data), *arguments],
            cwd=REPOSITORY,
            env={**os.environ, "TERM": "xterm", **environ},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=_take_the_terminal,
        )
        os.close(theirs)

    def type(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def until(self, text: str) -> str:
        """Read until a text is shown; all that was shown so far, with its escape codes."""
        ends = time.monotonic() + TOO_LONG_SECONDS
        while text not in self.shown:
            if not self._read(ends):
                raise AssertionError(f"{text!r} was not shown: {self.shown}")
        return self.shown

    def end(self) -> int:
        """Read to the end; the exit code."""
        ends = time.monotonic() + TOO_LONG_SECONDS
        while self._read(ends):
            pass
        return self.process.wait(TOO_LONG_SECONDS)

    def type_until_ended(self, keys: bytes) -> int:
        """Type again each second until it ends; the exit code. For a prompt: Python sees no signal
        that comes between the prompt and its read, until the next one."""
        ends = time.monotonic() + TOO_LONG_SECONDS
        while time.monotonic() < ends:
            self.type(keys)
            with suppress(_NothingShown):
                while self._read(time.monotonic() + 1):
                    pass
                return self.process.wait(TOO_LONG_SECONDS)
        raise AssertionError(f"it took too long: {self.shown}")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)

    def _read(self, ends: float) -> bool:
        while time.monotonic() < ends:
            if select.select([self._ours], [], [], 0.1)[0]:
                try:
                    read = os.read(self._ours, 65_536)
                except OSError:  # Linux: nobody has the other end any longer
                    return False
                self.shown += read.decode(errors="replace")
                return bool(read)
        raise _NothingShown(f"it took too long: {self.shown}")


class _NothingShown(AssertionError):
    """Nothing more was shown in time."""


def _take_the_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
