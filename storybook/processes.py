"""Processes that do one kind of work, each for one caller at a time.

A process is started by the first piece of work and kept for the next ones: starting one and
importing what it needs takes most of a second. Work that is cancelled has no clean half: its
process is killed. Whoever has a process owns it, from the moment it exists: either it goes back to
the idle ones, or it is killed, so that none is ever left over (`anyio.to_process` leaves one if it
is cancelled while the process starts).

Work that takes long may be a generator: what it yields is told to its caller on the way, and what
it returns is made.
"""

from __future__ import annotations

import atexit
import multiprocessing
import multiprocessing.process
import signal
from collections.abc import Callable, Generator
from multiprocessing.connection import Connection
from typing import Any, Final, Generic, TypeVar

import anyio
import anyio.from_thread
import anyio.to_thread

from storybook.system import give_way, start_shielded

_CONTEXT: Final = multiprocessing.get_context("spawn")
"""A fresh interpreter: a fork would have the models that are loaded here without their threads."""

GivenT = TypeVar("GivenT")
MadeT = TypeVar("MadeT")

_running: Final[set[multiprocessing.process.BaseProcess]] = set()


@atexit.register
def _kill_all() -> None:
    """multiprocessing would ask what is left to end, and wait for it: a worker heeds no such
    signal."""
    for process in _running:
        process.kill()


class ProcessDied(Exception):
    """The process that was at work is gone: killed, or out of memory."""


class WorkerProcesses(Generic[GivenT, MadeT]):
    """At most `places` processes that do `work`, a function of some module, which is imported only
    there. What is given, told and made is pickled. Those which `yield_to_others` come after all
    other processes of the machine."""

    def __init__(
        self,
        work: Callable[[GivenT], MadeT | Generator[Any, None, MadeT]],
        places: int,
        *,
        yield_to_others: bool = False,
    ) -> None:
        self._work, self._yields = work, yield_to_others
        self._places = anyio.Semaphore(places)
        self._idle: list[_Worker] = []

    @property
    def are_idle(self) -> bool:
        """Whether there are processes that have nothing to do."""
        return bool(self._idle)

    async def do(self, given: GivenT, told: Callable[[Any], None] = lambda _: None) -> MadeT:
        """What the work makes of it; `told` is called, in the event loop, with all that it yields.
        Raises what the work raises, and `ProcessDied`."""
        async with self._places:
            worker = self._idle.pop() if self._idle else _Worker(self._work, self._yields)
            is_whole = False
            try:
                made = await anyio.to_thread.run_sync(
                    worker.do, given, told, abandon_on_cancel=True
                )
                is_whole = True
            except (EOFError, OSError) as error:
                raise ProcessDied(str(error)) from error
            finally:
                if is_whole:
                    self._idle.append(worker)
                else:
                    worker.kill()
            if isinstance(made, _Failure):
                raise made.error
            result: MadeT = made
            return result

    def let_go(self) -> None:
        """End the processes that have nothing to do."""
        while self._idle:
            self._idle.pop().kill()


class _Told:
    """What the work yielded."""

    def __init__(self, what: Any) -> None:
        self.what = what


class _Failure:
    """What the work raised."""

    def __init__(self, error: Exception) -> None:
        self.error = error


class _Worker:
    """One process. Its methods are called by one thread at a time, `kill` by any."""

    def __init__(self, work: Callable[[Any], Any], yields: bool) -> None:
        self._here, there = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_serve, args=(there, work, yields), daemon=True)
        start_shielded(self._process)
        _running.add(self._process)
        there.close()  # so that the pipe ends with the process

    def do(self, given: Any, told: Callable[[Any], None]) -> Any:
        """Raises EOFError or OSError when the process dies, also by `kill`."""
        self._here.send(given)
        while isinstance(answer := self._here.recv(), _Told):
            anyio.from_thread.run_sync(told, answer.what)
        return answer

    def kill(self) -> None:
        _running.discard(self._process)
        self._process.kill()
        self._process.join()
        self._process.close()


def _serve(asked: Connection, work: Callable[[Any], Any], yields: bool) -> None:
    """Runs in the process, until the other one has ended."""
    # Ctrl-C in a terminal is sent to this process too, but what it stops is decided in the other;
    # Windows has no shield against it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if yields:
        give_way()
    while True:
        try:
            given = asked.recv()
        except (EOFError, OSError):
            return
        try:
            made = work(given)
            if isinstance(made, Generator):
                made = _told_of(made, asked)
        except Exception as error:
            made = _Failure(error)
        asked.send(made)


def _told_of(work: Generator[Any, None, Any], asked: Connection) -> Any:
    """What the work returns, after all that it yields was sent."""
    while True:
        try:
            asked.send(_Told(next(work)))
        except StopIteration as end:
            return end.value
