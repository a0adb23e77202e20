"""A shell for the tests: commands run in this process, with engines that make a book at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from click.testing import CliRunner, Result

import storybook.bootstrap
import storybook.cli.book_making
import storybook.cli.doctor
import storybook.cli.edit
import storybook.cli.make
import storybook.cli.repair
from storybook.cli import cli
from storybook.export.media import Encode, picture_in_thread
from tests.cli.doubles import chosen_doubles
from tests.comfyui.double import ComfyDouble

REPOSITORY = Path(__file__).parents[2]
WORDS = (
    *("--era", "조선시대", "--place", "깊은 숲속 마을"),
    *("--characters", "토끼, 호랑이", "--topic", "우정"),
)
TOO_LONG_SECONDS = 60.0
ESCAPE = "\x1b"


class Shell:
    """Runs `storybook` on one data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.program = f"storybook --data {data}"
        """What its hints begin with."""

    def __call__(self, *arguments: str, input: str | None = None) -> Result:
        """Run a command; a traceback fails the test, and so does an escape code in the output."""
        everything = ["--data", str(self.data), *arguments]
        result = CliRunner().invoke(cli, everything, prog_name="storybook", input=input)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert ESCAPE not in result.output
        return result

    def json(self, *arguments: str) -> Any:
        """What a command that goes well prints as JSON."""
        result = self(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def json_lines(self, *arguments: str) -> list[Any]:
        result = self(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return [json.loads(line) for line in result.stdout.splitlines()]

    def make(self, *options: str) -> Any:
        """Make a book; what `make --json` says of it."""
        result = self("make", *WORDS, *options, "--json")
        assert result.stdout, result.stderr
        return json.loads(result.stdout)


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody's settings but the test's, and engines that are quick."""
    for name in [name for name in os.environ if name.startswith("STORYBOOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.chdir(tmp_path)
    use_engines(monkeypatch)


def use_engines(monkeypatch: pytest.MonkeyPatch, fails_at: int | None = None) -> None:
    """Let every command use the engines of `doubles`, and make small pictures small without a
    process for each book, which takes longer than all the rest."""
    modules = (storybook.bootstrap, storybook.cli.doctor, storybook.cli.edit, storybook.cli.repair)
    for module in modules:
        monkeypatch.setattr(module, "choose_engines", chosen_doubles(fails_at))
    monkeypatch.setattr(storybook.cli.book_making, "picture_processes", no_processes)


@asynccontextmanager
async def no_processes() -> AsyncIterator[Encode]:
    yield picture_in_thread


def until_it_waits(making: subprocess.Popen[str]) -> None:
    """Read what a `make` of an endless book prints until only page 2 is left to be painted."""
    assert making.stdout is not None
    for line in making.stdout:
        if "painting page 4 is done" in line:
            return
    raise AssertionError(f"it has ended: {making.stderr.read() if making.stderr else ''}")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "data")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A shell on a folder that nobody changes: two books, the older one without audio."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        use_engines(monkeypatch)
        shell = Shell(tmp_path_factory.mktemp("filled"))
        shell.make("--no-audio", "--seed", "11")
        shell.make("--seed", "22")
        yield shell


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the program with quick engines in a process of its own; killed at the end, or when
    it has run for far too long, so that a test that reads from it fails rather than hangs."""
    started: list[subprocess.Popen[str]] = []
    watchdogs: list[threading.Timer] = []

    def begin(data: Path, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.program", "--data", str(data), *arguments],
            cwd=REPOSITORY,
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        started.append(process)
        watchdogs.append(threading.Timer(TOO_LONG_SECONDS, process.kill))
        watchdogs[-1].start()
        return process

    yield begin
    for watchdog in watchdogs:
        watchdog.cancel()
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[ComfyDouble]:
    """A ComfyUI in a thread of its own, which the settings name."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(portal.call(ComfyDouble).serving()) as double,
    ):
        monkeypatch.setenv("STORYBOOK_ILLUSTRATOR_URLS", double.url)
        yield double
