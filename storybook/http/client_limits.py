"""How often one client may ask, and how that is told.

A client is a token, or where nobody shows one the address. There is a **policy** for each kind of
call; what is left of it stands in `RateLimit` and `RateLimit-Policy` on every POST that falls under
one, as draft-ietf-httpapi-ratelimit-headers-10 has them. A read is counted at the door; work only
once it is known to be wanted (its body has passed, and it is no repetition), by `take`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Final, Literal

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from storybook.http.errors import HttpError, TooOften, answer_of
from storybook.http.rate import RateLimit
from storybook.http.requests import READ, client_key, method
from storybook.http.streams import refuse
from storybook.settings import Limits

Policy = Literal["runs", "speech", "reads"]

WINDOW_SECONDS: Final = 60
_POLICIES: Final[tuple[tuple[re.Pattern[str], Policy], ...]] = (
    (re.compile(r"/api/stt/.*"), "speech"),
    (re.compile(r"/api/runs(/[^/]*/(retry|repair|editions(/[^/]*/restore)?))?"), "runs"),
)
"""Which paths make work of a kind when something is posted there."""
_STREAM: Final = "/events"
"""How the path of a stream ends: EventSource would give up for good after a 429."""
_NOT_COUNTED: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""What whoever watches over the server asks; it says least while it is asked for too much."""


class ClientLimits:
    """What each client has left. `now` gives seconds of a clock that never goes back."""

    def __init__(self, limits: Limits, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._of: dict[Policy, RateLimit] = {
            "runs": RateLimit(limits.runs_per_minute),
            "speech": RateLimit(limits.speech_per_minute),
            "reads": RateLimit(limits.reads_per_minute),
        }

    def take(self, policy: Policy, scope: Scope) -> None:
        """Take one of what a client has. Raises `TooOften`."""
        limit = self._of[policy]
        if seconds := limit.take(client_key(scope), self._now()):
            raise TooOften(policy, limit.per_minute, seconds)

    def headers(self, policy: Policy, scope: Scope) -> list[tuple[bytes, bytes]]:
        """What a client has left now, and of how much."""
        limit = self._of[policy]
        left, seconds = limit.left(client_key(scope), self._now())
        told = f'"{policy}";q={limit.per_minute};w={WINDOW_SECONDS}'
        return [
            (b"ratelimit-policy", told.encode()),
            (b"ratelimit", f'"{policy}";r={left};t={seconds}'.encode()),
        ]


def policy_of(scope: Scope) -> Policy | None:
    """What a request is counted as."""
    asks, path = method(scope), scope["path"]
    if asks in READ:
        return None if path in _NOT_COUNTED else "reads"
    if asks != "POST":
        return None
    return next((policy for pattern, policy in _POLICIES if pattern.fullmatch(path)), None)


def clients_limited(app: ASGIApp, limits: ClientLimits) -> ASGIApp:
    """The application, which tells of a POST what is left, and answers so many reads."""

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        policy = policy_of(scope) if scope["type"] == ScopeType.HTTP else None
        if policy == "reads":
            try:
                limits.take(policy, scope)
            except HttpError as error:
                if scope["path"].endswith(_STREAM):
                    await refuse(send)
                else:
                    await answer_of(error, limits.headers(policy, scope))(scope, receive, send)
                return
        elif policy is not None:
            send = _telling(send, limits, policy, scope)
        await app(scope, receive, send)

    return limited


def _telling(send: Send, limits: ClientLimits, policy: Policy, scope: Scope) -> Send:
    async def telling(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message["headers"], *limits.headers(policy, scope)]
            message = {**message, "headers": headers}
        await send(message)

    return telling
