"""`show`: one book, and how a book is named."""

from __future__ import annotations

from functools import partial

import anyio
import pytest

from storybook.book import WRITING, StoryRequest
from storybook.commands import Commands
from storybook.events.catalog import EngineInfo
from storybook.run import cancel_run, defer_stage, pin_run, request_run
from storybook.stores.sqlite.log import SqliteLog
from tests.cli.conftest import WORDS, Shell
from tests.engines import run_id


@pytest.mark.slow
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


@pytest.mark.slow
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
    """Nor after the log's end; the message says what there is."""
    before, beyond = (
        filled("show", "latest", "--at", "1"),
        filled("show", "latest", "--at", "99999"),
    )
    assert (before.exit_code, beyond.exit_code) == (1, 1)
    assert "it begins at" in before.stderr
    assert "beyond the log's end" in beyond.stderr


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


def test_the_folder_and_the_id_are_never_cut(
    filled: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They can be copied in every width: the terminal wraps them."""
    for columns in ("60", "80", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        told = filled("show", "latest").stdout.splitlines()
        shown = filled.json("show", "latest")
        assert f"run        {shown['run_id']}" in told
        assert f"folder     {shown['folder']}" in told
        assert not any("…" in line for line in told)


def test_a_piped_page_is_as_wide_as_columns_says(
    filled: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text wraps there, as it does on a terminal; without `COLUMNS` it is a wide one."""
    from rich.cells import cell_len

    def widest_of_the_text() -> int:
        text = filled("show", "latest").stdout.split("\n\n")
        return max(cell_len(line) for part in text[1:5] for line in part.splitlines())

    monkeypatch.setenv("COLUMNS", "30")
    assert widest_of_the_text() <= 30
    monkeypatch.delenv("COLUMNS")
    assert 30 < widest_of_the_text() <= 110


def test_at_a_position_only_what_was_there_is_listed(filled: Shell) -> None:
    """No file that came later, and no page to open: that is made after the last event."""
    events = filled.json_lines("log", "latest")
    first = next(it["position"] for it in events if it["data"].get("artifact"))
    at = filled("show", "latest", "--at", str(first)).stdout
    name = next(it["data"]["artifact"]["name"] for it in events if it["data"].get("artifact"))
    listed = [line.split()[0] for line in at.splitlines() if " 64 × 64" in line or ".wav" in line]
    assert listed == [name]
    last = str(events[-1]["position"])
    assert "book.html" not in filled("show", "latest", "--at", last).stdout
    assert "book.html" in filled("show", "latest").stdout
    before = filled("show", "latest", "--at", str(first - 1)).stdout
    assert ".png" not in before and ".wav" not in before
    assert filled.json("show", "latest", "--at", str(first - 1))["files"] == []


def test_how_long_a_book_took_ends_with_it(shell: Shell) -> None:
    """What becomes of its files an hour later is no part of that."""
    moment = 1_770_000_000_000_000

    async def live() -> None:
        nonlocal moment
        async with SqliteLog.open(shell.data / "log.db", clock=lambda: moment) as log:
            words = StoryRequest("조선", "숲", "토끼", "우정")
            request = partial(request_run, request=words, seed=7, tts=None)
            for seconds, command in ((0, request), (90, cancel_run), (3_600, pin_run)):
                moment += seconds * 1_000_000
                await Commands(log).execute(run_id(1), command)

    shell.data.mkdir(exist_ok=True)
    anyio.run(live)
    assert "took 90.0 s" in shell("show", "latest").stdout


def test_a_book_that_waits_for_an_engine_says_so(shell: Shell) -> None:
    """For which, since when and why; not of a moment that is over."""

    async def wait() -> None:
        async with SqliteLog.open(
            shell.data / "log.db", clock=lambda: 1_770_000_000_000_000
        ) as log:
            words = StoryRequest("조선", "숲", "토끼", "우정")
            request = partial(request_run, request=words, seed=7, tts=None)
            away = partial(defer_stage, engine=EngineInfo("openai"), why="nobody answers")
            await Commands(log).execute(run_id(1), request)
            await Commands(log).execute(run_id(1), partial(away, work=WRITING, attempt=1))

    shell.data.mkdir(exist_ok=True)
    anyio.run(wait)
    shown = shell("show", "latest").stdout
    assert "waits      for openai since 2026-02-02 02:40:00 UTC (" in shown
    assert "): nobody answers" in shown
    state = shell.json("show", "latest")["state"]
    assert (state["status"], state["waiting_for"]) == (
        "QUEUED",
        {"engine": "openai", "since": "2026-02-02T02:40:00.000Z", "why": "nobody answers"},
    )
    assert shell.json("show", "latest", "--at", "3")["state"]["waiting_for"] is None
