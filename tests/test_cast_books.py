"""Books whose characters have voices of their own: in the whole book, and in the next one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from storybook.application import Application
from storybook.book import CAST, VOICES, RunId, TtsConfig, VoiceDelivery
from storybook.edition_request import check_edition
from storybook.engines import Capabilities
from storybook.idempotency import IdempotencyMismatch, check_same_request
from storybook.new_run import NewRun, check_new_run
from storybook.run import Run, fold, request_run
from storybook.stages.casting import cast_of
from storybook.stages.narrator.espeak.voices import SOUNDS
from tests.books import new_run
from tests.engines import REQUEST, Scripted
from tests.test_application import serving
from tests.test_editions import settled

pytestmark = pytest.mark.anyio
WORDS = {"era": "조선시대", "place": "깊은 숲속", "characters": "토끼, 호랑이", "topic": "우정"}


def asked(**more: Any) -> NewRun:
    return check_new_run(WORDS | more)


@asynccontextmanager
async def library(folder: Path) -> AsyncIterator[tuple[Application, Scripted]]:
    """A service whose narrator knows what its voices sound like."""
    scripted = Scripted()
    scripted.narrator.capabilities = Capabilities(voices=VOICES, sounds=SOUNDS)
    async with serving(folder, scripted) as application:
        yield application, scripted


async def made(application: Application, wanted: NewRun, **more: Any) -> tuple[RunId, Run]:
    run_id = await application.request_run(wanted, **more)
    return run_id, await settled(application, run_id)


def voices_in(run: Run) -> dict[str, str]:
    """The narrator's voice under "", and that of each character; whoever is heard is heard so."""
    assert run.tts is not None
    voices = {"": run.tts.narrator_voice, **{it.name: it.voice for it in cast_of(run)}}
    heard = {(it.speaker, it.voice) for file in run.artifacts for it in file.segments}
    assert heard and heard <= set(voices.items())
    return voices


async def test_everybody_has_a_voice_of_their_own_in_the_whole_book(tmp_path: Path) -> None:
    """The narrator is M1; who says what is recorded with that voice, in events, text and cast."""
    async with library(tmp_path) as (application, scripted):
        _, run = await made(application, asked())
        assert run.tts is not None and run.tts.delivery is VoiceDelivery.EXPRESSIVE
        voices = voices_in(run)
        assert voices == {"": "M1", **run.tts.casting} and len(set(voices.values())) == 3
        assert all(it.voice == voices[it.character] for p in run.pages for it in p.dialogues)
        assert {it.name: it.voice for it in run.cast} == run.tts.casting
        assert {it.delivery for it in scripted.narrator.tasks} == {VoiceDelivery.EXPRESSIVE}


async def test_the_same_character_has_the_same_voice_in_the_next_book(tmp_path: Path) -> None:
    """By name and kind, whoever else is there and in whatever order; another kind is another."""
    async with library(tmp_path) as (application, _):
        _, first = await made(application, asked(tts={"character_voices": {"토끼": "F4"}}))
        _, second = await made(application, asked())
        assert first.tts is not None and second.tts is not None
        rabbit = second.tts.casting["토끼"]
        assert rabbit != "F4"  # that book had no voices cast
        people = "여우, 다람쥐, 호랑이, 생쥐, 토끼"
        _, third = await made(application, asked(characters=people))
        assert third.tts is not None
        assert third.tts.casting.items() >= second.tts.casting.items()
        assert len(set(third.tts.casting.values()) | {"M1"}) == 6


async def test_a_voice_that_was_asked_for_is_kept_for_the_next_book(tmp_path: Path) -> None:
    """Beside others that were cast; so does an edition of a book that was cast."""
    async with library(tmp_path) as (application, _):
        tts = {"dialogue_voice": "cast", "character_voices": {"토끼": "F4"}}
        run_id, first = await made(application, asked(tts=tts))
        assert voices_in(first).items() >= {"": "M1", "토끼": "F4"}.items()
        _, second = await made(application, asked())
        assert second.tts is not None and second.tts.casting["토끼"] == "F4"
        change = {"base_edition": 1, "tts": {"character_voices": {"토끼": "M5"}}}
        await application.request_edition(run_id, check_edition(change, first))
        changed = await settled(application, run_id)
        assert voices_in(changed)["호랑이"] == voices_in(first)["호랑이"]
        assert voices_in(changed)["토끼"] == "M5"
        _, third = await made(application, asked())
        assert third.tts is not None and third.tts.casting["토끼"] == "M5"


async def test_a_saved_character_brings_its_voice(tmp_path: Path) -> None:
    """Under another name, too. Two who would speak alike do not: who is named first has it."""
    async with library(tmp_path) as (application, _):
        tts = {"dialogue_voice": "cast", "character_voices": {"토끼": "F4"}}
        first, _ = await made(application, asked(tts=tts))
        other, _ = await made(application, asked(characters="여우", tts={"narrator_voice": "F4"}))
        await application.save_character("우리토끼", first, "토끼")
        await application.save_character("우리여우", other, "여우")
        alone = asked(characters=None, cast=["우리토끼"])
        _, run = await made(application, alone, idempotency_key="k")
        assert run.tts is not None and run.tts.casting == {run.cast[0].name: "F4"}
        check_same_request(run, alone)
        _, both = await made(application, asked(characters=None, cast=["우리토끼", "우리여우"]))
        assert both.tts is not None
        rabbit, fox = (both.tts.casting[it.name] for it in both.cast)
        assert rabbit == "F4" != fox


async def test_a_named_narrator_speaks_all_unless_casting_is_asked_for(tmp_path: Path) -> None:
    """As ever since there were voices; with `cast` the others go around that voice."""
    async with library(tmp_path) as (application, _):
        _, alone = await made(application, asked(tts={"narrator_voice": "F3"}))
        assert set(voices_in(alone).values()) == {"F3"}
        _, both = await made(
            application, asked(tts={"narrator_voice": "F3", "dialogue_voice": "cast"})
        )
        assert voices_in(both)[""] == "F3" and len(set(voices_in(both).values())) == 3


async def test_an_english_book_has_them_by_its_own_names(tmp_path: Path) -> None:
    """Rabbit speaks as its 토끼 was cast."""
    async with library(tmp_path) as (application, _):
        run_id = await application.request_run(asked(language="en"))
        run = await application.commands.load(run_id)
        assert run is not None and run.tts is not None
        casting = run.tts.casting
        assert casting["Rabbit"] == casting["토끼"] != casting["Tiger"] == casting["호랑이"]


# ------------------------------------------------------------------------------------- editions


async def test_a_book_of_one_voice_can_have_its_characters_cast(tmp_path: Path) -> None:
    """In an edition, which is told as a story; a repeated key finds it."""
    async with library(tmp_path) as (application, _):
        run_id, first = await made(application, new_run(REQUEST, TtsConfig()))
        assert first.tts is not None and set(voices_in(first).values()) == {"M1"}
        change = check_edition({"base_edition": 1, "tts": {"dialogue_voice": "cast"}}, first)
        for _again in range(2):
            assert await application.request_edition(run_id, change, idempotency_key="c") == 2
        run = await settled(application, run_id)
        assert run.tts is not None and run.tts.delivery is VoiceDelivery.EXPRESSIVE
        assert len(set(voices_in(run).values())) == 3
        restored = await application.restore_edition(run_id, 1)
        again = await settled(application, run_id)
        assert (restored, again.tts) == (3, TtsConfig())


async def test_a_change_of_an_older_book_keeps_how_it_is_read(tmp_path: Path) -> None:
    """Another narrator reads it evenly, as it was read before."""
    async with library(tmp_path) as (application, scripted):
        run_id, first = await made(application, new_run(REQUEST, TtsConfig()))
        change = check_edition({"base_edition": 1, "tts": {"narrator_voice": "F1"}}, first)
        await application.request_edition(run_id, change)
        run = await settled(application, run_id)
        assert run.tts == TtsConfig("F1")
        assert {it.delivery for it in scripted.narrator.tasks} == {VoiceDelivery.EVEN}


async def test_another_narrator_takes_nobodys_voice(tmp_path: Path) -> None:
    """Whoever had it is cast anew, and the others stay."""
    async with library(tmp_path) as (application, _):
        run_id, first = await made(application, asked())
        before = voices_in(first)
        change = check_edition(
            {"base_edition": 1, "tts": {"narrator_voice": before["토끼"]}}, first
        )
        await application.request_edition(run_id, change)
        after = voices_in(await settled(application, run_id))
        assert after[""] == before["토끼"] and after["호랑이"] == before["호랑이"]
        assert all(one != other for one, other in combinations(after.values(), 2))


# ------------------------------------------------------------------------------- repeated requests


def recorded(tts: TtsConfig) -> Run:
    run = fold(request_run(None, asked().request, 7, tts))
    assert run is not None
    return run


def test_a_repeated_request_is_the_same_whatever_was_cast_then() -> None:
    """What it says of voices has to be the same; also as it was before any were cast."""
    told = TtsConfig(
        dialogue_voice=CAST,
        casting={"토끼": "F5", "호랑이": "M2"},
        delivery=VoiceDelivery.EXPRESSIVE,
    )
    check_same_request(recorded(told), asked())
    check_same_request(recorded(TtsConfig()), asked())
    check_same_request(recorded(TtsConfig("F1")), asked(tts={"narrator_voice": "F1"}))
    for other in ({"narrator_voice": "M1"}, {"dialogue_voice": "F1"}, {"speed": 2}):
        with pytest.raises(IdempotencyMismatch):
            check_same_request(recorded(told), asked(tts=other))
    with pytest.raises(IdempotencyMismatch):
        check_same_request(recorded(TtsConfig("F1")), asked())
