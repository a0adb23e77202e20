"""Every request, from the outside: it gets an id, is counted, and told of in one line when it has
ended.

The line has the path without its query, no bodies, no headers: nothing that a person wrote, and
none of the secrets that may stand there.
"""

from __future__ import annotations

import itertools
import logging
import re
import secrets
import time
from typing import Any, Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from storybook.http.authorization import caller_name
from storybook.http.requests import client_host, header, method, run_of, sent_path
from storybook.telemetry.logs import bind_to_request
from storybook.telemetry.metrics import Metrics

logger = logging.getLogger("storybook.requests")

_ID: Final = re.compile(r"[\w.-]{8,64}", re.ASCII)
"""What a proxy's `X-Request-Id` may look like, to be taken over."""
_START: Final = secrets.token_hex(4)
_serial: Final = itertools.count(1)

NO_ROUTE: Final = "none"
"""The route of what leads nowhere, or was refused before anybody looked where it leads."""
KNOWN_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})
"""Others are counted as one: anybody can invent methods, and each would be a series for ever."""


def requests_observed(app: ASGIApp, metrics: Metrics) -> ASGIApp:
    """The application, of which each request is counted and told."""

    async def observed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        began, answered, status = time.perf_counter(), 0.0, 0
        request_id = _request_id(scope)
        bind_to_request(request_id=request_id)

        async def noting(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status, answered = message["status"], time.perf_counter()
                headers = [*message["headers"], (b"x-request-id", request_id.encode())]
                message = {**message, "headers": headers}
            await send(message)

        try:
            await app(scope, receive, noting)
        finally:
            if answered:  # else nobody was there any more to answer
                metrics.requested(_counted(scope), route_of(scope), status, answered - began)
            if logger.isEnabledFor(logging.INFO):
                seconds = time.perf_counter() - began
                logger.info("request", extra=_members(scope, status, seconds))

    return observed


def route_of(scope: Scope) -> str:
    """The template of the path that a request has led to."""
    return str(scope.get("path_template") or NO_ROUTE)


def _counted(scope: Scope) -> str:
    asks = method(scope)
    return asks if asks in KNOWN_METHODS else "other"


def _members(scope: Scope, status: int, seconds: float) -> dict[str, Any]:
    return {
        "method": method(scope),
        "path": sent_path(scope),
        "run": run_of(scope),
        "status": status,
        "ms": round(seconds * 1_000, 1),
        "caller": caller_name(scope),
        "client": client_host(scope),
    }


def _request_id(scope: Scope) -> str:
    """What a proxy calls it, or a new one, which no other request has here or at another start."""
    given = header(scope, b"x-request-id")
    return given if given and _ID.fullmatch(given) else f"{_START}-{next(_serial):06x}"
