"""Marks up the book's leaves: the cover, the pages, and the last one that says "The End"."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import msgspec

from storybook.export.content import BookContent, PageContent, PageText
from storybook.export.credits import credits_of, notice_of
from storybook.export.spans import Span


class Leaf(msgspec.Struct, frozen=True):
    """A page with its picture and its reading as data URIs, each "" if there is none. `panels` is
    how many pages the book has besides its cover."""

    page: PageContent
    picture: str
    audio: str
    panels: int


def leaf_of(leaf: Leaf) -> str:
    """A page's leaf."""
    page = leaf.page
    kind, shown = "cover" if page.is_cover else "panel", escape(page.described)
    return f"""\
<section class="leaf {kind}" id="p{page.number}" aria-label="{_name(leaf)}">
<div class="sheet">
<figure><img src="{leaf.picture}" width="1024" height="1024" alt="{shown}"></figure>
<div class="words"><div class="text">
{_text(leaf)}{_others(leaf)}
</div><span class="below" aria-hidden="true"></span>{_reading(leaf)}{_folio(page)}</div>
</div>
</section>"""


def end_leaf(book: BookContent) -> str:
    """The leaf after the last page: the four words that the book was made from, and who made it."""
    request, words = book.request, book.language.furniture
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
<button type="button" class="again">{escape(words.again)}</button>{_credits(book)}
</div>
</section>"""


def _credits(book: BookContent) -> str:
    told = [*(it.line for it in credits_of(book)), notice_of(book)]
    lines = "".join(f"<span>{escape(it)}</span>" for it in told if it)
    return f'\n<p class="credits">{lines}</p>' if lines else ""


def _name(leaf: Leaf) -> str:
    words, page = leaf.page.text.language.furniture, leaf.page
    named = words.page.format(page=page.number, pages=leaf.panels)
    return escape(words.cover if page.is_cover else named)


def _text(leaf: Leaf) -> str:
    parts = leaf.page.text.paragraphs
    if leaf.page.is_cover:
        return f"<h1>{''.join(_span(span) for part in parts for span in part)}</h1>"
    return "\n".join(map(_paragraph, parts))


def _others(leaf: Leaf) -> str:
    return "".join(map(_other, leaf.page.others))


def _other(text: PageText) -> str:
    """The text in paragraphs, of which nothing is lit up while it is read."""
    parts = "\n".join(map(_paragraph, text.paragraphs))
    return f'\n<div class="other" lang="{escape(text.language.tag)}">\n{parts}\n</div>'


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
    words, page = leaf.page.text.language.furniture, leaf.page
    said = words.read_cover if page.is_cover else words.read_page.format(page=page.number)
    what = escape(said)
    return f"""
<audio controls preload="auto" src="{leaf.audio}" aria-label="{what}"></audio>
<button type="button" class="read" aria-pressed="false" aria-label="{what}" title="{what}">\
<svg viewBox="0 0 24 24" aria-hidden="true"><path class="go" d="M8 5.5v13l11-6.5z"/>\
<path class="stop" d="M7 5h3.6v14H7zm6.4 0H17v14h-3.6z"/></svg></button>"""


def _folio(page: PageContent) -> str:
    if page.is_cover:
        return ""
    return f'\n<span class="folio" aria-hidden="true">{page.number}</span>'
