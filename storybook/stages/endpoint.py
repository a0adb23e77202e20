"""An OpenAI-compatible endpoint, as the `openai` engine of each role asks it.

What differs between roles is what they ask and what they make of an answer. The way there and all
that goes wrong on it are the same, and so are the faults. What the operator mends makes the engine
unavailable: nobody answers at the URL, the key is refused, the path or the model is not there. What
passes by itself may be tried again: silence, a broken connection, a busy or failing server. All
else is refused for good.

The key is read from the environment at each use and is in no setting, log or error: what an
endpoint says when it refuses a key (401, 403) is never repeated, anything else only without it.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import msgspec

from storybook.book import Role
from storybook.engines import EngineUnavailable, Readiness, WorkFailed

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
_KEY_REFUSED: Final = (401, 403)
_NOT_FOUND: Final = 404
_PASSING: Final = {408: "timeout", 429: "busy", 503: "busy"}
"""The kinds of what passes by itself; any other 5xx is `endpoint_failed`, and passes too."""
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_URL: Final = re.compile(r"(\w+://)?(?:(.*)@)?([^?#]*).*", re.DOTALL)
"""Scheme, user and password, and the rest up to a query. Matches anything."""


class Refusal(Exception):
    """An answer that is no success: its status, the code in it, and what it says of itself."""

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
    shown. `example` says what `url` may be set to. An answer may be silent for `silence_seconds`
    and have `most_bytes`. `transport` carries the requests instead of the network.
    """

    def __init__(
        self,
        role: Role,
        *,
        url: str,
        key_variable: str,
        example: str,
        silence_seconds: float,
        most_bytes: int,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._root, self._user = _root_and_user(url)
        self.base = self._root.removesuffix("/v1")
        self._role, self._key_variable, self._example = role, key_variable, example
        self._silence_seconds, self._most_bytes = silence_seconds, most_bytes
        self._transport = transport

    @property
    def host(self) -> str:
        """The host and port, empty if there is none."""
        return self.base.partition("://")[2].partition("/")[0]

    def check(self) -> None:
        """Raise `EngineUnavailable` unless the URL can be asked and the key can be sent."""
        import httpx

        try:
            address = httpx.URL(self.base)
            has_address = address.scheme in ("http", "https") and bool(address.host)
        except httpx.InvalidURL:
            has_address = False
        if not has_address:
            why = f"{self.base!r} is no http address" if self.base else "no endpoint is set"
            raise EngineUnavailable(NAME, why, f"Set [{self._role}] url, such as {self._example}")
        self._key()

    async def readiness(self) -> Readiness:
        """Whether it answers and takes the key. Any answer but a refused key or a fault of its own
        will do: not every endpoint lists its models."""
        try:
            async with self.open(_GLANCE_SECONDS) as client, self.stream(client, "GET", _MODELS):
                return Readiness(True)
        except Refusal as refusal:
            if refusal.status in _KEY_REFUSED or refusal.status >= 500:
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

        self.check()
        key, seconds = self._key(), silence_seconds or self._silence_seconds
        async with httpx.AsyncClient(
            base_url=self._root,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            auth=self._user,
            timeout=httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS)),
            follow_redirects=False,  # the key goes to nobody else
            verify=self.base.startswith("https:"),  # else certificates need not be loaded
            trust_env=httpx.URL(self.base).host not in _LOOPBACK,  # no proxy to this machine
            transport=self._transport,
        ) as client:
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
                    raise await self._refusal(client, answer)
                async with aclosing(self._limited(answer)) as pieces:
                    yield pieces
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
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
        if status in _KEY_REFUSED:
            variable = f"the environment variable {self._key_variable} to a key that it takes"
            user = f"the user and password in [{self._role}] url"
            return EngineUnavailable(NAME, told, f"Set {user if self._user else variable}")
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

    async def _refusal(self, client: httpx.AsyncClient, answer: httpx.Response) -> Refusal:
        key = client.headers.get("Authorization", "").removeprefix("Bearer ")
        if answer.status_code in _KEY_REFUSED:
            text = "it refuses the key" if key or self._user else "it takes no call without a key"
            return Refusal(answer.status_code, "", text)
        content = bytearray()
        async for piece in answer.aiter_bytes():
            content += piece
            if len(content) > _MOST_EXPLANATION_BYTES:
                break
        code, text = _explanation(bytes(content))
        return Refusal(answer.status_code, code, text.replace(key, "…") if key else text)

    def _key(self) -> str:
        """The key, or "": a user and password in the URL go instead. What is none is refused here:
        httpx would quote it in its error."""
        key = "" if self._user else os.environ.get(self._key_variable, "").strip()
        if not (key.isascii() and key.isprintable()):
            why = f"{self._key_variable} holds characters that no key has"
            mend = "Set it again, to one line of letters, digits and signs"
            raise EngineUnavailable(NAME, why, mend)
        return key


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


def _root_and_user(url: str) -> tuple[str, tuple[str, str] | None]:
    """The URL that the paths of the protocol stand under, and the user and password it had."""
    parts = _URL.fullmatch(url.strip())
    assert parts
    scheme, user, rest = parts.groups(default="")
    rest = rest.rstrip("/")
    version = "/v1" if rest and "/" not in rest else ""
    name, _, password = user.partition(":")
    return f"{scheme}{rest}{version}", (unquote(name), unquote(password)) if user else None
