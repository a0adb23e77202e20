"""`list`, `show`, `log` and `watch` on books that are there."""

from __future__ import annotations

import json

import pytest

from storybook.http.log_entries import RunLogEntry
from tests.cli.conftest import WORDS, Shell, use_engines


def test_books_are_listed_newest_first(filled: Shell) -> None:
    """A line each, with its title and how much of it is ready."""
    header, newer, older = filled("list").stdout.splitlines()
    assert header.split() == ["run", "status", "stage", "pictures", "voices", "age", "title"]
    assert newer.split()[2:4] == ["5", "5"]
    assert older.split()[2:4] == ["5", "0"]
    assert "토끼와 호랑이의 봄" in newer


def test_wide_letters_keep_the_columns_straight(filled: Shell) -> None:
    """Behind a Korean title a line is as long as the others, in columns of the terminal."""
    from rich.cells import cell_len

    widths = {cell_len(line) for line in filled("list").stdout.splitlines()}
    assert len(widths) == 1


def test_the_list_as_json_is_a_line_a_book(filled: Shell) -> None:
    """The fields of the API's library."""
    books = filled.json_lines("list")
    assert [it["ready_max_audio_page"] for it in books] == [4, -1]
    assert filled.json_lines("list", "--limit", "1") == books[:1]
    assert filled.json_lines("list", "--status", "failed") == []


def test_an_empty_folder_has_no_books(shell: Shell) -> None:
    """No fault: a sentence, and no JSON."""
    assert "No books" in shell("list").stdout
    assert shell.json_lines("list") == []
    assert not shell.data.exists()


def test_a_book_is_shown_with_text_files_and_timeline(filled: Shell) -> None:
    """Everything that somebody asks of a book, on one page."""
    shown = filled("show", "latest").stdout
    assert shown.startswith("토끼와 호랑이의 봄")
    for part in (
        "조선시대 · 깊은 숲속 마을 · 토끼, 호랑이 · 우정",
        "드디어 무지개가 떴어요.",
        "panel_4.png",
    ):
        assert part in shown
    rows = [line for line in shown.splitlines() if "double 1.0" in line]
    assert len(rows) == 1 + 5 + 5
    assert all("█" in row or set(row) & set("▏▎▍▌▋▊▉") for row in rows)


def test_what_people_wrote_is_no_markup(shell: Shell) -> None:
    """Square brackets in a word are shown as they are."""
    shell("make", *WORDS[:6], "--topic", "[red]우정[/red]")
    assert "[red]우정[/red]" in shell("show", "latest").stdout


def test_a_book_is_shown_as_it_stood(filled: Shell) -> None:
    """`--at` folds the events up to a position."""
    begins = filled.json_lines("log", "--run", "latest")[0]["position"]
    shown = filled.json("show", "latest", "--at", str(begins + 1))
    assert shown["position"] == begins + 1
    assert shown["state"]["status"] == "QUEUED"
    assert [it["outcome"] for it in shown["timeline"]] == ["waiting"]
    text = filled("show", "latest", "--at", str(begins + 4)).stdout
    assert "working" in text


def test_a_book_cannot_be_shown_before_it_was(filled: Shell) -> None:
    """Nor behind the log's end; the message says what there is."""
    before, behind = (
        filled("show", "latest", "--at", "1"),
        filled("show", "latest", "--at", "99999"),
    )
    assert (before.exit_code, behind.exit_code) == (1, 1)
    assert "it begins at" in before.stderr
    assert "beyond the log's end" in behind.stderr


def test_a_run_is_named_by_its_beginning(filled: Shell) -> None:
    """Four characters or more, in any case, if they fit one."""
    run_id = filled.json_lines("list")[1]["run_id"]
    assert filled.json("show", run_id[:5].upper())["run_id"] == run_id
    assert filled.json("show", run_id)["run_id"] == run_id


def test_a_run_is_found_without_reading_the_library(
    filled: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many books there are."""
    run_id = filled.json_lines("list")[1]["run_id"]
    monkeypatch.delattr("storybook.projections.library.newest")
    assert filled.json("show", run_id[:8])["run_id"] == run_id


@pytest.mark.parametrize(
    ("text", "why"), [("abc", "too short"), ("zzzz", "no book"), ("0" * 32, "no book")]
)
def test_a_run_that_is_not_there_is_told(filled: Shell, text: str, why: str) -> None:
    """Exit code 1, and what to do."""
    result = filled("show", text)
    assert result.exit_code == 1
    assert why in result.stderr


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


def test_watching_tells_how_it_ended(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 0 for a book that is done, 1 for one that failed, with the reason."""
    shell.make()
    done = shell("watch", "latest")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1].endswith("the book is done")
    use_engines(monkeypatch, fails_at=0)
    shell.make()
    failed = shell("watch", "latest")
    assert failed.exit_code == 1
    assert "the paint has run out" in failed.stderr


def test_watching_as_json_prints_what_is_recorded(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lines of `log --json`, until the book has ended; the exit code is the same."""
    shell.make()
    assert shell.json_lines("watch", "latest") == shell.json_lines("log", "--run", "latest")
    use_engines(monkeypatch, fails_at=0)
    shell.make()
    failed = shell("watch", "latest", "--json")
    assert failed.exit_code == 1
    assert json.loads(failed.stdout.splitlines()[-1])["type"] == "RunFailed"
