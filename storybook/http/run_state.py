"""A run as the API shows it: its state, and the messages of its progress.

What is shown is told by `projections`; here it gets its addresses and becomes JSON.
"""

from __future__ import annotations

from typing import Final

import msgspec

from storybook.book import Dialogue, RunId, Stage
from storybook.events.log import Position
from storybook.events.parked import ParkedRun
from storybook.projections.progress import RunProgress
from storybook.projections.runs import (
    KEPT_STATES,
    PageSnapshot,
    RunSnapshot,
    decode_snapshot,
    snapshot_of,
)
from storybook.run import Run, Status
from storybook.stages.addresses import without_secrets


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
    """What GET /api/runs/{run_id} answers. `pages` has an element for each page of the book, from
    0, whether it is written or not. What a later version added follows `error`; `parked` is null
    if every event can be read."""

    status: Status
    stage: Stage
    ready_max_page: int
    ready_max_audio_page: int
    pages: tuple[PageState, ...]
    error: str | None
    language: str
    parked: Parked | None = None


def run_state(run_id: RunId, snapshot: RunSnapshot, parked: ParkedRun | None = None) -> RunState:
    """The state of a run, with addresses. A pruned file keeps its URL, which then answers 410."""
    return RunState(
        snapshot.status,
        snapshot.stage,
        snapshot.ready_max_page,
        snapshot.ready_max_audio_page,
        tuple(_page_state(run_id, page) for page in snapshot.pages),
        _shown(snapshot.error),
        snapshot.language,
        Parked(parked.position, parked.why) if parked is not None else None,
    )


def _shown(error: str | None) -> str | None:
    """Older versions recorded addresses with the passwords in them."""
    return without_secrets(error) if error else error


def _page_state(run_id: RunId, page: PageSnapshot) -> PageState:
    return PageState(
        page.page,
        page.title,
        page.summary,
        tuple(Dialogue(*line) for line in page.dialogues),
        picture_url(run_id, page.picture),
        _url(run_id, "audio", page.narration),
    )


def picture_url(run_id: RunId, name: str) -> str:
    """The address of a picture, empty while there is none."""
    return _url(run_id, "images", name)


def _url(run_id: RunId, folder: str, name: str) -> str:
    return f"/api/runs/{run_id}/{folder}/{name}" if name else ""


_encode: Final = msgspec.json.Encoder().encode


def encode_state(run_id: RunId, run: Run, parked: ParkedRun | None = None) -> bytes:
    """The state of a run as UTF-8 JSON."""
    return _encode(run_state(run_id, snapshot_of(run), parked))


class RenderedStates:
    """States as UTF-8 JSON, made once for each change of a run that is asked for."""

    def __init__(self, most: int = KEPT_STATES) -> None:
        self._most = most
        self._rendered: dict[RunId, tuple[bytes, ParkedRun | None, bytes]] = {}

    def body(self, run_id: RunId, state: bytes, parked: ParkedRun | None = None) -> bytes:
        """The answer for a run whose projection has this state."""
        known = self._rendered.get(run_id)
        if known is not None and known[0] == state and known[1] == parked:
            return known[2]
        body = _encode(run_state(run_id, decode_snapshot(state), parked))
        self._rendered.pop(run_id, None)
        self._rendered[run_id] = state, parked, body
        if len(self._rendered) > self._most:
            del self._rendered[next(iter(self._rendered))]
        return body


# --------------------------------------------------------------------------------------- progress


class Progress(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message of the progress stream. `error` is there only when the run failed."""

    status: Status
    stage: Stage
    ready_max_page: int
    ready_max_audio_page: int
    error: str | None = None


def encode_progress(progress: RunProgress) -> bytes:
    """A message of the progress stream as UTF-8 JSON."""
    return _encode(
        Progress(
            progress.status,
            progress.stage,
            progress.ready_max_page,
            progress.ready_max_audio_page,
            _shown(progress.error),
        )
    )
