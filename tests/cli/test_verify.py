"""`verify` and `rebuild`: damage is found, named, and nothing else is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from storybook.cli.verify import Verdict
from tests.cli.conftest import WORDS, Shell
from tests.stores.pages import TABLE_LEAF, damage


@contextmanager
def edited(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as db:
        yield db
        db.commit()


def test_nothing_is_found_where_nothing_is_wrong(shell: Shell) -> None:
    """Exit code 0, and the head to be noted down, which a later check is held to."""
    shell.make()
    verdict = shell.json("verify")
    assert set(verdict) == set(Verdict.__struct_fields__)
    assert (verdict["faults"], verdict["files"]) == ([], 10)
    assert shell("verify", "--anchor", verdict["head"]).exit_code == 0


def test_each_damaged_file_is_a_line(shell: Shell) -> None:
    """Changed and missing ones."""
    folder = Path(shell.make()["folder"])
    (folder / "cover.png").write_bytes(b"no picture")
    (folder / "page_3.wav").unlink()
    result = shell("verify")
    assert result.exit_code == 1
    assert f"`{shell.program} repair {folder.name[:8]}`" in " ".join(result.stderr.split())
    changed, missing = result.stdout.splitlines()
    assert changed.startswith(f"file {folder.name[:8]}/cover.png has 10 bytes and not ")
    assert missing == f"file {folder.name[:8]}/page_3.wav is missing"


def test_a_changed_event_is_a_line(shell: Shell) -> None:
    """With its position."""
    shell.make()
    with edited(shell.data / "log.db") as db:
        (trigger,) = db.execute(
            "SELECT sql FROM sqlite_schema WHERE name = 'events_never_change'"
        ).fetchone()
        db.execute("DROP TRIGGER events_never_change")
        db.execute(
            "UPDATE events SET data = CAST(replace(data, '우정', '미움') AS BLOB) "
            "WHERE position = 1"
        )
        db.execute(trigger)
    result = shell("verify")
    assert result.exit_code == 1
    (line,) = result.stdout.splitlines()
    assert line.startswith("log: event 1: its data was changed")


@pytest.mark.slow
def test_a_cut_off_log_is_found_by_its_anchor(shell: Shell, tmp_path: Path) -> None:
    """A chain can't show that its end is missing; a head that was noted down can."""
    shell.make()
    longer = Shell(tmp_path / "longer")
    longer.make()
    longer.make()
    anchor = longer.json("verify")["head"]
    result = shell("verify", "--anchor", anchor)
    assert result.exit_code == 1
    assert "the log ends at event" in result.stdout


def test_a_log_that_is_gone_is_a_fault(shell: Shell) -> None:
    """`verify` says what a start would; nothing that looks or steers makes the views anew."""
    run_id = shell.make()["run_id"]
    views = (shell.data / "projections.db").read_bytes()
    (shell.data / "log.db").unlink()
    result = shell("verify")
    assert result.exit_code == 1
    gone, seen, files = result.stdout.splitlines()
    assert gone == "log: the log is missing"
    assert seen.startswith("log: the views of ")
    assert files.endswith(f"but no event: {run_id}")
    for command in (("list",), ("rebuild",), ("cancel", run_id), ("make", *WORDS), ("serve",)):
        refused = shell(*command)
        assert refused.exit_code == 1
        assert "the log is missing" in refused.stderr
        assert "--accept-loss" in refused.stderr
    assert (shell.data / "projections.db").read_bytes() == views
    assert not (shell.data / "log.db").exists()


@pytest.mark.slow
def test_a_shorter_log_is_no_reason_to_make_the_views_anew(shell: Shell) -> None:
    """What they show that the log lacks is the only trace of it."""
    run_id = shell.make()["run_id"]
    before = (shell.data / "log.db").read_bytes()
    shell.make()
    (shell.data / "log.db").write_bytes(before)
    views = (shell.data / "projections.db").read_bytes()
    for command in (("list",), ("rebuild",), ("cancel", run_id), ("retry", "latest")):
        assert "are missing" in shell(*command).stderr
    assert (shell.data / "projections.db").read_bytes() == views
    assert shell.make("--accept-loss")["status"] == "DONE"
    assert shell.json("verify")["faults"] == []
    assert len(shell.json_lines("list")) == 2


def test_verify_tells_of_all_of_a_damaged_log(shell: Shell) -> None:
    """Also where the log's end cannot be read, which is its head."""
    shell.make()
    damage(shell.data / "log.db", lambda page: page[0] == TABLE_LEAF and b"RunCompleted" in page)
    result = shell("verify")
    assert result.exit_code == 1
    assert any("cannot be read" in it and "of run" in it for it in result.stdout.splitlines())


def test_changed_views_are_found_and_a_rebuild_mends_them(shell: Shell) -> None:
    """Until then each difference is a line."""
    shell.make()
    with edited(shell.data / "projections.db") as db:
        db.execute("UPDATE library SET title = 'something else'")
    assert shell("verify").exit_code == 1
    shell.json("rebuild", "timings", "artifacts")
    assert shell("verify").exit_code == 1
    refused = shell("rebuild", "books")
    assert refused.exit_code == 2 and "run_states" in refused.stderr
    report = shell.json("rebuild", "library")
    assert report["events"] == report["position"]
    assert shell("verify").exit_code == 0


def test_without_a_log_there_is_nothing_to_keep(shell: Shell) -> None:
    """Exit code 1, and nothing is made."""
    assert shell("verify").exit_code == 1
    assert shell("rebuild").exit_code == 1
    assert not shell.data.exists()
