"""How far a run is, and which of its events changed that."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from storybook.book import FIRST_EDITION, Stage
from storybook.events.catalog import Event, PageTranslated, PageWritten, StageCompleted
from storybook.events.log import Recorded
from storybook.projections.waiting import WaitingFold, WaitingFor
from storybook.run import Run, Status, evolve


class ChangedPage(msgspec.Struct, frozen=True):
    """A page of which something is made anew in an edition: `text`, `picture` or `voice`, in a
    `language` that was added to the book's own if it is not empty."""

    edition: int
    page: int
    changed: tuple[str, ...]
    language: str = ""


class RunProgress(msgspec.Struct, frozen=True):
    """How far a run is; `error` is why it failed, None unless it did. `change` is the page that an
    event has changed, from the second edition on."""

    status: Status
    stage: Stage
    ready_max_page: int
    ready_max_audio_page: int
    error: str | None
    change: ChangedPage | None = None


def progress_of(run: Run) -> RunProgress:
    """How far a run is."""
    error = run.fault.message if run.fault is not None else None
    return RunProgress(run.status, run.stage, run.ready_max_page, run.ready_max_audio_page, error)


def page_change(event: Event, edition: int) -> ChangedPage | None:
    """The page that an event of a later edition changes, if it does."""
    if edition == FIRST_EDITION:
        return None
    match event:
        case PageWritten(page=page):
            return ChangedPage(edition, page, ("text",))
        case PageTranslated(page=page, language=language):
            return ChangedPage(edition, page, ("text",), language)
        case StageCompleted(page=int(page)) if event.artifact is not None:
            what = "picture" if event.stage.is_picture else "voice"
            return ChangedPage(edition, page, (what,), event.language)
    return None


class ProgressFold:
    """Folds the events of one run, and tells which of them changed its progress, or a page of a
    book that was whole. `waiting_for` is what the run waits for now."""

    def __init__(self) -> None:
        self._run: Run | None = None
        self._waiting = WaitingFold()
        self.waiting_for: WaitingFor | None = None
        self._last: RunProgress | None = None

    def feed(self, recorded: Recorded) -> RunProgress | None:
        """The progress after this event if it changed that or a page, else None."""
        event = recorded.event
        self._run = evolve(self._run, event)
        self.waiting_for = self._waiting.feed(self._run, [recorded])
        now = progress_of(self._run)
        change = page_change(event, self._run.edition)
        if now == self._last and change is None:
            return None
        self._last = now
        return replace(now, change=change) if change is not None else now
