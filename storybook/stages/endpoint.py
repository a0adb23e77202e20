"""An OpenAI-compatible endpoint, as the `openai` engine of each role asks it.

What differs between roles is what they ask and what they make of an answer. The way there and all
that goes wrong on it are the same, and so are the faults. What the operator mends makes the engine
unavailable: nobody answers at the URL, the key is refused, the path or the model is not there. What
passes by itself may be tried again: silence, a broken connection, a busy or failing server. All
else is refused for good.

Key, password and certificates are in `credentials`: what an endpoint says when it refuses a key
(401, 403) is never repeated, anything else only without the key.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import msgspec

from storybook.book import Role
from storybook.engines import EngineUnavailable, Readiness, WorkFailed
from storybook.stages.addresses import AccessFault
from storybook.stages.credentials import BEARER, KEY_REFUSED, ServerAccess

if TYPE_CHECKING:
    import httpx

NAME: Final = "openai"
KEY_VARIABLE: Final = "OPENAI_API_KEY"

_MODELS: Final = "/models"
_CONNECT_SECONDS: Final = 5.0
_GLANCE_SECONDS: Final = 3.0
_MOST_EXPLANATION_BYTES: Final = 1 << 16
_QUOTED: Final = 300
"""Characters of an endpoint's own explanation that are passed on."""
_NOT_FOUND: Final = 404
_PASSING: Final = {408: "timeout", 429: "busy", 503: "busy"}
"""The kinds of what passes by itself; any other 5xx is `endpoint_failed`, and passes too."""


class Refusal(Exception):
    """An answer that is no success: its status, the code in it, and what it says of itself. Where a
    key is refused the code is its `WWW-Authenticate`."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status, self.code, self.text = status, code, text


class _Model(msgspec.Struct):
    id: str


class _Models(msgspec.Struct):
    data: list[_Model]


class Endpoint:
    """The endpoint at `url`, for the settings of `role`.

    `url` may have its `/v1` or not; another path stays as it is. `base` is the URL as it may be
    shown. `key_variable` and `header` are as `ServerAccess` has them. `example` says what `url` may
    be set to. An answer may be silent for `silence_seconds` and have `most_bytes`. `transport`
    carries the requests instead of the network.
    """

    def __init__(
        self,
        role: Role,
        *,
        url: str,
        key_variable: str,
        header: str = BEARER,
        example: str,
        silence_seconds: float,
        most_bytes: int,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._access = ServerAccess(
            url,
            setting=f"[{role}] url",
            example=example,
            key_variable=key_variable,
            header=header,
        )
        self._root = _root(self._access.url)
        self.base = self._root.removesuffix("/v1")
        self._role = role
        self._silence_seconds, self._most_bytes = silence_seconds, most_bytes
        self._transport = transport

    @property
    def host(self) -> str:
        """The host and port, empty if there is none."""
        return self.base.partition("://")[2].partition("/")[0]

    def check(self) -> None:
        """Raise `EngineUnavailable` unless the URL can be asked and the key can be sent."""
        try:
            self._access.check()
        except AccessFault as fault:
            raise _unavailable(fault) from None

    async def readiness(self) -> Readiness:
        """Whether it answers and takes the key. Any answer but a refused key or a fault of its own
        will do: not every endpoint lists its models."""
        try:
            async with self.open(_GLANCE_SECONDS) as client, self.stream(client, "GET", _MODELS):
                return Readiness(True)
        except Refusal as refusal:
            if refusal.status in KEY_REFUSED or refusal.status >= 500:
                return not_ready(self.failure(refusal))
            return Readiness(True)
        except (EngineUnavailable, WorkFailed) as failure:
            return not_ready(failure)

    async def models(self) -> list[str]:
        """The names of its models. Raises `EngineUnavailable` and `WorkFailed`."""
        try:
            async with self.open(_GLANCE_SECONDS) as client:
                content = await self.ask(client, "GET", _MODELS)
            listed = msgspec.json.decode(content, type=_Models)
        except Refusal as refusal:
            raise self.failure(refusal) from None
        except msgspec.DecodeError:
            mend = f"Set [{self._role}] model to one that it has"
            raise EngineUnavailable(NAME, f"{self.base} lists no models", mend) from None
        return [model.id for model in listed.data]

    @asynccontextmanager
    async def open(self, silence_seconds: float | None = None) -> AsyncIterator[httpx.AsyncClient]:
        """A client with its connections. Raises what `check` does."""
        import httpx

        seconds = silence_seconds or self._silence_seconds
        try:
            client = self._access.client(
                self._root,
                timeout=httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS)),
                transport=self._transport,
            )
        except AccessFault as fault:
            raise _unavailable(fault) from None
        async with client:
            yield client

    @asynccontextmanager
    async def stream(
        self, client: httpx.AsyncClient, method: str, path: str, **request: Any
    ) -> AsyncIterator[AsyncGenerator[bytes, None]]:
        """Ask, with the arguments of `httpx.AsyncClient.stream`, for the pieces of an answer.

        Raises `Refusal` for what is no success, `EngineUnavailable` if nobody is there, and
        `WorkFailed`: `timeout` and `connection` (retryable), `bad_answer` for one without end.
        """
        import httpx

        try:
            async with client.stream(method, path, **request) as answer:
                if not answer.is_success:
                    raise await self._refusal(answer)
                async with aclosing(self._limited(answer)) as pieces:
                    yield pieces
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if fault := self._access.tls_fault(error):
                raise EngineUnavailable(NAME, f"{self.base}: {fault.why}", fault.mend) from error
            why = f"{self.base} does not answer ({type(error).__name__})"
            mend = f"Start the server there, or set [{self._role}] url"
            raise EngineUnavailable(NAME, why, mend) from error
        except httpx.TimeoutException as error:
            message = f"{self.base} has not answered in time ({type(error).__name__})"
            raise WorkFailed("timeout", message, retryable=True) from error
        except httpx.HTTPError as error:
            message = f"the connection to {self.base} broke ({type(error).__name__})"
            raise WorkFailed("connection", message, retryable=True) from error

    async def ask(self, client: httpx.AsyncClient, method: str, path: str, **request: Any) -> bytes:
        """A whole answer. Raises what `stream` does."""
        async with self.stream(client, method, path, **request) as pieces:
            return b"".join([piece async for piece in pieces])

    def failure(
        self, refusal: Refusal, *, model: str = "", mend: str = ""
    ) -> EngineUnavailable | WorkFailed:
        """What a refusal means. `model` was asked for; `mend` may help with what fails for good.

        Raise it `from None`: what the endpoint says may quote part of the key.
        """
        status, told = refusal.status, self.told(refusal, model)
        if status in KEY_REFUSED:
            return EngineUnavailable(NAME, told, self._access.refusal(status, refusal.code).mend)
        if status == _NOT_FOUND:
            return EngineUnavailable(NAME, told, f"Set [{self._role}] url and model to what it has")
        if status in _PASSING or status >= 500:
            return WorkFailed(_PASSING.get(status, "endpoint_failed"), told, retryable=True)
        if status < 400:
            mend = f"Set [{self._role}] url to the address that it has moved to"
        return WorkFailed("refused", f"{told}. {mend}" if mend else told, retryable=False)

    def told(self, refusal: Refusal, model: str = "") -> str:
        """What the endpoint says of itself, shortened."""
        about = f" for the model {model!r}" if model and refusal.status == _NOT_FOUND else ""
        said = f": {refusal.text[:_QUOTED]}" if refusal.text else ""
        return f"{self.base} answers {refusal.status}{about}{said}"

    async def _limited(self, answer: httpx.Response) -> AsyncGenerator[bytes, None]:
        size = 0
        async for piece in answer.aiter_bytes():
            size += len(piece)
            if size > self._most_bytes:
                message = f"{self.base} sends more than {self._most_bytes >> 20} MB"
                raise WorkFailed("bad_answer", message, retryable=False)
            yield piece

    async def _refusal(self, answer: httpx.Response) -> Refusal:
        status = answer.status_code
        if status in KEY_REFUSED:
            challenge = answer.headers.get("WWW-Authenticate", "")
            return Refusal(status, challenge, self._access.refusal(status, challenge).why)
        content = bytearray()
        async for piece in answer.aiter_bytes():
            content += piece
            if len(content) > _MOST_EXPLANATION_BYTES:
                break
        code, text = _explanation(bytes(content))
        return Refusal(status, code, self._access.hide(text))


def _unavailable(fault: AccessFault) -> EngineUnavailable:
    return EngineUnavailable(NAME, fault.why, fault.mend)


def not_ready(failure: EngineUnavailable | WorkFailed) -> Readiness:
    """What a failure to look means."""
    if isinstance(failure, EngineUnavailable):
        return Readiness(False, failure.why, failure.mend)
    return Readiness(False, failure.message, "Look into its log; it may still be starting")


def _explanation(content: bytes) -> tuple[str, str]:
    """The code of an error, and what it says of itself, on one line."""
    code, text = "", content.decode(errors="replace")
    try:
        told: Any = msgspec.json.decode(content)
        told = told.get("error", told)
        if isinstance(told, str):
            text = told
        else:
            text = str(told.get("message") or told.get("detail") or text)
            code = str(told.get("code") or "")
    except (msgspec.DecodeError, AttributeError):
        pass  # no JSON, or none of the usual shape: the text as it is
    return code, " ".join(text.split())


def _root(url: str) -> str:
    """The URL that the paths of the protocol stand under."""
    place = url.partition("://")[2]
    return f"{url}/v1" if place and "/" not in place else url
