"""`storybook cast`: heroes are saved for another book, here and by a server."""

from __future__ import annotations

import json
import re
import subprocess
import unicodedata
from collections.abc import Callable

import pytest

from storybook.book import CastMember, StoryRequest
from storybook.cli.reproduce import command_for
from storybook.run import fold, request_run
from tests.cli.conftest import WORDS, Shell


def test_a_hero_comes_back(shell: Shell) -> None:
    """Saved, listed, named in another book without other words for it, and forgotten."""
    first = shell.make("--no-audio")
    several = shell("cast", "save", "latest", "--as", "우리토끼")
    assert several.exit_code == 1
    assert "say which character is meant; it has 토끼, 호랑이" in several.stderr
    saved = shell("cast", "save", "latest", "--as", "우리토끼", "--character", "토끼")
    assert saved.exit_code == 0, saved.stderr
    assert "--cast 우리토끼" in saved.stdout
    (told,) = shell.json_lines("cast", "list", "--json")
    assert (told["name"], told["character"], told["run_id"]) == (
        "우리토끼",
        "토끼",
        first["run_id"],
    )
    made = shell(
        *("make", "--era", "미래", "--place", "바다", "--topic", "용기", "--no-audio", "--json"),
        *("--characters", "호랑이", "--cast", "우리토끼"),
    )
    assert made.exit_code == 0, made.stderr
    second = json.loads(made.stdout)["run_id"]
    (asked, *_) = shell.json_lines("log", second, "--json")
    (hero,) = asked["data"]["cast"]
    assert (hero["saved_as"], hero["origin"]) == ("우리토끼", first["run_id"])
    assert shell("verify").exit_code == 0
    as_macos_spells_it = unicodedata.normalize("NFD", "우리토끼")
    assert shell("cast", "forget", as_macos_spells_it).exit_code == 0
    assert "Nobody is saved" in shell("cast", "list").stdout
    again = shell("cast", "forget", "우리토끼")
    assert again.exit_code == 1 and "cast list" in again.stderr


def test_a_book_is_made_again_with_its_heroes() -> None:
    """The command that makes it again names them, and the others as they were asked for."""
    words = StoryRequest("미래", "바다", "토끼, 거북이", "용기")
    hero = CastMember("토끼", "rabbit", "토끼", saved_as="우리토끼")
    events = request_run(None, words, 7, None, style="oil", cast=(hero,), characters_asked="거북이")
    run = fold(events)
    assert run is not None
    assert command_for(run) == (
        'storybook make --era "미래" --place "바다" --characters "거북이" --topic "용기" --seed 7 '
        '--style "oil" --cast "우리토끼" --no-audio'
    )
    alone = fold(request_run(None, words, 7, None, cast=(hero,)))
    assert alone is not None and "--characters" not in command_for(alone)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--cast", "고래"), "--cast: nobody is saved as '고래'; nobody is saved yet"),
        (("--style", "x" * 201), "--style: expected at most 200 characters"),
    ],
)
def test_what_cannot_be_is_a_usage_error(shell: Shell, options: tuple[str, ...], said: str) -> None:
    """It names the option."""
    result = shell("make", *WORDS, *options)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", " ").split())


def test_a_name_is_one(shell: Shell) -> None:
    """Signs that part a list would make it two."""
    shell.make("--no-audio")
    result = shell("cast", "save", "latest", "--as", "토끼,곰", "--character", "토끼")
    assert result.exit_code == 2
    assert "expected a name without ," in " ".join(result.stderr.replace("│", " ").split())


def test_heroes_fit_a_narrow_terminal(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is wider than 60 columns."""
    monkeypatch.setenv("COLUMNS", "60")
    shell.make("--no-audio")
    shell("cast", "save", "latest", "--as", "우리토끼", "--character", "토끼")
    shown = shell("cast", "list").stdout
    assert "우리토끼" in shown
    assert max(map(len, shown.splitlines())) <= 60


@pytest.mark.slow
def test_a_server_is_asked(shell: Shell, start: Callable[..., subprocess.Popen[str]]) -> None:
    """Where one holds the data folder."""
    process = start(shell.data, "serve", "--port", "0")
    assert process.stdout is not None
    assert re.search(r"http://\S+", process.stdout.readline())
    assert shell("make", *WORDS, "--no-audio").exit_code == 0
    save = shell("cast", "save", "latest", "--as", "우리토끼", "--character", "토끼")
    assert save.exit_code == 0, save.stderr
    assert [it["name"] for it in shell.json_lines("cast", "list", "--json")] == ["우리토끼"]
    second = shell("make", *WORDS, "--no-audio", "--cast", "우리토끼")
    assert second.exit_code == 0, second.stderr
    as_macos_spells_it = unicodedata.normalize("NFD", "우리토끼")
    assert shell("cast", "forget", as_macos_spells_it).exit_code == 0
    assert shell.json_lines("cast", "list", "--json") == []
