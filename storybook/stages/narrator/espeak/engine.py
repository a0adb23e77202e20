"""The narrator that speaks with eSpeak NG."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import anyio
import anyio.to_thread
from anyio.streams.buffered import BufferedByteReceiveStream

from storybook.book import VoiceDelivery
from storybook.engines import (
    Capabilities,
    EngineUnavailable,
    Narration,
    NarrationTask,
    Readiness,
    Report,
    Utterance,
    WorkFailed,
    package_version,
)
from storybook.events.catalog import EngineInfo, MadeFrom
from storybook.languages.known import language_of
from storybook.stages.narrator.espeak.voices import SOUNDS, VOICES, voices_for
from storybook.stages.narrator.narration import (
    languages,
    put_together,
    rising_questions,
    unknown_voice,
)
from storybook.system import shielded_start

if TYPE_CHECKING:
    from storybook.stages.narrator.audio import Sound

NAME: Final = "espeak"
_PACKAGE: Final = "espeakng-loader"
_MEND: Final = f"Install it with: pip install --force-reinstall {_PACKAGE}"
_PROGRAM: Final = Path(__file__).with_name("speak.py")
_LINE_BYTES: Final = 1 << 16
"""More than the longest line of an answer: the list of known languages, under 2 KiB."""
_TUNINGS: Final = 2
"""How often a piece is heard before it is spoken: the first time it comes near."""
_MOST_LEFT: Final = 3.0
"""Semitones that a tuned piece may be beside its voice; more is a pitch that was misheard."""
_SECONDS_PER_ANSWER: Final = 30.0
"""A sentence takes milliseconds. A program that is silent for this long will never answer."""


class Espeak:
    """Reads aloud with eSpeak NG, in a process of its own for each narration (see `speak`)."""

    places = 1

    def __init__(self) -> None:
        self._has_spoken = False

    @cached_property
    def info(self) -> EngineInfo:
        return EngineInfo(NAME, package_version(_PACKAGE), apart=True)

    @property
    def capabilities(self) -> Capabilities:
        """What its data speak; nothing is known of that while they are not there."""
        try:
            known = _languages(_paths()["data"])
        except (EngineUnavailable, OSError):
            known = ()
        return Capabilities(known, tuple(VOICES), sounds=SOUNDS)

    async def readiness(self) -> Readiness:
        """Load the library once, in a process that speaks nothing; what was ready stays so."""
        try:
            if not self._has_spoken:
                await _speak(("ko",), [], lambda spoken: None)
        except (EngineUnavailable, WorkFailed) as error:
            why = error.why if isinstance(error, EngineUnavailable) else error.message
            return Readiness(False, why, _MEND)
        self._has_spoken = True
        return Readiness(True)

    async def unload(self) -> None:
        """Nothing is held between narrations."""

    async def narrate(self, task: NarrationTask, report: Report) -> Narration:
        """Read a page aloud. Raises `EngineUnavailable` if the library cannot be loaded, and
        `WorkFailed` for a language or a voice that is not known."""
        names = languages(task.lang)
        pieces = [_piece(spoken, task, names[-1]) for spoken in task.utterances]
        if task.delivery is not VoiceDelivery.EVEN:
            for _ in range(_TUNINGS):
                heard = await _speak(names, pieces, lambda spoken: None)
                pieces = await anyio.to_thread.run_sync(_in_tune, task, pieces, heard)
        answer = await _speak(names, pieces, lambda spoken: report(spoken / len(pieces)))
        return await anyio.to_thread.run_sync(_narration, task, answer)


class _Answer(NamedTuple):
    """The program's answer: samples a second, the name under which it knows the language, and the
    16-bit samples of each piece."""

    rate: int
    language: str
    sounds: list[bytes]


def _piece(spoken: Utterance, task: NarrationTask, language: str) -> dict[str, Any]:
    voices, rate = voices_for(task.delivery)
    voice = voices.get(spoken.voice)
    if voice is None:
        raise unknown_voice(spoken.voice, voices)
    return {
        "text": language_of(language).speech.given(spoken.text, NAME),
        "variant": voice.variant,
        "rate": voice.rate(task.speed_of(spoken), rate),
        "pitch": voice.pitch,
        "range": voice.range(spoken.melody),
    }


def _in_tune(
    task: NarrationTask, pieces: list[dict[str, Any]], heard: _Answer
) -> list[dict[str, Any]]:
    """The pieces with the pitches at which each voice is as high as it is elsewhere: a short cry
    comes out two semitones higher than a long sentence, and people are told apart by three."""
    from storybook.stages.narrator.pitch import HIGHEST_BEFORE, HIGHEST_HERTZ, median_pitch

    is_as_before = task.delivery is VoiceDelivery.STORY
    highest = HIGHEST_BEFORE if is_as_before else HIGHEST_HERTZ
    voices, _ = voices_for(task.delivery)
    pitches = [median_pitch(it, heard.rate, highest) for it in _sounds(task, heard)]
    return [
        piece | {"pitch": voices[it.voice].pitch_for(pitch, piece["pitch"])}
        for it, piece, pitch in zip(task.utterances, pieces, pitches, strict=True)
    ]


async def _speak(
    names: tuple[str, ...], pieces: list[dict[str, Any]], spoke: Callable[[int], None]
) -> _Answer:
    """Give the job to the program, with the language's names; `spoke` is told how many pieces are
    spoken so far. When this is cancelled, or fails, the program is ended."""
    job = _paths() | {"languages": names, "pieces": pieces}
    command = [sys.executable, "-I", "-S", str(_PROGRAM)]
    # The library writes its complaints to stderr; what matters of them is in the answer. A session
    # of its own keeps a terminal's Ctrl-C away, and the shield what a service manager sends to all:
    # what that stops is decided in this process. The program is started before the first await.
    with shielded_start():
        program = await anyio.open_process(
            command, stderr=subprocess.DEVNULL, start_new_session=True
        )
    async with program:
        assert program.stdin and program.stdout
        answer = BufferedByteReceiveStream(program.stdout)
        try:
            await program.stdin.send(json.dumps(job).encode())
            await program.stdin.aclose()
            head = await _line(answer)
            sounds: list[bytes] = []
            for _ in pieces:
                length = (await _line(answer))["bytes"]
                sounds.append(await answer.receive_exactly(length))
                spoke(len(sounds))
        except _ENDED as error:
            status = await program.wait()
            message = f"eSpeak NG ended with exit status {status} before it had spoken"
            raise WorkFailed("engine_crashed", message, retryable=True) from error
        except TimeoutError as error:
            program.kill()
            message = f"eSpeak NG has not answered within {_SECONDS_PER_ANSWER:.0f} s"
            raise WorkFailed("engine_hangs", message, retryable=True) from error
    return _Answer(head["rate"], head["language"], sounds)


_ENDED: Final = (
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
    anyio.IncompleteRead,
)


async def _line(answer: BufferedByteReceiveStream) -> dict[str, Any]:
    """The next line of the answer; a fault is raised."""
    with anyio.fail_after(_SECONDS_PER_ANSWER):
        line: dict[str, Any] = json.loads(await answer.receive_until(b"\n", _LINE_BYTES))
    match line.get("fault"):
        case None:
            return line
        case "library":
            raise EngineUnavailable(NAME, line["message"], _MEND)
        case kind:
            raise WorkFailed(kind, line["message"], retryable=kind == "synthesis")


def _paths() -> dict[str, str]:
    """Where the library and its data are."""
    try:
        import espeakng_loader  # type: ignore[import-untyped]  # it has no type information

        return {
            "library": espeakng_loader.get_library_path(),
            "data": espeakng_loader.get_data_path(),
        }
    except (ImportError, RuntimeError) as error:
        raise EngineUnavailable(
            NAME, f"{_PACKAGE} is missing or broken ({error})", _MEND
        ) from error


@cache
def _languages(data: str) -> tuple[str, ...]:
    """The languages of the voices in eSpeak NG's data: each file of `lang` has lines such as
    `language en-gb 2`, the last being how well it suits."""
    lines = (
        line.split()
        for file in Path(data, "lang").rglob("*")
        if file.is_file()
        for line in file.read_text("utf-8", "replace").splitlines()
    )
    return tuple(sorted({words[1] for words in lines if words[:1] == ["language"]}))


def _narration(task: NarrationTask, answer: _Answer) -> Narration:
    made_from = MadeFrom(language=answer.language, version=package_version(_PACKAGE))
    sounds = _sounds(task, answer)
    if task.delivery is VoiceDelivery.EXPRESSIVE:
        sounds = _at_their_pitch(task, sounds, answer.rate)
    return put_together(task, sounds, answer.rate, made_from)


def _at_their_pitch(task: NarrationTask, sounds: list[Sound], rate: int) -> list[Sound]:
    """Each piece moved by what its tuning has left; and where several speak, all that one says by
    what this leaves of the page: nobody comes nearer to another one."""
    from storybook.stages.narrator import audio

    said = task.utterances
    moved = [
        audio.shifted(sound, _beside_voice(it.voice, sound, rate))
        for it, sound in zip(said, sounds, strict=True)
    ]
    voices = dict.fromkeys(it.voice for it in said)
    left = dict.fromkeys(voices, 0.0)
    if len(voices) > 1:
        left = {voice: _left(voice, said, moved, rate) for voice in voices}
    return [audio.shifted(it, left[who.voice]) for who, it in zip(said, moved, strict=True)]


def _left(voice: str, said: Sequence[Utterance], sounds: Sequence[Sound], rate: int) -> float:
    """Semitones from what a voice says on a page, with what expression moves, to its own pitch."""
    import numpy as np

    from storybook.stages.narrator import audio

    own = zip(said, sounds, strict=True)
    parts = [audio.shifted(sound, it.semitones) for it, sound in own if it.voice == voice]
    return _beside_voice(voice, np.concatenate(parts), rate)


def _beside_voice(voice: str, sound: Sound, rate: int) -> float:
    """Semitones from a sound to its voice's pitch; 0 where it was hardly heard well."""
    from storybook.stages.narrator.pitch import median_pitch, semitones

    heard, usual = median_pitch(sound, rate), VOICES[voice].sound
    wrong = semitones(usual.pitch, heard) if heard and usual is not None else 0.0
    return wrong if abs(wrong) <= _MOST_LEFT else 0.0


def _sounds(task: NarrationTask, answer: _Answer) -> list[Sound]:
    """What is heard of each piece: in a story questions rise."""
    from storybook.stages.narrator import audio

    sounds = [audio.from_pcm16(sound) for sound in answer.sounds]
    if task.delivery is VoiceDelivery.EVEN:
        return sounds
    return rising_questions(task, sounds, answer.rate)
