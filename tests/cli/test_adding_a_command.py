"""A command is a module and its line in the table, as CONTRIBUTING.md says."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import storybook.cli
from storybook.cli import COMMANDS, PANELS
from tests.cli.conftest import Shell

COUNT = '''
"""`storybook count`: how many events there are."""

import rich_click as click

from storybook.cli.called_as import say
from storybook.cli.data_reader import open_data
from storybook.cli.errors import run_async
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import print_json


@click.command("count")
@click.option("--json", "as_json", is_flag=True, help="One number.")
@pass_options
def count_command(options: GlobalOptions, as_json: bool) -> None:
    """Count the events."""

    async def main() -> int:
        async with open_data(options) as reader:
            return await reader.log.head()

    found = run_async(main)
    if as_json:
        print_json(found)
    else:
        say(f"{found} events; `storybook log` shows them.")
'''


@pytest.fixture(autouse=True)
def added(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The two steps: a module beside the others, and a line in the table and in a panel."""
    folder = tmp_path / "cli"
    folder.mkdir()
    (folder / "count.py").write_text(COUNT, "utf-8")
    monkeypatch.setattr(storybook.cli, "__path__", [*storybook.cli.__path__, str(folder)])
    monkeypatch.setitem(COMMANDS, "count", "Count the events.")
    PANELS["Look"].append("count")
    yield
    PANELS["Look"].remove("count")
    sys.modules.pop("storybook.cli.count", None)


def test_it_runs(shell: Shell) -> None:
    """On the folder of the global options, for people and for programs; what fails is told."""
    assert "no books in" in shell("count").stderr
    shell.make("--no-audio")
    events = len(shell.json_lines("log"))
    assert shell.json("count") == events
    assert shell("count").stdout == f"{events} events; `{shell.program} log` shows them.\n"


def test_it_is_listed_and_found(shell: Shell) -> None:
    """In its panel of the help, by its own help, and by who mistypes it."""
    assert "Count the events." in shell("--help").stdout
    assert "Usage: storybook count" in shell("count", "--help").stdout
    assert "did you mean count?" in shell("coutn").stderr
