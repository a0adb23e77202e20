"""The voices of characters as a view: who spoke how in the last book."""

from __future__ import annotations

from pathlib import Path

import pytest

from storybook.book import CAST, CastMember, StoryRequest, TtsConfig
from storybook.commands import Commands
from storybook.projections.projector import Projections
from storybook.projections.rebuild import differences
from storybook.projections.voices import last_voices
from storybook.run import EditionRequest, request_edition, request_run, write_page
from tests.projections.histories import Book, page_of
from tests.stores.memory_log import MemoryLog

pytestmark = pytest.mark.anyio

WORDS = StoryRequest("조선시대", "숲", "토끼, 호랑이", "우정")
PEOPLE = [("토끼", "rabbit"), ("호랑이", "tiger")]


async def told(log: MemoryLog, number: int, tts: TtsConfig | None) -> Book:
    """A book with its cover written."""
    book = Book(log, number)
    await book.do(request_run(None, WORDS, 7, tts))
    await book.start(work := next(iter(book.run.plan)))  # type: ignore[union-attr]  # requested
    assert str(work) == "LLM"
    voices = tts or TtsConfig()
    members = [CastMember(name, kind, voice=voices.voice_of(name)) for name, kind in PEOPLE]
    await book.do(write_page(book.run, 1, page_of(0), members))
    return book


def cast_as(rabbit: str, tiger: str) -> TtsConfig:
    return TtsConfig(dialogue_voice=CAST, casting={"토끼": rabbit, "호랑이": tiger})


async def heard(path: Path, log: MemoryLog) -> dict[str, str]:
    async with Projections.open(path, log) as projections:
        found: dict[str, str] = await projections.ask(last_voices, PEOPLE)
        assert await projections.ask(last_voices, [("토끼", "cat")]) == {}
    assert await differences(path, log) == []
    return found


async def test_the_last_book_counts(tmp_path: Path) -> None:
    """Of those in which each has a voice of its own; others say nothing of who sounds how."""
    log, path = MemoryLog(), tmp_path / "views.db"
    await told(log, 1, cast_as("F3", "M2"))
    for number, tts in ((2, TtsConfig()), (3, TtsConfig(dialogue_voice="F1")), (4, None)):
        await told(log, number, tts)
    assert await heard(path, log) == {"토끼": "F3", "호랑이": "M2"}
    await told(log, 5, cast_as("F5", "M2"))
    assert await heard(path, log) == {"토끼": "F5", "호랑이": "M2"}


async def test_a_forgotten_book_says_nothing(tmp_path: Path) -> None:
    """What the one before it said counts again."""
    log, path = MemoryLog(), tmp_path / "views.db"
    await told(log, 1, cast_as("F3", "M2"))
    last = await told(log, 2, cast_as("F5", "M4"))
    assert await heard(path, log) == {"토끼": "F5", "호랑이": "M4"}
    await Commands(log).forget(last.run_id)
    assert await heard(path, log) == {"토끼": "F3", "호랑이": "M2"}


async def test_another_voice_that_an_edition_gave_counts(tmp_path: Path) -> None:
    """Who chose it wants it in the next book, too."""
    log, path = MemoryLog(), tmp_path / "views.db"
    book = await told(log, 1, cast_as("F3", "M2"))
    await book.write(1, 2, 3, 4)
    assert book.run is not None
    await book.complete(next(iter(book.run.plan)))
    await book.make(*[it for it in book.run.plan if not book.run.is_complete(it)])
    voices = TtsConfig(
        dialogue_voice=CAST, casting={"호랑이": "M2"}, character_voices={"토끼": "F1"}
    )
    await book.do(request_edition(book.run, EditionRequest(1, tts=voices), seed=1))
    assert await heard(path, log) == {"토끼": "F1", "호랑이": "M2"}
