"""What a film shows and when, told from the book alone."""

from __future__ import annotations

import itertools
from pathlib import Path

import msgspec
import pytest

from storybook.book import Artifact, Page, TtsConfig
from storybook.engines import Narration
from storybook.events.catalog import MadeFrom
from storybook.export.content import BookContent, PageText, book_content
from storybook.export.film import subtitles_of
from storybook.export.film.camera import MOVE, NEAR, frames_of, view_of
from storybook.export.film.script import (
    LEAD,
    REST,
    SHORTEST,
    TICKS,
    TURN,
    FilmLeaf,
    Shot,
    script_of,
)
from storybook.export.film.subtitles import LETTERS_A_SECOND
from storybook.export.spans import paragraphs
from storybook.languages.en import ENGLISH
from storybook.stores.files import FileArtifactStore
from tests.export.finished import READ_ALOUD, RUN, STORY, finished_run

PICTURE = Artifact("panel_1.png", "image/png", 1, "00", width=64, height=64)


def book(folder: Path, tts: TtsConfig | None = READ_ALOUD) -> BookContent:
    return book_content(RUN, finished_run(FileArtifactStore(folder), tts))


@pytest.fixture
def heard(tmp_path: Path) -> BookContent:
    """A book that is read aloud, half a second a page."""
    return book(tmp_path)


@pytest.fixture
def silent(tmp_path: Path) -> BookContent:
    return book(tmp_path, None)


def with_page(whole: BookContent, number: int, **changes: object) -> BookContent:
    pages = list(whole.pages)
    pages[number] = msgspec.structs.replace(pages[number], **changes)
    return msgspec.structs.replace(whole, pages=tuple(pages))


def test_every_page_is_a_shot_and_the_end_another(heard: BookContent) -> None:
    """One after the other, named as chapters, each begins where the one before has ended."""
    shots = script_of(heard).shots
    assert [it.name for it in shots] == [
        *("표지", "4쪽 가운데 1쪽", "4쪽 가운데 2쪽", "4쪽 가운데 3쪽", "4쪽 가운데 4쪽", "끝")
    ]
    assert shots[0].start == 0
    assert all(a.end == b.start for a, b in itertools.pairwise(shots))
    assert script_of(heard).ticks == shots[-1].end


def test_a_page_is_read_after_it_was_turned_and_stays_a_moment_longer(heard: BookContent) -> None:
    """The cover is there from the beginning."""
    cover, page = script_of(heard).shots[:2]
    assert cover.read_at == LEAD
    assert page.read_at == page.start + TURN + LEAD
    assert page.end == page.read_at + TICKS // 2 + REST
    assert page.sound == heard.pages[1].narration


def test_what_is_heard_is_not_written_into_the_picture(heard: BookContent) -> None:
    """It is in the subtitles; the cover alone shows its title."""
    shots = script_of(heard).shots
    assert shots[0].leaf.title == "토끼와 호랑이의 봄"
    assert not any(it.leaf.has_words for it in shots[1:-1])


def test_without_a_voice_the_words_stand_beside_the_picture(silent: BookContent) -> None:
    """For as long as somebody needs who reads them aloud, and there is no sound."""
    shots = script_of(silent).shots
    assert shots[1].leaf.paragraphs == silent.pages[1].text.plain
    assert not any(it.sound for it in shots)
    syllables = sum("가" <= it <= "힣" for it in STORY[2].text)
    assert (shots[2].end - REST - shots[2].read_at) / TICKS == pytest.approx(
        syllables / LETTERS_A_SECOND, rel=0.15
    )
    assert shots[0].end - REST - shots[0].read_at == SHORTEST


def test_a_page_that_lost_its_voice_or_its_picture_shows_its_words(heard: BookContent) -> None:
    """In a book that is read aloud otherwise."""
    for changes in ({"narration": None}, {"picture": None}):
        shot = script_of(with_page(heard, 2, **changes)).shots[2]
        assert shot.leaf.paragraphs == heard.pages[2].text.plain


def test_the_end_names_the_words_and_is_read_aloud(heard: BookContent) -> None:
    """It lasts until everything is read."""
    read = Narration(b"RIFF", 9.5, (), MadeFrom())
    end = script_of(heard, read).shots[-1]
    assert end.leaf.title == "끝"
    assert end.leaf.paragraphs[0].startswith("조선시대 · 깊은 숲속 마을 · ")
    assert end.sound == b"RIFF"
    assert end.ticks == TURN + LEAD + 9.5 * TICKS + REST


def test_subtitles_are_those_of_the_script_with_or_without_a_read_end(heard: BookContent) -> None:
    """The end is seen: it needs none."""
    read = Narration(b"RIFF", 9.5, (), MadeFrom())
    assert script_of(heard, read).subtitles == script_of(heard).subtitles
    first = subtitles_of(heard).split("\n\n")[0]
    assert first == "1\n00:00:00,500 --> 00:00:00,600\n토끼와 호랑이의 봄"


def test_another_language_has_subtitles_of_its_own(heard: BookContent) -> None:
    """Which share the time of the page, since only one voice reads."""
    pages = tuple(msgspec.structs.replace(it, others=(english(it.number),)) for it in heard.pages)
    script = script_of(msgspec.structs.replace(heard, pages=pages))
    (korean, _), (other, cues) = script.subtitles
    assert (korean.tag, other.tag) == ("ko", "en")
    assert [it.text for it in cues] == [f"Page {number}." for number in range(5)]
    assert cues[1].start == script.shots[1].read_at / TICKS
    assert script.shots[0].leaf.paragraphs == ("Page 0.",)


def english(number: int) -> PageText:
    page = Page(number, summary=f"Page {number}.", title=f"Page {number}.")
    parts = paragraphs(page, (), ENGLISH.goes_on)
    return PageText(page, ENGLISH, tuple(map(tuple, parts)))


@pytest.mark.parametrize("start, ticks", [(0, 60), (0, 900), (48, 100), (480, 1_000)])
def test_a_frame_is_shown_when_something_moves_and_each_second_else(start: int, ticks: int) -> None:
    """At growing times, from the shot's first tick to its last."""
    shot = Shot("1", FilmLeaf(picture=PICTURE), start, ticks, start)
    frames = list(frames_of(shot))
    times = [it.tick for it in frames]
    assert times == sorted(set(times)) and times[0] == start and times[-1] == shot.end - 1
    assert all(b - a <= TICKS for a, b in itertools.pairwise(times))
    assert len(frames) <= TURN + MOVE + ticks / TICKS + 1
    assert bool(start) is (frames[0].turned < 1)


def test_nothing_moves_over_words_alone() -> None:
    """The page has turned, then it stands."""
    shot = Shot("끝", FilmLeaf("끝"), 48, 300, 48)
    assert len([*frames_of(shot)]) == TURN + 1 + (300 - TURN - 1) // TICKS + 1


def test_the_camera_comes_nearer_on_one_page_and_goes_away_on_the_next() -> None:
    """From the whole picture, or to it; and each time to another side."""
    assert (view_of(1, 0.0).zoom, view_of(1, 1.0).zoom) == (1.0, NEAR)
    assert (view_of(2, 0.0).zoom, view_of(2, 1.0).zoom) == (NEAR, 1.0)
    assert view_of(1, 0.5).x != view_of(3, 0.5).x
