"""An OpenAI-compatible endpoint that speaks: `POST {url}/v1/audio/speech` over HTTP.

Its faults become failures here: which of them pass by themselves and which need a mend is the table
`_FAULTS`. The key is read from the environment at each use and is in no setting, log or error: an
answer that may quote it (401, 403) is never repeated, any other only without it.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from storybook.stages.engines import Readiness, WorkFailed

if TYPE_CHECKING:
    import httpx

_CONNECT_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 120.0
"""For one sentence, which may wait behind others on a busy processor."""
_GLANCE_SECONDS: Final = 3.0
_MOST_ANSWER_BYTES: Final = 64 << 20
"""Six minutes of 44.1 kHz stereo: far more than a sentence."""
_QUOTED: Final = 300
"""Characters of an endpoint's own explanation that are passed on."""
_KEY_REFUSED: Final = (401, 403)
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class _Fault(NamedTuple):
    """What a status means: the failure's kind, and what mends it; empty if it may pass."""

    kind: str
    mend: str = ""


_NEED_A_KEY: Final = _Fault("key_refused", "Set the environment variable {key_variable}")
_NOT_AS_IT_LIKES: Final = _Fault("refused", "Set [narrator] model and voices to what it has")
_FAULTS: Final = {
    400: _NOT_AS_IT_LIKES,
    401: _NEED_A_KEY,
    403: _NEED_A_KEY,
    404: _Fault("not_found", "Set [narrator] url and model to what it has"),
    408: _Fault("timeout"),
    422: _NOT_AS_IT_LIKES,
    429: _Fault("busy"),
}
_SERVER_FAULT: Final = _Fault("endpoint_failed")
_OTHER_FAULT: Final = _Fault("refused", "Set [narrator] url to an endpoint that speaks")
_KINDS: Final = {
    "unsupported_lang": "unsupported_language",
    "unknown_voice": "unknown_voice",
    "unknown_model": "unknown_model",
    "model_not_loaded": "unknown_model",
    "model_not_found": "unknown_model",
}
"""More exact kinds, by the code in an answer: `supertonic serve`'s and OpenAI's."""


class Refusal(Exception):
    """An answer that is no sound: its status, the code in it, and what it says of itself."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status, self.code, self.text = status, code, text


class Endpoint:
    """The endpoint at `url`, with or without its `/v1`; `base` is the URL as it may be shown."""

    def __init__(
        self, url: str, key_variable: str, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.base, self._user = _without_user(url)
        self._key_variable, self._transport = key_variable, transport

    @property
    def host(self) -> str:
        """The host and port, empty if there is none."""
        return self.base.partition("://")[2].partition("/")[0]

    async def readiness(self) -> Readiness:
        """Whether it answers and takes the key. Any answer but a refused key or a fault of its own
        will do: not every endpoint lists its models."""
        import httpx

        if not self.has_address():
            return self.no_address()
        try:
            async with self.open(_GLANCE_SECONDS) as client:
                status = (await client.get("/v1/models")).status_code
        except httpx.HTTPError as error:
            why = f"{self.base} does not answer ({type(error).__name__})"
            return Readiness(False, why, "Start the server there, or set [narrator] url")
        if status in _KEY_REFUSED:
            have = "the key" if self._key else "a call without a key"
            return Readiness(False, f"{self.base} refuses {have}", self._mend(_NEED_A_KEY))
        if status >= 500:
            why = f"{self.base} answers {status}"
            return Readiness(False, why, "Look into its log; it may still be starting")
        return Readiness(True)

    def has_address(self) -> bool:
        """Whether `url` is one that can be asked at all."""
        import httpx

        try:
            address = httpx.URL(self.base)
        except httpx.InvalidURL:
            return False
        return address.scheme in ("http", "https") and bool(address.host)

    def no_address(self) -> Readiness:
        """What to say if it is not."""
        why = f"{self.base!r} is no http address" if self.base else "no endpoint is set"
        mend = "Set [narrator] url, such as http://127.0.0.1:7788 with `supertonic serve` there"
        return Readiness(False, why, mend)

    @asynccontextmanager
    async def open(self, seconds: float = _ANSWER_SECONDS) -> AsyncIterator[httpx.AsyncClient]:
        """A client with its connections; an answer may take so many seconds."""
        import httpx

        async with httpx.AsyncClient(
            base_url=self.base,
            headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
            auth=self._user,
            timeout=httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS)),
            follow_redirects=False,  # the key goes to nobody else
            verify=self.base.startswith("https:"),  # else certificates need not be loaded
            trust_env=httpx.URL(self.base).host not in _LOOPBACK,  # no proxy to this machine
            transport=self._transport,
        ) as client:
            yield client

    async def speech(self, client: httpx.AsyncClient, request: dict[str, Any]) -> bytes:
        """The sound file for a request. Raises `Refusal`, and `WorkFailed` (retryable) if the
        connection fails."""
        import httpx

        try:
            async with client.stream("POST", "/v1/audio/speech", json=request) as answer:
                content = await self._limited(answer)
        except httpx.TimeoutException as error:
            message = f"{self.base} has not answered in time ({type(error).__name__})"
            raise WorkFailed("timeout", message, retryable=True) from error
        except httpx.HTTPError as error:
            message = f"the connection to {self.base} failed ({type(error).__name__})"
            raise WorkFailed("connection", message, retryable=True) from error
        if answer.status_code != 200:
            raise Refusal(answer.status_code, *self._explanation(content))
        return content

    def failure(self, refusal: Refusal) -> WorkFailed:
        """What a refusal means for a piece of work."""
        status = refusal.status
        fault = _FAULTS.get(status, _SERVER_FAULT if status >= 500 else _OTHER_FAULT)
        said = "" if status in _KEY_REFUSED else refusal.text
        parts = [f"{self.base} answers {status}", *filter(None, [said, self._mend(fault)])]
        kind = _KINDS.get(refusal.code, fault.kind)
        return WorkFailed(kind, ". ".join(parts), retryable=not fault.mend)

    async def _limited(self, answer: httpx.Response) -> bytes:
        content = bytearray()
        async for chunk in answer.aiter_bytes():
            content += chunk
            if len(content) > _MOST_ANSWER_BYTES:
                message = f"{self.base} sends over {_MOST_ANSWER_BYTES >> 20} MB for one sentence"
                raise WorkFailed("bad_answer", message, retryable=False)
        return bytes(content)

    def _explanation(self, content: bytes) -> tuple[str, str]:
        """The code of an error, and what it says of itself, shortened, without the key."""
        code, text = "", content.decode(errors="replace")
        try:
            told: Any = msgspec.json.decode(content)
            told = told.get("error", told)
            text = str(told.get("message") or told.get("detail") or text)
            code = str(told.get("code") or "")
        except (msgspec.DecodeError, AttributeError):
            pass  # no JSON, or none of the usual shape: the text as it is
        return code, (text.replace(self._key, "…") if self._key else text)[:_QUOTED]

    def _mend(self, fault: _Fault) -> str:
        return fault.mend.format(key_variable=self._key_variable)

    @property
    def _key(self) -> str:
        """The key, empty if there is none that a header can carry: the error would quote it."""
        key = os.environ.get(self._key_variable, "").strip()
        return key if key.isascii() and key.isprintable() else ""


def _without_user(url: str) -> tuple[str, tuple[str, str] | None]:
    """A URL that can be shown, without `/v1` at its end, and the user and password it had."""
    base = url.strip().rstrip("/").removesuffix("/v1").rstrip("/")
    scheme, mark, rest = base.partition("://")
    user, at, host = rest.rpartition("@")
    if not at:
        return base, None
    name, _, password = user.partition(":")
    return f"{scheme}{mark}{host}", (name, password)
