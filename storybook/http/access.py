"""The access log: one line for each request, when it has ended.

The path without its query, no bodies, no headers: nothing that a person wrote.
"""

from __future__ import annotations

import logging
import time

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from storybook.http.requests import method, sent_path

logger = logging.getLogger("storybook.access")


def access_logged(app: ASGIApp) -> ASGIApp:
    """The application, with a line in the log for each request."""

    async def logged(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not logger.isEnabledFor(logging.INFO):
            await app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, noting)
        finally:
            milliseconds = (time.perf_counter() - began) * 1_000
            line = (method(scope), sent_path(scope), status, milliseconds)
            logger.info("%s %s %d %.1f ms", *line)

    return logged
