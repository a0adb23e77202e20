"""How the service is asked to stop: first politely, then at once."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import anyio

from storybook.system import on_stop_signals

HURRY_SECONDS: Final = 5.0
"""What recording the work in hand gets once a stop is asked for again. It takes milliseconds; a log
that takes nothing now must not hold up a machine that shuts down."""


OF_A_SIGNAL: Final = 128
"""A shell adds it to the number of the signal that ended a command: 130 after Ctrl-C."""


class StopRequest:
    """Whether a stop has been asked for, and whether it has been asked for again.

    Belongs to one event loop. `is_asked` tells as soon as a signal has come; `signal` is the number
    of the first one, 0 if nobody has sent one.
    """

    def __init__(self) -> None:
        self.is_asked = False
        self.signal = 0
        self.asked, self.hurried = anyio.Event(), anyio.Event()

    def ask(self) -> None:
        """Ask for a stop; whoever asks again wants it at once."""
        self.is_asked = True
        (self.hurried if self.asked.is_set() else self.asked).set()


def exit_code(signal: int) -> int:
    """What a process that a signal has stopped ends with, as a shell reads it."""
    return OF_A_SIGNAL + signal if signal else 1


@contextmanager
def stop_on_signals(stop: StopRequest) -> Iterator[None]:
    """Let each signal that asks this process to stop ask for it. The second one ends the process
    in bounded time, whatever it waits for. To be entered in the main thread, in the event loop."""
    loop = asyncio.get_running_loop()  # anyio has no way into the loop from a signal
    last_resort = threading.Timer(HURRY_SECONDS, lambda: os._exit(exit_code(stop.signal)))
    last_resort.daemon = True

    def told(number: int) -> None:
        if stop.is_asked and not last_resort.is_alive() and not last_resort.finished.is_set():
            last_resort.start()
        stop.is_asked, stop.signal = True, stop.signal or number
        loop.call_soon_threadsafe(stop.ask)

    try:
        with on_stop_signals(told):
            yield
    finally:
        last_resort.cancel()


@asynccontextmanager
async def cancelled_by(stop: StopRequest) -> AsyncIterator[anyio.CancelScope]:
    """Cancel what is done in here when a stop is asked for, until the yielded scope is cancelled:
    whoever does that heeds the stop himself from then on."""
    watching = anyio.CancelScope()

    async def watch(done: anyio.CancelScope) -> None:
        with watching:
            await stop.asked.wait()
            done.cancel()

    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch, tasks.cancel_scope)
            yield watching
            watching.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # the body's: watching raises nothing
