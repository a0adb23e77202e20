"""The calls about runs: ask for one, look at it, stop it, let it go on."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import msgspec
from litestar import Request, post, route
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.types import Scope

from storybook.application import Application
from storybook.book import RunId
from storybook.editions import NoSuchEdition, shown_in
from storybook.events.log import START, Position
from storybook.events.parked import ParkedRun, RunParked
from storybook.http.authorization import caller_name
from storybook.http.client_limits import ClientLimits
from storybook.http.errors import BadRequest, NotFound
from storybook.http.library import library, position_of
from storybook.http.log_entries import LogEntry, log_entry
from storybook.http.requests import (
    READ,
    addresses,
    edition_in,
    header,
    language_in,
    limit_in,
    method,
    note_run,
    position_in,
    query,
    reading_body,
    run_id_in,
)
from storybook.http.responses import NOT_KEPT, RawResponse, json_response
from storybook.http.run_request import in_body, read_run_request
from storybook.http.run_state import RenderedStates, awaited, encode_as_of
from storybook.projections.library import newest
from storybook.projections.runs import (
    STATES,
    RunSnapshot,
    decode_snapshot,
    snapshot_of,
    snapshot_of_edition,
)
from storybook.request import MAX_FIELD_CHARACTERS, InvalidRequest
from storybook.run import NoSuchRun, Run, Status, read_history

MAX_KEY_CHARACTERS: Final = 200
"""An idempotency key is an id, not a text."""
LIBRARY_DEFAULT, LIBRARY_MOST = 50, 200
LOG_DEFAULT, LOG_MOST = 200, 1_000

RUN_PATH: Final = "/api/runs/{run_id:str}"


class RunCreated(msgspec.Struct, frozen=True):
    run_id: RunId


class RunLog(msgspec.Struct, frozen=True):
    """A run's events. `next` is the `after` of the page after this one, null on the last."""

    events: list[LogEntry]
    next: int | None


class Runs:
    """The handlers, over a running service."""

    def __init__(self, application: Application, limits: ClientLimits) -> None:
        self._application, self._limits = application, limits
        self._states = RenderedStates(application.outages)

    def routes(self) -> list[HTTPRouteHandler]:
        return [
            route("/api/runs", http_method=[*READ, HttpMethod.POST])(self.collection),
            route(RUN_PATH, http_method=[*READ, HttpMethod.DELETE], status_code=200)(self.run),
            route(
                f"{RUN_PATH}/pin", http_method=[HttpMethod.POST, HttpMethod.DELETE], status_code=200
            )(self.pin),
            route("/api/runs/{run_id:str}/log", http_method=READ)(self.log),
            post("/api/runs/{run_id:str}/cancel", status_code=202)(self.cancel),
            post("/api/runs/{run_id:str}/retry", status_code=202)(self.retry),
        ]

    async def collection(self, request: Request[Any, Any, Any]) -> RawResponse:
        """One handler: OPTIONS would tell the methods of the first of a path's handlers alone."""
        is_order = request.method == HttpMethod.POST
        return await (self.request(request) if is_order else self.library(request.scope))

    async def request(self, request: Request[Any, Any, Any]) -> RawResponse:
        with reading_body(self._application.settings.limits.request_seconds):
            body = await request.body()
        asked = read_run_request(body)
        key = idempotency_key(request.scope)
        try:
            run_id = await self._application.request_run(
                asked,
                idempotency_key=key,
                requested_by=caller_name(request.scope),
                admit=partial(self._limits.take, "runs", request.scope),
            )
        except InvalidRequest as invalid:
            raise in_body(invalid) from invalid
        note_run(request.scope, run_id)
        return json_response(RunCreated(run_id), status=201)

    async def library(self, scope: Scope) -> RawResponse:
        parameters = query(scope)
        page = await self._application.projections.ask(
            newest,
            limit_in(parameters, LIBRARY_DEFAULT, LIBRARY_MOST),
            status=_status(parameters.get("status", "")),
            before=_before(parameters.get("before", "")),
            text=_searched(parameters.get("q", "")),
        )
        return json_response(library(page, addresses(scope)))

    async def run(self, scope: Scope) -> RawResponse:
        """A run's state, or its end: one handler for the same reason."""
        is_end = method(scope) == HttpMethod.DELETE
        return await (self.forget(scope) if is_end else self.state(scope))

    async def forget(self, scope: Scope) -> RawResponse:
        with_derived = _flag("with_derived", query(scope).get("with_derived", "false"))
        await self._application.forget_run(
            run_id_in(scope), caller_name(scope), with_derived=with_derived
        )
        return _nothing()

    async def pin(self, scope: Scope) -> RawResponse:
        is_end = method(scope) == HttpMethod.DELETE
        change = self._application.unpin_run if is_end else self._application.pin_run
        await change(run_id_in(scope), caller_name(scope))
        return _nothing()

    async def state(self, scope: Scope) -> RawResponse:
        run_id = run_id_in(scope)
        row = self._application.projections.row(STATES, run_id)
        if scope["query_string"] and {"at", "edition", "language"} & query(scope).keys():
            now = decode_snapshot(row[1]) if row is not None else None
            return RawResponse(await self._earlier(run_id, scope, now), headers=[NOT_KEPT])
        parked = self._application.parked.get(run_id)
        if row is None and parked is not None:
            raise RunParked(parked)
        if row is None:
            raise NoSuchRun
        eta = self._application.seconds_left(run_id) if parked is None else None
        body = self._states.body(run_id, row[1], parked, addresses(scope), eta)
        return RawResponse(body, headers=[NOT_KEPT])

    async def _earlier(self, run_id: RunId, scope: Scope, now: RunSnapshot | None) -> bytes:
        """The state as it was after an event, as one edition has it, in another language, or all
        at once."""
        at, edition, named = query(scope).get("at"), edition_in(scope), addresses(scope)
        run, parked = await (self._present(run_id) if at is None else self._at(run_id, at))
        language = language_in(scope)
        added = shown_in(run, language, edition) if language is not None else ""
        if edition is None:
            waits = None
            if at is None and now is not None:
                waits = awaited(now.waiting_for, self._application.outages)
            return encode_as_of(run_id, snapshot_of(run, added=added), parked, named, now, waits)
        snapshot = snapshot_of_edition(run, edition, added)
        if snapshot is None:
            raise NoSuchEdition(edition, run.edition)
        return encode_as_of(run_id, snapshot, parked, named, now)

    async def _present(self, run_id: RunId) -> tuple[Run, None]:
        run = await self._application.commands.load(run_id)
        if run is None:
            raise NoSuchRun
        return run, None

    async def _at(self, run_id: RunId, at: str) -> tuple[Run, ParkedRun | None]:
        position = position_in("at", at)
        if position > (head := await self._application.log.head()):
            raise BadRequest(f"at is beyond the log's end, which is {head}")
        events = await self._application.log.read_run(run_id)
        if not events:
            raise NoSuchRun
        history = read_history([it for it in events if it.position <= position])
        if history.run is not None:
            return history.run, history.parked
        if history.parked is not None:
            raise RunParked(history.parked)
        raise NotFound(f"the run did not exist at {position}: it begins at {events[0].position}")

    async def log(self, scope: Scope) -> RawResponse:
        run_id, parameters = run_id_in(scope), query(scope)
        after = position_in("after", parameters.get("after") or "0")
        limit = limit_in(parameters, LOG_DEFAULT, LOG_MOST)
        events = await self._application.log.read_run(run_id, after, limit + 1)
        if not events and not await self._application.log.read_run(run_id, START, 1):
            raise NoSuchRun
        page = [log_entry(it) for it in events[:limit]]
        return json_response(RunLog(page, page[-1].position if len(events) > limit else None))

    async def cancel(self, scope: Scope) -> RawResponse:
        run_id = run_id_in(scope)
        await self._application.cancel_run(run_id, caller_name(scope))
        return json_response(RunCreated(run_id), status=202)

    async def retry(self, scope: Scope) -> RawResponse:
        run_id = run_id_in(scope)
        self._limits.take("runs", scope)
        await self._application.retry_run(run_id, caller_name(scope))
        return json_response(RunCreated(run_id), status=202)


def _nothing() -> RawResponse:
    return RawResponse(b"", status=204, headers=[NOT_KEPT])


def _status(text: str) -> Status | None:
    if text and text.upper() not in Status.__members__:
        raise BadRequest(f"status is to be one of {', '.join(Status)}; found {text[:40]!r}")
    return Status(text.upper()) if text else None


def _searched(text: str) -> str:
    if len(text) > MAX_FIELD_CHARACTERS:
        raise BadRequest(
            f"q is to have at most {MAX_FIELD_CHARACTERS} characters, found {len(text)}"
        )
    return text


def _flag(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise BadRequest(f"{name} is to be true or false, found {text[:40]!r}")
    return text == "true"


def _before(cursor: str) -> Position | None:
    try:
        return position_of(cursor) if cursor else None
    except ValueError as error:
        raise BadRequest(str(error)) from error


def idempotency_key(scope: Scope) -> str:
    """What names a wish, empty if nothing does. Raises `BadRequest`."""
    key = header(scope, b"idempotency-key") or ""
    if len(key) > MAX_KEY_CHARACTERS:
        raise BadRequest(
            f"Idempotency-Key is to have at most {MAX_KEY_CHARACTERS} characters, found {len(key)}"
        )
    return key
