"""Errors at the edge: messages for people, tracebacks for us."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import anyio
import pytest
import rich_click as click

from storybook.cli.errors import run_async
from storybook.cli.failure import Failure, os_failure
from storybook.events.log import LogUnavailable
from storybook.projections.projector import ProjectionsBusy
from storybook.projections.views import ForeignFile
from storybook.run import NoSuchRun
from storybook.settings import SettingsError
from storybook.stores.sqlite.log import SqliteLog
from tests.cli.conftest import WORDS, Shell


async def _in_a_task_group(error: Exception) -> None:
    async def fail() -> None:
        raise error

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(fail)


@pytest.mark.parametrize(
    "error",
    [
        *(NoSuchRun(), OSError("no space"), Failure("no such run")),
        *(ForeignFile("another version"), ProjectionsBusy("ask again")),
    ],
)
def test_errors_for_people_become_messages(error: Exception) -> None:
    """Also out of a task group, which wraps them."""
    with pytest.raises(Failure, match=str(error)):
        run_async(lambda: _in_a_task_group(error))


def test_a_fault_in_the_settings_is_a_usage_error() -> None:
    """Also one that is found only while things are built."""
    with pytest.raises(click.UsageError, match="unknown engine") as raised:
        run_async(lambda: _in_a_task_group(SettingsError("unknown engine")))
    assert raised.value.exit_code == 2


def test_other_errors_keep_their_traceback() -> None:
    """They are faults of ours."""
    with pytest.raises(ExceptionGroup) as raised:
        run_async(lambda: _in_a_task_group(KeyError("x")))
    assert isinstance(raised.value.exceptions[0], KeyError)


def test_a_closed_pipe_is_not_told() -> None:
    """`storybook log | head` ends quietly."""
    with pytest.raises(BrokenPipeError):
        run_async(lambda: _in_a_task_group(BrokenPipeError()))


@pytest.mark.parametrize(
    ("number", "why", "mend"),
    [
        (errno.EROFS, "it can only be read here", "let it be written"),
        (errno.EACCES, "this user may not", "change its permissions"),
        (errno.ENOSPC, "the disk is full", "make room there"),
    ],
)
def test_what_the_system_refuses_is_told_with_what_to_do(number: int, why: str, mend: str) -> None:
    """The path, why, and the other way out; where no path is named, it is the data folder."""
    named = os_failure(OSError(number, "no", "/books/log.db"), Path("/books"))
    assert str(named) == f"/books/log.db: {why}; {mend}, or name another folder with --data"
    assert str(os_failure(OSError(number, "no"), Path("/books"))).startswith("/books: ")
    assert str(os_failure(OSError(errno.EISDIR, "Is a directory", "/x"), None)) == (
        "/x: Is a directory"
    )


def test_a_folder_that_cannot_be_made_is_told(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By every command that writes, whether a coroutine runs or not: no number, no traceback."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(shell.data))

    monkeypatch.setattr(Path, "mkdir", refuse)
    monkeypatch.setattr(os, "mkdir", refuse)
    for command in (("make", *WORDS), ("models", "pull", "whisper-base")):
        refused = shell(*command)
        assert refused.exit_code == 1
        assert f"error: {shell.data}: it can only be read here; let it be" in refused.stderr


def test_a_full_disk_is_told_where_sqlite_only_says_that_it_cannot(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It makes a file beside the log even to read it."""
    shell.make("--no-audio")

    @asynccontextmanager
    async def unreadable(path: Path) -> AsyncIterator[None]:
        raise LogUnavailable(f"{path} cannot be read: disk I/O error")
        yield

    monkeypatch.setattr(SqliteLog, "read_only", unreadable)
    assert shell("list").stderr.endswith("disk I/O error\n")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=0))
    told = shell("list").stderr
    assert f"disk I/O error. {shell.data}: the disk is full; make room there, or" in told
