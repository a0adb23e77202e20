"""The chart of a book's attempts."""

from __future__ import annotations

import msgspec
import pytest

from storybook.book import TtsConfig, picture_of
from storybook.cli.timeline import attempts, chart, faults
from storybook.events.catalog import (
    Fault,
)
from storybook.run import fail_stage, fold, start_stage
from tests.cli.recorded_runs import ENGINE, SECOND, begun, drawn, record


def test_the_timeline_has_a_row_an_attempt() -> None:
    """What it waited, what it took, on which engine, and why it failed."""
    events = begun(TtsConfig())
    fault = Fault("no_paint", "none left", retryable=True)
    events += fail_stage(fold(events), picture_of(1), 1, fault, now=0, chance=0.0)
    events += start_stage(fold(events), picture_of(1), 2, worker="w", engine=ENGINE)
    history = record(events)
    found = attempts(history)
    assert [(it.page, it.attempt) for it in found if it.stage.is_picture] == [
        (0, 1),
        (1, 1),
        (1, 2),
    ]
    rows = drawn(chart(found, history[-1].recorded_at, 110)).splitlines()[1:]
    assert len(rows) == len(found)
    assert rows[3].split()[:7] == ["painting", "page", "1", "1", "double", "1.0", "3.00"]
    assert rows[3].rstrip().endswith("failed")
    (waiting,) = (row for row in rows if row.startswith("reading page 1 aloud"))
    assert "·" in waiting
    assert "█" not in waiting
    assert [it.plain for it in faults(found)] == ["painting page 1, attempt 1, failed: none left"]


@pytest.mark.parametrize("width", [60, 80, 110, 200])
def test_the_timeline_fits_the_terminal(width: int) -> None:
    """The bars take what is left of the line, and all of the time is in them."""
    history = record(begun(TtsConfig()))
    rows = drawn(chart(attempts(history), history[-1].recorded_at, width), width=width)
    assert "…" not in rows
    assert max(map(len, rows.splitlines())) <= width


@pytest.mark.parametrize("now_by", [0, -86_400, -2 * 86_400])
def test_a_clock_that_was_set_back_a_day_leaves_the_timeline_its_width(now_by: int) -> None:
    """Half of the events, and now, are a day earlier than what came before them."""
    history = record(begun(TtsConfig()))
    day = 86_400 * SECOND
    half = len(history) // 2
    history[half:] = [
        msgspec.structs.replace(it, recorded_at=it.recorded_at - day) for it in history[half:]
    ]
    rows = drawn(chart(attempts(history), history[0].recorded_at + now_by * SECOND, 110), width=110)
    assert max(map(len, rows.splitlines())) <= 110
    assert "-" not in rows.replace("page-", "")
