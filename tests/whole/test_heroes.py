"""A second book with the heroes of the first, made by the engines that come with the service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.whole.server import storybook

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # two whole books, also on a busy machine

VOICES = {"토끼": "F2", "호랑이": "M4"}
FIRST = (
    *("--era", "조선시대", "--place", "깊은 숲속 마을", "--topic", "우정", "--seed", "7"),
    *("--characters", "호기심 많은 토끼, 겁 많은 호랑이"),
)
SECOND = (
    *("--era", "미래", "--place", "바닷가", "--topic", "용기", "--seed", "99"),
    *("--characters", "용감한 거북이"),
    *(f"--cast=우리{name}" for name in VOICES),
)


def asked(data: Path, *arguments: str) -> list[Any]:
    """What a command that goes well prints, line by line."""
    result = storybook(data, *arguments, "--json")
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def of_type(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [it["data"] for it in events if it["type"] == kind]


def lines(events: list[dict[str, Any]]) -> list[tuple[int, str, str]]:
    """Page, who says it and in which voice, of every line of a book."""
    pages = of_type(events, "PageWritten")
    spoken = [(it["page"], line) for it in pages for line in it.get("dialogues", ())]
    return [(page, line["character"], line["voice"]) for page, line in spoken]


def test_heroes_look_and_speak_the_same_in_the_next_book(tmp_path: Path) -> None:
    """Another seed, time, place and topic, and somebody new beside them: figure by figure they are
    recorded as they were, and every prompt has their look. The voices that they were given when the
    first book was there already are theirs in the second: what they say is read aloud in them."""
    data = tmp_path / "data"
    (book,) = asked(data, "make", *FIRST)
    voices = [f"--voice={name}={voice}" for name, voice in VOICES.items()]
    assert asked(data, "edit", "latest", *voices)[0]["edition"] == 2
    for name in VOICES:
        saving = ("cast", "save", "latest", "--as", f"우리{name}", "--character", name)
        assert storybook(data, *saving).returncode == 0
    first = asked(data, "log", book["run_id"])
    (book,) = asked(data, "make", *SECOND)
    second = asked(data, "log", book["run_id"])
    before, (*heroes, turtle) = (of_type(it, "PageWritten")[0]["cast"] for it in (first, second))
    assert [it["name"] for it in (*heroes, turtle)] == [*VOICES, "거북이"]
    for was, now in zip(before, heroes, strict=True):
        same = ("name", "kind", "description", "card", "figure")
        assert [now[it] for it in same] == [was[it] for it in same]
        assert now["voice"] == VOICES[was["name"]] != was["voice"]
    assert turtle["voice"] not in VOICES.values()
    prompts = [it["image_prompt"].lower() for it in of_type(second, "PageWritten")]
    drawn = [it["name"] for it in before if all(it["card"] in prompt for prompt in prompts)]
    assert drawn, "somebody is in every picture"
    read = {
        it["page"]: it["made_from"]["voices"]
        for it in of_type(second, "StageCompleted")
        if it["stage"] == "TTS"
    }
    said = [it for it in lines(second) if it[1] in VOICES]
    assert said
    for page, name, voice in said:
        assert voice == VOICES[name] and voice in read[page]
    verified = storybook(data, "verify")
    assert verified.returncode == 0, verified.stdout
