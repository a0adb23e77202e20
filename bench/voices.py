"""How well the narrators that are there are understood, and how they sound: `make bench-voices`.

Forty story sentences (`story_sentences`) are read aloud and heard by Whisper's base model, a
machine listener that knows Korean fairly well: its errors a character, beside those that another
narrator gets, say how clearly one speaks. Each narrator reads them twice: as the usual voice (M1),
and in its ten voices by turns; of those the median pitch is told, too.

Neither weights are in this repository. Whisper's are found as `servers.speech` says. Kokoro's are
taken from the packages that carry them where these are installed; its folder, or Supertonic's, may
also be in `STORYBOOK_CASES` (`kokoro`, `supertonic`) or in `data/models`. What is missing is told
in one line, and left out.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import anyio
import msgspec
import numpy as np
import soundfile  # type: ignore[import-untyped]  # it has no type information

from bench.apart import measured
from bench.figures import FULL, TRIAL, Effort, Figure, print_figures
from bench.servers.speech import whisper_folder
from bench.story_sentences import SENTENCES
from storybook.book import VOICES, VoiceDelivery
from storybook.engines import NarrationTask, Narrator, Utterance
from storybook.korean.pronunciation import read_korean
from storybook.stages.models.download import CannotDownload
from storybook.stages.models.index import load_index
from storybook.stages.models.ledger import Ledger, Step
from storybook.stages.models.packages import add_file, check_installed
from storybook.stages.narrator.audio import Sound
from storybook.stages.narrator.espeak.engine import Espeak
from storybook.stages.narrator.kokoro.engine import Kokoro
from storybook.stages.narrator.pitch import pitch_track
from storybook.stages.narrator.supertonic.engine import Supertonic
from storybook.stages.transcriber.audio import RATE
from storybook.stages.transcriber.whisper.model import LoadedWhisper, find_device

ERRORS_REACH: Final = {"kokoro": 0.34, "supertonic": 0.34, "espeak": 0.92}
"""Errors a character that a narrator may have."""
USUAL_SPEED: Final = 1.05
_SILENCE: Final = np.zeros(round(0.4 * RATE), np.float32)
_WHO: Final = "the usual voice", "ten voices by turns"


class Spoken(msgspec.Struct, frozen=True):
    """A sentence as it came out: its sound, and seconds of the clock that it took."""

    sound: Sound
    rate: int
    took: float

    @property
    def seconds(self) -> float:
        return self.sound.size / self.rate


def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Errors a character of each narrator, and how fast it is. Prints a line for each voice."""
    weights = whisper_folder(folder)
    if weights is None:
        print("voices: no weights of whisper-base (see bench/servers/speech.py): nobody listens")
    listener = LoadedWhisper(weights, find_device("cpu")) if weights else None
    figures: list[Figure] = []
    for narrator in anyio.run(_there, folder):
        figures += _figures(narrator, listener, effort)
    return figures


async def _there(folder: Path) -> list[Narrator]:
    """The narrators that can speak here."""
    supertonic, kokoro = Supertonic(Path("data"), _case("supertonic")), kokoro_of(folder)
    found: list[Narrator] = []
    for narrator in (supertonic, kokoro, Espeak()):
        ready = await narrator.readiness()
        if ready.ready:
            found.append(narrator)
        else:
            print(f"voices: {narrator.info.name} is left out: {ready.why}")
    return found


def _case(name: str) -> Path | None:
    folder = Path(os.environ.get("STORYBOOK_CASES", "")) / name
    return folder if folder.is_dir() else None


def kokoro_of(folder: Path) -> Kokoro:
    """With the files of a case, or of the packages, or else those of the data folder."""
    if (case := _case("kokoro")) is not None:
        return Kokoro(Path("data"), case)
    model = load_index().find("kokoro")
    try:
        check_installed(model)
        for file in model.packaged:
            add_file(file, model.path(folder, file), Ledger(folder), _Unwatched())
    except CannotDownload:
        return Kokoro(Path("data"))
    return Kokoro(Path("data"), model.place(folder))


class _Unwatched:
    def checking(self, file: object) -> Step:
        return lambda done, total: None

    bringing = checking


def _figures(
    narrator: Narrator, listener: LoadedWhisper | None, effort: Effort
) -> Iterator[Figure]:
    name, sentences = narrator.info.name, SENTENCES[: effort.of(len(SENTENCES))]
    in_turn = [VOICES[it % len(VOICES)] for it in range(len(sentences))]
    as_usual, by_turns = _read(narrator, sentences, ["M1"] * len(sentences), in_turn)
    note = f"{len(sentences)} sentences, speed {USUAL_SPEED}"
    for who, spoken in zip(_WHO, (as_usual, by_turns), strict=True):
        if listener is not None:
            errors = _errors(listener, sentences, spoken)
            what = f"errors a character, {name}, {who}"
            yield Figure(what, errors, "", ERRORS_REACH[name], "≤", note)
        pace = sum(map(len, map(_syllables, sentences))) / sum(it.seconds for it in spoken)
        yield Figure(f"syllables a second, {name}, {who}", pace, "/s", 3.5, "≥", "at most 4.5")
    slowness = sum(it.took for it in as_usual) / sum(it.seconds for it in as_usual)
    note = "one sentence after the other: 1 is as fast as it is heard"
    yield Figure(f"seconds for a second, {name}", slowness, "s", 1.5, "≤", note)
    _print_voices(name, in_turn, by_turns)


def _print_voices(name: str, voices: Sequence[str], spoken: Sequence[Spoken]) -> None:
    for voice in dict.fromkeys(voices):
        its = [it for by, it in zip(voices, spoken, strict=True) if by == voice]
        track = np.concatenate([pitch_track(it.sound, it.rate)[:, 1] for it in its])
        print(f"{name} {voice}: {np.median(track):.0f} Hz", flush=True)


def _read(
    narrator: Narrator, sentences: Sequence[str], *readings: Sequence[str]
) -> list[list[Spoken]]:
    """The sentences in the voices of each reading."""

    async def all_of_them() -> list[list[Spoken]]:
        try:
            await _spoken(narrator, sentences[0], "M1")  # what is loaded first is not counted
            return [
                [await _spoken(narrator, *it) for it in zip(sentences, voices, strict=True)]
                for voices in readings
            ]
        finally:
            await narrator.unload()

    return anyio.run(all_of_them)


async def _spoken(narrator: Narrator, sentence: str, voice: str) -> Spoken:
    task = NarrationTask(
        (Utterance(sentence, "", voice),), "ko", USUAL_SPEED, 250, 7, VoiceDelivery.STORY
    )
    began = time.perf_counter()
    narration = await narrator.narrate(task, lambda fraction: None)
    took = time.perf_counter() - began
    sound, rate = soundfile.read(io.BytesIO(narration.wav), dtype="float32")
    (said,) = narration.segments
    return Spoken(sound[round(said.start * rate) : round(said.end * rate)], rate, took)


def _errors(listener: LoadedWhisper, sentences: Sequence[str], spoken: Sequence[Spoken]) -> float:
    """Syllables to be changed, added and left out, for each that was said."""
    wrong = said = 0.0
    for sentence, it in zip(sentences, spoken, strict=True):
        _, share = errors_in(listener, sentence, it.sound, it.rate)
        wrong += share * len(_syllables(sentence))
        said += len(_syllables(sentence))
    return wrong / said


def errors_in(listener: LoadedWhisper, text: str, sound: Sound, rate: int) -> tuple[str, float]:
    """What was heard of a text, and the errors a syllable in that."""
    places = np.arange(0, sound.size - 1, rate / RATE)
    resampled = np.interp(places, np.arange(sound.size), sound).astype(np.float32)
    clip = np.concatenate([_SILENCE, resampled, _SILENCE])
    heard = "".join(part.text for part in listener.hear(clip, "ko", lambda: None))
    meant = _syllables(text)
    return heard, _distance(_syllables(heard), meant) / len(meant)


def _syllables(text: str) -> str:
    return re.sub("[^가-힣]", "", read_korean(text))


def _distance(one: str, other: str) -> int:
    """Levenshtein's."""
    row = list(range(len(other) + 1))
    for at, char in enumerate(one, start=1):
        before, row[0] = row[0], at
        for place, meant in enumerate(other, start=1):
            changed = before + (char != meant)
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, changed)
    return row[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--once", action="store_true", help="measure a little of everything, once")
    effort = TRIAL if parser.parse_args().once else FULL
    print_figures(measured(partial(measure, effort=effort)))


if __name__ == "__main__":
    main()
