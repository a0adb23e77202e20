"""A token becomes a session, and a link to one book is signed."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Request, post, route
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.types import Scope

from storybook.access import LOCAL, Access, Caller
from storybook.application import Application
from storybook.clock import MICROSECONDS
from storybook.http.authorization import SESSION_COOKIE, SESSION_PATH, Gate, only_over_tls
from storybook.http.errors import Contradiction, Invalid
from storybook.http.page_language import VARY, page_language
from storybook.http.page_texts import TEXTS
from storybook.http.requests import reading_body, run_id_in, shown_under
from storybook.http.responses import NOT_KEPT, RawResponse, json_response
from storybook.http.times import iso_time
from storybook.projections.runs import STATES
from storybook.qr_code import qr_svg
from storybook.request import RequestFault
from storybook.run import NoSuchRun

SESSION_SECONDS: Final = 30 * 24 * 3600
"""A tablet in the nursery is asked for its token once a month."""
LINK_SECONDS: Final = 7 * 24 * 3600
LINK_SECONDS_RANGE: Final = (60, 365 * 24 * 3600)


class SignIn(msgspec.Struct, frozen=True):
    """A token, to be turned into a session."""

    token: str


class Session(msgspec.Struct, frozen=True):
    """Who is signed in, with what (`read`, `create` or `admin`), and until when."""

    name: str
    scope: str
    expires_at: str


class LinkRequest(msgspec.Struct, frozen=True):
    """For how long a link is to hold."""

    ttl_seconds: int | float = LINK_SECONDS
    """A whole number; JSON may write it as 60.0."""


class SignedLink(msgspec.Struct, frozen=True):
    """An address under which one book can be read without a token, and until when. `qr` is its QR
    code: an SVG with a title, which takes the size that it is given."""

    url: str
    expires_at: str
    qr: str


class SessionCalls:
    """The handlers, over a running service."""

    def __init__(self, application: Application, gate: Gate) -> None:
        self._application, self._gate = application, gate
        self._access: Access = application.access

    def routes(self) -> list[HTTPRouteHandler]:
        methods = [HttpMethod.POST, HttpMethod.DELETE]
        return [
            route(SESSION_PATH, http_method=methods)(self.session),
            post("/api/runs/{run_id:str}/links", status_code=201)(self.link),
        ]

    async def session(self, request: Request[Any, Any, Any]) -> RawResponse:
        """One handler: OPTIONS would tell the methods of the first of a path's handlers alone."""
        if request.method == HttpMethod.DELETE:
            return _answer_with_cookie(b"", "", 0, request.scope, status=204)
        asked = await self._body(request, SignIn)
        self._require_tokens()
        caller = self._gate.sign_in(asked.token, request.scope)
        seconds = self._seconds(caller, SESSION_SECONDS)
        ends = self._application.clock.now() + seconds * MICROSECONDS
        told = msgspec.json.encode(Session(caller.name, caller.scope, iso_time(ends)))
        signed = self._access.tokens.sign(caller, ends)
        return _answer_with_cookie(told, signed, seconds, request.scope)

    async def link(self, request: Request[Any, Any, Any]) -> RawResponse:
        run_id = run_id_in(request.scope)
        asked = await self._body(request, LinkRequest)
        low, high = LINK_SECONDS_RANGE
        if not (low <= asked.ttl_seconds <= high and asked.ttl_seconds == int(asked.ttl_seconds)):
            message = f"expected {low} to {high} whole seconds, found {asked.ttl_seconds}"
            raise Invalid([RequestFault(("body", "ttl_seconds"), message, "range")])
        if self._application.projections.row(STATES, run_id) is None:
            raise NoSuchRun
        self._require_tokens()
        caller: Caller = request.scope["user"]
        if caller.name == LOCAL:
            raise Contradiction("a link is signed with a token: ask with one")
        seconds = self._seconds(caller, int(asked.ttl_seconds))
        ends = self._application.clock.now() + seconds * MICROSECONDS
        signed = self._access.tokens.sign(caller, ends, run_id)
        origin = str(request.base_url).rstrip("/")
        url = f"{origin}{shown_under(request.scope)}/books/{run_id}?sig={signed}"
        drawn = qr_svg(url, TEXTS[page_language(request.scope)].book_code)
        return json_response(SignedLink(url, iso_time(ends), drawn), status=201, headers=[VARY])

    def _seconds(self, caller: Caller, wanted: int) -> int:
        """No longer than the token that it is signed with."""
        if caller.expires_at is None:
            return wanted
        left = (caller.expires_at - self._application.clock.now()) // MICROSECONDS
        return max(0, min(wanted, left))

    def _require_tokens(self) -> None:
        if not self._access.tokens.all:
            raise Contradiction(
                "this server has no tokens, and needs none: whoever reaches it may read; "
                "`storybook token add` makes one"
            )

    async def _body(self, request: Request[Any, Any, Any], kind: type[Any]) -> Any:
        with reading_body(self._application.settings.limits.request_seconds):
            body = await request.body()
        try:
            return msgspec.json.decode(body or b"{}", type=kind)
        except msgspec.ValidationError as error:
            raise Invalid([RequestFault(("body",), str(error), "validation_error")]) from error
        except (msgspec.DecodeError, RecursionError) as error:  # the last for what is nested deep
            why = f"the body is not JSON: {error}"
            raise Invalid([RequestFault(("body",), why, "json_invalid")]) from error


def _answer_with_cookie(
    body: bytes, session: str, seconds: int, scope: Scope, status: int = 200
) -> RawResponse:
    path, secure = f"{shown_under(scope)}/", only_over_tls(scope)
    cookie = (
        f"{SESSION_COOKIE}={session}; Max-Age={seconds}; Path={path}; HttpOnly; "
        f"SameSite=Strict{secure}"
    )
    headers = [NOT_KEPT, (b"set-cookie", cookie.encode())]
    return RawResponse(body, status=status, headers=headers)
