"""Marks up the book's leaves: the cover, the pages, and the last one that says 끝."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

import msgspec

from storybook.book import COVER_PAGE, LAST_PAGE, Page, Segment, StoryRequest
from storybook.export.spans import Span, paragraphs


class Leaf(msgspec.Struct, frozen=True):
    """A page with its picture and its reading as data URIs; `audio` is "" if there is none."""

    page: Page
    book_title: str
    picture: str
    audio: str
    segments: Sequence[Segment]


def leaf_of(leaf: Leaf) -> str:
    """A page's leaf."""
    page = leaf.page
    kind = "cover" if page.page == COVER_PAGE else "panel"
    return f"""\
<section class="leaf {kind}" id="p{page.page}" aria-label="{_name(page)}">
<div class="sheet">
<figure><img src="{leaf.picture}" width="1024" height="1024" alt="{escape(_alt(leaf))}"></figure>
<div class="words"><div class="text">
{_text(leaf)}
</div><span class="below" aria-hidden="true"></span>{_reading(leaf)}{_folio(page)}</div>
</div>
</section>"""


def end_leaf(request: StoryRequest) -> str:
    """The leaf after the last page, with the four words that the book was made from."""
    words = "".join(
        f"<li><span>{name}</span> {escape(word)}</li>"
        for name, word in (
            ("시대", request.era),
            ("장소", request.place),
            ("등장인물", request.characters),
            ("주제", request.topic),
        )
    )
    return f"""\
<section class="leaf end" id="end" aria-label="끝">
<div class="sheet">
<img class="keepsake" alt="" hidden>
<p class="fin">끝</p>
<ul class="seeds" aria-label="이 책을 만든 네 낱말">{words}</ul>
<button type="button" class="again">처음부터 다시 보기</button>
</div>
</section>"""


def _name(page: Page) -> str:
    return "표지" if page.page == COVER_PAGE else f"{LAST_PAGE}쪽 가운데 {page.page}쪽"


def _alt(leaf: Leaf) -> str:
    if leaf.page.page == COVER_PAGE:
        return f"{leaf.book_title} 표지 그림"
    first = re.split(r"(?<=[.!?…])\s", leaf.page.summary.strip(), maxsplit=1)[0]
    return f"{leaf.page.page}쪽 그림: {first}"


def _text(leaf: Leaf) -> str:
    parts = paragraphs(leaf.page, leaf.segments)
    if leaf.page.page == COVER_PAGE:
        return f"<h1>{''.join(_span(span) for part in parts for span in part)}</h1>"
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
    what = "제목만 듣기" if leaf.page.page == COVER_PAGE else f"{leaf.page.page}쪽만 듣기"
    return f"""
<audio preload="auto" src="{leaf.audio}"></audio>
<button type="button" class="read" aria-pressed="false" aria-label="{what}" title="{what}">\
<svg viewBox="0 0 24 24" aria-hidden="true"><path class="go" d="M8 5.5v13l11-6.5z"/>\
<path class="stop" d="M7 5h3.6v14H7zm6.4 0H17v14h-3.6z"/></svg></button>"""


def _folio(page: Page) -> str:
    if page.page == COVER_PAGE:
        return ""
    return f'\n<span class="folio" aria-hidden="true">{page.page}</span>'
