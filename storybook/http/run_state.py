"""A run as the API shows it: its state, and the messages of its progress.

What is shown is told by `projections`; here it gets its addresses and becomes JSON.
"""

from __future__ import annotations

from typing import Final

import msgspec

from storybook.book import FIRST_EDITION, Dialogue, RunId, Stage, split_edition, split_language
from storybook.events.log import Position
from storybook.events.parked import ParkedRun
from storybook.http.addresses import NO_PREFIX, Addresses
from storybook.http.times import iso_time
from storybook.projections.progress import ChangedPage, RunProgress
from storybook.projections.runs import (
    KEPT_STATES,
    PageSnapshot,
    RunSnapshot,
    decode_snapshot,
    snapshot_of,
)
from storybook.projections.waiting import WaitingFor
from storybook.run import Run, Status
from storybook.stages.addresses import without_secrets
from storybook.stages.outages import Outages


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


class AwaitedEngine(msgspec.Struct, frozen=True):
    """An engine that is away, `since` when the run waits for it (ISO 8601 in UTC, milliseconds,
    with Z), and why it seems to be."""

    engine: str
    since: str
    why: str


class RunState(msgspec.Struct, frozen=True):
    """What GET /api/runs/{run_id} answers. `pages` has an element for each page of the book, from
    0, whether it is written or not. What a later version added follows `error`; `waiting_for` is
    null unless an engine that the run waits for is away now, `parked` if every event can be read;
    `removed` names the files that retention took; `age` is empty if nothing was said of it, and
    `languages` are those that the book is in, its own first. A book that was changed has `edition`:
    the number of its newest one, of which `status`, `stage` and `error` are, while its pages are
    those of the last whole one. `eta_seconds` is how long it still takes, null once it has ended,
    while it waits for an engine, and where nobody can say. `topic_known` is false where the
    composer has no story about the topic and tells one that does not pretend to, null in a book
    from before that was looked at.
    """

    status: Status
    stage: Stage
    ready_max_page: int
    ready_max_audio_page: int
    pages: tuple[PageState, ...]
    error: str | None
    waiting_for: AwaitedEngine | None
    language: str
    parked: Parked | None = None
    removed: tuple[str, ...] = ()
    age: str = ""
    languages: tuple[str, ...] = ()
    eta_seconds: float | None = None
    topic_known: bool | None = None
    edition: int | msgspec.UnsetType = msgspec.UNSET


def run_state(
    run_id: RunId,
    snapshot: RunSnapshot,
    parked: ParkedRun | None = None,
    waiting_for: AwaitedEngine | None = None,
    addresses: Addresses = NO_PREFIX,
    now: RunSnapshot | None = None,
) -> RunState:
    """The state of a run, with addresses. A pruned file keeps its URL, which then answers 410.
    `now` is the present state, whose files the plain addresses serve, if this is another one."""
    plain = snapshot.pages if now is None else now.pages
    return RunState(
        snapshot.status,
        snapshot.stage,
        snapshot.ready_max_page,
        snapshot.ready_max_audio_page,
        tuple(
            _page_state(run_id, page, served, addresses)
            for page, served in zip(snapshot.pages, plain, strict=True)
        ),
        _shown(snapshot.error),
        waiting_for,
        snapshot.language,
        Parked(parked.position, parked.why) if parked is not None else None,
        tuple(split_language(split_edition(name)[0])[0] for name in snapshot.removed),
        snapshot.age,
        (snapshot.language, *snapshot.added),
        None,
        snapshot.topic_known,
        snapshot.edition if snapshot.edition != FIRST_EDITION else msgspec.UNSET,
    )


def _shown(error: str | None) -> str | None:
    """Older versions recorded addresses with the passwords in them."""
    return without_secrets(error) if error else error


def _page_state(
    run_id: RunId, page: PageSnapshot, plain: PageSnapshot, addresses: Addresses
) -> PageState:
    return PageState(
        page.page,
        page.title,
        page.summary,
        tuple(Dialogue(*line) for line in page.dialogues),
        addresses.picture(run_id, page.picture, plain.picture),
        addresses.audio(run_id, page.narration, plain.narration),
    )


def awaited(waiting_for: WaitingFor | None, outages: Outages | None) -> AwaitedEngine | None:
    """What a run waits for now: what its events say, unless it is known that the engine is back,
    and the run only waits for its turn."""
    it = waiting_for
    if it is None or (outages is not None and not outages.is_away(it.engine)):
        return None
    return AwaitedEngine(it.engine.name, iso_time(it.since), it.why)


_encode: Final = msgspec.json.Encoder().encode


def encode_state(
    run_id: RunId, run: Run, parked: ParkedRun | None = None, addresses: Addresses = NO_PREFIX
) -> bytes:
    """The state of a run as UTF-8 JSON; what changes with time is null."""
    return encode_as_of(run_id, snapshot_of(run), parked, addresses)


def encode_as_of(
    run_id: RunId,
    snapshot: RunSnapshot,
    parked: ParkedRun | None,
    addresses: Addresses,
    now: RunSnapshot | None = None,
    waiting_for: AwaitedEngine | None = None,
) -> bytes:
    """A state of a run beside its present one as UTF-8 JSON; of another time, what changes with it
    is null."""
    return _encode(run_state(run_id, snapshot, parked, waiting_for, addresses, now))


_NO_ETA: Final = b'"eta_seconds":null'
"""As it stands in a rendered state, and nowhere else: in a text the signs would be escaped."""


class _Rendered(msgspec.Struct, frozen=True):
    """A state as UTF-8 JSON, what it was made from, and what stands before and after how long the
    run still takes."""

    state: bytes
    parked: ParkedRun | None
    version: int
    body: bytes
    around_eta: tuple[bytes, bytes] | None
    """None while it waits for an engine: then nobody knows."""

    def fits(self, parked: ParkedRun | None, version: int) -> bool:
        return self.parked == parked and self.version == version


class RenderedStates:
    """States as UTF-8 JSON, made once for each change of a run that is asked for, but for how long
    it still takes. `outages` know which engines are away now, if anybody does here."""

    def __init__(self, outages: Outages | None, most: int = KEPT_STATES) -> None:
        self._outages, self._most = outages, most
        self._rendered: dict[tuple[RunId, Addresses], _Rendered] = {}

    def body(
        self,
        run_id: RunId,
        state: bytes,
        parked: ParkedRun | None = None,
        addresses: Addresses = NO_PREFIX,
        eta: float | None = None,
    ) -> bytes:
        """The answer for a run whose projection has this state, and that takes so many seconds
        more."""
        it = self._of(run_id, state, parked, addresses)
        if eta is None or it.around_eta is None:
            return it.body
        before, after = it.around_eta
        return b'%s"eta_seconds":%.1f%s' % (before, eta, after)

    def _of(
        self, run_id: RunId, state: bytes, parked: ParkedRun | None, addresses: Addresses
    ) -> _Rendered:
        key = run_id, addresses
        known = self._rendered.get(key)
        version = self._outages.version if self._outages is not None else 0
        # The state first: of what most readers ask for, it is the same object.
        if known is not None and known.state == state and known.fits(parked, version):
            return known
        snapshot = decode_snapshot(state)
        waiting_for = awaited(snapshot.waiting_for, self._outages)
        body = _encode(run_state(run_id, snapshot, parked, waiting_for, addresses))
        before, _, after = body.rpartition(_NO_ETA)
        around = (before, after) if waiting_for is None else None
        self._rendered.pop(key, None)
        self._rendered[key] = made = _Rendered(state, parked, version, body, around)
        if len(self._rendered) > self._most:
            del self._rendered[next(iter(self._rendered))]
        return made


# --------------------------------------------------------------------------------------- progress


class Progress(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message of the progress stream. `error` is there only when the run failed; `edition`,
    `page` and `changed` (`text`, `picture`, `voice`) only when something of a page of a book that
    was whole has become another, and `language` if that is in one that was added to its own."""

    status: Status
    stage: Stage
    ready_max_page: int
    ready_max_audio_page: int
    error: str | None = None
    edition: int | msgspec.UnsetType = msgspec.UNSET
    page: int | msgspec.UnsetType = msgspec.UNSET
    changed: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    language: str | msgspec.UnsetType = msgspec.UNSET


def encode_progress(progress: RunProgress) -> bytes:
    """A message of the progress stream as UTF-8 JSON."""
    return _encode(
        Progress(
            progress.status,
            progress.stage,
            progress.ready_max_page,
            progress.ready_max_audio_page,
            _shown(progress.error),
            *(_changed(progress.change) if progress.change is not None else ()),
        )
    )


def _changed(it: ChangedPage) -> tuple[int, int, tuple[str, ...], str | msgspec.UnsetType]:
    return it.edition, it.page, it.changed, it.language or msgspec.UNSET
