"""The command line beside a running server on the same data folder."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import storybook.cli.watch
from storybook.cli.live_view import watch
from storybook.run import Run
from tests.cli.conftest import WORDS, Shell, until_it_waits
from tests.cli.doubles import ENDLESS

pytestmark = pytest.mark.slow

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def server(shell: Shell, start: Start) -> tuple[subprocess.Popen[str], str]:
    """A server on the shell's folder, and its URL."""
    process = start(shell.data, "serve", "--port", "0")
    assert process.stdout is not None
    said = process.stdout.readline()
    found = re.search(r"http://\S+", said)
    assert found, said
    return process, found[0]


def test_the_server_makes_the_book_and_all_else_is_the_same(
    shell: Shell, server: tuple[subprocess.Popen[str], str]
) -> None:
    """One line says so; files, page and exit code are those of a book made here."""
    result = shell("make", *WORDS)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"The server at {server[1]} holds this data folder")
    (folder,) = (shell.data / "outputs").iterdir()
    assert (folder / "book.html").exists()
    assert shell("list").stdout.count("DONE") == 1
    assert shell("verify").exit_code == 0
    assert shell("rebuild").exit_code == 0
    refused = shell("make", *WORDS, "--seed", "3")
    assert refused.exit_code == 1
    assert "takes no seed" in refused.stderr


def test_cancel_and_retry_go_through_the_server(
    shell: Shell, start: Start, server: tuple[subprocess.Popen[str], str]
) -> None:
    """A watcher in another process sees the end; what contradicts the run's state is told."""
    making = start(shell.data, "make", *WORDS[:6], "--topic", ENDLESS)
    until_it_waits(making)
    assert shell("cancel", "latest").exit_code == 0
    _, errors = making.communicate()
    assert making.returncode == 1
    assert "the book was cancelled" in errors
    again = shell("cancel", "latest")
    assert again.exit_code == 1
    assert "the run has ended (CANCELLED)" in again.stderr
    assert "goes on" in shell("retry", "latest").stdout
    timeline = shell.json("show", "latest")["timeline"]
    assert [it["attempt"] for it in timeline if it["stage"] == "PANEL_2"] == [1, 2]
    shell("cancel", "latest")


def test_a_book_is_changed_through_the_server(
    shell: Shell, server: tuple[subprocess.Popen[str], str]
) -> None:
    """It makes the edition; the book's page is written anew here, also when one is gone back to."""
    shell.make("--no-audio")
    (page,) = (shell.data / "outputs").glob("*/book.html")
    before = page.read_bytes()
    edit = ("edit", "latest", "--page", "0", "--text", "-")
    result = shell(*edit, input="새 제목")
    assert result.exit_code == 0, result.output
    assert f"The server at {server[1]}" in result.stdout
    assert "새 제목, edition 2" in result.stdout
    assert "새 제목" in page.read_text("utf-8")
    asked = shell("edit", "latest", "--page", "2", "--repaint", "--no-wait")
    assert asked.exit_code == 0, asked.output
    assert "The server makes the edition" in asked.stdout
    assert shell("watch", "latest").exit_code == 0
    assert shell("revert", "latest", "1", "--note", "zurück").exit_code == 0
    assert page.read_bytes() == before
    told = shell.json_lines("editions", "latest")
    assert [(it["edition"], it["status"]) for it in told] == [(n, "DONE") for n in (1, 2, 3, 4)]
    assert (told[3]["restores"], told[3]["note"]) == (1, "zurück")
    assert "{+새+}" in shell("diff", "latest", "1..3").stdout
    refused = shell(*edit, input="토끼의 권총")
    assert refused.exit_code == 1 and "권총" in refused.stderr
    assert "edition 1" in shell("revert", "latest", "1").stderr
    fifth = shell.json("edit", "latest", "--page", "2", "--repaint", "--no-wait")
    assert fifth == {"run_id": fifth["run_id"], "edition": 5}


def test_a_make_does_not_outwait_its_server(
    shell: Shell, start: Start, server: tuple[subprocess.Popen[str], str]
) -> None:
    """When the server has gone nobody makes the book: exit code 1, and the way on."""
    making = start(shell.data, "make", *WORDS[:6], "--topic", ENDLESS)
    until_it_waits(making)
    server[0].kill()
    server[0].wait()
    _, errors = making.communicate()
    assert making.returncode == 1
    assert f"the server at {server[1]} has stopped" in errors
    assert "make --resume" in errors


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_watch_does_not_outwait_the_process(
    shell: Shell, start: Start, options: tuple[str, ...]
) -> None:
    """Where nobody can press Ctrl-C it ends with the process, and at once if there is none."""
    making = start(shell.data, "make", *WORDS[:6], "--topic", ENDLESS)
    until_it_waits(making)
    watching = start(shell.data, "watch", "latest", *options)
    assert watching.stdout is not None
    assert watching.stdout.readline()
    making.kill()
    making.communicate()
    _, errors = watching.communicate()
    assert watching.returncode == 1
    assert "no process makes books here now" in errors
    again = shell("watch", "latest", *options)
    assert again.exit_code == 1
    assert "make --resume" in again.stderr


def test_a_watch_on_a_terminal_waits_for_a_process(
    shell: Shell, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so, and sees what another process then decides."""
    making = start(shell.data, "make", *WORDS[:6], "--topic", ENDLESS)
    until_it_waits(making)
    making.kill()
    making.communicate()

    async def watch_while_it_is_cancelled(*arguments: Any, **options: Any) -> Run:
        start(shell.data, "cancel", "latest")
        return await watch(*arguments, **options)

    monkeypatch.setattr(storybook.cli.watch, "can_wait", lambda: True)
    monkeypatch.setattr(storybook.cli.watch, "watch", watch_while_it_is_cancelled)
    watched = shell("watch", "latest")
    assert watched.exit_code == 1
    assert "the book is CANCELLED" in watched.stderr
    assert "Ctrl-C ends it" in watched.stderr


def test_one_process_serves_a_folder(
    shell: Shell, server: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    """A second server is told who has the folder, or that the port is taken."""
    second = shell("serve")
    assert second.exit_code == 1
    assert server[1] in second.stderr
    port = server[1].rsplit(":", 1)[1]
    elsewhere = Shell(tmp_path / "elsewhere")("serve", "--port", port)
    assert elsewhere.exit_code == 1
    assert "--port" in elsewhere.stderr


def test_a_server_stops_when_it_is_asked_to(server: tuple[subprocess.Popen[str], str]) -> None:
    """Ctrl-C is how it is meant to end: exit code 0."""
    process, _ = server
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 0
    assert "Stopped." in errors
    assert "Traceback" not in errors


def test_a_followed_log_shows_what_comes(
    shell: Shell, start: Start, server: tuple[subprocess.Popen[str], str]
) -> None:
    """`log --follow` in another process; Ctrl-C ends it well."""
    following = start(shell.data, "log", "--follow", "--json")
    made = shell.make()
    assert following.stdout is not None
    recorded = shell.json_lines("log")
    assert [json.loads(following.stdout.readline()) for _ in recorded] == recorded
    assert {it["run_id"] for it in recorded} == {made["run_id"]}
    following.send_signal(signal.SIGINT)
    _, errors = following.communicate()
    assert (following.returncode, errors) == (0, "")


def test_a_folder_that_another_make_works_in_is_told(shell: Shell, start: Start) -> None:
    """A process that serves nothing can't be asked: the message says what to do."""
    making = start(shell.data, "make", *WORDS[:6], "--topic", ENDLESS)
    until_it_waits(making)
    for arguments in (("make", *WORDS), ("cancel", "latest")):
        refused = shell(*arguments)
        assert refused.exit_code == 1
        assert f"process {making.pid} works in this data folder" in refused.stderr
    assert "RUNNING" in shell("list").stdout


def test_a_killed_process_holds_nothing_whoever_has_its_id_now(shell: Shell, start: Start) -> None:
    """Process ids come again: what it left in the lock file keeps no server from starting."""
    making = start(shell.data, "make", *WORDS[:6], "--topic", ENDLESS)
    until_it_waits(making)
    making.kill()
    making.communicate()
    lock = shell.data / "log.db.lock"
    left = json.loads(lock.read_text("utf-8"))
    assert left["pid"] == making.pid
    lock.write_text(json.dumps({"pid": os.getpid(), "url": "http://127.0.0.1:1"}), "utf-8")
    assert "No process makes books here now" in shell("list").stderr
    (log,) = (it for it in shell.json_lines("doctor") if it["name"] == "log")
    assert log["found"].endswith("no process writes it now")
    serving = start(shell.data, "serve", "--port", "0")
    assert serving.stdout is not None
    assert serving.stdout.readline().startswith("Storybook serves http://")


def test_a_server_tells_where_its_log_ends(shell: Shell, start: Start) -> None:
    """At its start and at its end: whoever keeps what it prints has anchors for `verify`."""
    shell.make()
    head = shell.json("verify")["head"]
    serving = start(shell.data, "serve", "--port", "0")
    assert serving.stdout is not None
    printed = [serving.stdout.readline() for _ in range(3)]
    assert printed[1] == f"The log ends at {head}\n"
    serving.send_signal(signal.SIGTERM)
    rest, _ = serving.communicate(timeout=30)
    assert rest == f"The log ends at {head}\n"
    assert not (shell.data / "log.db-wal").exists(), "a clean end leaves one file to copy"


def test_steering_works_without_a_server(shell: Shell, start: Start) -> None:
    """The decision is appended here, and the next process goes by it."""
    making = start(shell.data, "make", *WORDS[:6], "--topic", ENDLESS)
    until_it_waits(making)
    making.kill()
    making.communicate()
    listed = shell("list")
    assert "No process makes books here now" in listed.stderr
    assert "RUNNING (put down)" in listed.stdout
    assert "is cancelled" in shell("cancel", "latest").stdout
    assert shell.json_lines("list")[0]["status"] == "CANCELLED"
    assert "make --resume" in shell("retry", "latest").stdout
    assert shell.json_lines("list")[0]["status"] == "QUEUED"
