"""Engines that a test holds in its hand: each call waits until the test lets it go on."""

from __future__ import annotations

import struct
import zlib
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable

import anyio
import msgspec

from storybook.book import MOST_PAGES, Dialogue, Page, RunId, Segment, StoryRequest
from storybook.engines import (
    Capabilities,
    EngineAway,
    EngineUnavailable,
    Narration,
    NarrationTask,
    Painting,
    PaintingTask,
    Readiness,
    Report,
    Transcript,
    WritingTask,
)
from storybook.events.catalog import EngineInfo, MadeFrom, Submission
from storybook.korean.particles import with_particle
from storybook.languages.known import cast_in, language_of
from storybook.notifier import Notifier
from storybook.stages.registry import Engines

AWAY, START_IT = "nobody answers there", "Start it"

REQUEST = StoryRequest("조선시대", "깊은 숲속 마을", "토끼, 호랑이", "우정")


def tiny_png(shade: int = 0) -> bytes:
    """A valid PNG of 2 × 2 grey pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = bytes([0, shade, shade]) * 2
    header = struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def tiny_wav(samples: int = 100) -> bytes:
    """A valid WAV of 16-bit mono silence at 8 kHz."""
    data = bytes(2 * samples)
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8_000, 16_000, 2, 16)
    body = b"WAVE" + head + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


SCENES = (
    "",
    "옛날 숲에 {} 살고 있었어요.",
    "아침이 되자 {} 길을 떠났어요.",
    "갑자기 비가 쏟아져서 {} 울었어요.",
    "마침내 해가 나고 {} 활짝 웃었어요.",
    "저녁에는 {} 모닥불 앞에 모였어요.",
    "밤하늘의 별을 {} 오래 세었어요.",
    "다음 날 {} 강가에서 배를 만들었어요.",
    "물결이 높아져 {} 서로 손을 잡았어요.",
    "언덕 너머에서 {} 반가운 노래를 들었어요.",
    "잃어버린 피리를 {} 풀밭에서 찾았어요.",
    "온 마을이 나와 {} 덩실덩실 춤을 추었어요.",
    "집으로 돌아온 {} 포근히 잠들었어요.",
)
ENGLISH_SCENES = (
    "",
    "Long ago {} lived by the forest.",
    "One sunny morning {} set out on a trip.",
    "Then the rain poured, and {} cried under a leaf.",
    "At last the clouds went away, and {} smiled.",
    "In the evening {} sat around a warm fire.",
    "Up in the dark {} counted every star.",
    "The next day {} built a boat by the river.",
    "The waves grew tall, so {} held hands.",
    "From behind a hill {} heard a happy song.",
    "Down in the grass {} found the lost flute.",
    "With the whole village {} danced round and round.",
    "Then {} came home and fell softly asleep.",
)


def page_of(number: int, request: StoryRequest = REQUEST, language: str = "ko") -> Page:
    """A page as the scripted writer writes it, in Korean or English: short, and such that it may
    stand."""
    everyone = cast_in(language_of(language), request)
    kinds = ", ".join(character.kind.en for character in everyone)
    prompt = f"A wide view of page {number}, with {kinds}."
    called = [character.name for character in everyone]
    names = ", ".join(called)
    if number == 0:
        return Page(0, title=names, image_prompt=prompt)
    if language == "en":
        line, scene = f"Hello, page {number}!", ENGLISH_SCENES[number].format(" and ".join(called))
    else:
        line, scene = f"안녕, {number}쪽!", SCENES[number].format(with_particle(names, "가"))
    said = Dialogue(everyone[0].name, line)
    return Page(number, summary=f'{scene} "{line}"', dialogues=(said,), image_prompt=prompt)


def rewritten(page: Page, wish: str) -> Page:
    """A page as the scripted writer writes it anew: the wish is in its text."""
    prompt = f"{page.image_prompt} Anew."
    if page.page == 0:
        return Page(0, title=f"{page.title}, {wish}", image_prompt=prompt)
    return msgspec.structs.replace(page, summary=f"{page.summary} {wish}.", image_prompt=prompt)


def translated(page: Page, source: Page) -> Page:
    """A page as the scripted writer translates it: one that was changed is told otherwise."""
    if source.text == page_of(source.page).text:
        return msgspec.structs.replace(page, image_prompt=source.image_prompt)
    more = f"{len(source.text)} letters were changed"
    if page.page == 0:
        return Page(0, title=f"{page.title}, {more}", image_prompt=source.image_prompt)
    summary = f"{more}. {page.summary}"
    return msgspec.structs.replace(page, summary=summary, image_prompt=source.image_prompt)


class _Scripted:
    """What all scripted engines share: calls seen, gates to open, errors to raise.

    `script[key]` holds the errors of the next calls for a key, in order; after them calls succeed.
    With `held`, a call waits until `let(key)` was called as often. While it `is_away`, a call is
    turned away, which says `retry_after`, and so is a look, unless it `answers_looks`. `found` is
    else whether it is ready, and `looks` how often that was asked.
    """

    def __init__(self, name: str, places: int = 1, device: str = "cpu", held: bool = False) -> None:
        self.info = EngineInfo(name, "1", device=device)
        self.capabilities = Capabilities()
        self.places = places
        self.held = held
        self.calls: list[int] = []
        self.cancelled: list[int] = []
        self.most_at_once = 0
        self.script: defaultdict[int, list[Exception]] = defaultdict(list)
        self.is_away = self.answers_looks = False
        self.retry_after: float | None = None
        self.found, self.looks = Readiness(True), 0
        self._at_once = 0
        self._let: defaultdict[int, int] = defaultdict(int)
        self._changed = Notifier()

    async def readiness(self) -> Readiness:
        self.looks += 1
        self._changed.notify()
        if self.is_away and not self.answers_looks:
            return Readiness(False, AWAY, START_IT, away=True)
        return self.found

    async def looked_at(self, times: int) -> None:
        """Return when there have been so many looks."""
        while self.looks < times:
            await self._changed.next.wait()

    async def unload(self) -> None:
        return None

    def let(self, *keys: int) -> None:
        """Let one held call for each key go on."""
        for key in keys:
            self._let[key] += 1
        self._changed.notify()

    async def called(self, times: int) -> None:
        """Return when there have been so many calls."""
        while len(self.calls) < times:
            await self._changed.next.wait()

    async def _step(self, key: int) -> None:
        self.calls.append(key)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        self._changed.notify()
        try:
            while self.held and not self._let[key]:
                await self._changed.next.wait()
            if self.held:
                self._let[key] -= 1
            if self.is_away:
                raise EngineAway(self.info.name, AWAY, START_IT, retry_after=self.retry_after)
            if self.script[key]:
                raise self.script[key].pop(0)
        except anyio.get_cancelled_exc_class():
            self.cancelled.append(key)
            raise
        finally:
            self._at_once -= 1


class ScriptedWriter(_Scripted):
    """Writes as many short pages as are ordered, anew or in another language, too; keys are page
    numbers."""

    tasks: list[WritingTask]
    varies = True

    def __init__(self, *, places: int = 4, held: bool = False, device: str = "cpu") -> None:
        super().__init__("scripted-writer", places, device, held)
        self.capabilities = Capabilities(rewrites=True, translates=True)
        self.tasks = []
        self.stops_before = MOST_PAGES

    async def write(self, task: WritingTask, report: Report) -> AsyncGenerator[Page, None]:
        self.tasks.append(task)
        for number in task.missing:
            if number == self.stops_before:
                return
            await self._step(number)
            report(number / task.page_count)
            page = page_of(number, task.request, task.language)
            if task.translating is not None:
                page = translated(page, task.translating.page)
            yield page if task.rewriting is None else rewritten(page, task.rewriting.wish)


class ScriptedIllustrator(_Scripted):
    """Paints tiny pictures; keys are page numbers."""

    def __init__(
        self,
        places: int = 2,
        *,
        held: bool = False,
        device: str = "cpu",
        name: str = "scripted-illustrator",
    ) -> None:
        super().__init__(name, places, device, held)
        self.tasks: list[PaintingTask] = []
        self.submits = False

    async def paint(
        self,
        task: PaintingTask,
        report: Report,
        submitted: Callable[[Submission], Awaitable[None]],
    ) -> Painting:
        self.tasks.append(task)
        if self.submits:
            await submitted(Submission("http://127.0.0.1:1", f"p{len(self.tasks)}"))
        await self._step(task.page.page)
        report(0.5)
        made_from = MadeFrom(task.page.image_prompt, task.seed)
        return Painting(tiny_png((task.page.page + task.variation) % 256), 2, 2, made_from)


class ScriptedNarrator(_Scripted):
    """Reads in silence; keys are call numbers from 1."""

    def __init__(self, *, held: bool = False, device: str = "cpu") -> None:
        super().__init__("scripted-narrator", 1, device, held)
        self.tasks: list[NarrationTask] = []

    async def narrate(self, task: NarrationTask, report: Report) -> Narration:
        self.tasks.append(task)
        await self._step(len(self.tasks))
        segments = tuple(
            Segment(it.text, it.speaker, it.voice, number * 0.1, number * 0.1 + 0.05)
            for number, it in enumerate(task.utterances)
        )
        return Narration(tiny_wav(), 0.0125, segments, MadeFrom(voices=("M1",)))


class NoTranscriber:
    """Stands where a test needs nobody who hears."""

    info = EngineInfo("none")
    capabilities = Capabilities()
    places = 1

    async def readiness(self) -> Readiness:
        return Readiness(False, "nobody hears in this test", "Ask for another test")

    async def unload(self) -> None:
        return None

    async def transcribe(self, audio: bytes, language: str) -> Transcript:
        raise EngineUnavailable("none", "nobody hears in this test", "Ask for another test")


class Scripted:
    """The scripted engines of a service."""

    def __init__(self, *, held: bool = False, picture_places: int = 2) -> None:
        self.writer = ScriptedWriter(held=held)
        self.illustrator = ScriptedIllustrator(picture_places, held=held)
        self.narrator = ScriptedNarrator(held=held)
        self.engines = Engines.only(self.writer, self.illustrator, self.narrator, NoTranscriber())


def run_id(number: int) -> RunId:
    return RunId(f"{number:032x}")
