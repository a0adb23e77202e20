"""What went wrong, as HTTP says it: one table, used at one place.

The errors of the rooms below know nothing of HTTP; `STATUSES` maps them. What only HTTP can find
wrong (a bad cursor, a body that fails validation) is an `HttpError` with its own status. Whatever
is in neither is a fault of ours: "internal error" outside, everything in the log.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from math import ceil
from typing import Any, Final

from litestar import Request, Response
from litestar.exceptions import HTTPException

from storybook.access import TokenScope
from storybook.characters import NoSuchCharacter
from storybook.commands import TooManyRuns
from storybook.editions import NoSuchEdition, NoSuchLanguage
from storybook.engines import (
    AudioTooLarge,
    EngineAway,
    EngineUnavailable,
    InvalidAudio,
    WorkFailed,
)
from storybook.events.log import LogBusy, LogUnavailable, OutcomeUnknown
from storybook.events.parked import RunParked
from storybook.export.content import BookGone, CannotExport, NoSuchBook
from storybook.export.formats import CannotTakeAlong
from storybook.export.making import CopyFailed, TooManyCopies
from storybook.http.responses import RawHeaders, RawResponse, json_response
from storybook.projections.projector import ProjectionsBusy, ProjectionsStopped
from storybook.request import RequestFault
from storybook.run import ForgottenRun, NoSuchRun, Refused
from storybook.stores.artifacts import CannotKeep, CannotRead, CannotRemove

logger = logging.getLogger(__name__)

STATUSES: Final[dict[type[Exception], int]] = {
    NoSuchRun: 404,
    NoSuchCharacter: 404,
    NoSuchEdition: 404,
    NoSuchLanguage: 404,
    ForgottenRun: 410,
    Refused: 409,
    NoSuchBook: 404,
    BookGone: 410,
    CannotExport: 409,
    CannotTakeAlong: 503,
    CopyFailed: 500,
    TooManyCopies: 429,
    TooManyRuns: 429,
    InvalidAudio: 400,
    AudioTooLarge: 413,
    EngineUnavailable: 503,
    WorkFailed: 503,
    ProjectionsBusy: 503,
    ProjectionsStopped: 503,
    LogBusy: 503,
    LogUnavailable: 503,
    OutcomeUnknown: 503,
    CannotKeep: 503,
    CannotRead: 503,
    CannotRemove: 503,
    RunParked: 503,
}
"""Errors whose message is meant for the client, by type; the nearest type counts."""

RETRY_AFTER_SECONDS: Final[dict[type[Exception], int]] = {
    LogBusy: 1,
    OutcomeUnknown: 1,
    ProjectionsBusy: 1,
}
"""How soon it is worth trying again, where the error itself does not say."""

SENTENCES: Final[dict[int, str]] = {
    404: "no such path; GET /docs lists the calls",
    405: "this path does not take that method; the Allow header lists those it takes",
    413: "the body is over its limit",
}
"""What is said where Litestar only has the status' name."""


class HttpError(Exception):
    """A request that cannot be served, found wrong by HTTP itself."""

    status = 500

    def __init__(self, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail: object = detail
        self.headers = headers or {}


class BadRequest(HttpError):
    status = 400


class Unauthorized(HttpError):
    """No valid token was shown."""

    status = 401

    def __init__(self) -> None:
        super().__init__(
            "expected a valid token, neither expired nor revoked: send `Authorization: Bearer "
            "TOKEN`, sign in by POST /api/session, or open a link that was made for you; on the "
            "server `storybook token list` shows those there are, and `token add` makes one",
            {"WWW-Authenticate": 'Bearer realm="storybook"'},
        )


class NotAllowed(HttpError):
    """A token was shown that does not allow this."""

    status = 403

    def __init__(self, needed: TokenScope, shown: TokenScope) -> None:
        super().__init__(f"this needs a token with the scope {needed}; yours has {shown}")


class NotFromHere(HttpError):
    """Who asks could be anybody, and what is asked for cannot be undone, or tells too much."""

    status = 403

    def __init__(self) -> None:
        super().__init__(
            "without tokens this is for this machine alone: ask at 127.0.0.1 with no proxy between "
            "and no trusted_proxies in [server], or make a token with `storybook token add`"
        )


class NotFromThatPage(HttpError):
    """A page of another origin asks for what it may not."""

    status = 403


class NotOurHost(HttpError):
    """Somebody is asked for who is not here."""

    status = 421


class Contradiction(HttpError):
    """It contradicts how things stand."""

    status = 409


class TooManyWrongTokens(HttpError):
    status = 429

    def __init__(self, limit: int, seconds: int) -> None:
        super().__init__(
            f"more than {limit} wrong tokens a minute from one address; try again in {seconds} s",
            {"Retry-After": str(seconds)},
        )


class NotFound(HttpError):
    status = 404


class TooSlow(HttpError):
    status = 408

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the body did not come within {seconds:g} s", {"Connection": "close"})


class Gone(HttpError):
    status = 410


class RangeNotSatisfiable(HttpError):
    status = 416

    def __init__(self, size: int) -> None:
        super().__init__(
            f"the range lies outside the file, which has {size} bytes",
            {"Content-Range": f"bytes */{size}"},
        )


class TooOften(HttpError):
    status = 429

    def __init__(self, what: str, limit: int, seconds: int) -> None:
        super().__init__(
            f"more than {limit} {what} a minute of one client; try again in {seconds} s",
            {"Retry-After": str(seconds)},
        )


class Invalid(HttpError):
    """The body fails validation; every fault found is told."""

    status = 422

    def __init__(self, faults: Sequence[RequestFault]) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, it.loc))}: {it.msg}" for it in faults))
        self.detail = list(faults)


def answer_of(error: HttpError, headers: RawHeaders = ()) -> RawResponse:
    """The JSON answer to a request that gets no further than the doors."""
    own = [(name.lower().encode(), value.encode()) for name, value in error.headers.items()]
    body = {"detail": error.detail}
    return json_response(body, status=error.status, headers=[*own, *headers])


def error_response(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The JSON answer for an error of any kind."""
    status, detail, headers = _told(error)
    if status == 500:
        path = request.scope["raw_path"].decode("ascii", "backslashreplace")
        logger.error("%s %s failed", request.method, path, exc_info=error)
    return Response({"detail": detail}, status_code=status, headers=headers)


def _told(error: Exception) -> tuple[int, object, dict[str, str]]:
    if isinstance(error, HttpError):
        return error.status, error.detail, error.headers
    if isinstance(error, HTTPException):
        headers = {name: str(value) for name, value in (error.headers or {}).items()}
        status = error.status_code
        return status, SENTENCES.get(status) or _framework_detail(error), headers
    for kind in type(error).__mro__:
        if kind in STATUSES:
            return STATUSES[kind], str(error), _retry_after(error, kind)
    return 500, "internal error", {}


def _framework_detail(error: HTTPException) -> str:
    return "internal error" if error.status_code == 500 else error.detail


def _retry_after(error: Exception, kind: type) -> dict[str, str]:
    if isinstance(error, EngineAway):
        return {} if error.retry_after is None else {"Retry-After": f"{ceil(error.retry_after)}"}
    seconds = getattr(error, "retry_after_seconds", RETRY_AFTER_SECONDS.get(kind))
    return {} if seconds is None else {"Retry-After": str(seconds)}
