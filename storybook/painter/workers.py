"""Processes that paint, each one picture at a time.

A worker is started by the first picture and kept for the next ones: starting one and importing
numpy and skia takes most of a second. A picture that is cancelled has no clean half: its worker is
killed. Whoever has a worker owns it, from the moment it exists: either it goes back to the idle
ones, or it is killed, so that none is ever left behind (`anyio.to_process` leaves one behind if it
is cancelled while the process starts).
"""

from __future__ import annotations

import atexit
import multiprocessing
import multiprocessing.process
import signal
from multiprocessing.connection import Connection
from typing import Final

import anyio
import anyio.to_thread

from storybook.engines import PaintingTask, WorkFailed
from storybook.system import start_shielded

_CONTEXT: Final = multiprocessing.get_context("spawn")
"""A fresh interpreter: a fork would have the models that are loaded here without their threads."""


_running: Final[set[multiprocessing.process.BaseProcess]] = set()


@atexit.register
def _kill_all() -> None:
    """multiprocessing would ask what is left to end, and wait for it: a worker heeds no such
    signal."""
    for process in _running:
        process.kill()


class Workers:
    """At most `places` processes."""

    def __init__(self, places: int) -> None:
        self._places = anyio.Semaphore(places)
        self._idle: list[_Worker] = []

    @property
    def are_idle(self) -> bool:
        """Whether there are processes that have nothing to do."""
        return bool(self._idle)

    async def paint(self, task: PaintingTask) -> bytes:
        """The picture as PNG. Raises `WorkFailed` if its process dies."""
        async with self._places:
            worker = self._idle.pop() if self._idle else _Worker()
            is_whole = False
            try:
                png = await anyio.to_thread.run_sync(worker.paint, task, abandon_on_cancel=True)
                is_whole = True
            except (EOFError, OSError) as error:
                died = "the painter's process died"
                raise WorkFailed("worker_died", died, retryable=True) from error
            finally:
                if is_whole:
                    self._idle.append(worker)
                else:
                    worker.kill()
            if isinstance(png, Exception):
                raise png
            return png

    def let_go(self) -> None:
        """End the processes that have nothing to do."""
        while self._idle:
            self._idle.pop().kill()


class _Worker:
    """One process. Its methods are called by one thread at a time, `kill` by any."""

    def __init__(self) -> None:
        self._here, there = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_serve, args=(there,), daemon=True)
        start_shielded(self._process)
        _running.add(self._process)
        there.close()  # so that the pipe ends with the process

    def paint(self, task: PaintingTask) -> bytes | Exception:
        """Raises EOFError or OSError when the process dies, also by `kill`."""
        self._here.send(task)
        answer: bytes | Exception = self._here.recv()
        return answer

    def kill(self) -> None:
        _running.discard(self._process)
        self._process.kill()
        self._process.join()
        self._process.close()


def _serve(tasks: Connection) -> None:
    """Runs in the worker: only there are numpy and skia imported."""
    # Ctrl-C in a terminal is sent to this process too, but what it stops is decided in the other;
    # Windows has no shield against it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from storybook.painter.picture import paint

    while True:
        try:
            task = tasks.recv()
        except EOFError:
            return  # the other process has ended
        try:
            answer: bytes | Exception = paint(task)
        except Exception as error:
            answer = error
        tasks.send(answer)
