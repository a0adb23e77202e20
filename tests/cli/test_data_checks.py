"""What the doctor finds in a data folder: damage, loss, and what cannot be written."""

from __future__ import annotations

import json
from typing import Any

from tests.cli.conftest import Shell
from tests.reading_only import reading_only
from tests.stores.pages import INDEX_LEAF, damage


def bad(shell: Shell) -> dict[str, Any]:
    """The findings that keep books from being made, by name; the exit code says that there are."""
    result = shell("doctor", "--json")
    assert result.exit_code == 1
    findings = map(json.loads, result.stdout.splitlines())
    return {it["name"]: it for it in findings if it["grade"] == "bad"}


def test_the_doctor_finds_a_damaged_page(shell: Shell) -> None:
    """Wherever it is, though nobody has asked for what is on it."""
    shell.make("--no-audio")
    damage(shell.data / "log.db", lambda page: page[0] == INDEX_LEAF)
    found = bad(shell)
    assert list(found) == ["log"]
    assert (
        f"{shell.data}/log.db is damaged: database disk image is malformed"
        in (found["log"]["found"])
    )
    assert "from a backup" in found["log"]["mend"]


def test_the_doctor_says_what_a_log_has_lost(shell: Shell) -> None:
    """The views and the files know better; nothing is changed."""
    shell.make("--no-audio")
    (shell.data / "log.db").unlink()
    found = bad(shell)
    assert list(found) == ["evidence"]
    assert found["evidence"]["found"].startswith("the log is missing; the views of ")
    assert "--accept-loss" in found["evidence"]["mend"]
    assert not (shell.data / "log.db").exists()


def test_the_doctor_knows_a_folder_that_can_only_be_read(shell: Shell) -> None:
    """It says what still goes, and what to do."""
    shell.make("--no-audio")
    with reading_only(shell.data):
        found = bad(shell)
    assert list(found) == ["data folder"]
    assert found["data folder"]["found"].endswith("its books are shown, and none are made")
    assert "Let this user write it" in found["data folder"]["mend"]
