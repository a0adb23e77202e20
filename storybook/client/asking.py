"""One request to a server, tried again where that is safe.

What is asked again: whatever only looks, and a wish that has an idempotency key; while nobody
answers, a gateway says that nobody does (502, 503, 504), or there are too many requests (429), for
`patience` seconds. Anything else that is no success is told at once.
"""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import anyio
import httpx
import msgspec

from storybook.events.subscription import RetryPolicy
from storybook.request import RequestFault

TIMEOUT_SECONDS: Final = 30.0
"""A server answers within milliseconds; one that does not for so long is stuck."""
PATIENCE_SECONDS: Final = 60.0
"""For how long it is tried again: as long as a restart takes, and then some."""
PASSING: Final = frozenset({429, 502, 503, 504})
"""Answers that another try may change."""
RETRY: Final = RetryPolicy(first=0.25, most=10.0)

Headers = Mapping[str, str]
Heard = Callable[[str], None]
"""Hears why the server did not answer, each time that it is tried again."""
Pause = Callable[[float], Awaitable[None]]
"""Waits so many seconds."""


class ServerAway(Exception):
    """The server does not answer, whatever the reason."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"the server at {url} does not answer: {why}")
        self.url, self.why = url, why


class NoStorybook(ServerAway):
    """Somebody answers there, and it is no storybook server, or none that can be talked to: another
    try is answered likewise."""


class ServerRefuses(Exception):
    """The server answers with an error: its `status`, and its `detail` as one text. `faults` are
    those of a body that fails validation (422)."""

    def __init__(self, url: str, status: int, detail: str, faults: list[RequestFault]) -> None:
        super().__init__(f"the server at {url} refuses: {detail}")
        self.url, self.status, self.detail, self.faults = url, status, detail, faults


def ignore(why: str) -> None:
    """Nobody wants to hear it."""


class Asking:
    """The requests to one server: `url` is where it is found, with its base path if it has one;
    `verify` says whom it is to be certified by, if not by those that this machine trusts."""

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        patience: float = PATIENCE_SECONDS,
        pause: Pause = anyio.sleep,
        on_away: Heard = ignore,
        transport: httpx.AsyncBaseTransport | None = None,
        verify: ssl.SSLContext | None = None,
    ) -> None:
        self.url, self._patience, self.pause = url.rstrip("/"), patience, pause
        self.on_away = on_away
        self.http = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
            # The system's own authorities; without TLS there is nothing to load them for.
            verify=verify or (ssl.create_default_context() if url.startswith("https:") else False),
            transport=transport,
        )

    def address(self, path: str) -> httpx.URL:
        """Where a call, or an address that the server gave, is: those have its base path already.
        Raises ValueError for one of another server, which is not to be shown the token."""
        base = httpx.URL(f"{self.url}/")
        found = base.join(path.removeprefix("/") if path.startswith("/api/") else path)
        if (found.scheme, found.host, found.port) != (base.scheme, base.host, base.port):
            raise ValueError(f"expected an address of {self.url}, found {path!r}")
        return found

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Headers | None = None,
        may_repeat: bool = False,
        **options: Any,
    ) -> httpx.Response:
        """The answer, which is no error. Raises `ServerRefuses` and `ServerAway`."""
        if body is not None:
            options["content"] = msgspec.json.encode(body)
            headers = {"Content-Type": "application/json", **(headers or {})}
        is_safe, tries = may_repeat or method in ("GET", "HEAD"), 0
        until = time.monotonic() + self._patience
        while True:
            tries += 1
            wait = RETRY.wait(tries, random.random())
            try:
                answer = await self.http.request(
                    method, self.address(path), headers=headers, **options
                )
            except httpx.TransportError as error:
                raise_if_hopeless(self.url, error)
                if not is_safe or time.monotonic() + wait > until:
                    raise ServerAway(self.url, _told(error)) from error
                self.on_away(_told(error))
            else:
                if answer.is_success:
                    return answer
                raise_if_moved(self.url, answer)
                wait = max(wait, retry_after(answer))
                may_pass = answer.status_code in PASSING and is_safe
                if not may_pass or time.monotonic() + wait > until:
                    raise refusal(self.url, answer)
            await self.pause(wait)


def raise_if_hopeless(url: str, error: httpx.TransportError) -> None:
    """Raises `NoStorybook` for what no other try mends: a certificate that is not trusted, a server
    without TLS, a protocol that is none of ours."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            raise NoStorybook(url, f"TLS fails: {cause}") from error
        cause = cause.__cause__ or cause.__context__


def raise_if_moved(url: str, answer: httpx.Response) -> None:
    """Raises `NoStorybook` for an answer that sends elsewhere: the token is not taken there."""
    if answer.is_redirect:
        there = answer.headers.get("location", "another address")
        raise NoStorybook(url, f"it sends those who ask to {there}: name that one")


def retry_after(answer: httpx.Response) -> float:
    """In how many seconds the server wants to be asked again, 0 if it does not say."""
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else 0.0


class _Detail(msgspec.Struct):
    detail: str | list[RequestFault]


def refusal(url: str, answer: httpx.Response) -> ServerRefuses:
    """What an error says, whose body was read."""
    try:
        detail = msgspec.json.decode(answer.content, type=_Detail).detail
    except msgspec.MsgspecError:  # of somebody between
        detail = f"{answer.status_code} {answer.reason_phrase}"
    if isinstance(detail, str):
        return ServerRefuses(url, answer.status_code, detail, [])
    told = "; ".join(f"{'.'.join(map(str, it.loc[1:]))}: {it.msg}" for it in detail)
    return ServerRefuses(url, answer.status_code, told, detail)


def _told(error: httpx.TransportError) -> str:
    return str(error) or type(error).__name__
