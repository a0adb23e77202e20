"""What systemd is told of a server, as it would hear it."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from storybook.service_manager import READY, notify, watchdog_seconds
from tests.whole.server import PATIENCE_SECONDS, serving

if sys.platform == "win32":
    pytest.skip("systemd is Linux's", allow_module_level=True)


def listening(address: str) -> socket.socket:
    """A manager's socket."""
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(address)
    manager.settimeout(PATIENCE_SECONDS)
    return manager


@pytest.mark.slow
def test_a_server_says_that_it_is_ready_alive_and_stopping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ready once it answers, alive within each watchdog's time, and when it stops."""
    address = str(tmp_path / "notify")
    with listening(address) as manager:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        monkeypatch.setenv("WATCHDOG_USEC", "300000")
        with serving(tmp_path / "data") as server:
            heard = [manager.recv(99) for _ in range(4)]
            assert b"READY=1" in heard and heard.count(b"WATCHDOG=1") == 3
            server.stop()
            while (said := manager.recv(99)) == b"WATCHDOG=1":
                pass
            assert said == b"STOPPING=1"


def test_an_abstract_socket_is_told(tmp_path: Path) -> None:
    """systemd names one with an @."""
    name = f"storybook-{os.getpid()}"
    with listening(f"\0{name}") as manager:
        notify(READY, {"NOTIFY_SOCKET": f"@{name}"})
        assert manager.recv(99) == b"READY=1"


def test_nobody_is_told_who_is_not_there(tmp_path: Path) -> None:
    """Without a manager, or with one that has gone, nothing happens."""
    notify(READY, {})
    notify(READY, {"NOTIFY_SOCKET": str(tmp_path / "gone")})


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, 0.0),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, 0.0),
        ({"WATCHDOG_USEC": "soon"}, 0.0),
    ],
)
def test_whom_the_watchdog_watches(environ: dict[str, str], expected: float) -> None:
    """This process, for the time that it is told."""
    assert watchdog_seconds(environ) == expected
