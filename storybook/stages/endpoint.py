"""An OpenAI-compatible endpoint, as the `openai` engine of each role asks it.

What differs between roles is what they ask and what they make of an answer. The way there and all
that goes wrong on it are the same, and so are the faults. What the operator mends makes the engine
unavailable: the key is refused, the path or the model is not there. Nobody at the URL, or a server
that is busy or still starting, is away, and the work waits. A broken connection, and silence in the
midst of an answer, may go better next time. All else is as the server's own words have it
(`storybook.stages.openai_api.refusals`).

Key, password and certificates are in `credentials`: what an endpoint says when it refuses a key
(401, 403) is never repeated, anything else only without the key.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urljoin

import anyio

from storybook.book import Role
from storybook.engines import EngineAway, EngineUnavailable, Readiness, WorkFailed
from storybook.stages.addresses import AccessFault, shown_url
from storybook.stages.credentials import BEARER, KEY_REFUSED, ServerAccess
from storybook.stages.openai_api.models import ListedModel, listed_in
from storybook.stages.openai_api.negotiation import Terms, Wish
from storybook.stages.openai_api.refusals import (
    SUCCESS,
    Refusal,
    Way,
    meaning_of,
    refusal_in,
    retry_after,
)

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
_MOST_LISTED: Final = 12
"""Names of models in one message."""
_LACKS: Final = ("not_found", "unknown_model", "cannot_chat")
"""Kinds of refusals after which it helps to know what the server has."""
_WAIT: Final = "Look into its log; it may still be starting"
_CHANGE: Final = "Change what it names, here or there"


_LEARNED: Final[dict[tuple[str, str, str], Terms]] = {}
"""What servers take, by URL, path and model, for the process's life: engines come and go."""


class Answer(NamedTuple):
    """A success: what kind of content it says it has, and the pieces as they come."""

    content_type: str
    pieces: AsyncGenerator[bytes, None]


class WholeAnswer(NamedTuple):
    """A success, read to its end."""

    content_type: str
    content: bytes


class Endpoint:
    """The endpoint at `url`, for the settings of `role`.

    `url` may have its `/v1` or not; another path stays as it is. `base` is the URL as it may be
    shown. `key_variable` and `header` are as `ServerAccess` has them. `example` says what `url` may
    be set to. An answer begins within `first_answer_seconds` (as many as in the next if not given),
    may then be silent for `silence_seconds`, and has at most `most_bytes`. `transport` carries the
    requests instead of the network.
    """

    def __init__(
        self,
        role: Role,
        *,
        url: str,
        key_variable: str,
        header: str = BEARER,
        example: str,
        first_answer_seconds: float | None = None,
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
        self._first_seconds = first_answer_seconds or silence_seconds
        self._silence_seconds = silence_seconds
        self._most_bytes, self._transport = most_bytes, transport
        self._learned = _LEARNED if transport is None else {}

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
        """Whether it answers and takes the key. Any answer but a refused key, another address or a
        fault of its own will do: not every endpoint lists its models."""
        try:
            async with (
                self.open(_GLANCE_SECONDS) as client,
                self.stream(client, "GET", _MODELS, within=_GLANCE_SECONDS),
            ):
                return Readiness(True)
        except Refusal as refusal:
            status = refusal.status
            if status in KEY_REFUSED or status < 400 or status >= 500:
                return not_ready(self.failure(refusal))
            return Readiness(True)
        except (EngineUnavailable, WorkFailed) as failure:
            return not_ready(failure)

    async def models(self) -> list[ListedModel]:
        """Its models. Raises `EngineUnavailable` and `WorkFailed`."""
        try:
            async with self.open(_GLANCE_SECONDS) as client:
                answer = await self.ask(client, "GET", _MODELS, within=_GLANCE_SECONDS)
            return listed_in(answer.content)
        except Refusal as refusal:
            if refusal.status != 404:
                raise self.failure(refusal) from None
        except ValueError:  # of another shape, or no JSON
            pass
        mend = f"Set [{self._role}] model to one that it has"
        raise EngineUnavailable(NAME, f"{self.base} lists no models", mend)

    def terms(self, path: str, model: str) -> Terms:
        """What it has been found to take of the requests at a path for a model."""
        return self._learned.get((self._root, path, model), Terms())

    @asynccontextmanager
    async def open(self, silence_seconds: float | None = None) -> AsyncIterator[httpx.AsyncClient]:
        """A client with its connections. Raises what `check` does."""
        import httpx

        seconds = silence_seconds or max(self._first_seconds, self._silence_seconds)
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
        self,
        client: httpx.AsyncClient,
        method: str,
        path: str,
        *,
        within: float | None = None,
        **request: Any,
    ) -> AsyncIterator[Answer]:
        """Ask, with the arguments of `httpx.AsyncClient.stream`, for an answer that begins `within`
        so many seconds.

        Raises `Refusal` for what is no success, `EngineAway` if nobody is there or says anything,
        and `WorkFailed`: `timeout` for silence after that, `connection` (both retryable), and
        `bad_answer` for an answer without end.
        """
        import httpx

        has_begun = False
        try:
            async with AsyncExitStack() as stack:
                with _within(within or self._first_seconds, self._silent_from_the_first):
                    asked = client.stream(method, path, **request)
                    answer = await stack.enter_async_context(asked)
                    if not answer.is_success:
                        raise await self._refusal(answer)
                has_begun = True
                pieces = await stack.enter_async_context(
                    aclosing(self._limited(answer, within or self._first_seconds))
                )
                yield Answer(answer.headers.get("Content-Type", "").lower(), pieces)
        except httpx.HTTPError as error:
            if fault := self._access.tls_fault(error):
                raise EngineUnavailable(NAME, f"{self.base}: {fault.why}", fault.mend) from error
            if not has_begun:  # also who takes a connection and drops it: a proxy of a container
                why = f"{self.base} does not answer ({type(error).__name__})"
                mend = f"Start the server there, or set [{self._role}] url"
                raise EngineAway(NAME, why, mend) from error
            message = f"the connection to {self.base} broke ({type(error).__name__})"
            raise WorkFailed("connection", message, retryable=True) from error

    @asynccontextmanager
    async def negotiated(
        self,
        client: httpx.AsyncClient,
        path: str,
        needed: Mapping[str, Any],
        wishes: Sequence[Wish],
        files: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[Answer]:
        """Ask for what is `needed` (a model among it) and, as far as the server takes it, for what
        is wished; what it takes is remembered. With `files` it is sent as a form, else as JSON.
        Raises what `stream` does: the refusal that nothing helped against."""
        model = str(needed["model"])
        terms = self.terms(path, model)
        async with AsyncExitStack() as stack:
            while True:
                fields = {**needed, **terms.fields(wishes)}
                request = {"data": fields, "files": files} if files else {"json": fields}
                try:
                    asked = self.stream(client, "POST", path, **request)
                    answer = await stack.enter_async_context(asked)
                    break
                except Refusal as refusal:
                    if (yielded := terms.yielding(wishes, refusal)) is None:
                        raise
                    terms = yielded
            self._learned[self._root, path, model] = terms
            yield answer

    async def ask(
        self, client: httpx.AsyncClient, method: str, path: str, **request: Any
    ) -> WholeAnswer:
        """A whole answer, with the arguments of `stream`. Raises what that does."""
        async with self.stream(client, method, path, **request) as answer:
            return await whole(answer)

    # -------------------------------------------------------------------------------- what it means

    async def explained(
        self, refusal: Refusal, *, model: str = "", mend: str = ""
    ) -> EngineUnavailable | WorkFailed:
        """What `failure` says, with the models that it lists if it lacks the one asked for."""
        names: list[str] = []
        if refusal.status not in KEY_REFUSED and meaning_of(refusal).kind in _LACKS:
            with suppress(EngineUnavailable, WorkFailed):  # not every endpoint lists them
                names = [it.name for it in await self.models()]
        return self.failure(refusal, model=model, mend=mend, listed=names)

    def failure(
        self, refusal: Refusal, *, model: str = "", mend: str = "", listed: Sequence[str] = ()
    ) -> EngineUnavailable | WorkFailed:
        """What a refusal means. `model` was asked for, and `listed` are those that there are;
        `mend` may help with what fails for good.

        Raise it `from None`: what the endpoint says may quote part of the key.
        """
        status, told = refusal.status, self.told(refusal, model)
        if status in KEY_REFUSED:
            return EngineUnavailable(NAME, told, self._access.refusal(status, refusal.code).mend)
        if listed:
            told = f"{told}; it lists {self.hide(_named(listed))}"
        kind, way = meaning_of(refusal)
        match way:
            case Way.AWAY:
                return EngineAway(NAME, told, _WAIT, retry_after=refusal.retry_after)
            case Way.MEND:
                return EngineUnavailable(NAME, told, self._mend(kind, refusal))
            case Way.AGAIN:
                return WorkFailed(kind, told, retryable=True)
        return WorkFailed(kind, f"{told}. {mend}" if mend else told, retryable=False)

    def told(self, refusal: Refusal, model: str = "") -> str:
        """What the endpoint says of itself, shortened."""
        is_lacking = model and meaning_of(refusal).kind in _LACKS
        about = f" for the model {self.hide(model)!r}" if is_lacking else ""
        where = f": it points to {refusal.location}" if refusal.location else ""
        said = f": {self.hide(refusal.text)[:_QUOTED]}" if refusal.text else ""
        answers = "says" if refusal.status == SUCCESS else f"answers {refusal.status}"
        return f"{self.base} {answers}{about}{where}{said}"

    def _mend(self, kind: str, refusal: Refusal) -> str:
        match kind:
            case "moved":
                place = refusal.location or "the address that it has moved to"
                return f"Set [{self._role}] url to {place}"
            case "quota":
                return f"Look at its plan and billing, or set [{self._role}] url to another server"
            case "cannot_chat":
                return f"Set [{self._role}] model to one that can chat"
        return f"Set [{self._role}] url and model to what it has"

    def hide(self, text: str) -> str:
        """A text of the endpoint's without what is secret."""
        return self._access.hide(text)

    def _silent_from_the_first(self, seconds: float) -> EngineAway:
        why = f"{self.base} has not begun to answer within {seconds:g} s"
        mend = f"Look into its log; if it needs longer, set [{self._role}] first_answer_seconds"
        return EngineAway(NAME, why, mend)

    def _silent(self, seconds: float) -> WorkFailed:
        message = f"{self.base} has been silent for {seconds:g} s in the midst of its answer"
        mend = f"if it needs longer, set [{self._role}] silence_seconds"
        return WorkFailed("timeout", f"{message}; {mend}", retryable=True)

    async def _limited(
        self, answer: httpx.Response, first_seconds: float
    ) -> AsyncGenerator[bytes, None]:
        """The pieces of an answer, within the limits of silence and size."""
        size, limit = 0, first_seconds
        late: Callable[[float], Exception] = self._silent_from_the_first
        pieces = answer.aiter_bytes()
        while True:
            with _within(limit, late):
                piece = await anext(pieces, None)
            if piece is None:
                return
            size += len(piece)
            if size > self._most_bytes:
                message = f"{self.base} sends more than {self._most_bytes >> 20} MB"
                raise WorkFailed("bad_answer", message, retryable=False)
            yield piece
            limit, late = self._silence_seconds, self._silent

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
        refusal = refusal_in(bytes(content), answer.status_code)
        refusal.location = self._location(answer)
        refusal.retry_after = retry_after(answer.headers, refusal.text, time.time())
        return refusal

    def _location(self, answer: httpx.Response) -> str:
        """Where a redirect points to, as a URL that could be set; it may carry no secret."""
        place = answer.headers.get("Location", "")
        if not 300 <= answer.status_code < 400 or not place:
            return ""
        root = self.hide(shown_url(urljoin(str(answer.url), place)))
        return root.removesuffix(str(answer.url.path).removeprefix(_path_of(self._root)))


def _unavailable(fault: AccessFault) -> EngineUnavailable:
    return EngineUnavailable(NAME, fault.why, fault.mend)


async def whole(answer: Answer) -> WholeAnswer:
    """An answer, read to its end."""
    return WholeAnswer(answer.content_type, b"".join([it async for it in answer.pieces]))


@contextmanager
def _within(seconds: float, late: Callable[[float], Exception]) -> Iterator[None]:
    """Raise what is `late` unless what is in here ends in time."""
    try:
        with anyio.fail_after(seconds):
            yield
    except TimeoutError:
        raise late(seconds) from None


def _named(models: Sequence[str]) -> str:
    more = len(models) - _MOST_LISTED
    return ", ".join(models[:_MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


def _path_of(url: str) -> str:
    return "/" + url.partition("://")[2].partition("/")[2]


def not_ready(failure: EngineUnavailable | WorkFailed) -> Readiness:
    """What a failure to look means."""
    if isinstance(failure, EngineUnavailable):
        is_away = isinstance(failure, EngineAway)
        return Readiness(False, failure.why, failure.mend, away=is_away)
    return Readiness(False, failure.message, _WAIT if failure.retryable else _CHANGE)


def _root(url: str) -> str:
    """The URL that the paths of the protocol stand under."""
    place = url.partition("://")[2]
    return f"{url}/v1" if place and "/" not in place else url
