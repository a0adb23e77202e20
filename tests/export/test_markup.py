"""The exported leaves and the reader's module mark up a page's text in the same way: one table of
cases, `page_markup.json`, holds them to each other; `tests/reader/page_markup.test.js` is the
module's half.

In the table `page` and `segments` are what a writer and a narrator gave, `spans` is what the server
tells the reader's page of it, and `markup` what both make of that: in it `h` is a heading, and
`sentence` is which one of the page's sentences a piece belongs to, in whatever way it says so.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from storybook.book import Page, Segment
from storybook.export.content import PageContent, PageText, printed_paragraphs
from storybook.export.html.leaves import Leaf, leaf_of
from storybook.export.spans import paragraphs
from storybook.http.spans import spoken_span
from storybook.languages.known import language_of
from tests.reader.test_modules import NODE

TABLE: Final = Path(__file__).with_name("page_markup.json")
TESTED: Final = TABLE.parents[1] / "reader" / "page_markup.test.js"


class Case(msgspec.Struct):
    case: str
    language: str
    page: Page
    segments: tuple[Segment, ...]
    spans: list[list[dict[str, Any]]]
    markup: str


CASES: Final = msgspec.json.decode(TABLE.read_bytes(), type=list[Case])


class Marked(HTMLParser):
    """The markup of a leaf's text as the table has it."""

    def __init__(self, leaf: str, starts: list[str]) -> None:
        super().__init__()
        self.found, self._starts, self._open = "", starts, False
        found = re.search(r'<div class="text">(.*?)</div>', leaf, re.DOTALL)
        assert found
        self.feed(found[1])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told, self._open = dict(attrs), True
        kind = " ".join(sorted((told.get("class") or "").split()))
        sentence = told.get("data-from")
        self.found += f"<{_named(tag)}" + (f' class="{kind}"' if kind else "")
        if sentence is not None:
            self.found += f' sentence="{self._starts.index(sentence)}"'
        self.found += ">"

    def handle_endtag(self, tag: str) -> None:
        self.found += f"</{_named(tag)}>"
        self._open = self._open and _named(tag) == "span"

    def handle_data(self, data: str) -> None:
        self.found += escape(data, quote=False) if self._open else data.strip()


def _named(tag: str) -> str:
    return "h" if tag == "h1" else tag


def marked(case: Case) -> str:
    language = language_of(case.language)
    text = PageText(case.page, language, printed_paragraphs(case.page, language, case.segments))
    leaf = leaf_of(Leaf(PageContent(case.page.page, text, None, None, ""), "", "", 4))
    shown = [it for part in text.paragraphs for it in part]
    starts = dict.fromkeys(f"{it.segment.start:.3f}" for it in shown if it.segment is not None)
    return Marked(leaf, [*starts]).found


@pytest.mark.parametrize("case", CASES, ids=lambda it: it.case)
def test_the_reader_is_told_the_spans_of_the_table(case: Case) -> None:
    """So that both halves begin with the same."""
    found = paragraphs(case.page, case.segments, language_of(case.language).goes_on)
    told = [[msgspec.to_builtins(spoken_span(it)) for it in part] for part in found]
    assert told == case.spans


@pytest.mark.parametrize("case", CASES, ids=lambda it: it.case)
def test_a_leaf_is_marked_up_as_the_table_has_it(case: Case) -> None:
    """As the reader's page does, which the same table is given to."""
    assert marked(case) == case.markup


@pytest.mark.skipif(NODE is None, reason="no Node here")
def test_the_reader_s_module_is_given_the_same_table() -> None:
    """By a test that `tests/reader/test_modules.py` runs."""
    assert TESTED.exists() and f'"../export/{TABLE.name}"' in TESTED.read_text("utf-8")
