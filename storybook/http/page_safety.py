"""What a browser is told about every answer: to take it for what it says that it is, to tell no
other site where it was, and to show a page in nobody else's frame.

A page of HTML may load nothing and run nothing unless it brings a Content-Security-Policy of its
own, made by `page_policy`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

HTML: Final = b"text/html"
POLICY: Final = b"content-security-policy"
_ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),  # an address may have a signature in it
)


def page_policy(*, styles: Iterable[str] = (), more: Iterable[str] = ()) -> str:
    """The policy of a page that has these style sheets in it, and nothing else that runs or is
    loaded; `more` are directives that it needs besides."""
    hashes = " ".join(f"'sha256-{_hash(it)}'" for it in styles)
    allowed = [f"style-src {hashes}"] if hashes else []
    return "; ".join(
        ["default-src 'none'", *allowed, *more, "base-uri 'none'", "form-action 'none'"]
    )


def pages_guarded(app: ASGIApp, frame_ancestors: Sequence[str]) -> ASGIApp:
    """The application, whose answers say so. `frame_ancestors` are the origins whose pages may show
    these in a frame."""
    ancestors = " ".join(frame_ancestors) or "'none'"
    framing = f"; frame-ancestors {ancestors}".encode()
    frames = [] if frame_ancestors else [(b"x-frame-options", b"DENY")]

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], *_ALWAYS, *frames]
                message = {**message, "headers": _with_policy(headers, framing)}
            await send(message)

        await app(scope, receive, telling)

    return guarded


def _with_policy(headers: list[tuple[bytes, bytes]], framing: bytes) -> list[tuple[bytes, bytes]]:
    said = dict(headers)
    if not said.get(b"content-type", b"").startswith(HTML):
        return headers
    own = said.get(POLICY)
    policy = (own or page_policy().encode()) + framing
    return [*(it for it in headers if it[0] != POLICY), (POLICY, policy)]


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
