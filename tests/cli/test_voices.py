"""`storybook make`: who speaks in which voice, said and shown."""

from __future__ import annotations

import json

from storybook.book import StoryRequest, TtsConfig
from storybook.cli.reproduce import command_for
from storybook.run import Run, fold, request_run
from tests.cli.conftest import WORDS, Shell


def test_a_character_is_given_a_voice_and_the_others_have_their_own(shell: Shell) -> None:
    """`--voice NAME=F2`, beside voices that are cast."""
    made = shell.make("--voice", "토끼=f2", "--cast")
    assert list(made["voices"]) == ["narrator", "토끼", "호랑이"]
    assert (made["voices"]["narrator"], made["voices"]["토끼"]) == ("M1", "F2")
    assert len(set(made["voices"].values())) == 3
    tts = shell.json("show", "latest")["tts"]
    assert (tts["dialogue_voice"], tts["character_voices"]) == ("cast", {"토끼": "F2"})
    assert list(tts["casting"]) == ["호랑이"]


def test_the_casting_is_shown(shell: Shell) -> None:
    """A line for each who speaks, before anything is made; without `--cast` none."""
    lines = shell("make", *WORDS, "--cast").stdout.splitlines()
    shown = [it.split() for it in lines[:3]]
    assert [it[1] for it in shown] == ["narrator", "토끼", "호랑이"]
    assert shown[0][0] == "M1" and len({it[0] for it in shown}) == 3
    assert "voices" in json.loads(shell("make", *WORDS, "--json").stdout)
    voice = next(it for it in shell("show", "latest").stdout.splitlines() if it.startswith("voice"))
    assert voice.split()[1:] == ["M1,", "토끼", f"{shown[1][0]},", "호랑이", shown[2][0]]


def test_a_narrator_that_is_named_speaks_all_unless_it_is_said_otherwise(shell: Shell) -> None:
    """`--dialogue-voice` is a voice, or `cast`."""
    alone = shell.make("--narrator-voice", "F1", "--cast")["voices"]
    assert set(alone.values()) == {"F1"}
    cast = shell.make("--narrator-voice", "F1", "--dialogue-voice", "cast", "--cast")["voices"]
    assert cast["narrator"] == "F1" and len(set(cast.values())) == 3
    same = shell.make("--dialogue-voice", "f3", "--cast")["voices"]
    assert list(same.values()) == ["M1", "F3", "F3"]


def test_what_is_no_voice_is_told_with_its_option(shell: Shell) -> None:
    """Before anything is begun."""
    for given in ("F2", "=F2", "토끼=X9"):
        result = shell("make", *WORDS, "--voice", given)
        assert result.exit_code == 2 and "--voice" in result.stderr


def command(tts: TtsConfig) -> list[str]:
    words = StoryRequest("조선시대", "숲", "토끼", "우정")
    run: Run | None = fold(request_run(None, words, 7, tts))
    assert run is not None
    return command_for(run).partition("--seed 7")[2].split()


def test_the_command_that_makes_a_book_again_says_who_speaks_how() -> None:
    """What was cast may be cast otherwise today; a book of one voice is one again."""
    assert command(TtsConfig()) == ["--narrator-voice", "M1"]
    cast = TtsConfig(dialogue_voice="cast", casting={"토끼": "F3"})
    assert command(cast) == ["--voice", '"토끼=F3"']
    both = TtsConfig("F1", "cast", casting={"토끼": "F3"})
    assert command(both) == [
        *("--narrator-voice", "F1", "--dialogue-voice", "cast", "--voice", '"토끼=F3"')
    ]
