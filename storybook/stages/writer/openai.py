"""A writer behind an OpenAI-compatible endpoint: llama-server, vLLM, Ollama, LM Studio, …

It asks for the same answer as the llama engine, bound by a JSON schema where that has a grammar.
What differs between servers is tried in turn, and what a server has understood is kept: the
`json_schema` of OpenAI with thinking switched off for the chat template, `json_schema` alone, and
`json_object` with a schema, as llama-cpp-python has it.

No endpoint of this kind promises to go on within an answer of its own under a schema. So a book
that stands in part is given back as the assistant's message it was, and a message behind it asks
for the missing pages, under a schema of these pages alone.

The key is read from the environment when it is sent. It is in no message: neither an error's nor
the log's, not even if the server says it.
"""

from __future__ import annotations

import os
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any, Final
from urllib.parse import unquote, urlsplit, urlunsplit

import httpx
import msgspec

from storybook.book import PAGES, Page
from storybook.events.catalog import EngineInfo
from storybook.stages.engines import (
    EngineUnavailable,
    Readiness,
    Report,
    WorkFailed,
    WritingOrder,
)
from storybook.stages.writer.answer.brief import Brief, brief_of
from storybook.stages.writer.answer.budget import estimated_tokens, longest_answer
from storybook.stages.writer.answer.pages import beginning
from storybook.stages.writer.answer.prompt import Message, go_on, messages
from storybook.stages.writer.answer.schema import schema
from storybook.stages.writer.answer.telling import Telling

NAME: Final = "openai"
KEY_VARIABLE: Final = "OPENAI_API_KEY"
CONTEXT_TOKENS: Final = 8_192
TEMPERATURE: Final = 0.7
READY_SECONDS: Final = 2.0
CONNECT_SECONDS: Final = 5.0
SILENCE_SECONDS: Final = 180.0
"""A server may load its model before the first token."""
MESSAGE_CHARACTERS: Final = 200

_MEND_URL: Final = "Start the server, or set [writer] url to its address"
_MEND_KEY: Final = f"Set the environment variable {KEY_VARIABLE} to a key that it takes"
_MEND_MODEL: Final = "Set [writer] model to a model that the server has"
_NOT_UNDERSTOOD: Final = (400, 415, 422)
_NO_ENTRY: Final = (401, 403)
_OPENING, _CLOSING = "<think>", "</think>"


def _json_schema(wanted: dict[str, Any]) -> dict[str, Any]:
    named = {"name": "book", "strict": True, "schema": wanted}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


DIALECTS: Final[tuple[Callable[[dict[str, Any]], dict[str, Any]], ...]] = (
    lambda wanted: _json_schema(wanted) | {"chat_template_kwargs": {"enable_thinking": False}},
    _json_schema,
    lambda wanted: {"response_format": {"type": "json_object", "schema": wanted}},
)
"""How a schema is asked for, the commonest first."""


class OpenAI:
    """Writes by a model behind `url` (`http://127.0.0.1:8080/v1`).

    `model` is its name there; without one it is the first that the server lists. `context` is how
    many tokens prompt and book may have together there. `device` is what it occupies: the server
    itself, unless it shares a GPU of this machine (`gpu0`). The key is in `environ`.
    """

    def __init__(
        self,
        *,
        url: str,
        model: str = "",
        device: str = "",
        context: int = CONTEXT_TOKENS,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._url = _with_version(_shown(url))
        self._auth = _auth(url)  # apart: httpx logs the addresses that it asks
        self._model, self._context, self._environ = model, context, environ
        self._device = device or self._url
        self._dialect = 0

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(NAME, model=self._model, device=self._device)

    @property
    def places(self) -> int:
        return 1

    async def readiness(self) -> Readiness:
        try:
            await self._find_model()
        except EngineUnavailable as error:
            return Readiness(False, error.why, error.mend)
        except WorkFailed as error:
            return Readiness(False, error.message, _MEND_URL)
        return Readiness(True)

    async def unload(self) -> None:
        """The model is the server's to keep or to let go."""

    async def write(self, order: WritingOrder, report: Report) -> AsyncGenerator[Page, None]:
        """Yield each page behind those that stand, the moment its object is whole.

        Raises `EngineUnavailable` if the server or the model is not there or refuses the key, and
        `WorkFailed` of kind `context_too_small` (for good), `cut_answer`, `bad_answer`,
        `server_busy`, `server_error` or `connection_lost`.
        """
        await self._find_model()
        if len(order.standing) == len(PAGES):
            return
        brief = brief_of(order.request)
        telling = Telling(brief, order, report)
        body = self._body(brief, order, telling)
        reason = "the server said no more"
        async with aclosing(self._answer(body, schema(brief, len(order.standing)))) as chunks:
            async for text, finished in chunks:
                for page in telling.hear(text):
                    yield page
                reason = finished or reason
                if telling.is_complete:
                    return
        telling.end(reason)

    def _body(self, brief: Brief, order: WritingOrder, telling: Telling) -> dict[str, Any]:
        first_page = len(order.standing)
        conversation = messages(brief)
        if order.standing:
            begun = beginning(brief, telling.sheet, order.standing).removesuffix(",") + "}"
            conversation += [{"role": "assistant", "content": begun}, go_on(first_page)]
        if "qwen3" in self._model.lower():  # a switch in words, for servers without the other one
            conversation[-1] = _with_switch(conversation[-1])
        prompt = sum(estimated_tokens(message["content"]) for message in conversation)
        answer = estimated_tokens(longest_answer(brief, first_page))
        if prompt + answer > self._context:
            message = (
                f"the prompt has about {prompt} tokens and a book up to {answer}, but only "
                f"{self._context} fit: set [writer] context, and the server's, to "
                f"{prompt + answer} or more"
            )
            raise WorkFailed("context_too_small", message, retryable=False)
        return {
            "model": self._model,
            "messages": conversation,
            "stream": True,
            "temperature": TEMPERATURE,
            "seed": random.Random(f"{NAME}:{order.seed}:{order.attempt}").getrandbits(31),
            "max_tokens": self._context - prompt,
        }

    async def _answer(
        self, body: dict[str, Any], wanted: dict[str, Any]
    ) -> AsyncGenerator[tuple[str, str], None]:
        """The answer as it comes: text, and why it ended once it has."""
        for number, dialect in enumerate(DIALECTS[self._dialect :], start=self._dialect):
            async with self._posted(body | dialect(wanted)) as response:
                is_last = number == len(DIALECTS) - 1
                if not is_last and await _is_not_understood(response):
                    continue
                await self._check(response)
                self._dialect = number
                async with aclosing(_without_thought(_chunks(response))) as chunks:
                    async for chunk in chunks:
                        yield chunk
                return

    @asynccontextmanager
    async def _posted(self, body: dict[str, Any]) -> AsyncIterator[httpx.Response]:
        try:
            async with (
                self._client(SILENCE_SECONDS) as client,
                client.stream("POST", "/chat/completions", json=body) as response,
            ):
                yield response
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise self._unreachable(error) from None
        except httpx.HTTPError as error:
            message = f"{self._url} broke off: {type(error).__name__}"
            raise WorkFailed("connection_lost", message, retryable=True) from None

    async def _find_model(self) -> None:
        """Ask which models there are; without one of its own, take the first."""
        try:
            async with self._client(READY_SECONDS) as client:
                response = await client.get("/models")
                await self._check(response)
                known = msgspec.json.decode(response.content, type=_Models).data
        except httpx.HTTPError as error:
            raise self._unreachable(error) from None
        except msgspec.DecodeError as error:
            why = f"{self._url} lists no models: {self._told(str(error))}"
            raise EngineUnavailable(NAME, why, _MEND_URL) from None
        names = [model.id for model in known]
        if not self._model and not names:
            raise EngineUnavailable(NAME, f"{self._url} has no model", _MEND_MODEL)
        self._model = self._model or names[0]

    def _client(self, seconds: float) -> httpx.AsyncClient:
        key = self._environ.get(KEY_VARIABLE, "")
        return httpx.AsyncClient(
            base_url=self._url,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            auth=None if key else self._auth,
            timeout=httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS)),
        )

    async def _check(self, response: httpx.Response) -> None:
        """Raise what a status that is no success means."""
        status = response.status_code
        if status < 300:
            return
        said = self._told((await response.aread()).decode("utf-8", "replace"))
        what = f"{self._url} answered {status}: {said}"
        if status in _NO_ENTRY:
            raise EngineUnavailable(NAME, what, _MEND_KEY)
        if status == 404:
            raise EngineUnavailable(NAME, what, _MEND_MODEL)
        if status == 429 or status == 503:
            raise WorkFailed("server_busy", what, retryable=True)
        raise WorkFailed("server_error", what, retryable=status >= 500)

    def _unreachable(self, error: Exception) -> EngineUnavailable:
        why = f"{self._url} does not answer ({type(error).__name__})"
        return EngineUnavailable(NAME, why, _MEND_URL)

    def _told(self, text: str) -> str:
        """What a server says, on one short line and without the key."""
        key = self._environ.get(KEY_VARIABLE, "")
        line = " ".join((text.replace(key, "***") if key else text).split())
        return line[:MESSAGE_CHARACTERS]


async def _is_not_understood(response: httpx.Response) -> bool:
    """Whether the server refuses the form of the request. llama-cpp-python answers 500 to that."""
    if response.status_code == 500:
        return b"response_format" in await response.aread()
    return response.status_code in _NOT_UNDERSTOOD


class _Model(msgspec.Struct):
    id: str


class _Models(msgspec.Struct):
    data: list[_Model]


class _Delta(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    delta: _Delta = msgspec.field(default_factory=_Delta)
    finish_reason: str | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] = []
    error: Any = None


async def _chunks(response: httpx.Response) -> AsyncGenerator[tuple[str, str], None]:
    """The stream's pieces of text, and with the last one why it ended."""
    async for line in response.aiter_lines():
        _, is_data, data = line.partition("data:")
        if not is_data or data.strip() == "[DONE]":
            continue
        try:
            chunk = msgspec.json.decode(data, type=_Chunk)
        except msgspec.DecodeError as error:
            message = f"the server's stream cannot be read: {error}"
            raise WorkFailed("bad_answer", message, retryable=True) from None
        if chunk.error:
            raise WorkFailed("server_error", "the server failed while it wrote", retryable=True)
        for choice in chunk.choices[:1]:
            yield choice.delta.content or "", choice.finish_reason or ""


async def _without_thought(
    chunks: AsyncGenerator[tuple[str, str], None],
) -> AsyncGenerator[tuple[str, str], None]:
    """The answer without a thought that some model puts before it all the same."""
    head: str | None = ""
    async with aclosing(chunks):
        async for text, reason in chunks:
            if head is None:
                yield text, reason
                continue
            head += text
            begins = head.lstrip()
            if begins.startswith(_OPENING) and _CLOSING in begins:
                begins = begins.partition(_CLOSING)[2]
            elif begins.startswith(_OPENING) or _OPENING.startswith(begins):
                yield "", reason
                continue
            head = None
            yield begins, reason


def _with_switch(message: Message) -> Message:
    return {**message, "content": f"{message['content']} /no_think"}


def _with_version(url: str) -> str:
    """The address with the `/v1` that all such servers have, if it has no path."""
    parts = urlsplit(url.rstrip("/"))
    return urlunsplit(parts if parts.path else parts._replace(path="/v1"))


def _auth(url: str) -> tuple[str, str] | None:
    """The name and password that stand in an address."""
    parts = urlsplit(url)
    return (unquote(parts.username), unquote(parts.password or "")) if parts.username else None


def _shown(url: str) -> str:
    """An address without a name and password that may stand in it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))
