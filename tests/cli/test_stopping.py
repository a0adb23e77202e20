"""A command that is stopped: what it says, what it ends with, and what the next one makes of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import storybook.bootstrap
from storybook.settings import Settings
from storybook.stages.registry import Engines
from tests.cli.conftest import TOO_LONG_SECONDS, WORDS, Shell, until_it_waits
from tests.cli.doubles import ENDLESS

if sys.platform != "win32":
    from tests.cli.terminal import CTRL_C, Terminal

Start = Callable[..., subprocess.Popen[str]]

UNENDING = ("make", *WORDS[:6], "--topic", ENDLESS)
QUICK_TO_STOP = {"STORYBOOK_LIMITS_SHUTDOWN_SECONDS": "0.1"}


def stopped(shell: Shell, start: Start, number: signal.Signals) -> tuple[int, str]:
    """A `make` that is stopped by a signal: its exit code, and what it says on stderr."""
    making = start(shell.data, *UNENDING, **QUICK_TO_STOP)
    until_it_waits(making)
    making.send_signal(number)
    _, errors = making.communicate()
    return making.returncode, errors


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, 130),
        pytest.param(
            signal.SIGTERM,
            143,
            marks=pytest.mark.skipif(sys.platform == "win32", reason="Windows kills with it"),
        ),
    ],
)
def test_a_stopped_make_puts_the_book_down(
    shell: Shell, start: Start, number: signal.Signals, code: int
) -> None:
    """What is finished stays, work in hand is put down in the log, the way on is told, and the
    exit code is the one that shells give to the signal."""
    returned, errors = stopped(shell, start, number)
    assert returned == code
    assert "make --resume" in errors
    assert "Traceback" not in errors
    log = shell("log").stdout
    assert "painting page 2 was put down (shutdown)" in log
    assert "painting page 2, attempt 2, is wanted" in log


@pytest.mark.slow
def test_a_stopped_make_says_as_json_what_became_of_the_book(shell: Shell, start: Start) -> None:
    """One object: which run, and how it stands."""
    making = start(shell.data, *UNENDING, "--json", **QUICK_TO_STOP)
    ends = time.monotonic() + TOO_LONG_SECONDS
    while "painting page 4 is done" not in shell("log").stdout:
        assert time.monotonic() < ends
    making.send_signal(signal.SIGINT)
    printed, _ = making.communicate()
    (line,) = printed.splitlines()
    made = json.loads(line)
    (book,) = shell.json_lines("list")
    assert (made["run_id"], made["status"]) == (book["run_id"], "RUNNING")
    assert (made["book"], made["book_seconds"], made["can_go_on"]) == (None, None, True)
    assert made["error"] == "stopped by a signal"
    assert made["title"] == book["title"]


def test_a_make_that_is_stopped_before_it_begins_says_so(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also as JSON: no run, and no status."""

    async def choose(settings: Settings, data: Path) -> Engines:
        raise KeyboardInterrupt

    monkeypatch.setattr(storybook.bootstrap, "choose_engines", choose)
    result = shell("make", *WORDS, "--json")
    assert result.exit_code == 130
    assert "Nothing was begun." in result.stderr
    made = json.loads(result.stdout)
    assert (made["run_id"], made["status"], made["can_go_on"]) == (None, None, False)


@pytest.mark.slow
def test_a_book_that_was_put_down_is_told_by_the_next_make(shell: Shell, start: Start) -> None:
    """It is made first: which one, and how to leave it out. What is told works."""
    stopped(shell, start, signal.SIGINT)
    (first,) = shell.json_lines("list")
    making = start(shell.data, *UNENDING, **QUICK_TO_STOP)
    assert making.stderr is not None
    said = making.stderr.readline().rstrip()
    making.send_signal(signal.SIGINT)
    making.communicate()
    second = shell.json_lines("list")[0]
    assert said == (
        f"Not finished yet, and made first: {first['run_id'][:8]} {first['title']}. Unwanted? "
        f"Ctrl-C, `python -m tests.cli.program --data {shell.data} cancel {first['run_id'][:8]}` "
        f"and `python -m tests.cli.program --data {shell.data} make --resume "
        f"{second['run_id'][:8]}`."
    ).replace("python", sys.executable)
    assert shell("cancel", first["run_id"]).exit_code == 0
    again = start(shell.data, "make", "--resume", second["run_id"], **QUICK_TO_STOP)
    until_it_waits(again)
    again.send_signal(signal.SIGINT)
    assert "made first" not in again.communicate()[1]


@pytest.fixture
def on_a_terminal(shell: Shell) -> Iterator[Callable[..., Terminal]]:
    """Starts the program on a terminal of so many columns."""
    started: list[Terminal] = []

    def begin(columns: int, *arguments: str) -> Terminal:
        started.append(Terminal(columns, shell.data, *arguments, **QUICK_TO_STOP))
        return started[-1]

    yield begin
    for terminal in started:
        terminal.close()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
def test_ctrl_c_on_a_terminal(shell: Shell, on_a_terminal: Callable[..., Terminal]) -> None:
    """It reaches every process of the terminal: exit code 130, the way on, and no traceback."""
    terminal = on_a_terminal(60, *UNENDING)
    terminal.until("after it was asked for")
    terminal.until("waits")
    terminal.type(CTRL_C)
    assert terminal.end() == 130
    assert "make --resume" in terminal.shown
    assert "Traceback" not in terminal.shown
    watching = on_a_terminal(60, "watch", "latest")
    watching.until("Ctrl-C ends it.")
    watching.type(CTRL_C)
    assert watching.end() == 130
    asking = on_a_terminal(60, "make")
    asking.until("When does it happen?")
    assert asking.type_until_ended(CTRL_C) == 130
