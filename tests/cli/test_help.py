"""The way in: help, usage errors, exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import storybook.bootstrap
import storybook.cli.doctor
from storybook import __version__
from storybook.cli import COMMANDS, PANELS, leave_closed_folder, load_command
from storybook.stages.registry import choose_engines
from tests.cli.conftest import REPOSITORY, WORDS, Shell

HEAVY = ("anyio", "litestar", "httpx", "msgspec", "numpy", "skia", "soundfile", "sqlite3")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_line_in_the_help_is_its_own_first_sentence(name: str) -> None:
    """The table that spares imports says what the commands themselves say."""
    command = load_command(name)
    assert command.name == name
    assert command.help is not None
    assert command.help.split("\n\n")[0].replace("\n", " ") == COMMANDS[name]


def test_every_command_stands_in_one_panel() -> None:
    """The help shows each command once."""
    shown = [name for names in PANELS.values() for name in names]
    assert sorted(shown) == sorted(COMMANDS)


def test_help_imports_nothing_heavy() -> None:
    """`--help` is quick because what is heavy is imported when used."""
    code = (
        "import sys; from storybook.cli import main; sys.argv = ['storybook', '--help']\n"
        "try: main()\n"
        f"except SystemExit: print([it for it in {HEAVY!r} if it in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, encoding="utf-8"
    )
    assert done.stderr.strip() == "[]"
    assert all(name in done.stdout for name in COMMANDS)


def test_it_runs_as_a_module() -> None:
    """`python -m storybook` is the program."""
    done = subprocess.run(
        [sys.executable, "-m", "storybook", "--version"],
        cwd=REPOSITORY,
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.returncode, done.stdout) == (0, f"storybook {__version__}\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(shell: Shell, name: str) -> None:
    """A stranger gets a sentence and the options."""
    result = shell(name, "--help")
    assert result.exit_code == 0
    assert "Usage: storybook" in result.output


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("paint",), "paint"),
        (("shwo",), "did you mean show?"),
        (("log", "latest", "--run", "latest"), "--run"),
        (("list", "--limit", "0"), "--limit"),
        (("show",), "RUN"),
        (("make", "--speed", "9"), "--speed"),
        (("make", "--narrator-voice", "X1"), "--narrator-voice"),
        (("make", "--resume", "latest", "--topic", "우정"), "--resume"),
        (("verify", "--anchor", "12"), "--anchor"),
    ],
)
def test_a_wrong_call_is_a_usage_error(shell: Shell, arguments: tuple[str, ...], word: str) -> None:
    """Exit code 2, and the message names what is wrong."""
    result = shell(*arguments)
    assert result.exit_code == 2
    assert word in result.stderr


def test_a_fault_in_the_settings_is_a_usage_error(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nearest valid key is named."""
    monkeypatch.setenv("STORYBOOK_SERVER_PRT", "1")
    result = shell("serve")
    assert result.exit_code == 2
    assert "did you mean port?" in " ".join(result.stderr.replace("│", " ").split())


@pytest.mark.parametrize("arguments", [("serve", "--port", "0"), ("make", *WORDS)])
def test_an_engine_that_does_not_exist_is_a_usage_error(
    shell: Shell, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As every other fault in the settings; those that exist are named."""
    for module in (storybook.bootstrap, storybook.cli.doctor):
        monkeypatch.setattr(module, "choose_engines", choose_engines)
    monkeypatch.setenv("STORYBOOK_WRITER_ENGINE", "quill")
    result = shell(*arguments)
    assert result.exit_code == 2
    told = " ".join(result.stderr.replace("│", " ").split())
    assert "STORYBOOK_WRITER_ENGINE: unknown engine 'quill' in [writer]; known are auto" in told


def test_no_command_stays_in_a_folder_that_it_may_not_look_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whom a closed folder stops is whoever it is closed to; root is nobody's."""
    monkeypatch.chdir(tmp_path)
    leave_closed_folder()
    assert Path.cwd() == tmp_path
    monkeypatch.setattr("os.access", lambda path, mode: False)
    leave_closed_folder()
    assert Path.cwd() == Path(tmp_path.anchor)
    assert f"may not look into {tmp_path}" in capsys.readouterr().err


def test_settings_are_found_in_the_named_data_folder(shell: Shell) -> None:
    """`--data` moves the settings too."""
    shell.data.mkdir()
    (shell.data / "storybook.toml").write_text("[server]\nprot = 1\n", "utf-8")
    assert shell("serve").exit_code == 2
