"""A book in the making, as it is drawn while somebody watches."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from storybook.book import Role, TtsConfig, picture_of
from storybook.cli.live_view import draw
from storybook.cli.output import duration
from storybook.cli.progress_table import Mark, Sign
from storybook.clock import utc_text
from storybook.events.catalog import EngineInfo, Fault
from storybook.projections.timings import Usual, UsualOfRole
from storybook.run import (
    EditionRequest,
    PageEdit,
    cancel_run,
    defer_stage,
    fail_stage,
    fold,
    request_edition,
    start_stage,
)
from tests.cli.recorded_runs import SECOND, begun, drawn, progress_of
from tests.test_run import done

USUAL = {role: UsualOfRole("double", {"double": Usual(10.0, 1)}) for role in Role}


def test_each_page_has_its_three_marks() -> None:
    """Writing goes page by page; a page that isn't written is not due to be painted."""
    table = progress_of(begun(TtsConfig()))
    table.fractions = {picture_of(1): 0.4}
    marks = [(it.writing.sign, it.painting.sign, it.reading.sign) for it in table.lines()]
    assert marks == [
        (Sign.DONE, Sign.DONE, Sign.WAITING),
        (Sign.DONE, Sign.WORKING, Sign.WAITING),
        (Sign.WORKING, Sign.NOT_DUE, Sign.NOT_DUE),
        (Sign.NOT_DUE, Sign.NOT_DUE, Sign.NOT_DUE),
        (Sign.NOT_DUE, Sign.NOT_DUE, Sign.NOT_DUE),
    ]
    assert table.lines()[1].painting == Mark(Sign.WORKING, 0.4)


def test_an_unread_book_has_no_reading_marks() -> None:
    """Nothing is said of what nobody asked for."""
    assert {it.reading.sign for it in progress_of(begun()).lines()} == {Sign.UNWANTED}


def test_a_failed_page_is_marked() -> None:
    """And the others go on."""
    events = begun()
    fault = Fault("no_paint", "none left", retryable=False)
    events += fail_stage(fold(events), picture_of(1), 1, fault, now=0, chance=0.0)
    text = drawn(draw(progress_of(events), 60 * SECOND))
    assert "✗ failed" in text
    assert "RUNNING" in text


def test_the_table_says_how_far_work_is_and_since_when() -> None:
    """A bar for a known fraction, the seconds since the book was asked for."""
    table = progress_of(begun())
    table.fractions = {picture_of(1): 0.4}
    text = drawn(draw(table, 31 * SECOND))
    assert "▰▰▱▱▱  40%" in text
    assert "RUNNING  30.0 s after it was asked for" in text
    assert "토끼와 호랑이의 봄" in text


def test_a_changed_book_is_timed_from_its_change() -> None:
    """How long ago the book itself was asked for is of no matter to who waits for a picture."""
    story = done()
    before = len(story.events)
    asked = EditionRequest(1, (PageEdit(2, repaint=True),))
    story.do(lambda run: request_edition(run, asked, seed=9))
    table = progress_of(story.events)
    assert table.seconds((before + 1 + 12) * SECOND) == 12
    marks = [it.painting.sign for it in table.lines()]
    assert marks == [Sign.DONE, Sign.DONE, Sign.WAITING, Sign.DONE, Sign.DONE]


def test_the_table_says_that_nobody_works() -> None:
    """Rather than when it would be done."""
    table = progress_of(begun())
    assert "no process makes books" in drawn(draw(table, SECOND, is_worked_on=False))


def test_the_table_is_coloured_on_a_terminal_only() -> None:
    """No escape codes elsewhere."""
    table = progress_of(begun())
    assert "\x1b" in drawn(draw(table, SECOND), terminal=True)
    assert "\x1b" not in drawn(draw(table, SECOND))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_table_fits_the_terminal(width: int) -> None:
    """Every mark is whole, and no line is longer than the terminal is wide."""
    table = progress_of(begun(TtsConfig()))
    table.fractions = {picture_of(1): 0.4}
    text = drawn(draw(table, 31 * SECOND), width=width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert "▰▰▱▱▱  40%" in text
    assert text.count("waits") == 2


def test_the_time_left_is_that_of_the_books_before_it_too() -> None:
    """They are worked on one after another; a book that has ended takes no more time."""
    first, second = progress_of(begun(), USUAL), progress_of(begun(), USUAL)
    now = 31 * SECOND
    alone, behind = second.seconds_left(now), second.seconds_left(now, [first])
    assert alone is not None and behind is not None
    assert behind > 1.5 * alone  # of each a page is in hand
    assert f"about {duration(behind)} left" in drawn(draw(second, now, earlier=[first]))
    cancelled = progress_of([*begun(), *cancel_run(fold(begun()), "somebody")], USUAL)
    assert second.seconds_left(now, [cancelled]) == alone
    assert progress_of(begun()).seconds_left(now) is None


def test_the_table_says_what_the_book_waits_for_and_since_when() -> None:
    """And not when it will be done, which nobody knows."""
    events = begun()
    events += defer_stage(fold(events), picture_of(1), 1, EngineInfo("comfyui"), "nobody answers")
    since = len(events) * SECOND
    text = drawn(draw(progress_of(events, USUAL), since + 56 * SECOND))
    assert f"waits for comfyui since {utc_text(since)} (56.0 s): nobody answers" in text
    assert "left" not in text
    events += start_stage(fold(events), picture_of(1), 1, worker="w", engine=EngineInfo("comfyui"))
    assert "waits for" not in drawn(draw(progress_of(events, USUAL), since + 60 * SECOND))
