"""Runs as they are recorded, without a log, and what is drawn of them as text."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console, RenderableType

from storybook.book import WRITING, Role, TtsConfig, picture_of
from storybook.cli.progress_table import ProgressTable
from storybook.events.catalog import (
    EngineInfo,
    Event,
)
from storybook.events.codec import encode
from storybook.events.log import Position, Recorded, Version
from storybook.projections.timings import UsualOfRole
from storybook.run import complete_stage, fold, request_run, start_stage, write_page
from tests.export.finished import REQUEST, RUN, STORY

SECOND = 1_000_000
ENGINE = EngineInfo("double", "1.0")


def record(events: Iterable[Event]) -> list[Recorded]:
    """Events as recorded, one a second."""
    return [
        Recorded(
            *(Position(n), RUN, Version(n), type(event).__name__, 1),
            *(n * SECOND, encode(event), bytes(32)),
        )
        for n, event in enumerate(events, start=1)
    ]


def begun(tts: TtsConfig | None = None) -> list[Event]:
    """A book whose cover is written and painted, and whose first page is being painted."""
    events = request_run(None, REQUEST, 7, tts)
    events += start_stage(fold(events), WRITING, 1, worker="w", engine=ENGINE)
    for page in STORY[:2]:
        events += write_page(fold(events), 1, page)
    for work in (picture_of(0), picture_of(1)):
        events += start_stage(fold(events), work, 1, worker="w", engine=ENGINE)
    events += complete_stage(fold(events), picture_of(0), 1)
    return events


def progress_of(
    events: Sequence[Event], usual: Mapping[Role, UsualOfRole] | None = None
) -> ProgressTable:
    table = ProgressTable(RUN, usual or {})
    for recorded in record(events):
        table.feed(recorded)
    return table


def drawn(what: RenderableType, *, terminal: bool = False, width: int = 110) -> str:
    out = Console(file=io.StringIO(), width=width, force_terminal=terminal, highlight=False)
    out.print(what)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()
