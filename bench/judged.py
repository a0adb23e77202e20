"""Books as a judge gets them: texts, sounds, and what can be measured of the sounds.

    python -m bench.judged REQUESTS FOLDER [--narrator kokoro] [--from N] [--to M]

REQUESTS has a line for each book, `era · place · characters · topic`. Each book gets a file of its
text with who says what in which voice, median pitch, pace and pause of every sentence, and what a
machine listener (`bench.servers.speech` says where its weights are found) understood of each page;
and a WAV file for each page. [docs/quality](../docs/quality) has what judges said.
"""

from __future__ import annotations

import argparse
import io
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import anyio
import msgspec
import numpy as np
import soundfile  # type: ignore[import-untyped]  # it has no type information

from bench.servers.speech import whisper_folder
from bench.voices import errors_in, kokoro_of
from storybook.book import Page, StoryRequest, TtsConfig
from storybook.composer.choosing import choice
from storybook.composer.engine import Composer, pages_of
from storybook.engines import Narration, NarrationTask, Narrator, WritingTask
from storybook.new_run import check_new_run
from storybook.projections.storylines import digest_of, next_storyline
from storybook.stages.narrator.audio import Sound
from storybook.stages.narrator.espeak.engine import Espeak
from storybook.stages.narrator.pitch import median_pitch
from storybook.stages.narrator.utterances import utterances
from storybook.stages.transcriber.whisper.model import LoadedWhisper, find_device
from storybook.stages.voice_casting import with_casting, with_company

BETWEEN: Final = " · "
SEED: Final = 1


class Told(msgspec.Struct, frozen=True):
    """A book with its sounds, page by page."""

    request: StoryRequest
    topic_known: bool
    tts: TtsConfig
    pages: tuple[Page, ...]
    sounds: tuple[Narration, ...]


class Shelf:
    """A library that knows which stories it has told, and so which one the next request gets."""

    def __init__(self) -> None:
        self._db = sqlite3.connect(":memory:")
        self._db.execute(
            "CREATE TABLE storylines (position INTEGER, storyline TEXT, topic INTEGER)"
        )
        self._told = 0

    def next(self, request: StoryRequest) -> tuple[str, bool]:
        """The story that a request gets, and whether its topic is known."""
        found = choice(request, SEED)
        ways = found.meant, found.unfit
        name = next_storyline(self._db, found.storylines, request.topic, *ways)
        self._told += 1
        values = (self._told, name, digest_of(request.topic))
        self._db.execute("INSERT INTO storylines VALUES (?, ?, ?)", values)
        return name, found.topic_known


async def told(request: StoryRequest, narrator: Narrator, shelf: Shelf) -> Told:
    """A book of a request as a family gets it."""
    asked = check_new_run(msgspec.structs.asdict(request))
    name, topic_known = shelf.next(asked.request)
    sounds = narrator.capabilities.sounds
    tts = with_casting(asked.tts, asked.request, sounds)
    tts = with_company(tts, asked.request, Composer().company(asked.request, name), sounds)
    assert tts is not None
    pages = pages_of(WritingTask(asked.request, SEED, 1, storyline=name))
    last = pages[-1]
    spoken = [await _spoken(narrator, it, tts, ends_book=it is last) for it in pages]
    return Told(asked.request, topic_known, tts, pages, tuple(spoken))


async def _spoken(narrator: Narrator, page: Page, tts: TtsConfig, *, ends_book: bool) -> Narration:
    pace = tts.speed, tts.segment_pause_ms
    said = utterances(page, tts, ends_book=ends_book)
    task = NarrationTask(said, tts.lang, *pace, SEED, tts.delivery)
    return await narrator.narrate(task, lambda fraction: None)


def report(book: Told, listener: LoadedWhisper | None) -> Iterator[str]:
    """What a judge reads, line by line."""
    request = book.request
    yield BETWEEN.join((request.era, request.place, request.characters, request.topic))
    yield f"the state says topic_known: {str(book.topic_known).lower()}"
    for page, narration in zip(book.pages, book.sounds, strict=True):
        yield f"\n## {'Cover' if page.page == 0 else f'Page {page.page}'}\n\n{page.text}\n"
        sound, rate = soundfile.read(io.BytesIO(narration.wav), dtype="float32")
        later = [it.start for it in narration.segments[1:]]
        for it, after in zip(narration.segments, [*later, sound.size / rate], strict=True):
            part = sound[round(it.start * rate) : round(it.end * rate)]
            syllables = sum("가" <= char <= "힣" for char in it.text)
            yield (
                f"- {it.speaker or 'narrator'} ({it.voice}): {median_pitch(part, rate):.0f} Hz, "
                f"{syllables / (it.end - it.start):.1f} syllables/s, "
                f"{_loudness(part):.0f} dB, then {after - it.end:.2f} s: {it.text}"
            )
        if listener is not None:
            heard, wrong = errors_in(listener, page.text, sound, rate)
            yield f"- heard by a machine ({wrong:.2f} errors a syllable): {heard}"


def _loudness(sound: Sound) -> float:
    """Beside full scale, in decibels, of a sound's root mean square."""
    return float(20 * np.log10(np.sqrt(np.mean(np.square(sound))) + 1e-9))


def write(book: Told, folder: Path, listener: LoadedWhisper | None) -> None:
    """One book's files."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(report(book, listener))
    (folder / "book.md").write_text(f"{text}\n", encoding="utf-8")
    for page, narration in zip(book.pages, book.sounds, strict=True):
        (folder / f"page_{page.page}.wav").write_bytes(narration.wav)


async def _write_all(asked: argparse.Namespace, scratch: Path) -> None:
    weights = whisper_folder(scratch)
    listener = LoadedWhisper(weights, find_device("cpu")) if weights else None
    lines = asked.requests.read_text(encoding="utf-8").splitlines()
    wanted = [StoryRequest(*it.split(BETWEEN)) for it in lines if it.strip()]
    narrator = Espeak() if asked.narrator == "espeak" else kokoro_of(scratch)
    shelf = Shelf()
    try:
        for number, request in enumerate(wanted, start=1):
            if asked.first <= number <= asked.last:
                book = await told(request, narrator, shelf)
                write(book, asked.folder / f"{number:02}_{asked.narrator}", listener)
            else:
                shelf.next(request)
    finally:
        await narrator.unload()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("requests", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--narrator", choices=("espeak", "kokoro"), default="espeak")
    parser.add_argument("--from", type=int, default=1, dest="first", metavar="N")
    parser.add_argument("--to", type=int, default=10_000, dest="last", metavar="M")
    with tempfile.TemporaryDirectory() as scratch:
        anyio.run(_write_all, parser.parse_args(), Path(scratch))


if __name__ == "__main__":
    main()
