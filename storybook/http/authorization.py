"""Who is let in, where tokens are configured.

A request shows a token (`Authorization: Bearer`), or, since EventSource, pictures and audio can set
no header, a session's cookie; or it has a link to one book, in `?sig=` or in the cookie that its
first use leaves. What a call needs follows from its method and path. Who asks stands in the scope
as `user`, by name in the events of what is commanded, and is looked at again while a stream is
open.

Without tokens everybody is let in, but what needs `admin` is for this machine alone: it is asked
for at loopback, by a name of loopback, with no proxy between.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Final

import anyio
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from storybook.access import Access, Caller, TokenScope
from storybook.book import RunId
from storybook.http.errors import (
    HttpError,
    NotAllowed,
    NotFromHere,
    TooManyWrongTokens,
    Unauthorized,
    answer_of,
)
from storybook.http.hosts import LOOPBACK_HOSTS, host_name
from storybook.http.rate import RateLimit
from storybook.http.reader import READER_PATHS
from storybook.http.requests import (
    READ,
    addresses,
    as_sent,
    client_household,
    header,
    method,
    query,
    run_in_path,
)
from storybook.system import is_loopback

SESSION_PATH: Final = "/api/session"
SESSION_COOKIE: Final = "storybook_session"
LINK_COOKIE: Final = "storybook_link"
_OPEN: Final = frozenset({"/healthz", "/docs", "/openapi.json", SESSION_PATH})
_FORWARDING: Final = (b"x-forwarded-", b"forwarded", b"x-real-ip", b"via")
"""How headers begin that proxies add."""
_FOR_ADMINS: Final = re.compile(r"/metrics|/operate/.*|/api/runs/[^/]*/links")

WRONG_A_MINUTE: Final = 10
"""Wrong tokens of one address in a minute: a person who mistypes needs less, and who guesses 256
bits gets nowhere with it."""
REFRESH_SECONDS: Final = 0.5
"""How soon a change of the tokens holds."""


class Gate:
    """Lets in whoever may. `now` is the time of day in microseconds since 1970; `has_proxies` says
    whether the settings name any: then nobody is taken for one who sits at this machine."""

    def __init__(self, access: Access, now: Callable[[], int], has_proxies: bool = False) -> None:
        self._access, self._now, self._has_proxies = access, now, has_proxies
        self._wrong = RateLimit(WRONG_A_MINUTE)

    async def keep_up(self) -> None:
        """Look for changes of the tokens, until cancelled."""
        while True:
            await anyio.to_thread.run_sync(self._access.refresh)
            await anyio.sleep(REFRESH_SECONDS)

    def still_admits(self, caller: Caller | None) -> bool:
        """Whether who opened a stream may still see it."""
        if caller is None:
            return not self._access.is_configured
        return self._access.still_holds(caller, self._now())

    def admit(self, scope: Scope) -> Caller | None:
        """Who asks; None where nobody needs to say so. Raises `HttpError`."""
        asks, path = method(scope), scope["path"]
        if not self._access.is_configured:
            caller = self._shown(scope)
            if caller is None and not self._is_let_in_without(scope, asks, path):
                raise NotFromHere
            return caller
        if is_open(path) or asks == "OPTIONS":  # a preflight shows nothing
            return None
        caller = self._shown(scope) or self._by_link(scope)
        if caller is None:
            shows_something = header(scope, b"authorization") or link_in(scope)
            raise self._wrong_guess(scope) if shows_something else Unauthorized
        scope["user"] = caller  # who is refused stands in the log, too
        needed = needed_for(asks, path)
        if not caller.scope.allows(needed) or not _is_within(caller, path):
            raise NotAllowed(needed, caller.scope)
        return caller

    def sign_in(self, secret: str, scope: Scope) -> Caller:
        """Whose token this is. Raises `HttpError`."""
        caller = self._access.tokens.by_secret(secret, self._now())
        if caller is None:
            raise self._wrong_guess(scope)
        return caller

    def _shown(self, scope: Scope) -> Caller | None:
        kind, _, secret = (header(scope, b"authorization") or "").partition(" ")
        if kind.lower() == "bearer":
            return self._access.caller(secret.strip(), self._now())
        session = _cookie(scope, SESSION_COOKIE)
        return self._access.tokens.by_session(session, self._now()) if session else None

    def _is_let_in_without(self, scope: Scope, asks: str, path: str) -> bool:
        """Whether nobody needs a token for this: where there are none, and it can be mended or is
        asked for from this machine."""
        if is_open(path) or needed_for(asks, path) != TokenScope.ADMIN:
            return True
        return not self._has_proxies and is_from_here(scope)

    def _by_link(self, scope: Scope) -> Caller | None:
        run_id = run_in_path(scope["path"])
        link = link_in(scope) or _cookie(scope, LINK_COOKIE)
        if run_id is None or not link:
            return None
        return self._access.tokens.by_link(link, run_id, self._now())

    def _wrong_guess(self, scope: Scope) -> HttpError:
        """The answer to one more wrong token. A right one is let in whatever others at its address
        have tried: who guesses could else keep everybody out behind the same proxy."""
        seconds = self._wrong.take(client_household(scope), time.monotonic())
        return TooManyWrongTokens(WRONG_A_MINUTE, seconds) if seconds else Unauthorized()


def authorized(app: ASGIApp, gate: Gate) -> ASGIApp:
    """The application, for those that are let in."""

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        try:
            caller = gate.admit(scope)
        except HttpError as error:
            await answer_of(error)(scope, receive, send)
            return
        scope["user"] = caller
        link = link_in(scope)
        if caller is not None and caller.run_id is not None and link:
            send = _leaving_cookie(send, caller.run_id, link, scope)
        await app(scope, receive, send)

    return checked


def caller_name(scope: Scope) -> str:
    """The name of who asks, for the events of what is commanded; "" where nobody says it."""
    caller: Caller | None = scope.get("user")
    return caller.name if caller is not None else ""


def is_open(path: str) -> bool:
    """Whether everybody may ask for it: what tells of no book, and the page that shows them."""
    return path in _OPEN or READER_PATHS.fullmatch(path) is not None


def needed_for(asks: str, path: str) -> TokenScope:
    """What a call needs."""
    if asks == "DELETE" or _FOR_ADMINS.fullmatch(path):
        return TokenScope.ADMIN
    return TokenScope.READ if asks in READ else TokenScope.CREATE


def is_from_here(scope: Scope) -> bool:
    """Whether a request was sent on this machine, to a name of it, and no proxy says otherwise. One
    that adds no header to what it hands on cannot be told from a person here."""
    peer, host = as_sent(scope)["client"], header(as_sent(scope), b"host")
    return (
        peer is not None
        and is_loopback(peer[0])
        and (host is None or host_name(host) in LOOPBACK_HOSTS)
        and not any(name.startswith(_FORWARDING) for name, _ in scope["headers"])
    )


def only_over_tls(scope: Scope) -> str:
    """What a cookie gets where the browser speaks TLS, also if only with a proxy."""
    return "; Secure" if scope["scheme"] == "https" else ""


def link_in(scope: Scope) -> str:
    """The `?sig=` of an address."""
    return query(scope).get("sig", "") if b"sig=" in scope["query_string"] else ""


def _is_within(caller: Caller, path: str) -> bool:
    return caller.run_id is None or run_in_path(path) == caller.run_id


def _cookie(scope: Scope, name: str) -> str:
    """The value of the first cookie of a name. Others are not looked at, whatever is in them: the
    other servers of a host share its cookies, and what they set is theirs."""
    for pair in (header(scope, b"cookie") or "").split(";"):
        found, _, value = pair.partition("=")
        if found.strip() == name:
            return value.strip()
    return ""


def _leaving_cookie(send: Send, run_id: RunId, link: str, scope: Scope) -> Send:
    """What follows from a page that was opened by a link needs no `?sig=` of its own."""
    path, secure = addresses(scope).run(run_id), only_over_tls(scope)
    cookie = f"{LINK_COOKIE}={link}; Path={path}; HttpOnly; SameSite=Lax{secure}"

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", ()), (b"set-cookie", cookie.encode())]
            message = {**message, "headers": headers}
        await send(message)

    return sending
