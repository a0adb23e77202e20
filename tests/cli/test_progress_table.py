"""A book in the making, as it is drawn while somebody watches."""

from __future__ import annotations

from storybook.book import TtsConfig, picture_of
from storybook.cli.live_view import draw
from storybook.cli.progress_table import Mark, Sign
from storybook.events.catalog import (
    Fault,
)
from storybook.run import fail_stage, fold
from tests.cli.recorded_runs import SECOND, begun, drawn, progress_of


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
    assert "RUNNING  30.0 s" in text
    assert "토끼와 호랑이의 봄" in text


def test_the_table_says_that_nobody_works() -> None:
    """Rather than when it would be done."""
    table = progress_of(begun())
    assert "no process makes books" in drawn(draw(table, SECOND, is_worked_on=False))


def test_the_table_is_coloured_on_a_terminal_only() -> None:
    """No escape codes elsewhere."""
    table = progress_of(begun())
    assert "\x1b" in drawn(draw(table, SECOND), terminal=True)
    assert "\x1b" not in drawn(draw(table, SECOND))
