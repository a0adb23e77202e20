"""Marks up the book's leaves: the cover, the pages, and the last one that says "The End"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

import msgspec

from storybook.book import COVER_PAGE, Page, Segment, StoryRequest
from storybook.export.spans import Span, paragraphs
from storybook.languages.language import Furniture, Language


class Leaf(msgspec.Struct, frozen=True):
    """A page with its picture and its reading as data URIs; `audio` is "" if there is none.
    `panels` is how many pages the book has besides its cover. `others` are its text in other
    languages, to stand under it."""

    page: Page
    book_title: str
    picture: str
    audio: str
    segments: Sequence[Segment]
    panels: int
    language: Language
    others: Sequence[tuple[Page, Language]] = ()


def leaf_of(leaf: Leaf) -> str:
    """A page's leaf."""
    page = leaf.page
    kind = "cover" if page.page == COVER_PAGE else "panel"
    return f"""\
<section class="leaf {kind}" id="p{page.page}" aria-label="{_name(leaf)}">
<div class="sheet">
<figure><img src="{leaf.picture}" width="1024" height="1024" alt="{escape(_alt(leaf))}"></figure>
<div class="words"><div class="text">
{_text(leaf)}{_others(leaf)}
</div><span class="below" aria-hidden="true"></span>{_reading(leaf)}{_folio(page)}</div>
</div>
</section>"""


def end_leaf(request: StoryRequest, words: Furniture) -> str:
    """The leaf after the last page, with the four words that the book was made from."""
    seeds = "".join(
        f"<li><span>{escape(name)}</span> {escape(word)}</li>"
        for name, word in (
            (words.era, request.era),
            (words.place, request.place),
            (words.characters, request.characters),
            (words.topic, request.topic),
        )
    )
    end = escape(words.end)
    return f"""\
<section class="leaf end" id="end" aria-label="{end}">
<div class="sheet">
<img class="keepsake" alt="" hidden>
<p class="fin">{end}</p>
<ul class="seeds" aria-label="{escape(words.words)}">{seeds}</ul>
<button type="button" class="again">{escape(words.again)}</button>
</div>
</section>"""


def _name(leaf: Leaf) -> str:
    words, number = leaf.language.furniture, leaf.page.page
    named = words.page.format(page=number, pages=leaf.panels)
    return escape(words.cover if number == COVER_PAGE else named)


def _alt(leaf: Leaf) -> str:
    words = leaf.language.furniture
    if leaf.page.page == COVER_PAGE:
        return words.cover_picture.format(title=leaf.book_title)
    first = re.split(r"(?<=[.!?…])\s", leaf.page.summary.strip(), maxsplit=1)[0]
    return words.picture.format(page=leaf.page.page, told=first)


def _text(leaf: Leaf) -> str:
    parts = paragraphs(leaf.page, leaf.segments, leaf.language.goes_on)
    if leaf.page.page == COVER_PAGE:
        return f"<h1>{''.join(_span(span) for part in parts for span in part)}</h1>"
    return "\n".join(map(_paragraph, parts))


def _others(leaf: Leaf) -> str:
    return "".join(
        f'\n<div class="other" lang="{escape(language.tag)}">\n{_plain(page, language)}\n</div>'
        for page, language in leaf.others
    )


def _plain(page: Page, language: Language) -> str:
    """The text in paragraphs, of which nothing is lit up while it is read."""
    parts = paragraphs(page, (), language.goes_on)
    return "\n".join(map(_paragraph, parts))


def _paragraph(spans: Sequence[Span]) -> str:
    kind = ' class="talk"' if spans[0].is_said else ""
    return f"<p{kind}>{''.join(map(_span, spans))}</p>"


def _span(span: Span) -> str:
    kinds = " ".join(["said"] * span.is_said + ["spoken"] * (span.segment is not None))
    times = (
        f' data-from="{span.segment.start:.3f}" data-to="{span.segment.end:.3f}"'
        if span.segment is not None
        else ""
    )
    text = escape(span.text)
    return f'<span class="{kinds}"{times}>{text}</span>' if kinds else text


def _reading(leaf: Leaf) -> str:
    if not leaf.audio:
        return ""
    words, number = leaf.language.furniture, leaf.page.page
    what = escape(words.read_cover if number == COVER_PAGE else words.read_page.format(page=number))
    return f"""
<audio preload="auto" src="{leaf.audio}"></audio>
<button type="button" class="read" aria-pressed="false" aria-label="{what}" title="{what}">\
<svg viewBox="0 0 24 24" aria-hidden="true"><path class="go" d="M8 5.5v13l11-6.5z"/>\
<path class="stop" d="M7 5h3.6v14H7zm6.4 0H17v14h-3.6z"/></svg></button>"""


def _folio(page: Page) -> str:
    if page.page == COVER_PAGE:
        return ""
    return f'\n<span class="folio" aria-hidden="true">{page.page}</span>'
