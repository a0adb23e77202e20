"""`verify`, `rebuild` and `doctor`: damage is found, named, and nothing else is."""

from __future__ import annotations

import json
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import storybook.cli.doctor
from storybook.cli.keep import Verdict
from storybook.settings import Settings
from storybook.stages.registry import Engines, choose_engines
from tests.cli.conftest import WORDS, Shell
from tests.cli.doubles import Brush, Scribe
from tests.engines import NoTranscriber
from tests.stores.pages import TABLE_LEAF, damage, damage_last


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
    assert f"`storybook repair {folder.name[:8]}`" in " ".join(result.stderr.split())
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


def test_the_doctor_names_what_is_ready(shell: Shell) -> None:
    """Every role and everything around it; a missing transcriber keeps no book from being made."""
    findings = {it["name"]: it for it in shell.json_lines("doctor")}
    assert list(findings) == [
        *("storybook", "SQLite", "settings", "writer", "illustrator", "narrator", "transcriber"),
        *("data folder", "disk", "memory", "log", "port"),
    ]
    assert findings["writer"]["found"] == "double 1.0 on cpu, ready; language ko; length 5 pages"
    assert findings["transcriber"]["grade"] == "knowing"
    assert findings["transcriber"]["mend"]
    assert not shell.data.exists()


def test_the_doctor_says_what_to_do(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that isn't ready keeps books from being made: exit code 1, with the mend."""
    lame = Engines(Scribe(), Brush(), NoTranscriber(), NoTranscriber())  # type: ignore[arg-type]  # any engine that isn't ready

    async def chosen(settings: Settings, data: Path) -> Engines:
        return lame

    monkeypatch.setattr(storybook.cli.doctor, "choose_engines", chosen)
    result = shell("doctor")
    assert result.exit_code == 1
    assert "to be mended: narrator" in result.stderr
    assert "→ Ask for another test" in result.stdout


def test_the_doctor_sees_a_taken_port(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what can be done about it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setenv("STORYBOOK_SERVER_PORT", str(listening.getsockname()[1]))
        (port,) = (it for it in shell.json_lines("doctor") if it["name"] == "port")
    assert port["grade"] == "knowing"
    assert "--port" in port["mend"]


def test_the_doctor_knows_the_log(shell: Shell) -> None:
    """How long it is, and that nobody writes it."""
    shell.make()
    (log,) = (it for it in shell.json_lines("doctor") if it["name"] == "log")
    assert "40 events" in log["found"]
    assert "no process writes it now" in log["found"]


@pytest.mark.parametrize("content", [None, b""], ids=["missing", "empty"])
def test_the_doctor_says_what_a_log_lacks(shell: Shell, content: bytes | None) -> None:
    """As the start does, which refuses; and so does what only looks."""
    shell.make()
    path = shell.data / "log.db"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    result = shell("doctor", "--json")
    assert result.exit_code == 1
    (log,) = (it for it in map(json.loads, result.stdout.splitlines()) if it["name"] == "log")
    assert "those from 1 on are missing" in log["found"]
    assert "those from 1 on are missing" in shell("list").stderr


def test_the_doctor_says_that_a_logs_end_is_damaged(shell: Shell) -> None:
    """Where nobody can tell any more how long it is."""
    shell.make()
    damage_last(shell.data / "log.db", lambda page: page[0] == TABLE_LEAF)
    result = shell("doctor", "--json")
    assert result.exit_code == 1
    (log,) = (it for it in map(json.loads, result.stdout.splitlines()) if it["name"] == "log")
    assert log["grade"] == "bad"


@pytest.mark.parametrize(
    ("variable", "value", "name", "left_out"),
    [("SERVER_PRT", "1", "settings", {"writer", "port"}), ("WRITER_ENGINE", "q", "engines", set())],
)
def test_the_doctor_goes_on_behind_a_fault_in_the_settings(
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
    name: str,
    left_out: set[str],
) -> None:
    """It is a bad finding like others; what needs no settings is looked at all the same."""
    monkeypatch.setattr(storybook.cli.doctor, "choose_engines", choose_engines)
    monkeypatch.setenv(f"STORYBOOK_{variable}", value)
    result = shell("doctor", "--json")
    assert result.exit_code == 1
    assert f"to be mended: {name}" in result.stderr
    findings = {it["name"]: it for it in map(json.loads, result.stdout.splitlines())}
    assert findings[name]["grade"] == "bad"
    assert {"data folder", "log"} <= set(findings)
    assert not left_out & set(findings)


def test_the_doctor_sees_that_the_data_folder_cannot_be_made(tmp_path: Path) -> None:
    """A file stands in its way; the message names it."""
    (tmp_path / "file").write_text("x")
    result = Shell(tmp_path / "file" / "data")("doctor", "--json")
    assert result.exit_code == 1
    assert f"cannot be made: {tmp_path / 'file'} is no folder" in result.stdout


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1"])
def test_a_wrong_host_is_no_matter_of_the_port(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """The doctor and the server say that the host is to be changed."""
    monkeypatch.setenv("STORYBOOK_SERVER_HOST", host)
    findings = {it["name"]: it for it in shell.json_lines("doctor")}
    assert "port" not in findings
    assert "[server] host" in findings["host"]["mend"]
    refused = shell("serve", "--port", "0")
    assert refused.exit_code == 1
    assert "--host" in refused.stderr
