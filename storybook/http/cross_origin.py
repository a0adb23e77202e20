"""Whose page may change something: this server's own, and those that the settings name.

A browser sends a page's POST wherever the page says, and without asking first where the body's
type is one that a form could have; it only keeps the answer to itself. So a request that may change
something is refused if it comes from a page elsewhere. Programs send no `Origin`, and are let in.

Browsers of today say in `Sec-Fetch-Site` whether a page is of the origin that it calls; no page can
set it, and a proxy that names itself as `Host` leaves it as it is. Where it is missing, a page is
our own if the browser found it at the host and port that it calls. The scheme may differ: a proxy
may have taken the TLS off.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from litestar.config.cors import CORSConfig
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from storybook.http.errors import BadRequest, HttpError, NotFromThatPage, answer_of
from storybook.http.requests import READ, header, method

_ONLY_LOOKING: Final = (*READ, "OPTIONS")
_OWN_SITES: Final = ("same-origin", "none")
"""`none`: the person did it, with no page between."""
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def origins_checked(app: ASGIApp, allowed: CORSConfig | None) -> ASGIApp:
    """The application, which pages elsewhere cannot ask to change anything."""

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        asks, origin = method(scope), header(scope, b"origin")
        if asks not in _ONLY_LOOKING:
            site = header(scope, b"sec-fetch-site")
            comes_from_a_page = origin is not None or site is not None
            if comes_from_a_page and not _may_act(site, origin or "", scope, allowed):
                fault = _fault(origin or f"{site} (Sec-Fetch-Site)")
                await answer_of(fault)(scope, receive, send)
                return
        if origin is not None and allowed is not None:
            if asks == "OPTIONS":
                send = _preflight_as_json(scope, receive, send, allowed)
            elif allowed.is_origin_allowed(origin):
                send = _readable(send, origin, allowed)
        await app(scope, receive, send)

    return checked


def _readable(send: Send, origin: str, allowed: CORSConfig) -> Send:
    """Refusals that never come to Litestar (401, 403, 429), for pages that may read all else."""
    more = {"Access-Control-Allow-Origin": origin, "Vary": "Origin", **allowed.simple_headers}
    headers = [(name.lower().encode(), value.encode()) for name, value in more.items()]

    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            has = {name.lower() for name, _ in message["headers"]}
            if b"access-control-allow-origin" not in has:
                added = [it for it in headers if it[0] not in has]
                message = {**message, "headers": [*message["headers"], *added]}
        await send(message)

    return told


def _preflight_as_json(scope: Scope, receive: Receive, send: Send, allowed: CORSConfig) -> Send:
    """What Litestar says in plain text of a preflight that it refuses, as every error is said."""
    may = f"the methods {', '.join(allowed.allow_methods)} and the headers "
    may += ", ".join(allowed.allow_headers)
    is_refused = False

    async def told(message: Message) -> None:
        nonlocal is_refused
        if message["type"] == "http.response.start":
            is_refused = message["status"] == 400
        if not is_refused:
            await send(message)
        elif message["type"] == "http.response.body":
            found = message["body"].decode()
            detail = (
                f"{found}: cors_origins in [server] names who may call from elsewhere, with {may}"
            )
            await answer_of(BadRequest(detail))(scope, receive, send)

    return told


def _may_act(site: str | None, origin: str, scope: Scope, allowed: CORSConfig | None) -> bool:
    if site in _OWN_SITES or (allowed is not None and allowed.is_origin_allowed(origin)):
        return True
    return site is None and _is_own(origin, header(scope, b"host") or "")


def _is_own(origin: str, host: str) -> bool:
    try:
        page, called = urlsplit(origin), urlsplit(f"//{host}")
        default = _DEFAULT_PORTS[page.scheme]
        found = (page.hostname, page.port or default)
        return page.hostname is not None and found == (called.hostname, called.port or default)
    except (KeyError, ValueError):  # another scheme, or no origin at all
        return False


def _fault(origin: str) -> HttpError:
    return NotFromThatPage(
        f"a page of {origin[:200]!r} may change nothing here: name its origin in cors_origins in "
        "[server], or let the proxy before this server hand on the Host that the browser asked for"
    )
