"""`log`: every event, read aloud."""

from __future__ import annotations

import pytest

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
