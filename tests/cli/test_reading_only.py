"""A data folder that can only be read: a copy on a read-only disk, or somebody else's."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import Shell
from tests.reading_only import reading_only

pytestmark = pytest.mark.slow


def test_books_are_listed_shown_and_checked(shell: Shell) -> None:
    """Everything that only looks, without and with views that another version has left there."""
    made = shell.make("--no-audio")
    for without_views in (False, True):
        if without_views:
            (shell.data / "projections.db").unlink()
        before = sorted(it.name for it in shell.data.iterdir())
        with reading_only(shell.data):
            (book,) = shell.json_lines("list")
            assert book["run_id"] == made["run_id"]
            assert shell.json("show", "latest")["state"]["status"] == "DONE"
            assert shell.json_lines("log", made["run_id"][:8])[-1]["type"] == "RunCompleted"
            verdict = shell("verify")
            assert verdict.exit_code == (1 if without_views else 0), verdict.output
            assert ("missing" in verdict.output) == without_views
        assert sorted(it.name for it in shell.data.iterdir()) == before


def test_a_server_shows_and_refuses(
    shell: Shell, start: Callable[..., subprocess.Popen[str]]
) -> None:
    """Reads are served, POST answers 503 with the folder and what mends it, no lock is taken."""
    made = shell.make("--no-audio")
    lock: Path = shell.data / "log.db.lock"
    with reading_only(shell.data):
        server = start(shell.data, "serve", "--port", "0")
        assert server.stdout is not None
        url = server.stdout.readline().split()[2]
        assert "can only be read" in server.stdout.readline()
        assert lock.read_text() == ""
        run = f"{url}/api/runs/{made['run_id']}"
        assert httpx.get(run).json()["status"] == "DONE"
        assert httpx.get(f"{run}/images/cover.png").status_code == 200
        assert len(httpx.get(f"{url}/api/runs").json()["runs"]) == 1
        words = {"era_ko": "미래", "place_ko": "바다", "characters_ko": "고래", "topic_ko": "용기"}
        refused = httpx.post(f"{url}/api/runs", json=words)
        assert refused.status_code == 503
        assert str(shell.data) in refused.json()["detail"]
        assert "let this user write it" in refused.json()["detail"]
        (reason,) = httpx.get(f"{url}/readyz").json()["reasons"]
        assert reason == refused.json()["detail"]
        repair = httpx.post(f"{run}/repair")
        assert (repair.status_code, repair.json()) == (503, refused.json())
        server.terminate()
        assert server.wait(30) == 0


@pytest.mark.parametrize("command", [("make", "--resume"), ("repair",), ("cancel",), ("retry",)])
def test_what_records_says_that_it_cannot(shell: Shell, command: tuple[str, ...]) -> None:
    """At once, with the folder and what mends it: nobody waits for a book that nobody makes."""
    run_id = shell.make("--no-audio")["run_id"]
    with reading_only(shell.data):
        result = shell(*command, run_id)
    assert result.exit_code == 1
    assert str(shell.data) in result.stderr
    assert "let this user write" in result.stderr
