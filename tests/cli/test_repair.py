"""`storybook repair`: what is lost or damaged is made again, with a server or without."""

from __future__ import annotations

import errno
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import storybook.cli.repair
from storybook.book import RunId
from storybook.cli.server_client import ServerClient
from storybook.events.catalog import EngineInfo
from storybook.repair import Repair
from storybook.settings import Settings
from storybook.stages.registry import Engines
from tests.cli.conftest import Shell, use_engines
from tests.cli.doubles import double_engines

pytestmark = pytest.mark.slow

Start = Callable[..., subprocess.Popen[str]]


def harm(made: dict[str, str]) -> None:
    """A picture is lost, a recording changed at the same size."""
    folder = Path(made["folder"])
    (folder / "panel_2.png").unlink()
    voice = folder / "page_3.wav"
    voice.write_bytes(voice.read_bytes()[:-2] + b"!!")


def test_a_damaged_book_is_whole_again(shell: Shell) -> None:
    """`verify` finds the damage and names the command; after it nothing is found."""
    made = shell.make()
    harm(made)
    found = shell("verify")
    assert found.exit_code == 1
    assert f"`{shell.program} repair {made['run_id'][:8]}`" in " ".join(found.stderr.split())
    assert [line.split()[1] for line in found.stdout.splitlines()] == [
        f"{made['run_id'][:8]}/page_3.wav",
        f"{made['run_id'][:8]}/panel_2.png",
    ]
    result = shell("repair", "latest")
    assert result.exit_code == 0, result.output
    first, second, *done = result.stdout.splitlines()
    assert first == "panel_2.png is missing; double 1.0 makes it again"
    assert second.startswith("page_3.wav has other bytes: its SHA-256 should be ")
    assert done == [
        "✓ panel_2.png is there again, the same as before",
        "✓ page_3.wav is there again, the same as before",
    ]
    assert shell("verify").exit_code == 0
    assert "panel_2.png was made again, with the same bytes (double 1.0)" in shell("log").stdout
    assert "Nothing to repair: all 10 files" in shell("repair", "latest").stdout


def test_a_changed_engine_is_told_before(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file will not be the one that it was, and the log says so."""
    harm(shell.make())

    async def later(settings: Settings, data: Path) -> Engines:
        engines = double_engines()
        engines.illustrator.best.info = EngineInfo("double", "2.0")  # type: ignore[misc]  # a double's
        return engines

    monkeypatch.setattr(storybook.cli.repair, "choose_engines", later)
    lines = shell("repair", "latest").stdout.splitlines()
    assert lines[0] == (
        "panel_2.png is missing; double 1.0 made it, double 2.0 makes it now: it will be another"
    )
    assert lines[1].endswith("double 1.0 makes it again")


def test_json_is_one_object(shell: Shell) -> None:
    """With what became of each file."""
    harm(shell.make())
    repair = shell.json("repair", "latest")
    assert [(it["name"], it["outcome"], it["is_same"]) for it in repair["files"]] == [
        ("panel_2.png", "done", True),
        ("page_3.wav", "done", True),
    ]


def test_a_file_that_cannot_be_made_is_told(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 1, why, and the others are made all the same."""
    harm(shell.make())
    use_engines(monkeypatch, fails_at=2)
    result = shell("repair", "latest")
    assert result.exit_code == 1
    assert "✗ panel_2.png could not be made: the paint has run out" in result.stdout
    assert "✓ page_3.wav" in result.stdout
    assert "1 of 2 damaged files" in result.stderr


def test_a_book_that_is_not_finished_is_not_repaired(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed one is: what it has made may be lost, too."""
    use_engines(monkeypatch, fails_at=3)
    made = shell.make()
    (Path(made["folder"]) / "cover.png").unlink()
    use_engines(monkeypatch)
    assert shell("repair", "latest").exit_code == 0
    assert shell("retry", "latest").exit_code == 0
    refused = shell("repair", "latest")
    assert refused.exit_code == 1
    assert "the run is QUEUED" in refused.stderr


def test_a_server_that_was_started_anew_knows_of_no_repair(
    shell: Shell, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was waited for will not come: that is no repair that has ended."""
    harm(shell.make())
    serving = start(shell.data, "serve", "--port", "0")
    assert serving.stdout is not None
    assert serving.stdout.readline()

    async def forgotten(server: ServerClient, run_id: RunId) -> Repair:
        return Repair(run_id, 0, [])

    monkeypatch.setattr(ServerClient, "repair_of", forgotten)
    result = shell("repair", "latest")
    assert result.exit_code == 1
    assert "started anew" in result.stderr


def test_a_running_server_is_asked(shell: Shell, start: Start) -> None:
    """The same lines; the server has the log."""
    harm(shell.make())
    serving = start(shell.data, "serve", "--port", "0")
    assert serving.stdout is not None
    assert re.search(r"http://\S+", serving.stdout.readline())
    result = shell("repair", "latest")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("✓") == 2
    assert "double 1.0 makes it again" in result.stdout
    assert "Nothing to repair" in shell("repair", "latest").stdout
    assert shell("verify").exit_code == 0


def test_a_file_that_cannot_be_read_is_left_alone(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be whole: `verify` says so in a line, and nothing is put in its place."""
    shell.make()

    def refuse(path: str, flags: int) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("storybook.stores.files._open_plainly", refuse)
    assert shell("verify").stdout.count("cannot be read: Permission denied") == 10
    refused = shell("repair", "latest")
    assert refused.exit_code == 1
    assert "cannot be read: Permission denied" in refused.stderr
    assert "was made again" not in shell("log").stdout
