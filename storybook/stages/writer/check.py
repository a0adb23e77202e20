"""What every page must be before it stands, whichever writer made it.

`check_page` is a pure function: a page, what it is for, and the rules give a list of problems, and
a page with none may stand. What the rules cannot see, a **guard** can: a model of the operator's
choice that judges a page which has passed the rules.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Protocol

import msgspec

from storybook.book import COVER_PAGE, Page, StoryRequest
from storybook.events.catalog import Problem
from storybook.languages.forbidden import (
    PARTS,
    Forbidden,
    forbidden_in,
    is_said_to_a_machine,
    is_word,
    languages,
    list_names,
)
from storybook.languages.known import cast_in, language_of
from storybook.languages.language import Found
from storybook.lexicon.topics import find_topic
from storybook.request import SAYS_NOTHING, WORDS, RequestFault
from storybook.stages.writer.pictures import picturing
from storybook.stages.writer.rules import Rules, Wanted
from storybook.stages.writer.wording import told_of, wording


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
        return found or await self._judged(page, book.request)

    async def text_problems(
        self, page: Page, book: Wanted, standing: Sequence[Page]
    ) -> list[Problem]:
        """What is wrong with the words of a page, whose picture stands."""
        found = check_text(page, book, standing, self.rules)
        return found or await self._judged(page, book.request)

    async def unsafe(self, page: Page, request: StoryRequest) -> list[Problem]:
        """What of a page is not for children, however it is told."""
        found = [Problem(kind, why) for kind, why in _forbidden(page, self.rules.forbidden)]
        return found or await self._judged(page, request)

    async def _judged(self, page: Page, request: StoryRequest) -> list[Problem]:
        return [*await self.guard(page, request)] if self.guard is not None else []

    def request_faults(self, request: StoryRequest) -> list[RequestFault]:
        """What is wrong with the words of a request, whoever writes: the forbidden ones that it has
        itself (none of its pages could stand), and what is said to a machine."""
        faults = (self._fault(name, getattr(request, name)) for name in WORDS)
        return [it for it in faults if it is not None]

    def _fault(self, name: str, text: str) -> RequestFault | None:
        if words := forbidden_in(text, self.rules.forbidden):
            why = "has no place in a children's book; use another word"
            return RequestFault((name,), f"{', '.join(words)} {why}", "forbidden_words")
        if is_said_to_a_machine(text, self.rules.forbidden):
            what = "expected words for a story, found an instruction; say who, where or what about"
            return RequestFault((name,), what, SAYS_NOTHING)
        return None


def default_check(words: Path | None = None) -> PageCheck:
    """The rules with the words of a file, or those that the package brings, and no guard. Raises
    what `forbidden_words` raises."""
    return PageCheck(Rules(forbidden_words(words)))


def check_page(page: Page, book: Wanted, standing: Sequence[Page], rules: Rules) -> list[Problem]:
    """What is wrong with a page of `book`; `standing` are the pages before it."""
    pictured = [Problem(*it) for it in picturing(page, book, standing, rules)]
    return [*check_text(page, book, standing, rules), *pictured]


def check_text(page: Page, book: Wanted, standing: Sequence[Page], rules: Rules) -> list[Problem]:
    """What is wrong with the words of a page, whatever its picture shows."""
    problems = [
        *wording(page, book, standing, rules),
        *_forbidden(page, rules.forbidden, book.request),
        *_never_said(page, book),
        *_characters(page, book, standing, rules),
    ]
    return [Problem(kind, message) for kind, message in problems]


@cache
def forbidden_words(file: Path | None = None) -> Forbidden:
    """The words that a TOML file forbids, by default the package's own `forbidden.toml`. Raises
    OSError, or ValueError (also of msgspec or tomllib) that says what is wrong with the file."""
    source = file or files(__package__).joinpath("forbidden.toml")
    lists = msgspec.convert(tomllib.loads(source.read_text("utf-8")), dict[str, tuple[str, ...]])
    if unknown := [name for name in lists if name not in list_names()]:
        known, more = ", ".join(languages()), ", ".join(f"_{part}" for part in PARTS)
        found = f"expected lists named {known}; found {', '.join(unknown)}"
        raise ValueError(f"{found} (after a language may stand {more})")
    if wrong := [word for words in lists.values() for word in words if not is_word(word)]:
        raise ValueError(f"expected words or regular expressions, found {', '.join(wrong)}")
    return lists


def _forbidden(page: Page, forbidden: Forbidden, request: StoryRequest | None = None) -> Found:
    """What a page says that none may, but for what its request says itself, which was judged when
    it came: of Moby Dick and the metamorphosis of a butterfly a story may tell."""
    text = " ".join((page.title, page.summary, *(line.text for line in page.dialogues)))
    given = _said_in(request, forbidden) if request is not None else frozenset()
    for word in forbidden_in(text, forbidden):
        if word not in given:
            yield "forbidden", f"forbidden in a children's book: {word}"
    for word in forbidden_in(page.image_prompt, forbidden):
        yield "forbidden", f"forbidden in a children's picture: {word}"


def _said_in(request: StoryRequest, forbidden: Forbidden) -> frozenset[str]:
    """The words of a list that a request has in something harmless."""
    bare = {name: words for name, words in forbidden.items() if not name.endswith("_harmless")}
    return frozenset(word for it in WORDS for word in forbidden_in(getattr(request, it), bare))


def _never_said(page: Page, book: Wanted) -> Found:
    """What no book about this topic says: to a child that mourns, is left out, or is afraid."""
    frame = find_topic(book.request.topic)
    if frame is not None and (said := frame.said_never(page.text)):
        yield "topic", f"never said in a book about {frame.name}: {said}; {frame.because}"


def _characters(page: Page, book: Wanted, standing: Sequence[Page], rules: Rules) -> Found:
    language = language_of(book.language)
    names = tuple(character.name for character in cast_in(language, book.request))
    known = (*names, *page.brought)
    if strangers := [it.character for it in page.dialogues if it.character not in known]:
        yield "characters", f"{strangers[0]} speaks, who is not among {', '.join(names)}"
    if unsaid := [it.text for it in page.dialogues if it.text not in page.summary]:
        yield "characters", f"a spoken line does not stand in the text: {unsaid[0][:60]}"
    if not rules.named or page.page == COVER_PAGE:
        return
    told = [told_of(it, language).text.casefold() for it in (*standing, page)]
    if not any(name.casefold() in told[-1] for name in names):
        yield "characters", f"the page names none of {', '.join(names)}"
    absent = [name for name in names if not any(name.casefold() in text for text in told)]
    if page.page == book.page_count - 1 and absent:
        yield "characters", f"the book never names {', '.join(absent)}"
