"""A hint names the command that works when it is typed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from storybook.cli.called_as import program_words
from tests.cli.conftest import Shell

PYTHON = "/usr/bin/python3"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ([".venv/bin/python", ".venv/bin/storybook", "list"], [".venv/bin/storybook"]),
        (["python3", "-m", "storybook", "list"], ["python3", "-m", "storybook"]),
        ([PYTHON, "-I", "/opt/storybook", "--data", "x"], ["/opt/storybook"]),
        (["C:\\py.exe", "C:\\bin\\tests.py"], ["storybook"]),
    ],
)
def test_the_program_is_named_as_it_was_typed(
    typed: list[str], words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path, a module, or, where neither is seen, its name."""
    monkeypatch.setenv("PATH", "")
    assert program_words(typed) == words


def test_what_is_on_the_path_needs_no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system puts the whole path there; nobody has typed it."""
    program = tmp_path / "storybook"
    program.write_text("")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    if shutil.which("storybook") is None:  # pragma: no cover
        pytest.skip("this system knows programs by their endings")
    assert program_words([PYTHON, str(program)]) == ["storybook"]


@pytest.mark.slow  # a program of another name makes a whole book
def test_the_hint_of_an_empty_folder_is_followed(tmp_path: Path) -> None:
    """The command in the message is the one that was typed, and it runs."""
    folder = tmp_path / "my books"
    environ = {it: value for it, value in os.environ.items() if not it.startswith("STORYBOOK_")}
    typed = [sys.executable, "-m", "storybook", "--data", str(folder), "show", "latest"]
    failed = subprocess.run(typed, capture_output=True, encoding="utf-8", env=environ, check=False)
    hint = failed.stderr.split("`")[1]
    assert hint == f"{sys.executable} -m storybook --data '{folder}' make"
    followed = subprocess.run(
        f"{hint} --help", shell=True, capture_output=True, encoding="utf-8", check=False
    )
    assert followed.returncode == 0, followed.stderr
    assert f"{sys.executable} -m storybook" in followed.stdout


def test_a_folder_that_was_named_is_named_again(shell: Shell) -> None:
    """Else the hint would lead to another folder; one of the environment stays in force."""
    assert f"`storybook --data {shell.data} make`" in shell("show", "latest").stderr


def test_a_folder_of_the_environment_is_not_named(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays in force for whoever types the command."""
    from click.testing import CliRunner

    from storybook.cli import cli

    monkeypatch.setenv("STORYBOOK_DATA", str(shell.data))
    said = CliRunner().invoke(cli, ["show", "latest"], prog_name="storybook").stderr
    assert "`storybook make`" in said
