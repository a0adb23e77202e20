"""Backups beside a server that makes books, and backups that are killed."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

from storybook.data_folder import DataFolder
from tests.many_books import FILES_OF_A_BOOK, add_books
from tests.recorded_folder import all_rows
from tests.whole.server import PATIENCE_SECONDS, Server, serving, storybook

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # whole servers, also on a busy machine

QUICK = "tests.cli.program"
"""The program with engines that make a small book at once."""
BOOKS = 20


def run_json(data: Path, *arguments: str, fails: bool = False) -> Any:
    done = storybook(data, *arguments, "--json")
    assert (done.returncode != 0) == fails, done.stderr
    return msgspec.json.decode(done.stdout)


def test_nothing_is_lost_while_books_are_made(tmp_path: Path) -> None:
    """Each backup is the log of a moment with every file that it names; the last one has all."""
    data, backup = tmp_path / "data", tmp_path / "backup"
    heads = []
    with serving(data, QUICK) as server:
        for number in range(BOOKS):
            server.request()
            if number % 5 == 4:
                report = run_json(data, "backup", str(backup))
                assert report["missing"] == []
                restored = tmp_path / f"restored-{number}"
                run_json(data, "restore", str(backup), str(restored))
                heads.append((report["events"], restored))
        _wait_for_all(server)
        assert run_json(data, "backup", str(backup))["files"] == BOOKS * FILES_OF_A_BOOK
        assert server.stop() == 0
    rows = all_rows(data / "log.db")
    for events, restored in heads:
        assert all_rows(restored / "log.db")[:events] == rows[:events]
    run_json(data, "restore", str(backup), str(tmp_path / "last"))
    assert all_rows(tmp_path / "last" / "log.db") == rows
    with serving(heads[0][1], QUICK) as server:  # what was in hand goes on
        _wait_for_all(server)
        assert server.stop() == 0
    assert run_json(heads[0][1], "verify")["faults"] == []


def _wait_for_all(server: Server) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while {it["status"] for it in server.library()} != {"DONE"}:
        assert time.monotonic() < ends
        time.sleep(0.1)


def test_a_plain_copy_under_load_is_restored(tmp_path: Path) -> None:
    """`cp -r` copies files first and a longer log later: what lacks is told, and made again."""
    data, copy, new = tmp_path / "data", tmp_path / "copy", tmp_path / "new"
    with serving(data, QUICK) as server:
        early = server.request()
        _wait_for_all(server)
        shutil.copytree(data / "outputs", copy / "outputs")
        late = server.request()
        _wait_for_all(server)
        for name in ("log.db", "log.db-wal", "projections.db"):
            shutil.copy(data / name, copy / name)
    report = run_json(data, "restore", str(copy), str(new), fails=True)
    assert report["files"] == FILES_OF_A_BOOK
    assert {it.split("/")[0] for it in report["missing"]} == {late}
    with serving(new, QUICK):
        assert run_json(new, "repair", late)["looked_at"] == FILES_OF_A_BOOK
        assert run_json(new, "repair", early)["files"] == []
    assert run_json(new, "verify")["faults"] == []


@pytest.mark.parametrize("target", ["backup", "backup.tar"])
def test_a_backup_that_is_killed_leaves_the_old_one(tmp_path: Path, target: str) -> None:
    """Killed at many moments, by `kill -9` and by a stop, it never costs what was there; the next
    one goes on, and leaves nothing of those that were killed."""
    folder, backup = DataFolder(tmp_path / "data"), tmp_path / "elsewhere" / target
    anyio.run(add_books, folder, 0, 3, 1_000)
    run_json(folder.path, "backup", str(backup))
    anyio.run(add_books, folder, 3, 60, 20_000)
    chance, killed = random.Random(4), 0
    for number in range(4):
        process = subprocess.Popen(
            [sys.executable, "-m", "storybook", "--data", str(folder.path), "backup", str(backup)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wanted = chance.randrange(1, 60 * FILES_OF_A_BOOK)
        _until(process, lambda: _written(backup), wanted if number else 0)
        process.send_signal((signal.SIGKILL, signal.SIGTERM, signal.SIGINT)[number % 3])
        killed += process.wait() != 0
        there = run_json(folder.path, "backup", str(backup), "--verify")
        assert there["files"] in (3 * FILES_OF_A_BOOK, 63 * FILES_OF_A_BOOK)
    assert killed
    assert run_json(folder.path, "backup", str(backup))["files"] == 63 * FILES_OF_A_BOOK
    assert run_json(folder.path, "restore", str(backup), str(tmp_path / "new"))["missing"] == []
    left = {it.name for it in backup.parent.rglob(".*")}
    assert left == {".lock" if target == "backup" else ".backup.tar.lock"}


def _written(backup: Path) -> int:
    """How many files of books have been written since the first backup, roughly in a tar."""
    if backup.is_dir():
        return len(list(backup.glob("outputs/*/*"))) - 3 * FILES_OF_A_BOOK
    making = backup.parent / f".making-{backup.name}" / backup.name
    return making.stat().st_size // 20_000 if making.exists() else 0


def _until(process: subprocess.Popen[bytes], written: Callable[[], int], wanted: int) -> None:
    while process.poll() is None and written() < wanted:
        time.sleep(0.002)
