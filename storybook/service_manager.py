"""What a service manager is told: systemd's protocol of notifications (man 3 sd_notify), which is
a datagram to the socket in `NOTIFY_SOCKET`. It is ten lines, and no library does more for us."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping
from typing import Final

import anyio

READY: Final = "READY=1"
STOPPING: Final = "STOPPING=1"
_ALIVE: Final = "WATCHDOG=1"
_A_WATCH: Final = 3
"""How often the watchdog is told within its time: twice it may come late."""


def notify(state: str, environ: Mapping[str, str] = os.environ) -> None:
    """Tell the service manager, if one wants to be told. It is never worth failing for."""
    if address := environ.get("NOTIFY_SOCKET"):
        if address.startswith("@"):  # the abstract namespace
            address = f"\0{address[1:]}"
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as it:
            it.sendto(state.encode(), address)


def watchdog_seconds(environ: Mapping[str, str] = os.environ) -> float:
    """How long a service may be silent before its manager ends it; 0 if for ever, or if it is
    another process that is watched."""
    is_ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    microseconds = environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1e6 if is_ours and microseconds.isdigit() else 0.0


async def tell_watchdog(environ: Mapping[str, str] = os.environ) -> None:
    """Say, until cancelled, that the event loop goes round: a server whose loop hangs answers
    nobody, and is to be started anew."""
    while seconds := watchdog_seconds(environ):
        notify(_ALIVE, environ)
        await anyio.sleep(seconds / _A_WATCH)
