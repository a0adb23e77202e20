"""Whole responses of ready bytes.

Litestar's own `Response` serialises, resolves and copies for each request what is ready here
already; a handler may return any ASGI callable instead, and this is the smallest one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from litestar.types import Receive, Scope, Send

to_json: Final = msgspec.json.Encoder().encode
"""A value as UTF-8 JSON."""

JSON: Final = b"application/json"
NOT_KEPT: Final = (b"cache-control", b"no-store")
"""The header of an answer that nothing is to keep."""
RawHeaders = Iterable[tuple[bytes, bytes]]


class RawResponse:
    """A status, headers and a whole body."""

    __slots__ = ("body", "headers", "status")

    def __init__(
        self,
        body: bytes,
        *,
        status: int = 200,
        media_type: bytes = JSON,
        headers: RawHeaders = (),
    ) -> None:
        self.body, self.status = body, status
        self.headers = [
            (b"content-type", media_type),
            (b"content-length", b"%d" % len(body)),
            *headers,
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


def json_response(value: Any, *, status: int = 200, headers: RawHeaders = ()) -> RawResponse:
    """A value as a JSON answer that nobody keeps."""
    return RawResponse(to_json(value), status=status, headers=[NOT_KEPT, *headers])
