"""A run that this version cannot read to its end, on the command line: named, in no way."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from storybook.book import RunId
from storybook.events.log import Position
from storybook.events.parked import ParkedRun
from storybook.stores.sqlite.verify import verify_log
from tests.cli.conftest import Shell, use_engines
from tests.stores.raw_rows import UNKNOWN_TYPE, append_row

WHY = f"the type {UNKNOWN_TYPE} (schema 1) is unknown to this version"


class Books(NamedTuple):
    """A data folder, and what `make` said of its two books, the first of which has recordings."""

    data: Path
    book: Any
    other: Any


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """Made once, and copied for each test."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        use_engines(monkeypatch)
        shell = Shell(tmp_path_factory.mktemp("books"))
        return Books(shell.data, shell.make("--seed", "1"), shell.make("--no-audio", "--seed", "2"))


class Parked:
    """A shell on a folder with two books, the older one of which is parked."""

    def __init__(self, shell: Shell, books: Books) -> None:
        self.shell, self.book, self.other = shell, books.book, books.other
        shutil.copytree(books.data, shell.data)
        self.position: Position = append_row(shell.data / "log.db", self.book["run_id"])
        self.events = len(shell.json_lines("log", self.book["run_id"]))
        self.what = (
            f"run {self.book['run_id']} is parked: its event {self.position} ({UNKNOWN_TYPE}) "
            f"cannot be read: {WHY}"
        )


@pytest.fixture
def parked(shell: Shell, books: Books) -> Parked:
    return Parked(shell, books)


def test_the_list_says_which_one_is_parked(parked: Parked) -> None:
    """Also where nothing comes after the event that parks it."""
    _, other, book = parked.shell("list").stdout.splitlines()
    assert ["parked" in line for line in (other, book)] == [False, True]


def test_both_books_are_listed(parked: Parked) -> None:
    """And a third one is made."""
    made = parked.shell.make("--no-audio", "--seed", "3")
    listed = parked.shell.json_lines("list")
    expected = [made["run_id"], parked.other["run_id"], parked.book["run_id"]]
    assert [it["run_id"] for it in listed] == expected
    _, first, second, third = parked.shell("list").stdout.splitlines()
    assert ["parked" in line for line in (first, second, third)] == [False, False, True]


def test_the_parked_one_is_shown_as_far_as_it_can_be_read(parked: Parked) -> None:
    """With its files and its timeline, and where and why it ends."""
    run_id = parked.book["run_id"]
    shown = parked.shell.json("show", run_id)
    assert shown["state"]["status"] == "DONE"
    assert shown["state"]["parked"] == {"position": parked.position, "why": WHY}
    assert len(shown["files"]) == 10
    printed = parked.shell("show", run_id)
    assert printed.exit_code == 0
    assert "is parked" in printed.stdout
    before = parked.shell.json("show", run_id, "--at", str(parked.position - 1))
    assert before["state"]["parked"] is None


def test_a_book_of_which_nothing_can_be_read(shell: Shell) -> None:
    """There is nothing to show, which is said; the others are listed."""
    made = shell.make("--no-audio")
    run_id = RunId("a" * 32)
    append_row(shell.data / "log.db", run_id, "RunRequested", b"{")
    result = shell("show", run_id)
    assert result.exit_code == 1
    assert f"run {run_id} is parked" in result.stderr
    assert [it["run_id"] for it in shell.json_lines("list")] == [made["run_id"]]


def test_verify_names_it(parked: Parked) -> None:
    """Nothing was changed, and yet not all is in order: the exit code is 1."""
    assert list(verify_log(parked.shell.data / "log.db")) == []
    parked.shell("list")  # brings the views up to date
    result = parked.shell("verify")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{parked.what}. Start the storybook version that recorded it; "
        f"`{parked.shell.program} verify` says whether it was changed since"
    ]
    assert "backup" not in result.stderr  # there is nothing to be put back


def test_doctor_names_it(parked: Parked) -> None:
    """As something to be mended, with what to do."""
    result = parked.shell("doctor", "--json")
    assert result.exit_code == 1
    found = [it for it in _lines(result.stdout) if it["name"] == "parked run"]
    assert [(it["grade"], it["found"]) for it in found] == [("bad", parked.what)]
    assert found[0]["mend"].startswith("Start the storybook version that recorded it")


@pytest.mark.slow
def test_without_parked_runs_doctor_says_nothing_of_them(filled: Shell) -> None:
    """A row for each one that there is, and none for none."""
    result = filled("doctor", "--json")
    assert "parked run" not in [it["name"] for it in _lines(result.stdout)]


def test_a_damaged_row_is_damage_and_parks_its_run(parked: Parked) -> None:
    """Both are told: where the log was changed, and what cannot be read for it."""
    run_id = parked.other["run_id"]
    with closing(sqlite3.connect(parked.shell.data / "log.db", isolation_level=None)) as db:
        db.execute("DROP TRIGGER events_never_change")
        (at,) = db.execute(
            "SELECT max(position) FROM events WHERE run_id = ?", (run_id,)
        ).fetchone()
        db.execute("UPDATE events SET data = ? WHERE position = ?", (b'{"type":', at))
    found = parked.shell("verify").stdout.splitlines()
    assert any(f"event {at}: its data was changed" in it for it in found)
    assert any(it.startswith(f"run {run_id} is parked: its event {at}") for it in found)
    assert parked.shell.json("show", run_id)["state"]["parked"]["position"] == at


@pytest.mark.parametrize("command", [("watch",), ("cancel",), ("retry",), ("make", "--resume")])
def test_what_needs_the_whole_book_says_why_it_cannot(
    parked: Parked, command: tuple[str, ...]
) -> None:
    """Which event cannot be read, and what to do; nothing is recorded."""
    result = parked.shell(*command, parked.book["run_id"])
    assert result.exit_code == 1
    assert parked.what in result.stderr
    assert len(parked.shell.json_lines("log", parked.book["run_id"])) == parked.events


def _lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def test_doctor_asks_the_views_where_they_have_seen_all(
    parked: Parked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log is not read for it once more."""

    async def never(*_: object) -> dict[RunId, ParkedRun]:
        raise AssertionError("the views know")

    parked.shell.make("--no-audio", "--seed", "3")
    monkeypatch.setattr("storybook.cli.data_checks.find_parked", never)
    found = [
        it["found"]
        for it in _lines(parked.shell("doctor", "--json").stdout)
        if it["name"] == "parked run"
    ]
    assert found == [parked.what]
