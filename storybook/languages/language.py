"""What a language is: a value whose members all have a default that means "nothing is known".

What each part of the house needs stands together: `Script` for grammars, schemas and the check,
`Writing` and `Lengths` for model writers, `ReadingAloud` for narrators, `Hearing` for transcribers,
`Furniture` for the finished book's page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from storybook.book import StoryRequest
from storybook.languages.field import Field
from storybook.lexicon import Character, Word

Found = Iterator[tuple[str, str]]
"""Kind and message of each problem."""


class Told(msgspec.Struct, frozen=True):
    """What the writer itself wrote of a page."""

    title: str
    narration: str
    lines: tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(text for text in (self.title, self.narration, *self.lines) if text)

    @property
    def text(self) -> str:
        return " ".join(self.texts)


class Script(msgspec.Struct, frozen=True):
    """How words are spelled. `letters` are the ranges of a character class (가-힣), empty if any
    letter may be one of the language's; `inside` are signs that a word may have after its first
    letter; `ending` is how many letters may be joined to a name (particles). Where `has_units` a
    number is written with its unit (3마리); where not `borrows`, no word of another script may
    stand in a text, not even the request's own."""

    letters: str = ""
    inside: str = ""
    ending: int = 0
    has_units: bool = False
    borrows: bool = True


class Lengths(msgspec.Struct, frozen=True):
    """How much a page may have, least and most. They add up to less than what a page may have for
    the check, and to what a child listens to in a minute. `lines` are spoken lines on a page."""

    title_words: tuple[int, int] = (2, 6)
    sentences: tuple[int, int] = (2, 4)
    sentence_words: tuple[int, int] = (3, 10)
    line_words: tuple[int, int] = (1, 7)
    lines: int = 2
    word_letters: int = 12
    """Longer words are hardly ever needed."""

    def letters(self, words: int) -> int:
        """The most letters that so many words have, with a space or a sign after each."""
        return words * (self.word_letters + 1)


class Blanks(msgspec.Struct, frozen=True):
    """What is to be filled in, as the example of an answer names it."""

    time: str
    act: str
    scene: str
    name: str
    line: str
    narration: str
    place: str
    title: str
    card: str
    """With `{kind}`, which is `kind` where it is not known."""
    kind: str
    where: str = "inside <…>"
    deed: str = "<…>"
    thing: str = "a <…>"


class Writing(msgspec.Struct, frozen=True):
    """What a model writer is told, as templates.

    `rules` has {reader}, {manner}, {panels}, {middle}, {hardest}, {last}, {title_words},
    {sentences}, {words}, {lines}, {times}, {emotions}, {poses}, {deeds} and {things}; `middle`
    has {pages}, which is `pages` for one ({first}) or for several ({first}, {last}).
    `order` has {era}, {era_en},
    {place}, {place_en}, {topic}, {foreign}, {cast}, {so_far}, {warning} and {form}; `so_far` has
    {facts}, {wanted} and {last}, `anew` (of one page of a book that stands) {facts}, {page},
    {before}, {wish} and {wanted}, `warning` {page} and {advice}, `translation` (the order to
    translate a page) {page}, {cast}, {told}, {lines} and {form}. By age, `readers` say for whom the
    book is and `manner` which words suit them; `advice` says by the kind of problem what a writer
    is told of it (with {sentences}); `count` spells a small number.
    """

    rules: str
    readers: Mapping[str, str]
    manner: Mapping[str, str]
    count: Callable[[int], str]
    middle: str
    pages: tuple[str, str]
    page: str
    """One page ({page}) that is told of; the cover is `cover`."""
    cover: str
    order: str
    so_far: str
    anew: str
    warning: str
    translation: str
    foreign: str
    """What is added to the order for words that may stand as they are ({words})."""
    unknown_place: str
    """What is added where the lexicon does not know the place."""
    advice: Mapping[str, str]
    blanks: Blanks
    long_words: tuple[str, ...]
    """Long ones, to reckon how many tokens an answer can have."""
    known_topic: str = ""
    """What is added of a topic that the lexicon knows, in the language that it knows it in: {does},
    {hard}, {helps} and {because}."""
    no_answers: tuple[str, ...] = ()
    """What a model puts where it has nothing to say, letters only."""
    of_the_task: re.Pattern[str] = re.compile(r"(?!)")
    """What an assistant says of its task, and no story says of itself."""
    terms: re.Pattern[str] = re.compile(r"(?!)")
    """Words of the task, of which a story has few."""


_NOTHING = r"(?!)"


class ReadingAloud(msgspec.Struct, frozen=True):
    """How a text is read aloud. `read` spells out what is written in digits and signs; `spelled`
    does, by an engine's name, what that engine needs after it. `breaths` are where a long sentence
    may be cut, as a regular expression, and `clause` is how many characters are best said at once.

    The others are regular expressions, too: `hushed` of what is said softly, also of what is told
    beside it; `whispered` and `called` of words that tell how somebody says something; `mimetic` of
    a sentence that is nothing but a sound (쿵!); `turning` of the beginning of one before which a
    teller waits (그런데); and `quoting` of what goes on after a sign that ends what is said within
    a sentence (잠깐! 하고); `particles` of what may stand at the end of a name."""

    read: Callable[[str], str] = str
    spelled: Mapping[str, Callable[[str], str]] = {}
    breaths: str = ""
    clause: int = 299
    hushed: str = ""
    whispered: str = _NOTHING
    called: str = _NOTHING
    mimetic: str = _NOTHING
    turning: str = _NOTHING
    quoting: str = _NOTHING
    particles: str = ""

    def given(self, text: str, engine: str = "") -> str:
        """A text as an engine is given it."""
        return self.spelled.get(engine, str)(self.read(text))


def _as_it_is(field: Field, said: str) -> str:
    return said


def _is_any_answer(said: str) -> bool:
    return True


def _is_plausible(field: Field, meant: str) -> float:
    return 1.0


class Hearing(msgspec.Struct, frozen=True):
    """What is meant by what a transcriber heard: the `answer` in it, whether it `is_answer` at all,
    and how `plausible` an answer is, up to 1. `phantoms` are what a model writes for mere noise, as
    a regular expression."""

    answer: Callable[[Field, str], str] = _as_it_is
    is_answer: Callable[[str], bool] = _is_any_answer
    plausible: Callable[[Field, str], float] = _is_plausible
    phantoms: str = ""


class Furniture(msgspec.Struct, frozen=True):
    """What the page of a finished book says beside the story."""

    book: str = "Picture book"
    cover: str = "Cover"
    page: str = "Page {page} of {pages}"
    end: str = "The End"
    cover_picture: str = "Cover of {title}"
    picture: str = "Picture on page {page}: {told}"
    seen: str = "To be seen: {who}."
    read_cover: str = "Read the title"
    read_page: str = "Read page {page}"
    read_on: str = "Read to me"
    read_on_from_here: str = "From here to the end"
    read_on_long: str = "Read from here to the end"
    stop: str = "Stop"
    turn: str = "Turn the pages"
    back: str = "Previous page"
    forth: str = "Next page"
    words: str = "The four words that this book was made from"
    era: str = "Time"
    place: str = "Place"
    characters: str = "Who"
    topic: str = "About"
    again: str = "Read it again"
    made_by: str = "Who made this book"
    text_credit: str = "Text"
    picture_credit: str = "Pictures"
    voice_credit: str = "Voice"
    picture_dots: str = "Pictures: {pixels} pixels, {dpi} dpi on this paper"
    by_model: str = "Generated by artificial intelligence (AI): {what}."
    by_rule: str = "A computer program made this book, without a generative AI model."
    for_everybody: str = (
        "Every picture is described in words. A page has its picture and its text side by side."
    )
    is_read_aloud: str = "The story is read aloud, and lit sentence by sentence."


def _said(name: str, line: str) -> str:
    return f'{name}: "{line}"'


def _are_called(cast: tuple[Character, ...]) -> tuple[Character, ...]:
    return cast


def _kind(kind: Word) -> str:
    return kind.ko


def _nothing(told: Told) -> Found:
    return iter(())


def _one_reading(text: str) -> tuple[str, ...]:
    return (text,)


def _itself(word: str) -> str:
    return word


def _counts(after: str) -> bool:
    """Anything after a number is what it counts."""
    return bool(after.strip())


class Language(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """A language. `tag` is its tag without a region, `name` the English one.

    `people` calls a cast as its story calls it, each name once; `kind` is the word for what a
    character is. `said` puts a spoken line into a text, with who says it: the line stands in it
    word for word, within double quotes. `goes_on` matches what goes on with a sentence after a
    quotation. `faults` are the problems of a page that only this language has, `counts` tells
    whether what stands after a number (a word, a particle) is what it counts, and `forbidden` is
    how a forbidden word counts ({word}), `alone` how one does that is only meant by itself,
    `sounding` gives a regular expression of what sounds like one, and `unmasked` the readings of a
    text whose words are hidden from lists. `lengths` are by age, those of "" for every other.
    `sample` is a request, in words that are usual where it is spoken.
    """

    tag: str
    name: str = ""
    script: Script = Script()
    people: Callable[[tuple[Character, ...]], tuple[Character, ...]] = _are_called
    kind: Callable[[Word], str] = _kind
    said: Callable[[str, str], str] = _said
    goes_on: re.Pattern[str] = re.compile(r"[^\s]")
    faults: Callable[[Told], Found] = _nothing
    counts: Callable[[str], bool] = _counts
    forbidden: str = r"\b{word}\b"
    alone: str = r"\b{word}\b"
    sounding: Callable[[str], str] = _itself
    unmasked: Callable[[str], tuple[str, ...]] = _one_reading
    lengths: Mapping[str, Lengths] = {}
    writing: Writing | None = None
    """None: no model writer can be asked for it."""
    speech: ReadingAloud = ReadingAloud()
    hearing: Hearing = Hearing()
    furniture: Furniture = Furniture()
    sample: StoryRequest = StoryRequest(
        "long ago", "a village deep in the forest", "a curious rabbit, a timid tiger", "friendship"
    )

    def lengths_for(self, age: str) -> Lengths:
        """How long a page may be for an age."""
        return self.lengths.get(age) or self.lengths.get("") or Lengths()

    def foreign(self, texts: Sequence[str]) -> tuple[str, ...]:
        """The words of texts that have letters of another script and may stand as they are."""
        if not (self.script.letters and self.script.borrows):
            return ()
        words = re.findall(rf"(?:(?![{self.script.letters}])[\w-])+", " ".join(texts))
        return tuple(dict.fromkeys(word for word in words if any(map(str.isalpha, word))))
