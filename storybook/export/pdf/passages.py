"""What stands on a book's leaves, in its order, before anything has a place.

A **passage** is a paragraph with what it is: a heading or none, in which language, how large and
how coloured beside the others.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from storybook.book import Artifact
from storybook.export.content import BookContent, PageContent, PageText
from storybook.export.credits import credits_of, notice_of
from storybook.languages.language import Furniture

Colour = tuple[float, float, float]
"""Red, green and blue, from 0 to 1."""

PAPER: Final[Colour] = (253 / 255, 250 / 255, 243 / 255)
"""As the embedded painter's paper is on the whole, so that no edge of its pictures is seen."""
BLACK: Final[Colour] = (0.0, 0.0, 0.0)
INK: Final[Colour] = (0.231, 0.184, 0.149)
FADED: Final[Colour] = (0.435, 0.361, 0.247)
"""Small print: 4.5 to 1 and more on the paper."""


class Passage(msgspec.Struct, frozen=True):
    """A paragraph, one line of text. `tag` is what it is to whoever hears the page (`H1`, `P`),
    `language` a tag if it is not the book's own, `scale` its size beside the leaf's, `above` the
    space before it in ems of the leaf's."""

    text: str
    tag: str = "P"
    language: str = ""
    scale: float = 1.0
    colour: Colour = INK
    is_centred: bool = False
    above: float = 0.35


def cover_passages(page: PageContent) -> list[Passage]:
    """The title, and what it is in the other languages."""
    title = [Passage(_clean(it), "H1", scale=2.2, is_centred=True) for it in page.text.plain]
    others = [
        Passage(_clean(it), "P", text.language.tag, 1.3, FADED, is_centred=True, above=0.5)
        for text in page.others
        for it in text.plain
    ]
    return [*title, *others]


def page_passages(page: PageContent) -> list[Passage]:
    """A page's text, and the same in the other languages under it."""
    own = [Passage(_clean(it)) for it in page.text.plain]
    return [*own, *(it for text in page.others for it in _under(text))]


def end_passages(book: BookContent, pictures: str) -> list[Passage]:
    """The last leaf's: the four words, who made the book, and of how many dots its pictures are."""
    words, request = book.language.furniture, book.request
    seeds = (
        (words.era, request.era),
        (words.place, request.place),
        (words.characters, request.characters),
        (words.topic, request.topic),
    )
    told = [*(it.line for it in credits_of(book)), notice_of(book), pictures]
    return [
        Passage(words.end, scale=1.8, is_centred=True),
        *_list(words.words, [f"{name}: {_clean(word)}" for name, word in seeds if word]),
        *_list(words.made_by, [_clean(it) for it in told if it]),
    ]


def pictures_line(words: Furniture, pictures: Sequence[tuple[Artifact, int]]) -> str:
    """How many dots the pictures have, and how many there are in an inch of this paper; "" where
    there are none."""
    if not pictures:
        return ""
    pixels = dict.fromkeys(f"{it.width} × {it.height}" for it, _ in pictures)
    dots = [dpi for _, dpi in pictures]
    least, most = min(dots), max(dots)
    dpi = f"{least}" if least == most else f"{least}–{most}"
    return words.picture_dots.format(pixels=", ".join(pixels), dpi=dpi)


def _under(text: PageText) -> Iterator[Passage]:
    for number, paragraph in enumerate(text.plain):
        above = 0.35 if number else 0.9
        yield Passage(_clean(paragraph), "P", text.language.tag, 0.86, FADED, above=above)


def _list(head: str, lines: list[str]) -> Iterator[Passage]:
    if lines:
        yield Passage(head, "H2", scale=0.85, is_centred=True, above=2)
    for line in lines:
        yield Passage(line, scale=0.75, colour=FADED, is_centred=True, above=0.25)


def _clean(text: str) -> str:
    """One line, in the form in which the faces have their characters."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def texts_of(book: BookContent) -> str:
    """Every sign that may have to be set."""
    words = book.language.furniture
    told = [*end_passages(book, words.picture_dots)]
    for page in book.pages:
        told += [*cover_passages(page), *page_passages(page)]
    return " 0123456789 ×,–" + "".join(it.text for it in told)
