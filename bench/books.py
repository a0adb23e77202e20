"""What the composer's books are like, written and read aloud: `python -m bench.books`.

Every topic that has a frame is asked for with one hero, two, a family and a larger cast, as often
as it has stories, up to three; how books are read aloud is measured by `told_books`.
`--storyline NAME` prints that one's books instead, to be read.
"""

from __future__ import annotations

import argparse
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from bench import told_books
from bench.figures import FULL, Figure, print_figures
from storybook.book import Page, StoryRequest
from storybook.composer.choosing import choice
from storybook.composer.engine import pages_of
from storybook.composer.storylines import by_name, storylines
from storybook.engines import Choice, WritingTask
from storybook.lexicon.topics import frames
from storybook.stages.writer.check import check_page, default_check

CASTS: Final = ("아이", "토끼와 곰", "엄마, 아빠, 아이", "서연, 민준, 하늘이, 강아지 복실이")
ERAS: Final = ("현대", "조선시대")
UNKNOWN: Final = ("분수", "왜 하늘은 파랄까?", "자석", "지하철 타기")
MOST_BOOKS: Final = 3
"""Books of one request, as a family would read them one after the other."""

_SENTENCES: Final = re.compile(r"[.!?…]+[\"”]?\s*")


class MadeBook(msgspec.Struct, frozen=True):
    """A book with what it was made from."""

    request: StoryRequest
    storyline: str
    pages: tuple[Page, ...]
    page_count: int = 5
    language: str = "ko"
    age: str = ""

    @property
    def sentences(self) -> set[str]:
        """Its sentences after the first, which says who lives where."""
        text = " ".join(page.text for page in self.pages[1:])
        return {it for it in _SENTENCES.split(text)[1:] if len(it) > 5}


def books_of(request: StoryRequest) -> list[MadeBook]:
    """The first books of a request, one storyline after the other."""
    names = choice(request, 1).storylines[:MOST_BOOKS]
    tasks = (WritingTask(request, 1, 1, storyline=name) for name in names)
    return [MadeBook(request, it.storyline, pages_of(it)) for it in tasks]


def all_books() -> Iterator[tuple[StoryRequest, list[MadeBook]]]:
    """The books of every topic with every cast."""
    topics = [frame.name for frame in frames()]
    for era, topic, characters in itertools.product(ERAS, topics, CASTS):
        request = StoryRequest(era, "숲속 마을", characters, topic)
        yield request, books_of(request)


def overlap(books: Sequence[MadeBook]) -> float:
    """The largest share of sentences that two of some books have in common."""
    pairs = itertools.combinations(books, 2)
    shares = [
        len(a.sentences & b.sentences) / max(1, min(len(a.sentences), len(b.sentences)))
        for a, b in pairs
    ]
    return max(shares, default=0.0)


def refused(book: MadeBook) -> list[str]:
    """What the check finds in a book."""
    rules = default_check().rules
    found = []
    for page in book.pages:
        for problem in check_page(page, book, book.pages[: page.page], rules):
            found.append(f"{book.storyline}: {problem.kind}: {problem.message}")
    return found


def figures() -> list[Figure]:
    """All that is measured."""
    made = [*all_books()]
    every = [book for _, books in made for book in books]
    own = [choice(request, 1) for request, _ in made]
    stormy = sum(_has_storm(book) for book in every) / len(every)
    turns = Counter[str](line.turn for line in storylines())
    three = sum(len(it.storylines) >= MOST_BOOKS for it in own) / len(own)
    faults = [fault for book in every for fault in refused(book)]
    for fault in sorted({*faults})[:10]:
        print(fault)
    unknown = [StoryRequest("현대", "숲속 마을", who, it) for who in CASTS for it in UNKNOWN]
    named = sum(it.topic in book.pages[1].text for it in unknown for book in books_of(it))
    return [
        Figure("storylines", len(storylines()), "", 120, "≥"),
        Figure("kinds of turning point", len(turns), "", 8, "≥", _told(turns)),
        Figure("books with a storm", 100 * stormy, "%", 17, "≤", f"of {len(every)}"),
        Figure("most that two books on a topic share", _most(made), "% of sentences", 15, "≤"),
        Figure("requests on framed topics that are known", _known(own), "%", 100, "≥"),
        Figure("requests with three stories to choose from", 100 * three, "%", 100, "≥"),
        Figure("books that the check refuses", len(faults), "problems", 0, "≤"),
        Figure("unknown topics that are printed", named, "books", 0, "≤"),
    ]


def _has_storm(book: MadeBook) -> bool:
    return any(it.scene is not None and it.scene.weather == "storm" for it in book.pages)


def _told(turns: Counter[str]) -> str:
    return ", ".join(f"{turn} {count}" for turn, count in turns.most_common())


def _most(made: Sequence[tuple[StoryRequest, list[MadeBook]]]) -> float:
    return 100 * max(overlap(books) for _, books in made)


def _known(own: Sequence[Choice]) -> float:
    return 100 * sum(it.topic_known for it in own) / len(own)


def show(name: str) -> None:
    """Print a storyline's books, with their image prompts, to be read."""
    line = by_name()[name]
    for characters in CASTS:
        topic = next(filter(None, line.topics), "하루")
        task = WritingTask(
            StoryRequest("현대", "숲속 마을", characters, topic), 1, 1, storyline=name
        )
        print(f"\n== {characters}")
        for page in pages_of(task):
            print(f"[{page.page}] {page.text}\n     {page.image_prompt}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--storyline", choices=[*by_name()], metavar="NAME")
    asked = parser.parse_args()
    if asked.storyline:
        show(asked.storyline)
    else:
        print_figures([*figures(), *told_books.measure(Path(), FULL)])


if __name__ == "__main__":
    main()
