"""Asking the service to stop."""

from __future__ import annotations

import signal
import subprocess
import sys

import anyio
import pytest

from storybook.stopping import StopRequest, cancelled_by, exit_code, stop_on_signals
from storybook.system import STOP_SIGNALS

pytestmark = pytest.mark.anyio

STUCK = """
import anyio, signal, sys, time
import storybook.stopping
from storybook.stopping import StopRequest, stop_on_signals

async def main():
    with stop_on_signals(StopRequest()):
        signal.raise_signal(signal.SIGINT)
        print("asked", flush=True)
        if sys.argv[1] == "twice":
            signal.raise_signal(signal.SIGINT)
        with anyio.CancelScope(shield=True):
            await anyio.sleep(60 if sys.argv[1] == "twice" else 0.3)
        print("ended", flush=True)

storybook.stopping.HURRY_SECONDS = 0.1
anyio.run(main)
"""


async def test_each_signal_asks_once_more() -> None:
    """The first one asks to stop, the second one to be quick about it."""
    stop = StopRequest()
    with anyio.fail_after(30), stop_on_signals(stop):
        signal.raise_signal(STOP_SIGNALS[0])
        assert stop.is_asked
        assert exit_code(stop.signal) == 130
        await stop.asked.wait()
        assert not stop.hurried.is_set()
        signal.raise_signal(STOP_SIGNALS[-1])
        await stop.hurried.wait()
        assert stop.signal == signal.SIGINT, "the first one is what ended it"


@pytest.mark.slow
@pytest.mark.parametrize(("asked", "status", "told"), [("once", 0, "ended"), ("twice", 130, "")])
def test_who_asks_twice_waits_for_nothing_that_hangs(asked: str, status: int, told: str) -> None:
    """The process ends in bounded time, whatever it waits for."""
    done = subprocess.run(
        [sys.executable, "-c", STUCK, asked],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (status, ["asked", *told.split()]), done.stderr


async def test_what_is_opened_is_cancelled_by_a_stop_until_it_heeds_it_itself() -> None:
    """An error of the body comes out as it was raised."""
    stop = StopRequest()
    stop.ask()
    with anyio.fail_after(30):
        async with cancelled_by(stop):
            await anyio.sleep_forever()
    stop, is_done = StopRequest(), False
    async with cancelled_by(stop) as watching:
        watching.cancel()
        stop.ask()
        await anyio.sleep(0.01)
        is_done = True
    assert is_done
    with pytest.raises(ValueError, match="as it is"):
        async with cancelled_by(StopRequest()):
            raise ValueError("as it is")
