"""A run's timeline: each attempt at a piece of work, and a chart of them.

Times are those of the machine's clock, which may have been set back meanwhile: a later event then
has an earlier time. No duration is negative, and no bar leaves the chart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from rich.table import Table
from rich.text import Text

from storybook.cli.event_text import engine_name, work_name
from storybook.cli.output import duration
from storybook.clock import MICROSECONDS
from storybook.events.log import Position, Recorded
from storybook.projections.timings import StageTiming, TimingFold

OTHER_COLUMNS: Final = 74
"""What the columns beside the bars usually take."""
LEAST_CELLS, MOST_CELLS = 12, 40
_EIGHTHS: Final = ("", *"▏▎▍▌▋▊▉")
_STYLES: Final[Mapping[str, str]] = {
    "waiting": "dim",
    "working": "yellow",
    "completed": "green",
    "failed": "red",
    "abandoned": "magenta",
}


def attempts(history: Sequence[Recorded]) -> list[StageTiming]:
    """The attempts of a run, in the order in which they were requested."""
    fold, found = TimingFold(), dict[Position, StageTiming]()
    for recorded in history:
        timing = fold.feed(recorded, recorded.event)
        if timing is not None:
            found[timing.position] = timing.stage
    return list(found.values())


def waited(attempt: StageTiming, now: int) -> float:
    """Seconds from the request to the start, or to the end of what never started."""
    end = attempt.started_at or attempt.ended_at or now
    return max(end - attempt.requested_at, 0) / MICROSECONDS


def worked(attempt: StageTiming, now: int) -> float | None:
    """Seconds from the start, None if it has not started."""
    if attempt.started_at is None:
        return None
    return max((attempt.ended_at or now) - attempt.started_at, 0) / MICROSECONDS


class Scale(msgspec.Struct, frozen=True):
    """The chart's time: from `start` to `end` (microseconds since 1970) over so many cells."""

    start: int
    end: int
    cells: int

    def at(self, moment: int) -> float:
        """Where a moment lies, in cells from the left."""
        share = (moment - self.start) / max(self.end - self.start, 1)
        return self.cells * min(max(share, 0.0), 1.0)

    @property
    def heading(self) -> str:
        whole = duration((self.end - self.start) / MICROSECONDS)
        return f"0{whole:>{self.cells - 1}}"


def chart(found: Sequence[StageTiming], now: int, width: int) -> Table:
    """One row an attempt, of at least one, in a table of `width` columns; `now` (microseconds
    since 1970) is where what is open ends."""
    cells = min(max(width - OTHER_COLUMNS, LEAST_CELLS), MOST_CELLS)
    scale = Scale(
        min(attempt.requested_at for attempt in found),
        max(attempt.ended_at or now for attempt in found),
        cells,
    )
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("work", "try", "engine"):
        table.add_column(name, no_wrap=True)
    for name in ("waited", "worked"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(scale.heading, no_wrap=True, min_width=scale.cells)
    table.add_column("", no_wrap=True)
    for attempt in found:
        seconds = worked(attempt, now)
        table.add_row(
            work_name(attempt.stage, attempt.page),
            str(attempt.attempt),
            engine_name(attempt.engine) if attempt.engine else "",
            duration(waited(attempt, now)),
            duration(seconds) if seconds is not None else "",
            _bar(attempt, scale),
            "" if attempt.outcome == "completed" else _styled(attempt, attempt.outcome),
        )
    return table


def faults(found: Sequence[StageTiming]) -> list[Text]:
    """Why attempts did not end well, a line each."""
    return [
        _styled(
            it,
            f"{work_name(it.stage, it.page)}, attempt {it.attempt}, {it.outcome}: {it.error}",
        )
        for it in found
        if it.error
    ]


def _styled(attempt: StageTiming, text: str) -> Text:
    return Text(text, _STYLES[attempt.outcome])


def _bar(attempt: StageTiming, scale: Scale) -> Text:
    """Dots while it waited, a bar while it was worked on; never thinner than an eighth cell."""
    asked = int(scale.at(attempt.requested_at))
    begins = int(scale.at(attempt.started_at or attempt.ended_at or scale.end))
    bar = Text(" " * asked).append("·" * (begins - asked), "dim")
    if attempt.started_at is not None:
        ends = max(scale.at(attempt.ended_at or scale.end), begins)
        eighths = max(round((ends - begins) * 8), 1)
        worked_on = "█" * (eighths // 8) + _EIGHTHS[eighths % 8]
        bar.append(worked_on, _STYLES[attempt.outcome])
    return bar
