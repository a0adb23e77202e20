"""Which events of a run are told to whom asked for it, and in which words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from storybook.book import RunId, narration_of, picture_of
from storybook.events.catalog import (
    Event,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunForgotten,
    StageCompleted,
)
from storybook.events.log import Position, Recorded
from storybook.events.parked import ParkedRun
from storybook.run import Run, read_history

PAGE_READY: Final = "page.ready"
_ENDINGS: Final[dict[type[Event], str]] = {
    RunCompleted: "run.done",
    RunFailed: "run.failed",
    RunCancelled: "run.cancelled",
}
NOTICES: Final = (*_ENDINGS.values(), PAGE_READY)
"""Everything that is told."""
HEARD: Final = frozenset({it.__name__ for it in (*_ENDINGS, StageCompleted, RunForgotten)})
"""The types of the events that may give reason to tell something, or to tell nothing more."""

Render = Callable[[RunId, Run, ParkedRun | None], bytes]
"""The state of a run as its readers see it, as JSON."""


def notice_of(event: Event, run: Run) -> str | None:
    """What an event gives reason to tell, if anything; `run` is as it stands right after it."""
    if isinstance(event, StageCompleted):
        return PAGE_READY if not event.language and _is_ready(event.page, run) else None
    return _ENDINGS.get(type(event))


def _is_ready(page: int | None, run: Run) -> bool:
    """Whether nothing of a page is missing: its picture, and its recording if it is read aloud."""
    if page is None:
        return False
    has_voice = run.tts is None or run.is_complete(narration_of(page))
    return has_voice and run.is_complete(picture_of(page))


class Notice(msgspec.Struct, frozen=True):
    """What is sent: `state` is that of the run right after the event at `position`."""

    type: str
    run_id: RunId
    position: Position
    state: msgspec.Raw


def notice_body(
    kind: str, position: Position, recorded: Sequence[Recorded], render: Render
) -> bytes | None:
    """The body that tells of the event at `position`, from all events of its run: the same at each
    attempt. None if the run cannot be read."""
    until = [it for it in recorded if it.position <= position]
    history = read_history(until)
    if history.run is None:
        return None
    run_id = until[0].run_id
    state = msgspec.Raw(render(run_id, history.run, history.parked))
    return msgspec.json.encode(Notice(kind, run_id, position, state))
