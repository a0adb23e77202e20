"""The value objects of a picture book: what is asked for, its pages, and what is made for them.

A book has 5 to 13 **pages**: page 0 is the cover and carries the title, the others are the panels
and carry the story. How many there are is a fact of the run (`RunRequested.page_count`), as is the
language that it is written and read in. A book is made by **work**: one stage for one page.
"""

from __future__ import annotations

import enum
from functools import cache
from typing import Any, Final, NewType

import msgspec

from storybook.scene import PageScene

RunId = NewType("RunId", str)
"""32 lower-case hexadecimal characters."""

COVER_PAGE: Final = 0
FEWEST_PAGES: Final = 5
"""A cover and four panels: beginning, turn, trouble, end."""
MOST_PAGES: Final = 13
"""A cover and twelve panels: a sitting of a quarter of an hour, and all stages there are."""

AGES: Final = ("3-4", "5-7", "8-9")
"""Whom a book can be written for, in years; "" stands for a book of no certain age."""

VOICES: Final = tuple(f"{sex}{n}" for sex in "MF" for n in range(1, 6))
"""The ten voices that every narrator knows: `M1` to `M5` are male, `F1` to `F5` female."""


class Stage(enum.StrEnum):
    """A kind of work, in the order in which a run reports them."""

    LLM = "LLM"
    COVER = "COVER"
    PANEL_1 = "PANEL_1"
    PANEL_2 = "PANEL_2"
    PANEL_3 = "PANEL_3"
    PANEL_4 = "PANEL_4"
    PANEL_5 = "PANEL_5"
    PANEL_6 = "PANEL_6"
    PANEL_7 = "PANEL_7"
    PANEL_8 = "PANEL_8"
    PANEL_9 = "PANEL_9"
    PANEL_10 = "PANEL_10"
    PANEL_11 = "PANEL_11"
    PANEL_12 = "PANEL_12"
    TTS = "TTS"

    @property
    def is_picture(self) -> bool:
        return self not in (Stage.LLM, Stage.TTS)

    @property
    def role(self) -> Role:
        return _ROLES[self]


class Role(enum.StrEnum):
    """Who does the work of a stage."""

    WRITER = "writer"
    ILLUSTRATOR = "illustrator"
    NARRATOR = "narrator"
    TRANSCRIBER = "transcriber"


_ROLES: Final = {
    **dict.fromkeys(Stage, Role.ILLUSTRATOR),
    Stage.LLM: Role.WRITER,
    Stage.TTS: Role.NARRATOR,
}
"""Whose work each stage is."""


PICTURE_STAGES: Final = tuple(stage for stage in Stage if stage.is_picture)
"""The picture stage of each page, by page number."""


class Work(msgspec.Struct, frozen=True, gc=False, order=True):
    """One stage for one page, and in one language: "" is the book's own. The writer's work is for
    the whole book: its page is None, unless it is to write one page of a finished book anew, or in
    another language."""

    stage: Stage
    page: int | None = None
    language: str = ""

    def __str__(self) -> str:
        if self.stage.is_picture or self.page is None:
            return str(self.stage)
        language = f", {self.language}" if self.language else ""
        return f"{self.stage}[{self.page}{language}]"


WRITING: Final = Work(Stage.LLM)


def part_of(page: int, page_count: int) -> int:
    """The part of the story that a page tells: 0 is the cover, 1 the beginning, 2 an event, 3 the
    hardest moment, 4 the end. In a longer book the pages between are 2 and 1 in turns."""
    last = page_count - 1
    if page == COVER_PAGE:
        return 0
    if page >= last - 1:
        return 4 if page >= last else 3
    return 2 - page % 2


@cache
def picture_of(page: int) -> Work:
    """The work that paints a page."""
    return Work(PICTURE_STAGES[page], page)


@cache
def narration_of(page: int, language: str = "") -> Work:
    """The work that reads a page aloud, in the book's own language or in another."""
    return Work(Stage.TTS, page, language)


@cache
def rewriting_of(page: int) -> Work:
    """The work that writes a page of a finished book anew."""
    return Work(Stage.LLM, page)


@cache
def translation_of(page: int, language: str) -> Work:
    """The work that puts a page of a finished book into another language."""
    return Work(Stage.LLM, page, language)


def is_same_language(one: str, other: str) -> bool:
    """Whether two tags name one language, of whatever region: ko, ko-KR and KO."""
    return base_language(one) == base_language(other)


def base_language(tag: str) -> str:
    """The language of a tag without its region, in small letters: ko-KR → ko."""
    return tag.lower().replace("_", "-").partition("-")[0]


FIRST_READING: Final = 1
READING: Final = 2
"""By which rules the words of a new request are read. A run keeps the one that it was asked for
under, and with it the names of its characters."""


class StoryRequest(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The four words that a book is made from, in any language, as the client sent them, and the
    `reading` by which they are understood (`RunRequested.reading`)."""

    era: str
    place: str
    characters: str
    topic: str
    reading: int = READING


CAST: Final = "cast"
"""In place of a voice for dialogue: each character is to have one of its own."""


class VoiceDelivery(enum.StrEnum):
    """How a page is spoken."""

    EVEN = ""
    """Every sentence at one pace, with one pause between any two: as before there was another."""
    STORY = "story"
    """As a story is told at bedtime: slowly, with a pause for each boundary, and a slower end."""
    EXPRESSIVE = "expressive"
    """So, and by what the text says: its questions, its suspense, its sounds, its whispers."""


def _always(default: Any) -> Any:
    """A member that is written always: msgspec never omits what comes from a factory."""
    return msgspec.field(default_factory=lambda: default)


class TtsConfig(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """How a book is read aloud. Voices are names from `VOICES`.

    `dialogue_voice` may be `CAST`, too: then `casting` has the voice that each character was given,
    by each name that it is called by. `speed` is a factor from 0.7 to 2.0; `segment_pause_ms` is
    the silence between two spoken segments in milliseconds, of which other pauses are multiples. It
    stands in recorded events: its defaults are what a member's absence there means, for ever. What
    a new request gets by default is `storybook.request`'s to say.
    """

    narrator_voice: str = _always("M1")
    dialogue_voice: str = _always("")
    character_voices: dict[str, str] = msgspec.field(default_factory=dict)
    lang: str = _always("ko")
    speed: float = _always(1.05)
    segment_pause_ms: int = _always(250)
    casting: dict[str, str] = {}
    delivery: VoiceDelivery = VoiceDelivery.EVEN

    @property
    def is_cast(self) -> bool:
        """Whether each character is to have a voice of its own."""
        return self.dialogue_voice == CAST

    @property
    def voices(self) -> dict[str, str]:
        """The voice of each character that has one of its own, by name."""
        return {**self.casting, **self.character_voices}

    def voice_of(self, character: str) -> str:
        """The voice in which a character speaks: its own, the one for dialogue, the narrator's."""
        of_all = "" if self.is_cast else self.dialogue_voice
        return self.voices.get(character) or of_all or self.narrator_voice


class Dialogue(msgspec.Struct, frozen=True, gc=False):
    """A line spoken by a character. `text` stands word for word in its page's summary."""

    character: str
    text: str
    voice: str = ""


class Page(msgspec.Struct, frozen=True, gc=False):
    """The text of one page.

    The cover has a `title`, a panel has a `summary`: the page's whole text, dialogue lines
    included. `image_prompt` is the English description that its picture is painted from, and
    `scene` what that was worded from; None where nobody says it, or a person wrote the prompt.
    """

    page: int
    title: str = ""
    summary: str = ""
    dialogues: tuple[Dialogue, ...] = ()
    image_prompt: str = ""
    scene: PageScene | None = None

    @property
    def text(self) -> str:
        """What is read aloud."""
        return self.title if self.page == COVER_PAGE else self.summary

    @property
    def brought(self) -> tuple[str, ...]:
        """Those in it who are not of the cast, by name."""
        return self.scene.brought if self.scene is not None else ()

    @property
    def told(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """What a translation of it tells, too: its text, and who says what, in whatever voice."""
        return self.text, tuple((line.character, line.text) for line in self.dialogues)

    def voiced(self, tts: TtsConfig | None) -> Page:
        """The page with each line in the voice that it is read in."""
        voices = tts or TtsConfig()
        return msgspec.structs.replace(
            self,
            dialogues=tuple(
                Dialogue(line.character, line.text, voices.voice_of(line.character))
                for line in self.dialogues
            ),
        )


class FigureParameters(msgspec.Struct, frozen=True, gc=False):
    """What the embedded painter draws a character from, in every book that it comes back in.

    `kind` is a body plan, colours are `#rrggbb`, `outfit` covers the body and `garment` is worn
    with it. `marks` are small things that this one has and others of its kind may not (a bent ear),
    `tilt` is how the head is held, from -2 to 2. The painter's own: no other engine reads it.
    """

    kind: str
    coat: str
    belly: str
    accent: str
    cloth: str
    cloth2: str
    hair: str
    shell: str
    hair_style: str = ""
    outfit: str = "none"
    garment: str = ""
    marks: tuple[str, ...] = ()
    tilt: int = 0


class ReferencePicture(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A picture that shows a character: a file of a run, of which `run_id` is empty for the one
    that it stands in. Once that run is forgotten the picture is gone."""

    name: str
    sha256: str
    size: int
    media_type: str = "image/png"
    run_id: str = ""


class CastMember(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A character of a book, as it can come back in another.

    `kind` is what it is in English and `called` in Korean ("아기 곰"); `age` is `baby`, `child`,
    `adult`, `elder`, or empty where nobody said; `description` is what it is like, in the words
    of who asked for it. `card` is its look in English, word for word in every image prompt, and
    `voice` the one that it speaks in, empty where the book is not read aloud. `saved_as` and
    `origin` (a run) say under which name it was saved, and where, if it comes from another book.
    `sex` is `female`, `male`, or empty where nobody said; `height` how tall it stands in a picture
    (a grown person is 1.0), 0 where that is not recorded.
    """

    name: str
    kind: str
    called: str = ""
    age: str = ""
    description: str = ""
    card: str = ""
    voice: str = ""
    figure: FigureParameters | None = None
    pictures: tuple[ReferencePicture, ...] = ()
    saved_as: str = ""
    origin: str = ""
    sex: str = ""
    height: float = 0.0


class KeptPart(enum.StrEnum):
    """What a book has of the one that it is based on: its text; its text and pictures; or only who
    is in it, in a story of its own."""

    TEXT = "text"
    PICTURES = "pictures"
    CAST = "cast"

    @property
    def has_text(self) -> bool:
        return self is not KeptPart.CAST


class BasedOn(msgspec.Struct, frozen=True, gc=False):
    """The book that another one was made from, the edition that counts, and what is kept of it. In
    a request an `edition` of 0 is the one that readers see."""

    run_id: RunId
    edition: int
    keep: KeptPart


class Segment(msgspec.Struct, frozen=True, gc=False):
    """A stretch of speech in one voice; `start` and `end` are seconds from the audio's beginning.

    `speaker` is the character who says it, empty for the narrator.
    """

    text: str
    speaker: str
    voice: str
    start: float
    end: float


class Artifact(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A finished file of a run. `name` is its file name in the run's folder.

    `size` is in bytes, `sha256` in hexadecimal. A picture has `width` and `height` in pixels;
    audio has `seconds` and the `segments` spoken in it.
    """

    name: str
    media_type: str
    size: int
    sha256: str
    width: int = 0
    height: int = 0
    seconds: float = 0.0
    segments: tuple[Segment, ...] = ()


FIRST_EDITION: Final = 1
"""The book as it was asked for; every change of it makes another edition, with the next number."""


def artifact_name(work: Work, edition: int = FIRST_EDITION) -> str:
    """The file that a piece of work makes: `cover.png`, `panel_1.png`, `page_0.wav`, and
    `page_0.en.wav` in another language than the book's own. What a later edition makes has its
    number in it, `panel_1.e2.png`, so that nothing is ever overwritten."""
    if work.stage is Stage.TTS:
        language = f".{work.language}" if work.language else ""
        return with_edition(f"page_{work.page}{language}.wav", edition)
    if work.stage.is_picture:
        return with_edition(f"{work.stage.value.lower()}.png", edition)
    raise ValueError(f"{work} makes no file")


def with_edition(name: str, edition: int) -> str:
    """The name in the store of a file that was made in an edition: `panel_1.png`, 2 →
    `panel_1.e2.png`. The name is one that it has in every edition."""
    stem, _, ending = name.rpartition(".")
    return name if edition == FIRST_EDITION else f"{stem}.e{edition}.{ending}"


def split_edition(name: str) -> tuple[str, int]:
    """The name that a file has in every edition, and the edition in which it was made:
    `panel_1.e2.png` → `panel_1.png`, 2."""
    stem, _, ending = name.rpartition(".")
    base, _, edition = stem.rpartition(".e")
    if base and edition.isdecimal():
        return f"{base}.{ending}", int(edition)
    return name, FIRST_EDITION


def split_language(name: str) -> tuple[str, str]:
    """The name that a narration has in every language, and the one that it is in, "" for the book's
    own: `page_1.en.wav` → `page_1.wav`, "en". The name is one that it has in every edition."""
    stem, _, ending = name.rpartition(".")
    base, _, language = stem.partition(".")
    return f"{base}.{ending}", language
