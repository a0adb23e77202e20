"""What an engine is: a small class behind one of four protocols.

A **writer** writes the pages, an **illustrator** paints one, a **narrator** reads one aloud, and a
**transcriber** turns speech into text. An engine gets plain values, reports how far it is through
`report(fraction)` (0 to 1, from any thread), and stops when it is cancelled. What goes wrong is
one of three things: the engine cannot work at all (`EngineUnavailable`, with the mend), it is away
for now (`EngineAway`, which the work waits for), or this piece of work failed (`WorkFailed`,
retryable or not).

An engine imports its heavy modules when it is first used, so that building it costs nothing, and
keeps the event loop free: what computes runs in a worker process or, if it lets go of the GIL, in
a thread.
"""

from __future__ import annotations

import enum
import importlib.metadata
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar, runtime_checkable

import msgspec

from storybook.book import (
    FEWEST_PAGES,
    CastMember,
    Page,
    Role,
    Segment,
    StoryRequest,
    VoiceDelivery,
    base_language,
)
from storybook.events.catalog import EngineInfo, MadeFrom, Submission
from storybook.settings import KINDS, Settings, kind_of

Report = Callable[[float], None]
"""Tells how much of a piece of work is done, from 0 to 1. Never blocks, never raises."""


class PaintingReport(Protocol):
    """A `Report` that may show, too, what the picture looks like so far: JPEG or PNG bytes, which
    stand until the next ones come. Previews are for whoever watches now; they are in no event and
    in no file."""

    def __call__(self, fraction: float, preview: bytes | None = None) -> None: ...


class EngineUnavailable(Exception):
    """The engine cannot work here. `why` says what is missing, `mend` what to do about it."""

    def __init__(self, engine: str, why: str, mend: str) -> None:
        super().__init__(f"{engine} is not available: {why}. {mend}")
        self.engine, self.why, self.mend = engine, why, mend


class EngineAway(EngineUnavailable):
    """Nobody answers, or what answers is busy or still starting: this passes by itself, and the
    work waits for it. `retry_after` is in how many seconds the engine itself asks to be looked at
    again, None if it does not say."""

    def __init__(
        self, engine: str, why: str, mend: str, *, retry_after: float | None = None
    ) -> None:
        super().__init__(engine, why, mend)
        self.retry_after = retry_after


class WorkFailed(Exception):
    """A piece of work failed. `kind` is a short stable word; trying again helps if `retryable`."""

    def __init__(self, kind: str, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.kind, self.message, self.retryable = kind, message, retryable


class Readiness(msgspec.Struct, frozen=True):
    """Whether an engine can work now; if not, why and what mends it, and whether it is only away
    (what `EngineAway` means): then it is looked at again. One that is ready, but not as the
    settings want it (one of its servers is away), says that as `why` and `mend`, too. `notes` are
    what has been found out about one that can, such as what its server does not take."""

    ready: bool
    why: str = ""
    mend: str = ""
    away: bool = False
    notes: tuple[str, ...] = ()


class Topic(msgspec.Struct, frozen=True):
    """What a writer by rule has stories about: its name, and the words by which it is known in what
    a person asks for, the name among them."""

    name: str
    words: tuple[str, ...]


class VoiceSound(msgspec.Struct, frozen=True):
    """What a narrator's voice sounds like. `sex` is `male` or `female`; `age` is `child`, `adult`
    or `elder`; `pitch` is the median fundamental in hertz, as it is heard in a story, 0 if nobody
    has measured it; `liveliness` is how much its melody moves, from 0 to 1."""

    name: str
    sex: str
    age: str = "adult"
    pitch: float = 0.0
    liveliness: float = 0.5


class Capabilities(msgspec.Struct, frozen=True):
    """What an engine can do; of what is empty it takes any, or knows no bounds beforehand.

    `languages` are tags in small letters: what it writes or speaks. `voices` are the names that it
    takes, `page_counts` the lengths of books, cover included, `styles` the names of the ways in
    which it paints; `rewrites` whether a writer can write one page of a finished book anew,
    `translates` whether it can put one into another of its languages, and `takes_references`
    whether an illustrator can be shown pictures of the characters. `ages` are whom a book may be
    for, `topics` what a writer has stories of its own about: any other one is told in general.
    `sounds` are what a narrator's voices sound like, for whoever chooses among them.
    """

    languages: tuple[str, ...] = ()
    voices: tuple[str, ...] = ()
    page_counts: tuple[int, ...] = ()
    rewrites: bool = False
    styles: tuple[str, ...] = ()
    takes_references: bool = False
    ages: tuple[str, ...] = ()
    translates: bool = False
    topics: tuple[Topic, ...] = ()
    sounds: tuple[VoiceSound, ...] = ()

    def has_language(self, tag: str) -> bool:
        return not self.languages or not {tag.lower(), base_language(tag)}.isdisjoint(
            self.languages
        )


class Engine(Protocol):
    """What all engines have in common.

    `info` names it, and never fails, nor does `capabilities`; its `device` is what it occupies
    while it works (`cpu`, `gpu0`, an endpoint), and `places` how many pieces of work it does there
    at once.
    """

    @property
    def info(self) -> EngineInfo: ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do: of a writer languages, page counts and ages, of an illustrator styles,
        of a narrator languages and voices. What is not among them is refused before any work is
        done."""
        ...

    @property
    def places(self) -> int: ...

    async def readiness(self) -> Readiness:
        """Look whether the engine can work, without loading a model."""
        ...

    async def unload(self) -> None:
        """Let go of models and worker processes. The engine loads them again when used."""
        ...


class Rewriting(msgspec.Struct, frozen=True):
    """One page of a finished book that is to be written anew, and the wish for it: a person's
    words."""

    page: int
    wish: str


class Translating(msgspec.Struct, frozen=True):
    """A page of a finished book that is to be put into another language than its own."""

    page: Page
    language: str


class WritingTask(msgspec.Struct, frozen=True):
    """What a writer is to write: a book of `page_count` pages, cover included, in `language` (a
    tag such as ko). `standing` are the pages that an earlier attempt finished, in order from page
    0: they are not written again, and the story goes on after them. `refusals` is how often the
    next page has been written and refused, and `refused` of which kinds its problems were. `cast`
    are the characters that come back from other books: each keeps its card. `age` is that of the
    children whom it is for (one of `AGES`), "" if nothing is known of it.
    With a `rewriting`, all pages stand, and that one alone is written; with a page for
    `translating`, that one is written in `language`, with the same picture and speakers: only a
    writer whose capabilities say so is given such a task. `storyline` is the story that a writer
    that `TellsStories` is to tell, by its name; "" where none was chosen."""

    request: StoryRequest
    seed: int
    attempt: int
    standing: tuple[Page, ...] = ()
    page_count: int = FEWEST_PAGES
    language: str = "ko"
    refusals: int = 0
    refused: tuple[str, ...] = ()
    rewriting: Rewriting | None = None
    cast: tuple[CastMember, ...] = ()
    age: str = ""
    translating: Translating | None = None
    storyline: str = ""

    @property
    def only(self) -> int | None:
        """The one page that is to be written, of a book that stands."""
        if self.translating is not None:
            return self.translating.page.page
        return self.rewriting.page if self.rewriting is not None else None

    @property
    def missing(self) -> range:
        """The numbers of the pages that are to be written."""
        if self.only is not None:
            return range(self.only, self.only + 1)
        return range(len(self.standing), self.page_count)


@runtime_checkable
class Unrepeatable(Protocol):
    """A writer that may not give the same book for the same seed."""

    @property
    def unrepeatable(self) -> str:
        """Why not; empty if nothing is known against it."""
        ...


@runtime_checkable
class Tried(Protocol):
    """An engine that has to be tried before it can be known what its server takes."""

    async def try_out(self) -> None:
        """Ask for a piece of work and leave it as soon as it has begun; `readiness` tells then what
        was found out. Never raises, and takes seconds at most."""
        ...


class Choice(msgspec.Struct, frozen=True):
    """The names of the stories that fit a request, by chance among those that fit alike, and
    whether they are about its topic; the first `meant` are about the very words of it. `unfit` says
    of each how little it is of the request's place and season, where 0 is the best."""

    storylines: tuple[str, ...]
    topic_known: bool
    meant: int = 0
    unfit: tuple[int, ...] = ()


@runtime_checkable
class TellsStories(Protocol):
    """A writer that has stories of its own, of which one is chosen when a book is asked for."""

    def choice(self, request: StoryRequest, seed: int) -> Choice:
        """What it could tell; the first one is that of the seed."""
        ...

    def company(self, request: StoryRequest, storyline: str) -> tuple[str, ...]:
        """The names of those whom one of its stories brings along beside the cast."""
        ...


class Writer(Engine, Protocol):
    @property
    def varies(self) -> bool:
        """Whether another attempt at the same task may write something else."""
        ...

    def write(self, task: WritingTask, report: Report) -> AsyncGenerator[Page, None]:
        """Yield each missing page, in order, the moment it is whole."""
        ...


class PaintingTask(msgspec.Struct, frozen=True):
    """What an illustrator is to paint: `page.image_prompt`, for this request, in a book of
    `page_count` pages.

    `seed` is the book's, the same on every page, so that its characters stay the same. `variation`
    is for all else that is left to chance on this page: where it is another, the picture is too,
    with the same characters. 0 leaves that to `seed`.
    `submission` is what an earlier attempt gave away and may have been finished since. `style` is
    how it is to be painted: one of the engine's `styles`, or any words if it names none; empty
    leaves it to the engine. `cast` are the book's characters, whose cards stand in the prompt, and
    `references` pictures of them, for an engine that `takes_references`.
    """

    request: StoryRequest
    page: Page
    seed: int
    width: int = 1024
    height: int = 1024
    submission: Submission | None = None
    page_count: int = FEWEST_PAGES
    variation: int = 0
    style: str = ""
    cast: tuple[CastMember, ...] = ()
    references: tuple[Reference, ...] = ()


class Reference(msgspec.Struct, frozen=True):
    """A picture of characters, as it was kept: PNG or JPEG."""

    sha256: str
    media_type: str
    content: bytes


class Painting(msgspec.Struct, frozen=True):
    """A finished picture: PNG bytes, its size in pixels, and what it was made from."""

    png: bytes
    width: int
    height: int
    made_from: MadeFrom


class Illustrator(Engine, Protocol):
    async def paint(
        self,
        task: PaintingTask,
        report: PaintingReport,
        submitted: Callable[[Submission], Awaitable[None]],
    ) -> Painting:
        """Paint one page. An engine that gives work away awaits `submitted` with its handle, which
        records it, before it waits for the result."""
        ...


class Boundary(enum.StrEnum):
    """What there is between two utterances."""

    CLAUSE = "clause"
    """The sentence goes on."""
    SENTENCE = "sentence"
    BEFORE_SPEECH = "before speech"
    AFTER_SPEECH = "after speech"
    PARAGRAPH = "paragraph"


class Utterance(msgspec.Struct, frozen=True):
    """A sentence, a clause or a line to be spoken in one voice; `speaker` is empty for the
    narrator. `pace` is a factor of the task's speed, and `after` is what there is between it and
    the next one: None if one pause is for all; `wait` is a factor of that pause. It is said
    `gain_db` decibels louder and `semitones` higher than the voice usually speaks; no engine needs
    to see to that. `melody` is a factor of how far the voice goes up and down, for an engine that
    can."""

    text: str
    speaker: str
    voice: str
    pace: float = 1.0
    after: Boundary | None = None
    gain_db: float = 0.0
    semitones: float = 0.0
    melody: float = 1.0
    wait: float = 1.0

    @property
    def is_question(self) -> bool:
        return "?" in self.text


class NarrationTask(msgspec.Struct, frozen=True):
    """What a narrator is to read aloud, piece by piece. `pause_ms` is the silence between two
    utterances, or, where boundaries are told apart, what their pauses are multiples of. With
    any `VoiceDelivery` but `EVEN` a book has 3.5 to 4.5 syllables a second at a speed of 1.05."""

    utterances: tuple[Utterance, ...]
    lang: str
    speed: float
    pause_ms: int
    seed: int
    delivery: VoiceDelivery = VoiceDelivery.EVEN

    def speed_of(self, spoken: Utterance) -> float:
        """The speed at which an utterance is spoken."""
        return self.speed * spoken.pace


class Narration(msgspec.Struct, frozen=True):
    """A finished narration: WAV bytes (16-bit mono PCM), its length in seconds, when each utterance
    is spoken, and what it was made from."""

    wav: bytes
    seconds: float
    segments: tuple[Segment, ...]
    made_from: MadeFrom


class Narrator(Engine, Protocol):
    async def narrate(self, task: NarrationTask, report: Report) -> Narration:
        """Read one page aloud."""
        ...


class Transcript(msgspec.Struct, frozen=True):
    """What was heard, and how sure the engine is of it (0 to 1). Where nothing was said the text
    is empty and the confidence 0."""

    text: str
    confidence: float


class InvalidAudio(Exception):
    """A recording that cannot be used; the message says why. The audio itself is in no error."""


class AudioTooLarge(InvalidAudio):
    """A recording over the limits: bytes or seconds."""


class Transcriber(Engine, Protocol):
    async def transcribe(self, audio: bytes, language: str) -> Transcript:
        """Turn a recording, in any container that browsers record, into text.

        `language` is a tag such as `ko` or `ko-KR`. Raises `InvalidAudio` for a recording that
        cannot be used, `EngineUnavailable`, and `WorkFailed` (`unsupported_language`, `busy` …).
        """
        ...


SettingsT = TypeVar("SettingsT", bound=msgspec.Struct)


class NoSettings(msgspec.Struct, frozen=True):
    """Of an engine that there is nothing to tell."""


@dataclass(frozen=True)
class EngineSpec(Generic[SettingsT]):
    """How an engine is known before it is built: its name in the settings, its role, and what it
    can be told there, the fields of `settings`.

    Each field has a default, and is of one of `KINDS` or of a range of it, such as `Count`. `build`
    is given the settings and the data folder; it costs nothing, cannot fail, and is the place where
    the engine's own module is imported. `needs` is a setting without which the engine is not meant
    by what stands in its role's table. Raises TypeError for settings that no file can have.
    """

    name: str
    role: Role
    settings: type[SettingsT]
    build: Callable[[SettingsT, Path], Engine]
    needs: str = ""

    def __post_init__(self) -> None:
        for field in msgspec.structs.fields(self.settings):
            if field.required or kind_of(field.type) not in KINDS:
                wanted = f"needs a default, and one of the kinds {', '.join(KINDS.values())}"
                raise TypeError(f"{field.name} in the settings of {self.name} {wanted}")

    def settings_in(self, settings: Settings) -> SettingsT:
        """What this engine was told."""
        told = getattr(settings, self.role.value).engines.get(self.name)
        return told if isinstance(told, self.settings) else self.settings()


def package_version(name: str) -> str:
    """The version of an installed package, empty if it is not there or cannot be read now."""
    try:
        return importlib.metadata.version(name)
    except (importlib.metadata.PackageNotFoundError, OSError):
        return ""


def ready_or_raise(engine: str, readiness: Readiness) -> None:
    """Raise `EngineUnavailable` unless the engine is ready."""
    if not readiness.ready:
        raise EngineUnavailable(engine, readiness.why, readiness.mend)


__all__: Sequence[str] = [
    "AudioTooLarge",
    "Boundary",
    "Capabilities",
    "Choice",
    "Engine",
    "EngineAway",
    "EngineSpec",
    "EngineUnavailable",
    "Illustrator",
    "InvalidAudio",
    "Narration",
    "NarrationTask",
    "Narrator",
    "NoSettings",
    "Painting",
    "PaintingReport",
    "PaintingTask",
    "Readiness",
    "Reference",
    "Report",
    "Rewriting",
    "TellsStories",
    "Transcriber",
    "Transcript",
    "Translating",
    "Tried",
    "Unrepeatable",
    "Utterance",
    "VoiceSound",
    "WorkFailed",
    "Writer",
    "WritingTask",
    "package_version",
    "ready_or_raise",
]
