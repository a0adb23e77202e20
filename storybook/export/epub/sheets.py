"""The sheets of the book as XHTML: the cover, its pages, and the last one, which says who made it.

A sheet is as large as two square pages side by side, nearly: the picture is all of the left one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from storybook.book import COVER_PAGE
from storybook.export.content import BookContent, PageContent, PageText
from storybook.export.credits import credits_of, notice_of
from storybook.export.epub.fitting import Block, Box, Letters
from storybook.export.epub.markup import written
from storybook.export.epub.pieces import (
    END,
    TEXT_ID,
    Piece,
    Pieces,
    line_id,
    page_name,
    pieces_of,
)
from storybook.export.spans import Span

WIDTH: Final = 1600
HEIGHT: Final = 900
"""Pixels of the fixed layout."""
_TEXT_BOX: Final = Box(width=568, height=740, largest=38)
_LONG_TEXT_BOX: Final = Box(width=868, height=740, largest=30)
_SMALL_LETTERS: Final = 24
"""Pixels; rather than smaller ones a text has a page that is wider, and the picture a narrower."""
_TITLE_BOX: Final = Box(width=568, height=600, largest=76)
_END_BOX: Final = Box(width=1200, height=400, largest=30)
"""What `style.css` leaves for text, and letters that children who begin to read like."""
_PARAGRAPH_SPACE: Final = 0.55
_TALK_INDENT: Final = 0.91
_OTHER_SCALE: Final = 0.84
_OTHER_SPACE: Final = 1.6
_CREDIT_SCALE: Final = 0.75
"""Of the letters' size, as `style.css` has them."""


class Sheet(msgspec.Struct, frozen=True):
    """One document of the book: its name without ending, what it is called, and XHTML."""

    name: str
    title: str
    document: str
    is_cover: bool = False


def page_sheet(book: BookContent, page: PageContent, letters: Letters) -> Sheet:
    words = book.language.furniture
    named = words.page.format(page=page.number, pages=book.page_count - 1)
    title = words.cover if page.is_cover else named
    kind, size = _fitted(page, letters)
    folio = "" if page.is_cover else f'\n<p class="folio" aria-hidden="true">{page.number}</p>'
    content = f"""\
<figure>{_picture(page)}</figure>
<div class="words">
<div class="text" id="{TEXT_ID}" style="font-size: {size}px">
{_text(page)}
</div>{folio}
</div>"""
    return Sheet(page_name(page), title, _document(book, title, kind, content), page.is_cover)


def end_sheet(book: BookContent, letters: Letters) -> Sheet:
    """ "The End", the four words that the book was made from, and who made it."""
    words, seeds, told = book.language.furniture, _seeds(book), made_by(book)
    size = letters.fitting([*map(_seed_block, seeds), *map(_credit_block, told)], _END_BOX)
    items = "\n".join(
        f"<li><span>{written(name)}</span> {written(word)}</li>" for name, word in seeds
    )
    end, *lines = (
        f'<span id="{line_id(place)}">{written(it)}</span>'
        for place, it in enumerate((words.end, *told))
    )
    credited = "\n".join(f"<p>{it}</p>" for it in lines)
    cover = book.pages[COVER_PAGE]
    keepsake = f'<img src="{picture_file(cover)}" alt=""/>\n' if cover.picture is not None else ""
    content = f"""\
{keepsake}<h1>{end}</h1>
<div class="last" style="font-size: {size}px">
<ul class="seeds" aria-label="{written(words.words)}">
{items}
</ul>
<div class="credits">
{credited}
</div>
</div>"""
    return Sheet(END, words.end, _document(book, words.end, END, content))


def _seeds(book: BookContent) -> tuple[tuple[str, str], ...]:
    words, request = book.language.furniture, book.request
    return (
        (words.era, request.era),
        (words.place, request.place),
        (words.characters, request.characters),
        (words.topic, request.topic),
    )


def _seed_block(seed: tuple[str, str]) -> Block:
    return Block("  ".join(seed))


def _credit_block(line: str) -> Block:
    return Block(line, _CREDIT_SCALE)


def made_by(book: BookContent) -> list[str]:
    """Who made it, and whether a model had a part in it, in sentences of the book's language."""
    return [it for it in (*(it.line for it in credits_of(book)), notice_of(book)) if it]


def printed_text(book: BookContent) -> str:
    """All that is printed in letters of the book's fonts."""
    texts = (it for page in book.pages for it in (page.text, *page.others))
    return "\n".join(
        (
            *(part for it in texts for part in it.plain),
            *(word for seed in _seeds(book) for word in seed),
            *(book.language.furniture.end, *made_by(book), "0123456789"),
        )
    )


def _document(book: BookContent, title: str, kind: str, content: str) -> str:
    tag = written(book.language.tag)
    return f"""\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" \
lang="{tag}" xml:lang="{tag}">
<head>
<meta charset="UTF-8"/>
<meta name="viewport" content="width={WIDTH}, height={HEIGHT}"/>
<title>{written(f"{book.title} – {title}")}</title>
<link rel="stylesheet" type="text/css" href="style.css"/>
</head>
<body class="{kind}" epub:type="{_KINDS[kind.split()[0]]}">
{content}
</body>
</html>
"""


_KINDS: Final = {"cover": "cover", "panel": "bodymatter", END: "backmatter"}
"""In the words of EPUB's structural semantics."""


def _picture(page: PageContent) -> str:
    if page.picture is None:
        return ""
    return f'<img src="{picture_file(page)}" alt="{written(page.described)}"/>'


def picture_file(page: PageContent) -> str:
    return f"pictures/{page_name(page)}.jpg"


def _fitted(page: PageContent, letters: Letters) -> tuple[str, int]:
    """What kind of a sheet a page's text fits on, and in letters of which size."""
    if page.is_cover:
        title = Block(" ".join(page.text.plain))
        return "cover", letters.fitting([title, *_other_blocks(page)], _TITLE_BOX)
    blocks = [*_blocks(page.text), *_other_blocks(page)]
    size = letters.fitting(blocks, _TEXT_BOX)
    if size >= _SMALL_LETTERS:
        return "panel", size
    return "panel long", letters.fitting(blocks, _LONG_TEXT_BOX)


def _blocks(text: PageText) -> Iterator[Block]:
    for place, spans in enumerate(text.paragraphs):
        space = _PARAGRAPH_SPACE if place else 0.0
        indent = _TALK_INDENT if spans[0].is_said else 0.0
        yield Block("".join(it.text for it in spans), space=space, indent=indent)


def _other_blocks(page: PageContent) -> Iterator[Block]:
    for text in page.others:
        for place, it in enumerate(_blocks(text)):
            space = it.space * _OTHER_SCALE if place else _OTHER_SPACE
            yield Block(it.text, _OTHER_SCALE, space, it.indent * _OTHER_SCALE)


def _text(page: PageContent) -> str:
    pieces = pieces_of(page.text)
    own = _heading(pieces) if page.is_cover else _paragraphs(pieces)
    return "\n".join([own, *map(_other, page.others)])


def _heading(paragraphs: Pieces) -> str:
    return f"<h1>{' '.join(''.join(map(_piece, it)) for it in paragraphs)}</h1>"


def _paragraphs(paragraphs: Pieces) -> str:
    return "\n".join(map(_paragraph, paragraphs))


def _paragraph(pieces: Sequence[Piece]) -> str:
    kind = ' class="talk"' if pieces[0].spans[0].is_said else ""
    return f"<p{kind}>{''.join(map(_piece, pieces))}</p>"


def _piece(piece: Piece) -> str:
    text = "".join(map(_span, piece.spans))
    return f'<span id="{piece.id}">{text}</span>' if piece.id else text


def _span(span: Span) -> str:
    text = written(span.text)
    return f'<span class="said">{text}</span>' if span.is_said else text


def _other(text: PageText) -> str:
    tag = written(text.language.tag)
    return f"""\
<div class="other" lang="{tag}" xml:lang="{tag}">
{_paragraphs(pieces_of(text))}
</div>"""
