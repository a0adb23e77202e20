"""How books of the embedded engines are read aloud: who is told apart, pace, pauses.

Twelve requests of every kind get three stories each, as a family would be told them, are cast and
spoken by eSpeak NG, and measured in the sound: `python -m bench.told_books`.
"""

from __future__ import annotations

import io
import statistics
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from pathlib import Path
from typing import Final

import anyio
import numpy as np
import soundfile  # type: ignore[import-untyped]  # it has no type information

from bench.figures import FULL, Effort, Figure, print_figures
from bench.judged import Shelf, told
from storybook.book import StoryRequest
from storybook.engines import Narration
from storybook.stages.narrator.espeak.engine import Espeak
from storybook.stages.narrator.pitch import median_pitch, semitones
from storybook.stages.voice_casting import APART

REQUESTS: Final = (
    ("현대", "숲속", "할머니, 소녀, 곰, 로봇", "우정"),
    ("조선시대", "깊은 숲속 마을", "호기심 많은 토끼, 겁 많은 호랑이", "우정"),
    ("공룡시대", "화산", "아기 공룡, 엄마 공룡", "가족"),
    ("1988년", "학교", "준호, 영희, 철수, 미나, 강아지 복실이", "협동"),
    ("현대", "도시 아파트", "엄마, 아빠, 나", "동생이 생겼어요"),
    ("옛날 옛적", "구름 위", "용, 구름", "꿈"),
    ("현대", "농장", "병아리, 송아지", "호기심"),
    ("조선시대", "서당", "훈장님, 돌쇠", "거짓말"),
    ("현대", "바다", "해달 부부", "질투"),
    ("현대", "아프리카 초원", "사자, 얼룩말", "다름을 존중하기"),
    ("미래", "우주", "로봇, 외계인", "용기"),
    ("현대", "집", "할아버지, 할머니, 손녀", "사과"),
)


def measure(folder: Path, effort: Effort) -> list[Figure]:
    """`folder` is not used: nothing is kept."""
    shelf, times = Shelf(), effort.of(3)
    books = [anyio.run(_told, words, shelf) for words in REQUESTS for _ in range(times)]
    pages = [page for book in books for page in book]
    gaps = [gap for it in pages for gap in _gaps(it)]
    rates = [_rate(book) for book in books]
    pauses = [later.start - it.end for p in pages for it, later in pairwise(p.segments)]
    note = f"{len(pages)} pages of {len(books)} books"
    return [
        Figure("least between two on a page", min(gaps), "semitones", APART, "≥", note),
        Figure("slowest book", min(rates), "syllables/s", 3.5, "≥", "within sentences"),
        Figure("fastest book", max(rates), "syllables/s", 4.5, "≤", "within sentences"),
        Figure("a book's pace", statistics.median(rates), "syllables/s", 3.5, "≥"),
        Figure("shortest pause", min(pauses), "s", 0.25, "≥", "between sentences"),
        Figure("longest pause", max(pauses), "s", 0.9, "≤", "between sentences"),
    ]


async def _told(words: tuple[str, str, str, str], shelf: Shelf) -> tuple[Narration, ...]:
    return (await told(StoryRequest(*words), Espeak(), shelf)).sounds


def _gaps(page: Narration) -> Iterator[float]:
    """Semitones between the median pitches of any two who speak on a page."""
    sound, rate = soundfile.read(io.BytesIO(page.wav), dtype="float32")
    spoken: dict[str, list[np.ndarray]] = {}
    for it in page.segments:
        part = sound[round(it.start * rate) : round(it.end * rate)]
        spoken.setdefault(it.speaker, []).append(part)
    heard = [median_pitch(np.concatenate(it), rate) for it in spoken.values()]
    return (abs(semitones(one, other)) for one, other in combinations(heard, 2))


def _rate(book: Sequence[Narration]) -> float:
    """Syllables a second within the sentences of a book."""
    segments = [it for page in book for it in page.segments]
    syllables = sum("가" <= char <= "힣" for it in segments for char in it.text)
    return syllables / sum(it.end - it.start for it in segments)


if __name__ == "__main__":
    print_figures(measure(Path(), FULL))
