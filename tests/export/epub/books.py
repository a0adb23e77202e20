"""Books of every kind that are made EPUBs: how many heroes, how long, in which letters."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from storybook.book import Dialogue, Page, Role, StoryRequest, TtsConfig
from storybook.export.content import ALL_LANGUAGES, BookContent, Maker, PageContent, book_content
from storybook.run import Run, Status
from storybook.stores.files import FileArtifactStore
from tests.export.finished import PROMPT, READ_ALOUD, REQUEST, RUN, STORY, finished_run, wav

MAKERS: Final = (
    Maker(Role.WRITER, "composer"),
    Maker(Role.ILLUSTRATOR, "comfyui", "paper.safetensors"),
    Maker(Role.NARRATOR, "espeak"),
)
MODIFIED: Final = 1_795_723_280_395_143
"""2026-11-26 20:01:20 UTC and some microseconds."""

SENTENCE: Final = "토끼는 숲길을 따라 걸으며 노래를 불렀어요. "
LONG: Final = tuple(
    msgspec.structs.replace(it, summary=(SENTENCE * 41).strip(), dialogues=()) if it.page else it
    for it in STORY
)
"""A thousand letters on a page: as many as an editor takes."""
FIVE: Final = "용감한 고양이, 느린 거북이, 노래하는 새, 장난꾸러기 여우, 다정한 곰"
_SIGNS: Final = (
    Page(0, title="家族 & <우주선> R2-D2 🚀"),
    Page(
        1,
        summary="2026년 3월 1일, \"Max\"와 家族 4명은 LEGO 100개를 들고 갔어요! 👨‍👩‍👧 '와'…\n"
        "café에서 Привет, 東京タワー & <b>놀이</b> ]]> 100%.",
        dialogues=(Dialogue("Max", "Max"),),
    ),
    Page(2, summary="1, 2, 3! ①②③ ♥️ ❄ ½ → ★ 𠮷 ∞ “왜?”라고 ‘민지’가 물었어요."),
    Page(3, summary="뷁쀍똠방각하" * 40),
    Page(4, summary="끝."),
)
SIGNS: Final = tuple(msgspec.structs.replace(it, image_prompt=PROMPT) for it in _SIGNS)


def whole(store: FileArtifactStore, run: Run, language: str = "") -> BookContent:
    return book_content(RUN, run, language, makers=MAKERS, modified=MODIFIED)


def book_of(
    store: FileArtifactStore,
    characters: str = REQUEST.characters,
    tts: TtsConfig | None = READ_ALOUD,
    story: Sequence[Page] = STORY,
) -> BookContent:
    request = StoryRequest(REQUEST.era, REQUEST.place, characters, REQUEST.topic)
    return whole(store, finished_run(store, tts, story, request))


def in_two_languages(store: FileArtifactStore, story: Sequence[Page] = STORY) -> BookContent:
    english = {
        it.page: Page(
            it.page,
            title="The Spring of Rabbit & Tiger" if it.page == 0 else "",
            summary='"Hello!" said the rabbit. ' * 6 if it.page else "",
        )
        for it in story
    }
    run = finished_run(store, story=story)
    run = msgspec.structs.replace(run, translations={"en": english})
    return whole(store, run, ALL_LANGUAGES)


def partial(store: FileArtifactStore) -> BookContent:
    """Three pages written, and nothing painted or read yet."""
    run = finished_run(store)
    begun = msgspec.structs.replace(run, status=Status.RUNNING, pages=run.pages[:3], work={})
    return book_content(RUN, begun, partial=True)


BOOKS: Final[dict[str, Callable[[FileArtifactStore], BookContent]]] = {
    "of one hero": lambda it: book_of(it, "호기심 많은 토끼"),
    "of two heroes": book_of,
    "of five heroes": lambda it: book_of(it, FIVE),
    "without a voice": lambda it: book_of(it, tts=None),
    "with long texts": lambda it: book_of(it, story=LONG),
    "of all signs": lambda it: book_of(it, "로봇 R2, 소녀 민지", story=SIGNS),
    "in two languages": lambda it: in_two_languages(it, LONG),
    "that is not done": partial,
}


def read_slowly(store: FileArtifactStore, seconds: float) -> BookContent:
    """A book each sentence of which is read for so long, with recordings as long as that."""
    book = book_of(store)
    pages = [_read_slowly(store, it, seconds) for it in book.pages]
    return msgspec.structs.replace(book, pages=tuple(pages))


def _read_slowly(store: FileArtifactStore, page: PageContent, seconds: float) -> PageContent:
    assert page.narration is not None
    told = page.narration.segments
    slow = {
        it: msgspec.structs.replace(it, start=n * seconds, end=(n + 0.9) * seconds)
        for n, it in enumerate(told)
    }
    content = wav(len(told) * seconds)
    Path(store.location(RUN, page.narration.name)).write_bytes(content)
    narration = msgspec.structs.replace(
        page.narration,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        seconds=len(told) * seconds,
        segments=tuple(slow.values()),
    )
    paragraphs = tuple(
        tuple(
            msgspec.structs.replace(it, segment=slow[it.segment] if it.segment else None)
            for it in spans
        )
        for spans in page.text.paragraphs
    )
    text = msgspec.structs.replace(page.text, paragraphs=paragraphs)
    return msgspec.structs.replace(page, narration=narration, text=text)
