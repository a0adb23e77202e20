"""How a run looks to readers: its state, its line in the library, its progress.

All pure functions of a `Run`, so that a state is the same whether it was folded live, after a
restart, in a rebuild, or up to an old position.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from storybook.book import PAGES, Dialogue, Page, RunId, Stage, Work, picture_of, reading_of
from storybook.events.log import Position, Recorded
from storybook.events.parked import ParkedRun
from storybook.run import Run, Status, evolve

# -------------------------------------------------------------------------------------- run state


class PageState(msgspec.Struct, frozen=True):
    """A page as the API shows it: what is not ready is an empty string."""

    page: int
    title: str
    summary: str
    dialogues: tuple[Dialogue, ...]
    image_url: str
    audio_url: str


class Parked(msgspec.Struct, frozen=True):
    """Where a run can be read no further, and why."""

    position: Position
    why: str


class RunState(msgspec.Struct, frozen=True):
    """What GET /api/runs/{run_id} answers. `pages` always has five elements, 0 to 4. `parked` is
    null if every event can be read."""

    status: Status
    stage: Stage
    ready_max_page: int
    ready_max_audio_page: int
    pages: tuple[PageState, ...]
    error: str | None
    parked: Parked | None = None


def state_of(run_id: RunId, run: Run, parked: ParkedRun | None = None) -> RunState:
    """The state of a run. A pruned file keeps its URL, which then answers 410."""
    return RunState(
        run.status,
        run.stage,
        run.ready_max_page,
        run.ready_max_audio_page,
        tuple(_page_state(run_id, run, number) for number in PAGES),
        _error(run),
        Parked(parked.position, parked.why) if parked is not None else None,
    )


def with_parked(state: bytes, parked: ParkedRun) -> bytes:
    """The state of a run that is parked, from the one that it had before."""
    told = Parked(parked.position, parked.why)
    before = msgspec.json.decode(state, type=RunState)
    return to_json(msgspec.structs.replace(before, parked=told))


to_json: Final = msgspec.json.Encoder().encode
"""A value as UTF-8 JSON."""


def encode_state(run_id: RunId, run: Run, parked: ParkedRun | None = None) -> bytes:
    """The state of a run as UTF-8 JSON."""
    return to_json(state_of(run_id, run, parked))


def _page_state(run_id: RunId, run: Run, number: int) -> PageState:
    page = run.pages[number] if number < len(run.pages) else Page(number)
    return PageState(
        number,
        page.title,
        page.summary,
        page.dialogues,
        _url(run_id, run, picture_of(number), "images"),
        _url(run_id, run, reading_of(number), "audio"),
    )


def _url(run_id: RunId, run: Run, work: Work, kind: str) -> str:
    artifact = run.artifact(work)
    return f"/api/runs/{run_id}/{kind}/{artifact.name}" if artifact is not None else ""


def _error(run: Run) -> str | None:
    return run.fault.message if run.fault is not None else None


# ---------------------------------------------------------------------------------------- library


class RunSummary(msgspec.Struct, frozen=True):
    """A run's line in the library. Times are ISO 8601 in UTC, milliseconds, with Z."""

    run_id: RunId
    title: str
    status: Status
    stage: Stage
    ready_max_page: int
    ready_max_audio_page: int
    created_at: str
    updated_at: str
    cover_url: str


class Library(msgspec.Struct, frozen=True):
    """A page of the library, newest first. `next` is the cursor of the page behind it, if any."""

    runs: list[RunSummary]
    next: str | None


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def iso_time(microseconds: int) -> str:
    """`2026-01-31T09:00:00.000Z` for microseconds since 1970."""
    # Not fromtimestamp: its float is off by a microsecond at today's dates.
    moment = _EPOCH + timedelta(microseconds=microseconds)
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


# --------------------------------------------------------------------------------------- progress


class Progress(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message of the progress stream. `error` is there only when the run failed."""

    status: Status
    stage: Stage
    ready_max_page: int
    ready_max_audio_page: int
    error: str | None = None


def progress_of(run: Run) -> Progress:
    """How far a run is."""
    return Progress(
        run.status, run.stage, run.ready_max_page, run.ready_max_audio_page, _error(run)
    )


class ProgressFold:
    """Folds the events of one run, and tells which of them changed its progress."""

    def __init__(self) -> None:
        self._run: Run | None = None
        self._last: Progress | None = None

    def feed(self, recorded: Recorded) -> Progress | None:
        """The progress after this event if it changed it, else None."""
        self._run = evolve(self._run, recorded.event)
        now = progress_of(self._run)
        if now == self._last:
            return None
        self._last = now
        return now
