"""What narrators share: a task understood, its pieces spoken side by side and put together.

What a task asks for that no engine can do fails for good (`WorkFailed`, not retryable), and the
message names what is possible.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

import anyio
import msgspec

from storybook.book import Segment
from storybook.engines import (
    Boundary,
    Narration,
    NarrationTask,
    Report,
    Utterance,
    WorkFailed,
)
from storybook.events.catalog import MadeFrom

if TYPE_CHECKING:
    from storybook.stages.narrator.audio import Sound

Thing = TypeVar("Thing")
Result = TypeVar("Result")

_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*")


USUAL_PAUSE_MS: Final = 250
"""The pause of a request with which the pauses below are as long as they stand there."""
PAUSES_MS: Final[Mapping[Boundary, int]] = {
    Boundary.CLAUSE: 260,
    Boundary.BEFORE_SPEECH: 420,
    Boundary.SENTENCE: 550,
    Boundary.AFTER_SPEECH: 450,
    Boundary.PARAGRAPH: 850,
}
"""How long a reader at a bedside waits: long enough to look at the picture, never so long that a
child asks whether that was all."""
SHORTEST_MS, LONGEST_MS = 250, 900
"""Bounds of a pause, whatever the text says (`Utterance.wait`)."""
PAGE_END_SECONDS: Final = 0.85
"""At the end of a story's page, where its question hangs in the air: the longest silence."""


def languages(wanted: str) -> tuple[str, ...]:
    """The names to try for a language, the widest last: ko-KR → ko-kr, ko."""
    if not _LANGUAGE.fullmatch(wanted):
        message = f"{wanted!r} is not a language; expected one such as 'ko' or 'en-us'"
        raise WorkFailed("unsupported_language", message, retryable=False)
    name = wanted.lower().replace("_", "-")
    return tuple(dict.fromkeys((name, name.split("-")[0])))


def voices_of(task: NarrationTask) -> tuple[str, ...]:
    """The voices that an order asks for, each once, in the order in which they begin to speak."""
    return tuple(dict.fromkeys(spoken.voice for spoken in task.utterances))


def unknown_voice(voice: str, known: Iterable[str]) -> WorkFailed:
    """The failure of a task for a voice that there is not."""
    message = f"there is no voice {voice!r}; known are {', '.join(known)}"
    return WorkFailed("unknown_voice", message, retryable=False)


async def each(
    things: Sequence[Thing], do: Callable[[Thing], Awaitable[Result]], report: Report
) -> list[Result]:
    """Do all things side by side, begun in their order; the results are in that order too.

    `report` hears how many are done. The first failure ends the others and is raised as it is.
    """
    results: dict[int, Result] = {}
    failures: list[Exception] = []

    async def one(place: int, thing: Thing) -> None:
        try:
            results[place] = await do(thing)
        except Exception as failure:
            failures.append(failure)
            group.cancel_scope.cancel()
        else:
            report(len(results) / len(things))

    async with anyio.create_task_group() as group:
        for place, thing in enumerate(things):
            group.start_soon(one, place, thing)
    if failures:
        raise failures[0]
    return [results[place] for place in range(len(things))]


def put_together(
    task: NarrationTask, pieces: Sequence[Sound], rate: int, made_from: MadeFrom
) -> Narration:
    """One narration from the sound of each utterance, `rate` samples a second.

    `made_from` is what the engine says of itself: language, model, version, and the names of the
    voices that spoke if it calls them otherwise than the task.

    Sound that is no number (a broken model, a broken file) fails, and may be tried again.
    """
    import numpy as np

    from storybook.stages.narrator import audio

    if not all(np.isfinite(piece).all() for piece in pieces):
        raise WorkFailed("broken_sound", "the engine made sound that is no number", retryable=True)
    said = task.utterances
    moved = [audio.shifted(piece, it.semitones) for piece, it in zip(pieces, said, strict=True)]
    pauses = [pause_ms(it, task.pause_ms) for it in said]
    joined = audio.join(moved, rate, pauses, [it.gain_db for it in said])
    is_story = bool(said) and said[-1].after is not None
    tail = PAGE_END_SECONDS * said[-1].wait if is_story else audio.TAIL_SECONDS
    sound, spans = audio.framed(joined, rate, tail)
    voices = made_from.voices or voices_of(task)
    return Narration(
        wav=audio.wav_bytes(sound, rate),
        seconds=sound.size / rate,
        segments=tuple(segments_in(task.utterances, spans)),
        made_from=msgspec.structs.replace(made_from, voices=voices, seed=task.seed),
    )


def pause_ms(spoken: Utterance, unit_ms: int) -> int:
    """How long the silence after an utterance is, where a request has `unit_ms` for its pauses."""
    if spoken.after is None:
        return unit_ms
    usual = min(max(PAUSES_MS[spoken.after] * spoken.wait, SHORTEST_MS), LONGEST_MS)
    return round(usual * unit_ms / USUAL_PAUSE_MS)


def rising_questions(task: NarrationTask, sounds: Sequence[Sound], rate: int) -> list[Sound]:
    """What is heard of each utterance, with the ends of questions going up."""
    from storybook.stages.narrator import audio

    said = zip(task.utterances, sounds, strict=True)
    return [audio.rising(it, rate) if who.is_question else it for who, it in said]


def segments_in(
    utterances: Sequence[Utterance], spans: Sequence[tuple[float, float]]
) -> Iterator[Segment]:
    """A segment for each sentence, with its time: clauses that belong together are one. `spans` are
    the start and end of each utterance, in seconds."""
    begun: Segment | None = None
    for it, (start, end) in zip(utterances, spans, strict=True):
        said = Segment(it.text, it.speaker, it.voice, start, end)
        if begun is not None:
            text = f"{begun.text} {it.text}"
            said = msgspec.structs.replace(begun, text=text, end=end)
        begun = said if it.after is Boundary.CLAUSE else None
        if begun is None:
            yield said
    if begun is not None:
        yield begun
