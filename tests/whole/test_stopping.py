"""A server that is stopped as service managers, terminals and impatient people do it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from storybook.system import process_start
from tests.whole.server import PATIENCE_SECONDS, Server, follow, serving

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups"),
]
SECONDS = float(PATIENCE_SECONDS)


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    found = subprocess.run(["ps", "-o", "pid=,stat=", "--ppid", str(pid)], capture_output=True)
    rows = [line.split() for line in found.stdout.decode().splitlines()]
    return [int(row[0]) for row in rows if not row[1].startswith("Z")]


def until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + SECONDS
    while left := [pid for pid in pids if process_start(pid) is not None]:
        assert time.monotonic() < deadline, f"still running: {left}"
        time.sleep(0.01)


def has_begun(log: Path) -> bool:
    """Whether a book was asked for, as far as another process can see."""
    try:
        with closing(sqlite3.connect(f"{log.as_uri()}?mode=ro", uri=True)) as db:
            (count,) = db.execute("SELECT count(*) FROM events").fetchone()
            return bool(count)
    except sqlite3.OperationalError:  # it is not there yet
        return False


def until_it_paints(server: Server, run_id: str) -> None:
    """Return when a picture is in hand, of which some are still to come."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        works = {
            it["data"]["stage"] for it in server.events(run_id) if it["type"] == "StageStarted"
        }
        if works & {"COVER", "PANEL_1"} and children(server.process.pid):
            return
        time.sleep(0.01)
    raise AssertionError("no picture was begun")


def reasons(server: Server, run_id: str) -> list[str]:
    events = server.events(run_id)
    assert not [it for it in events if it["type"] == "StageFailed"]
    return [it["data"]["reason"] for it in events if it["type"] == "StageAbandoned"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_whole_process_group_is_a_stop(
    tmp_path: Path, number: signal.Signals
) -> None:
    """Three times in a row, with pictures in hand: nothing fails, nothing counts as a crash, no
    process is left, and the book is made in the end."""
    data, run_id = tmp_path / "data", ""
    for _ in range(3):
        with serving(data) as server:
            run_id = run_id or server.request()
            if server.state(run_id)["status"] == "DONE":
                break
            until_it_paints(server, run_id)
            workers = children(server.process.pid)
            os.killpg(server.process.pid, number)
            assert server.process.wait(timeout=SECONDS) == 0
            until_gone(workers)
    with serving(data) as server:
        list(follow(server, run_id))
        assert server.state(run_id)["status"] == "DONE"
        assert set(reasons(server, run_id)) <= {"shutdown"}


def test_a_second_signal_puts_down_what_is_in_hand_at_once(tmp_path: Path) -> None:
    """Work in hand is recorded as put down, and not waited for; no error is told."""
    data = tmp_path / "data"
    with serving(data, limits_shutdown_seconds="600") as server:
        run_id = server.request()
        until_it_paints(server, run_id)
        began = time.monotonic()
        os.killpg(server.process.pid, signal.SIGTERM)
        os.killpg(server.process.pid, signal.SIGTERM)
        assert server.process.wait(timeout=SECONDS) == 0
        assert time.monotonic() - began < SECONDS / 2
        assert "Traceback" not in (tmp_path / "server.log").read_text("utf-8")
    with serving(data) as server:
        assert "shutdown" in reasons(server, run_id)
        assert "crash" not in reasons(server, run_id)


def test_make_that_is_hung_up_on_can_be_resumed(tmp_path: Path) -> None:
    """A closed terminal stops `storybook make` as Ctrl-C does: it says how to go on, and nothing is
    left in hand."""
    command = [sys.executable, "-m", "storybook", "--data", str(tmp_path / "data"), "make"]
    words = [
        "--era",
        "조선",
        "--place",
        "숲",
        "--characters",
        "토끼",
        "--topic",
        "우정",
        "--no-audio",
    ]
    with subprocess.Popen([*command, *words], stderr=subprocess.PIPE, start_new_session=True) as it:
        deadline = time.monotonic() + SECONDS
        while not has_begun(tmp_path / "data" / "log.db") and time.monotonic() < deadline:
            time.sleep(0.01)
        os.killpg(it.pid, signal.SIGHUP)
        told = it.communicate(timeout=SECONDS)[1].decode()
    assert it.returncode == 128 + signal.SIGHUP
    assert f"storybook --data {tmp_path / 'data'} make --resume" in told
    with serving(tmp_path / "data") as server:
        (run,) = server.library()
        assert set(reasons(server, run["run_id"])) <= {"shutdown"}
