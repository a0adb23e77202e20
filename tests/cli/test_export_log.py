"""`export-log` and `import-log`: the log moves as text, and nothing of it changes."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from storybook.book import RunId
from storybook.stores.sqlite.connection import open_writer
from storybook.stores.sqlite.holder import WriteLock
from storybook.stores.sqlite.migrations import migrate
from tests.cli.conftest import Shell
from tests.recorded_folder import all_rows, recorded_folder
from tests.stores.logs import SqliteStore
from tests.stores.pages import TABLE_LEAF, damage
from tests.stores.raw_rows import append_row, forget_rows


@pytest.fixture
def kept(shell: Shell) -> Shell:
    """A shell on a folder with a log."""
    recorded_folder(shell.data)
    return shell


@pytest.fixture
def other(tmp_path: Path) -> Shell:
    """A shell on a folder that is not there yet."""
    return Shell(tmp_path / "other")


def told(text: str) -> str:
    return " ".join(text.split())


def exported(shell: Shell) -> list[dict[str, Any]]:
    return [msgspec.json.decode(it) for it in shell("export-log").stdout_bytes.splitlines()]


def written(lines: list[dict[str, Any]], to: Path) -> str:
    to.write_bytes(b"".join(msgspec.json.encode(it) + b"\n" for it in lines))
    return str(to)


def test_a_log_comes_back_as_it_was(kept: Shell, other: Shell, tmp_path: Path) -> None:
    """Every row of it; it verifies, and exports to the same bytes."""
    report = kept.json("export-log", "log.jsonl")
    assert report["lines"] == 1 + len(all_rows(kept.data / "log.db"))
    assert other.json("import-log", "log.jsonl")["events"] == 450
    assert all_rows(other.data / "log.db") == all_rows(kept.data / "log.db")
    assert SqliteStore(other.data / "log.db").faults() == []
    assert other("export-log").stdout_bytes == (tmp_path / "log.jsonl").read_bytes()
    assert {it.name for it in other.data.iterdir()} >= {"log.db", "projections.db"}
    assert not list(other.data.glob("*importing*"))


def test_the_first_line_says_what_follows(kept: Shell) -> None:
    """And each other one can be read by itself."""
    head, first, *_, last = exported(kept)
    assert (head["format"], head["version"], head["events"]) == ("storybook log", 1, 450)
    assert head["head"].startswith("450:")
    assert first["position"] == 1 and first["data"]["request"]["topic"]
    assert set(last) == {"command", "run_id", "first_position", "last_position", "version"}


def test_erased_data_stays_erased(kept: Shell, other: Shell, tmp_path: Path) -> None:
    """It is null, and the chain still holds; without the event that says so it is damage."""
    run_id = exported(kept)[1]["run_id"]
    forget_rows(kept.data / "log.db", run_id)
    lines = exported(kept)
    gone = [it for it in lines if it.get("run_id") == run_id and it.get("data", 0) is None]
    assert len(gone) > 1
    assert other.json("import-log", written(lines, tmp_path / "log.jsonl"))["events"] == 451
    assert all_rows(other.data / "log.db") == all_rows(kept.data / "log.db")
    with closing(sqlite3.connect(kept.data / "log.db")) as db, db:
        (sql,) = db.execute(
            "SELECT sql FROM sqlite_schema WHERE name = 'events_never_change'"
        ).fetchone()
        db.execute("DROP TRIGGER events_never_change")
        db.execute("UPDATE events SET data = x'' WHERE position = 400")
        db.execute(sql)
    assert "event 400: its data is gone, and its run was not forgotten" in kept("verify").stdout


@pytest.mark.parametrize("data", [b'{"a":\n1}', b"no json", b"\xff\xfe", b"null", b' {"a":1} '])
def test_data_of_any_bytes_survives(kept: Shell, other: Shell, data: bytes) -> None:
    """Such as another version may have recorded: a run is parked by it, and none is changed."""
    append_row(kept.data / "log.db", RunId(exported(kept)[1]["run_id"]), data=data)
    kept.json("export-log", "log.jsonl")
    (line,) = [it for it in exported(kept) if it.get("position") == 451]
    assert line["base64"] and base64.b64decode(line["data"]) == data
    other.json("import-log", "log.jsonl")
    assert all_rows(other.data / "log.db") == all_rows(kept.data / "log.db")


def test_it_is_imported_where_there_is_no_log(kept: Shell, other: Shell, tmp_path: Path) -> None:
    """An empty one gives way, one with events does not; nor what is left of one."""
    kept.json("export-log", "log.jsonl")
    assert "has 450 events" in told(kept("import-log", "log.jsonl").stderr)
    other.data.mkdir()
    (other.data / "log.db").touch()
    (other.data / "log.db-wal").write_bytes(b"left")
    assert "is left of a log that is gone" in told(other("import-log", "log.jsonl").stderr)
    (other.data / "log.db-wal").unlink()
    (other.data / "log.db.importing").write_bytes(b"of one that was killed")
    assert other("import-log", "log.jsonl").exit_code == 0


def test_a_log_that_is_written_is_not_imported_into(kept: Shell, other: Shell) -> None:
    """A server that has just been started has an empty one."""
    kept.json("export-log", "log.jsonl")
    other.data.mkdir()
    with closing(open_writer(other.data / "log.db")) as db:
        migrate(db, "log")
        with closing(WriteLock(other.data / "log.db")):
            assert "is written by process" in told(other("import-log", "log.jsonl").stderr)
    assert other.json("import-log", "log.jsonl")["events"] == 450


def changed_word(lines: list[dict[str, Any]]) -> None:
    lines[1]["data"]["request"]["topic"] = "미움"


def cut_off(lines: list[dict[str, Any]]) -> None:
    del lines[-3:]


def cut_off_events(lines: list[dict[str, Any]]) -> None:
    del lines[300:]


def shorter_and_said_so(lines: list[dict[str, Any]]) -> None:
    del lines[450]
    lines[0]["events"] = 449


def a_gap(lines: list[dict[str, Any]]) -> None:
    del lines[200]
    lines[0]["events"] = 449


def one_line_less(lines: list[dict[str, Any]]) -> None:
    del lines[200]


def two_of_one(lines: list[dict[str, Any]]) -> None:
    lines.append(lines[-1])


def other_answer(lines: list[dict[str, Any]]) -> None:
    lines[-1]["version"] += 1


def newer(lines: list[dict[str, Any]]) -> None:
    lines[0]["version"] = 2


def headless(lines: list[dict[str, Any]]) -> None:
    del lines[0]


def bad_digest(lines: list[dict[str, Any]]) -> None:
    lines[7]["digest"] = "zz"


def no_run(lines: list[dict[str, Any]]) -> None:
    del lines[7]["run_id"]


def test_a_line_that_is_nested_deep_is_not_imported(
    kept: Shell, other: Shell, tmp_path: Path
) -> None:
    """It is told like all that is wrong with an export."""
    kept.json("export-log", "log.jsonl")
    head = (kept.data.parent / "log.jsonl").read_bytes().partition(b"\n")[0]
    deep = tmp_path / "deep.jsonl"
    deep.write_bytes(head + b'\n{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n")
    result = other("import-log", str(deep))
    assert result.exit_code == 1 and "line 2: maximum recursion" in told(result.stderr)


def beyond_sqlite(lines: list[dict[str, Any]]) -> None:
    lines[1]["recorded_at"] = 2**63


def fewer_than_none(lines: list[dict[str, Any]]) -> None:
    lines[0]["events"] = -1


def more_than_any(lines: list[dict[str, Any]]) -> None:
    lines[0]["commands"] = 10**30


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (beyond_sqlite, "line 2: Expected `int` <= 9223372036854775807"),
        (fewer_than_none, "line 1: expected the head"),
        (more_than_any, "line 1: expected the head"),
        (changed_word, "event 1: its data was changed"),
        (cut_off, "cut off: 3 lines are missing"),
        (cut_off_events, "cut off: 151 lines are missing"),
        (shorter_and_said_so, "was changed since it was made"),
        (a_gap, "positions and versions have no gaps"),
        (one_line_less, "line 451: Object missing required field `position`"),
        (two_of_one, "expected the end"),
        (other_answer, "was answered with other events"),
        (newer, "use that version"),
        (headless, "line 1: expected the head"),
        (bad_digest, "event 7: non-hexadecimal"),
        (no_run, "line 8: Object missing required field `run_id`"),
    ],
)
def test_what_was_changed_is_not_imported(
    kept: Shell,
    other: Shell,
    tmp_path: Path,
    change: Callable[[list[dict[str, Any]]], None],
    why: str,
) -> None:
    """It is told what and where, and no log is begun."""
    lines = exported(kept)
    change(lines)
    result = other("import-log", written(lines, tmp_path / "log.jsonl"))
    assert result.exit_code == 1
    assert why in told(result.stderr)
    assert not list(other.data.glob("log.db*")) or [it.name for it in other.data.iterdir()] == [
        "log.db.lock"
    ]


def test_an_export_that_is_cut_off_within_a_line(kept: Shell, other: Shell, tmp_path: Path) -> None:
    """As a full disk or a lost connection leaves it."""
    file = tmp_path / "log.jsonl"
    kept("export-log", str(file))
    file.write_bytes(file.read_bytes()[:-700])
    result = other("import-log", str(file))
    assert result.exit_code == 1
    assert "cut off within line" in told(result.stderr) and "export the log again" in result.stderr


def test_a_damaged_log_is_exported_to_no_file(kept: Shell, tmp_path: Path) -> None:
    """Half of a log would look like all of it."""
    damage(kept.data / "log.db", lambda page: page[0] == TABLE_LEAF)
    result = kept("export-log", "log.jsonl")
    assert result.exit_code == 1 and "is damaged" in result.stderr
    assert not list(tmp_path.glob("*log.jsonl*"))


def test_a_place_that_cannot_be_written_is_named(kept: Shell, tmp_path: Path) -> None:
    """Another data folder would mend nothing."""
    result = kept("export-log", str(tmp_path / "nowhere" / "log.jsonl"))
    assert result.exit_code == 1 and "name another place" in told(result.stderr)
    assert "--data" not in result.stderr


def test_it_is_printed_or_written(kept: Shell, other: Shell, tmp_path: Path) -> None:
    """To standard output, from standard input; an object can be printed only beside a file."""
    printed = kept("export-log").stdout_bytes
    kept("export-log", "log.jsonl")
    assert (tmp_path / "log.jsonl").read_bytes() == printed
    assert kept("export-log", "--json").exit_code == 2
    assert other("import-log", "-", input=printed.decode()).exit_code == 0
    assert "no books in" in Shell(tmp_path / "nothing")("export-log").stderr
    assert other("import-log", "missing.jsonl").exit_code == 2
