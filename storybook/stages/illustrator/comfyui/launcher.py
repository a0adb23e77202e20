"""Starting ComfyUI by a configured command, and stopping it again.

It is started when it does not answer, waited for while its process lives, and given up at once when
the process dies, with the last lines that it wrote. Its output is read all the time by a thread: a
full pipe would stop it.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread

from storybook.stages.illustrator.comfyui.timing import ComfyTiming
from storybook.system import command_line, end_process

logger = logging.getLogger(__name__)

LAST_LINES: Final = 12
"""Lines of its output that are told when it dies."""

Answers = Callable[[], Awaitable[bool]]
"""Whether ComfyUI answers now."""


class LaunchFailed(Exception):
    """ComfyUI was started, and does not answer. The message has its last lines."""


class Launcher:
    """Keeps one ComfyUI running in `folder` by `command`, a command line as for a shell."""

    def __init__(self, command: str, folder: str, timing: ComfyTiming) -> None:
        self._program, self._command = command_line(command)
        self._folder, self._timing = Path(folder or "."), timing
        self._process: subprocess.Popen[str] | None = None
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        self._reader: threading.Thread | None = None
        self._lock = anyio.Lock()

    def fault(self) -> str:
        """Why it cannot be started at all; empty if it can."""
        if not self._folder.is_dir():
            return f"there is no folder {self._folder} to start it in"
        name = self._program
        is_there = name and (shutil.which(name) or shutil.which(str(self._folder / name)))
        return "" if is_there else f"there is no program {name!r} to start it with"

    @property
    def is_running(self) -> bool:
        """Whether the process that was started here lives."""
        return self._process is not None and self._process.poll() is None

    async def ensure(self, answers: Answers) -> None:
        """Return when ComfyUI answers, having started it if need be. Raises `LaunchFailed`."""
        async with self._lock:
            if await answers():
                return
            if not self.is_running:
                await self._start()
            with anyio.move_on_after(self._timing.start):
                while True:
                    has_died = not self.is_running  # another one may have the port, and answer late
                    if await answers():
                        return
                    if has_died:
                        raise LaunchFailed(await self._obituary())
                    await anyio.sleep(self._timing.look_again)
            await self.stop()
            seconds = self._timing.start
            raise LaunchFailed(f"it did not answer within {seconds:g} s of being started")

    async def stop(self) -> None:
        """Stop it, if it was started here, and wait until it is gone."""
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._stop)

    async def _start(self) -> None:
        try:
            await anyio.to_thread.run_sync(self._spawn)
        except OSError as error:
            raise LaunchFailed(f"it cannot be started: {error}") from error

    def _spawn(self) -> None:
        self._stop()  # the reader of one that died by itself is still to be joined
        self._lines.clear()
        self._process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            # So that a script's children stop with it, and no terminal's signal does it. A service
            # manager's does, since it is to heed the one that `stop` sends: what fails then, while
            # this process stops, is put down and not failed (`attempts`).
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()
        atexit.register(self._stop)
        # Not with its arguments, which somebody may have put a key into.
        logger.info("started ComfyUI: %s in %s", self._program, self._folder)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self._lines.append(line.rstrip())

    async def _obituary(self) -> str:
        assert self._process is not None
        code = self._process.returncode
        await self.stop()
        said = "\n".join(self._lines) or "(it wrote nothing)"
        return f"it ended with status {code} instead of answering. Its last lines:\n{said}"

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        atexit.unregister(self._stop)
        end_process(process, gently=True)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(self._timing.stop)
        end_process(process, gently=False)
        process.wait()
        if self._reader is not None:
            self._reader.join(self._timing.stop)
