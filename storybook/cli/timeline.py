"""A run's timeline: each attempt at a piece of work, and a chart of them.

Times are those of the machine's clock, which may have been set back meanwhile: a later event then
has an earlier time. No duration is negative, and no bar leaves the chart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from storybook.book import FIRST_EDITION
from storybook.cli.event_text import engine_name, work_name
from storybook.cli.output import NARROW_WIDTH, duration
from storybook.clock import MICROSECONDS
from storybook.events.catalog import EditionRequested
from storybook.events.log import Position, Recorded
from storybook.projections.timings import StageTiming, TimingFold
from storybook.stages.addresses import without_secrets

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


class Chapter(msgspec.Struct, frozen=True):
    """What was done for an edition: the events from its request up to the next one's, and the
    attempts that were requested meanwhile, in their order."""

    edition: int
    events: list[Recorded]
    attempts: dict[Position, StageTiming]


def chapters(history: Sequence[Recorded]) -> list[Chapter]:
    """The editions of a run, in their order."""
    fold, found, of = TimingFold(), list[Chapter](), dict[Position, Chapter]()
    for recorded in history:
        event = recorded.event
        if isinstance(event, EditionRequested):
            found.append(Chapter(event.edition, [], {}))
        elif not found:
            found.append(Chapter(FIRST_EDITION, [], {}))
        found[-1].events.append(recorded)
        timing = fold.feed(recorded, event)
        if timing is not None:
            chapter = of.setdefault(timing.position, found[-1])
            chapter.attempts[timing.position] = timing.stage
    return found


def attempts(history: Sequence[Recorded]) -> list[StageTiming]:
    """The attempts of a run, in the order in which they were requested."""
    return [it for chapter in chapters(history) for it in chapter.attempts.values()]


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
    since 1970) is where what is open ends. A narrow one leaves out engines and bars."""
    cells = min(max(width - OTHER_COLUMNS, LEAST_CELLS), MOST_CELLS)
    scale = Scale(
        min(attempt.requested_at for attempt in found),
        max(attempt.ended_at or now for attempt in found),
        cells,
    )
    columns: list[tuple[str, JustifyMethod, Callable[[StageTiming], str | Text]]] = [
        ("work", "left", lambda it: work_name(it.stage, it.page, it.language)),
        ("try", "left", lambda it: str(it.attempt)),
        ("engine", "left", lambda it: engine_name(it.engine) if it.engine else ""),
        ("waited", "right", lambda it: duration(waited(it, now))),
        ("worked", "right", lambda it: _worked(it, now)),
        (scale.heading, "left", lambda it: _bar(it, scale)),
        ("", "left", lambda it: "" if it.outcome == "completed" else _styled(it, it.outcome)),
    ]
    if width < NARROW_WIDTH:
        columns = [it for it in columns if it[0] not in ("engine", scale.heading)]
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name, justify, _ in columns:
        table.add_column(name, justify=justify, no_wrap=True)
    for attempt in found:
        table.add_row(*(cell(attempt) for _, _, cell in columns))
    return table


def _worked(attempt: StageTiming, now: int) -> str:
    seconds = worked(attempt, now)
    return duration(seconds) if seconds is not None else ""


def faults(found: Sequence[StageTiming]) -> list[Text]:
    """Why attempts did not end well, a line each."""
    return [
        _styled(
            it,
            f"{work_name(it.stage, it.page, it.language)}, attempt {it.attempt}, {it.outcome}: "
            f"{without_secrets(it.error)}",
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
