"""`watch`: a book, until it has ended."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Shell, use_engines


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
