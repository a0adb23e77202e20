"""The request as a language model needs it.

A person's words are material, never instructions: signs that could end a message, a string or a
role in some model's format are taken out of them.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from storybook.book import COVER_PAGE, StoryRequest
from storybook.engines import WritingTask
from storybook.languages.known import cast_in, language_of
from storybook.languages.language import Language, Lengths
from storybook.lexicon import Character, find_era, find_place
from storybook.lexicon.words import DEFAULT_KIND_EN, DEFAULT_PLACE_EN, is_known_kind

MAX_FOREIGN: Final = 12
"""More words of another script than this is no request in the book's language; the first ones may
be used."""

_SIGNS: Final = re.compile(r"[<>|{}\[\]\\\"`]+")


class Brief(msgspec.Struct, frozen=True):
    """What a book is to be made from: a `request`, and what is told of it. `place_en` is empty for
    a place that the lexicon does not know: the model then says what it looks like. `foreign` are
    the words of the request that are of another script (R2D2, Tom): the only such ones that the
    text may have. The book has `page_count` pages, its cover included, and is for children of an
    `age`, "" for any; `only` is the one page that is to be written, of a book that stands."""

    request: StoryRequest
    era: str
    place: str
    topic: str
    cast: tuple[Character, ...]
    place_en: str
    era_en: str
    foreign: tuple[str, ...]
    page_count: int
    language: Language
    age: str = ""
    only: int | None = None

    def wanted(self, first_page: int = COVER_PAGE) -> range:
        """The pages of an answer in which those before `first_page` stand."""
        if self.only is not None:
            return range(self.only, self.only + 1)
        return range(first_page, self.page_count)

    @property
    def last_page(self) -> int:
        return self.page_count - 1

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(character.name for character in self.cast)

    @property
    def lengths(self) -> Lengths:
        """How much a page may have."""
        return self.language.lengths_for(self.age)


def brief_of(request: StoryRequest, page_count: int, language: str = "ko", age: str = "") -> Brief:
    """What a language model is told of a request for a book of so many pages."""
    place_en = find_place(request.place).en
    written = language_of(language)
    return Brief(
        request=request,
        era=without_signs(request.era),
        place=without_signs(request.place),
        topic=without_signs(request.topic),
        cast=cast_in(written, request),
        place_en="" if place_en == DEFAULT_PLACE_EN else place_en,
        era_en=find_era(request.era).en,
        foreign=foreign_words(request, written)[:MAX_FOREIGN],
        page_count=page_count,
        language=written,
        age=age,
    )


def brief_for(task: WritingTask) -> Brief:
    """What a language model is told of a task."""
    brief = brief_of(task.request, task.page_count, task.language, task.age)
    return msgspec.structs.replace(brief, only=task.only)


def foreign_words(request: StoryRequest, language: Language) -> tuple[str, ...]:
    """The words of a request that have letters of another script than a language's and may stand
    in its text."""
    return language.foreign((request.era, request.place, request.characters, request.topic))


def is_known(character: Character) -> bool:
    """Whether the lexicon knows what such a character is."""
    return character.kind.en != DEFAULT_KIND_EN or is_known_kind(character.kind.ko)


def without_signs(text: str) -> str:
    """A text in which no sign is left that could end a message, a string or a role."""
    return " ".join(_SIGNS.sub(" ", text).split())
