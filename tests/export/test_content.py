"""The one description of a book that every format is made from."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from storybook.book import Role
from storybook.events.catalog import EngineInfo, Event, StageStarted
from storybook.export.content import (
    BookContent,
    CannotExport,
    Maker,
    book_content,
    makers_of,
)
from storybook.export.quotes import curled
from storybook.run import Run, Status
from storybook.stores.files import FileArtifactStore
from tests.export.finished import RUN, STORY, finished_history, finished_run, segments_of


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return finished_run(FileArtifactStore(tmp_path))


def test_a_book_has_its_pages_with_text_picture_and_voice(run: Run) -> None:
    """From the cover on; spans carry the times of the segments that speak them."""
    book = book_content(RUN, run)
    assert [it.number for it in book.pages] == [0, 1, 2, 3, 4]
    assert book.title == STORY[0].title and book.is_read_aloud
    for page, story in zip(book.pages, STORY, strict=True):
        printed = "".join(curled([" ".join(story.text.split())]))
        assert " ".join(page.text.plain).split() == printed.split()
        spans = [span for it in page.text.paragraphs for span in it if span.segment is not None]
        assert [it.segment for it in spans] == [*segments_of(story)]
        assert page.picture is not None and page.narration is not None
    assert book.pages[3].described == "3쪽 그림: 갑자기 비가 쏟아졌어요."
    assert len([*book.files]) == 10


def test_the_same_book_is_known_by_its_digest(run: Run) -> None:
    """The same content, the same digest and identifier; another text, picture or maker, another
    digest, and another language or edition another identifier."""
    book = book_content(RUN, run)
    assert (book.digest, book.identifier) == (book_content(RUN, run).digest, book.identifier)
    first, *rest = run.pages
    other = msgspec.structs.replace(first, title="다른 제목")
    changed = msgspec.structs.replace(run, pages=(other, *rest))
    digests = {
        book.digest,
        book_content(RUN, changed).digest,
        book_content(RUN, run, makers=(Maker(Role.WRITER, "composer"),)).digest,
        book_content(RUN, run, modified=1).digest,
    }
    assert len(digests) == 4
    assert book.identifier.startswith("urn:uuid:")
    assert book_content(RUN, run, edition=1).identifier != book.identifier


def test_what_is_not_whole_is_told_or_given_as_far_as_it_is(run: Run) -> None:
    """A page that has no picture or no voice yet has none; one that is not written is not there."""
    begun = msgspec.structs.replace(run, status=Status.RUNNING, pages=run.pages[:2], work={})
    with pytest.raises(CannotExport, match="RUNNING"):
        book_content(RUN, begun)
    book = book_content(RUN, begun, partial=True)
    assert [it.number for it in book.pages] == [0, 1] and book.page_count == 5
    assert not book.is_read_aloud and [*book.files] == []
    with pytest.raises(CannotExport, match="no page of it is written"):
        book_content(RUN, msgspec.structs.replace(begun, pages=()), partial=True)
    pruned = msgspec.structs.replace(run, pruned=frozenset({"cover.png"}))
    with pytest.raises(CannotExport, match="retention"):
        book_content(RUN, pruned)
    without: BookContent = book_content(RUN, pruned, partial=True)
    assert without.pages[0].picture is None and without.pages[1].picture is not None


def test_its_makers_are_those_whose_work_stands(tmp_path: Path) -> None:
    """Each once, by role, with the model that really did it; not one whose attempt failed."""
    events = finished_history(FileArtifactStore(tmp_path))
    named = {"LLM": EngineInfo("llama", model="qwen"), "TTS": EngineInfo("espeak")}
    history: list[Event] = []
    for event in events:
        if isinstance(event, StageStarted):
            other = named.get(event.stage.value, EngineInfo("painter"))
            event = msgspec.structs.replace(event, engine=other)
        history.append(event)
    last = next(it for it in reversed(history) if isinstance(it, StageStarted))
    lost = msgspec.structs.replace(last, attempt=9, engine=EngineInfo("away"))
    assert makers_of([*history, lost]) == (
        Maker(Role.WRITER, "llama", "qwen"),
        Maker(Role.ILLUSTRATOR, "painter"),
        Maker(Role.NARRATOR, "espeak"),
    )
