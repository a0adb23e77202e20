"""What every page must be before it stands, whichever writer made it.

`check_page` is a pure function: a page, what it is for, and the rules give a list of problems, and
a page with none may stand. What the rules cannot see, a **guard** can: a model of the operator's
choice that judges a page which has passed the rules.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final, Protocol

import msgspec

from storybook.book import COVER_PAGE, Page, StoryRequest, base_language
from storybook.events.catalog import Problem
from storybook.lexicon import cast
from storybook.lexicon.absence import away
from storybook.request import RequestFault
from storybook.stages.writer.answer.brief import Brief, brief_of, foreign_words, is_known
from storybook.stages.writer.answer.picture import read_prompt

SHINGLE: Final = 5
"""Letters that are compared at a time when two texts are held against each other."""
TOLD_SENTENCE: Final = 12
"""Letters from which a sentence is no mere exclamation, and may not come again at once."""
STAMMER: Final = re.compile(r"(.{2,30}?)\1{4,}")
"""The same piece of text five times in a row: a model that has lost its thread."""

_SENTENCE_END: Final = re.compile(r"[.!?…~]+[\"'”’]*\s*")
_LETTERS: Final = re.compile(r"[^\W_]+")
_HANGUL: Final = re.compile("[가-힣]")
_CLOSING: Final = (".", "!", "?", "…", "~", '"', "'", "”", "’")


class Forbidden(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words that no page may have: Korean ones in its text, English ones in its image prompt."""

    korean: tuple[str, ...]
    english: tuple[str, ...]


class Rules(msgspec.Struct, frozen=True):
    """What a page may be. Lengths are characters, least and most; shares are from 0 to 1."""

    forbidden: Forbidden
    title: tuple[int, int] = (2, 60)
    summary: tuple[int, int] = (20, 700)
    line: tuple[int, int] = (1, 120)
    lines: int = 2
    prompt: tuple[int, int] = (20, 2_000)
    hangul: float = 0.5
    """Least share of Hangul among a panel's letters: names and topics may be of another script."""
    repeated: float = 0.5
    """Most of a page's text that the page before may have had."""
    variety: float = 0.5
    """Least share of different pieces in a page's text; a story has above 0.9. 0: not looked at."""
    named: bool = True
    """Whether each panel names somebody, and the book everybody."""


class Wanted(Protocol):
    """The book that a page is for, as a run or a writing task has it."""

    @property
    def request(self) -> StoryRequest: ...

    @property
    def page_count(self) -> int: ...

    @property
    def language(self) -> str: ...


class Guard(Protocol):
    """Judges a page that has passed the rules; what it finds is refused like anything else."""

    async def __call__(self, page: Page, request: StoryRequest) -> Sequence[Problem]: ...


class PageCheck(msgspec.Struct, frozen=True):
    """The check that a page goes through: rules, and a guard if there is one."""

    rules: Rules
    guard: Guard | None = None

    async def problems(self, page: Page, book: Wanted, standing: Sequence[Page]) -> list[Problem]:
        """What is wrong with a page that would stand after `standing`."""
        found = check_page(page, book, standing, self.rules)
        if not found and self.guard is not None:
            found = [*await self.guard(page, book.request)]
        return found

    def request_faults(self, request: StoryRequest) -> list[RequestFault]:
        """The forbidden words that a request itself has: none of its pages could stand."""
        why = "has no place in a children's book; use another word"
        return [
            RequestFault((name,), f"{word} {why}", "forbidden")
            for name, text in msgspec.structs.asdict(request).items()
            for word in forbidden_in(text, self.rules.forbidden)
        ]


def default_check(words: Path | None = None) -> PageCheck:
    """The rules with the words of a file, or those that the package brings, and no guard. Raises
    what `forbidden_words` raises."""
    return PageCheck(Rules(forbidden_words(words)))


def check_page(page: Page, book: Wanted, standing: Sequence[Page], rules: Rules) -> list[Problem]:
    """What is wrong with a page of `book`; `standing` are the pages before it."""
    problems = [
        *_lengths(page, rules),
        *_languages(page, book, rules),
        *_forbidden(page, rules.forbidden),
        *_repetitions(page, standing, rules),
        *_characters(page, book, standing, rules),
        *_picture(page, book, standing, rules),
    ]
    return [Problem(kind, message) for kind, message in problems]


@cache
def forbidden_words(file: Path | None = None) -> Forbidden:
    """The words that a TOML file forbids, by default the package's own `forbidden.toml`. Raises
    OSError, or ValueError (of msgspec or tomllib) that says what is wrong with the file."""
    source = file or files(__package__).joinpath("forbidden.toml")
    return msgspec.convert(tomllib.loads(source.read_text("utf-8")), Forbidden)


_Found = Iterator[tuple[str, str]]
"""Kind and message of each problem."""


def _lengths(page: Page, rules: Rules) -> _Found:
    is_cover = page.page == COVER_PAGE
    yield from _length("title", page.title, rules.title if is_cover else (0, 0))
    yield from _length("summary", page.summary, (0, 0) if is_cover else rules.summary)
    yield from _length("image prompt", page.image_prompt, rules.prompt)
    for line in page.dialogues:
        yield from _length("spoken line", line.text, rules.line)
    if len(page.dialogues) > rules.lines:
        yield "length", f"expected at most {rules.lines} spoken lines, found {len(page.dialogues)}"
    if not is_cover and page.summary and not page.summary.rstrip().endswith(_CLOSING):
        yield "length", f"the text stops in the middle: …{page.summary[-20:]}"


def _length(what: str, text: str, bounds: tuple[int, int]) -> _Found:
    least, most = bounds
    if not least <= len(text.strip()) <= most:
        yield "length", f"{what}: expected {least} to {most} characters, found {len(text.strip())}"


def _languages(page: Page, book: Wanted, rules: Rules) -> _Found:
    texts = (page.title, page.summary, *(line.text for line in page.dialogues))
    if base_language(book.language) == "ko":
        yield from _not_korean(page, texts, book.request, rules)
    if signs := sorted({sign for text in texts for sign in text if not _is_readable(sign)}):
        named = ", ".join(f"U+{ord(sign):04X}" for sign in signs)
        yield "language", f"signs that nobody can read aloud: {named}"
    if not page.image_prompt.isascii():
        yield "language", "the image prompt is not plain English"


def _not_korean(page: Page, texts: Iterable[str], request: StoryRequest, rules: Rules) -> _Found:
    known = " ".join((*foreign_words(request), *_names(request))).casefold()
    strange = [word for text in texts for word in _foreign(text) if word.casefold() not in known]
    if strange:
        yield "language", f"expected Korean, found {', '.join(dict.fromkeys(strange))[:80]}"
    letters = [sign for sign in page.summary if sign.isalpha()]
    share = sum(map(bool, map(_HANGUL.match, letters))) / len(letters) if letters else 0.0
    if page.page != COVER_PAGE and share < rules.hangul:
        yield "language", f"expected Korean, found {share:.0%} Hangul among the letters"


def _foreign(text: str) -> list[str]:
    """The pieces of a text that are letters other than Hangul."""
    without = _HANGUL.sub(" ", text)
    return [run for word in _LETTERS.findall(without) for run in re.findall(r"[^\W\d_]+", word)]


def _is_readable(sign: str) -> bool:
    category = unicodedata.category(sign)
    return category[0] in "LNP" or category == "Mn" or sign in " ~+%"


def _forbidden(page: Page, forbidden: Forbidden) -> _Found:
    text = " ".join((page.title, page.summary, *(line.text for line in page.dialogues)))
    for word in _korean_in(text, forbidden):
        yield "forbidden", f"forbidden in a children's book: {word}"
    for word in _english_in(page.image_prompt, forbidden):
        yield "forbidden", f"forbidden in a children's picture: {word}"


def forbidden_in(text: str, forbidden: Forbidden) -> list[str]:
    """The forbidden words of either language in a text."""
    return [*_korean_in(text, forbidden), *_english_in(text, forbidden)]


def _korean_in(text: str, forbidden: Forbidden) -> Iterator[str]:
    for word in forbidden.korean:
        if re.search(rf"(?<![가-힣]){re.escape(word)}", text):
            yield word


def _english_in(text: str, forbidden: Forbidden) -> Iterator[str]:
    for word in forbidden.english:
        if re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE):
            yield word


def _repetitions(page: Page, standing: Sequence[Page], rules: Rules) -> _Found:
    pieces = _pieces(page.text)
    stammers = rules.variety > 0 and STAMMER.search(page.text)
    if stammers or len(set(pieces)) < rules.variety * len(pieces):
        yield "degenerate", "the text says the same again and again"
    sentences = _told(page)
    if again := [it for it in dict.fromkeys(sentences) if sentences.count(it) > 1]:
        yield "degenerate", f"the page has a sentence twice: {again[0][:60]}"
    if page.page == COVER_PAGE or not standing:
        return
    before = standing[-1]
    if again := [it for it in sentences if it in _told(before)]:
        yield "repeated", f"the page before has the same sentence: {again[0][:60]}"
    shared = set(pieces) & set(_pieces(before.text))
    if len(shared) > rules.repeated * len(set(pieces)):
        yield "repeated", f"{len(shared) / len(set(pieces)):.0%} of the text is of the page before"


def _pieces(text: str) -> list[str]:
    letters = "".join(_LETTERS.findall(text))
    return [letters[at : at + SHINGLE] for at in range(len(letters) - SHINGLE + 1)]


def _told(page: Page) -> list[str]:
    """The narrator's sentences, as letters only. Spoken lines may come again: refrains do."""
    narration = page.text
    for line in page.dialogues:
        narration = narration.replace(line.text, "", 1)
    sentences = ("".join(_LETTERS.findall(it)) for it in _SENTENCE_END.split(narration))
    return [sentence for sentence in sentences if len(sentence) >= TOLD_SENTENCE]


def _characters(page: Page, book: Wanted, standing: Sequence[Page], rules: Rules) -> _Found:
    names = _names(book.request)
    if strangers := [it.character for it in page.dialogues if it.character not in names]:
        yield "characters", f"{strangers[0]} speaks, who is not among {', '.join(names)}"
    if unsaid := [it.text for it in page.dialogues if it.text not in page.summary]:
        yield "characters", f"a spoken line does not stand in the text: {unsaid[0][:60]}"
    if not rules.named or page.page == COVER_PAGE:
        return
    if not any(name in page.summary for name in names):
        yield "characters", f"the page names none of {', '.join(names)}"
    told = " ".join([*(it.text for it in standing), page.text])
    absent = [name for name in names if name not in told]
    if page.page == book.page_count - 1 and absent:
        yield "characters", f"the book never names {', '.join(absent)}"


def _picture(page: Page, book: Wanted, standing: Sequence[Page], rules: Rules) -> _Found:
    if not rules.named:
        return
    brief = brief_of(book.request, book.page_count)
    gone = away(page.text, [character.name for character in brief.cast])
    known = [character for character in brief.cast if is_known(character)]
    unseen = [one for one in known if one.kind.en not in page.image_prompt]
    absent = dict.fromkeys(one.kind.en for one in unseen if one.name not in gone)
    if absent or (known and len(unseen) == len(brief.cast)):
        absent = absent or dict.fromkeys(one.kind.en for one in unseen)
        yield "picture", f"the picture is without {', '.join(absent)}"
    cards = _cards(brief, [page])
    if standing and cards and _cards(brief, standing[-1:]) not in (None, cards):
        yield "picture", "a character is described otherwise than on the page before"


def _cards(brief: Brief, pages: Iterable[Page]) -> tuple[str, ...] | None:
    """The characters' cards in a page's prompt, if it has the form that has them."""
    for page in pages:
        if found := read_prompt(page.page, brief, page.image_prompt):
            return found[0].cards
    return None


def _names(request: StoryRequest) -> tuple[str, ...]:
    return tuple(character.name for character in cast(request.characters))
