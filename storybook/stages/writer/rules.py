"""What a page may be, as numbers and lists of words."""

from __future__ import annotations

from typing import Protocol

import msgspec

from storybook.book import StoryRequest
from storybook.languages.forbidden import Forbidden


class Rules(msgspec.Struct, frozen=True):
    """What a page may be. Lengths are characters, least and most; shares are from 0 to 1."""

    forbidden: Forbidden
    title: tuple[int, int] = (2, 60)
    summary: tuple[int, int] = (20, 700)
    line: tuple[int, int] = (1, 120)
    lines: int = 4
    """Most that the cast says on a page; a model is asked for fewer (`Lengths.lines`)."""
    prompt: tuple[int, int] = (20, 2_000)
    told: int = 12
    """Least letters that the writer itself told on a page; the composer's have above 40."""
    native: float = 0.5
    """Least share of the language's own letters on a panel: names and topics may have others."""
    repeated: float = 0.5
    """Most of a page's text that the page before may have had."""
    variety: float = 0.75
    """Least share of different pieces in a page's text; a story has above 0.9. 0: not looked at."""
    named: bool = True
    """Whether each panel names somebody, and the book everybody."""
    sensible: bool = True
    """Whether words are looked at one by one: foreign ones, numbers, placeholders."""


class Wanted(Protocol):
    """The book that a page is for, as a run or a writing task has it."""

    @property
    def request(self) -> StoryRequest: ...

    @property
    def page_count(self) -> int: ...

    @property
    def language(self) -> str: ...

    @property
    def age(self) -> str: ...
