"""`log`: every event, read aloud."""

from __future__ import annotations

import re
import sys

import pytest
from rich.cells import cell_len

from storybook.http.log_entries import RunLogEntry
from tests.cli.conftest import WORDS, Shell


def test_the_log_is_read_aloud(filled: Shell) -> None:
    """A line an event: position, time, run, type, and a sentence."""
    lines = filled("log", "--run", "latest").stdout.splitlines()
    assert "RunRequested" in lines[0]
    assert lines[-1].endswith("RunCompleted      the book is done")
    positions = [int(line.split()[0]) for line in lines]
    assert positions == sorted(positions)


def test_the_log_of_one_run_needs_no_option(filled: Shell) -> None:
    """`log RUN` is `log --run RUN`."""
    assert filled("log", "latest").stdout == filled("log", "--run", "latest").stdout


def test_no_line_is_cut_where_no_terminal_is(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever pipes the log or a watched book reads all of it, however narrow the terminal was."""
    monkeypatch.setenv("COLUMNS", "40")
    topic = "아주 긴 이야기 " * 20
    shell("make", *WORDS[:6], "--topic", topic)
    for arguments in (("log",), ("watch", "latest")):
        assert topic.strip() in shell(*arguments).stdout


def test_the_log_as_json_has_the_apis_fields(filled: Shell) -> None:
    """Each event as recorded, and whose it is."""
    events = filled.json_lines("log", "--after", "3")
    assert events[0]["position"] == 4
    assert set(events[0]) == set(RunLogEntry.__struct_fields__)
    assert events[0]["data"]["type"] == events[0]["type"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
def test_a_narrow_terminal_shows_what_happened(filled: Shell) -> None:
    """A line an event at 60 columns too; the day and the type make room for the sentence."""
    from tests.cli.terminal import Terminal

    terminal = Terminal(60, filled.data, "log", "latest")
    try:
        assert terminal.end() == 0
    finally:
        terminal.close()
    lines = re.sub(r"\x1b\[[0-9;]*m", "", terminal.shown).splitlines()
    assert len(lines) == len(filled.json_lines("log", "latest"))
    assert all(cell_len(line) <= 60 for line in lines)
    assert any("page 1 is written: " in line for line in lines)
    assert lines[-1].endswith("the book is done")
