"""By which names this server is asked.

A browser lets a page talk to the host that it came from, and whoever owns a name can make it point
to this machine once the page is loaded (DNS rebinding): the page then reads whatever listens on
loopback here. So a server that is bound to loopback answers to the names of loopback alone, and to
those that the settings name. Its `Host` is the one thing such a page cannot choose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Final, cast
from urllib.parse import urlsplit

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from storybook.http.errors import BadRequest, HttpError, NotOurHost, answer_of
from storybook.http.requests import as_sent

_HOST: Final = re.compile(r"(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")
LOOPBACK_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def hosts_checked(
    app: ASGIApp,
    trusted: Collection[str] | None,
    own: Callable[[], frozenset[str]] | None = None,
) -> ASGIApp:
    """The application, for requests that name one host; one of loopback's or of the `trusted`
    unless these are None. `own` tells names that this machine has, which may change. What a proxy
    says is looked at beside what was sent: a page that owns a name can say the first, and not the
    second."""
    others = {it.lower().strip("[]") for it in trusted or ()}
    always = None if trusted is None else LOOPBACK_HOSTS | others

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            known = always if always is None or own is None else always | own()
            sent = as_sent(scope)
            fault = _fault(_named(sent), known)
            if fault is None and sent is not scope:
                fault = _fault(_named(scope), known)
            if fault is not None:
                await answer_of(fault)(scope, receive, send)
                return
        await app(scope, receive, send)

    return checked


def _named(scope: Scope) -> tuple[bytes, ...]:
    named = tuple([value for name, value in scope["headers"] if name == b"host"])
    is_old = not named and cast(HTTPScope, scope)["http_version"] == "1.0"
    return (b"localhost",) if is_old else named  # which has none, and no browser speaks it


@lru_cache(maxsize=256)  # the same few, request after request
def _fault(named: tuple[bytes, ...], known: frozenset[str] | None) -> HttpError | None:
    if len(named) != 1 or not named[0]:
        return BadRequest(f"expected one Host header, found {len([it for it in named if it])}")
    text = named[0].decode("latin-1")
    host = host_name(text)
    if known is not None and host not in known:
        return NotOurHost(
            f"this server does not answer for the host {host[:100]!r}: name it in trusted_hosts in "
            "[server] if it is yours"
        )
    if not is_host(text):
        return BadRequest(f"expected a Host header with a name or an address, found {text[:100]!r}")
    return None


def is_host(text: str) -> bool:
    """Whether a text is a name or an address, with or without a port: nothing that would make
    another address of a link that begins with it."""
    try:
        urlsplit(f"//{text}").port  # noqa: B018 - a port or an address in brackets that is none
    except ValueError:
        return False
    return _HOST.fullmatch(text) is not None


def host_name(host: str) -> str:
    """The name or address in a Host header, in small letters, without port and brackets; what is
    no host stays as it is."""
    try:
        return urlsplit(f"//{host}").hostname or host
    except ValueError:
        return host
