"""A writer behind an OpenAI-compatible endpoint: llama-server, vLLM, Ollama, LM Studio, …

It asks for the same answer as the llama engine, bound by a JSON schema where that has a grammar.
What differs between servers is tried in turn, and what a server has understood is kept: the
`json_schema` of OpenAI with thinking switched off for the chat template, `json_schema` alone, and
`json_object` with a schema, as llama-cpp-python has it.

Of a book that stands in part the pages are told as facts, and the missing ones are asked for, under
a schema of these pages alone.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, Final

import msgspec

from storybook.book import Page, Role
from storybook.engines import (
    Capabilities,
    EngineUnavailable,
    Readiness,
    Report,
    WorkFailed,
    WritingTask,
)
from storybook.events.catalog import EngineInfo
from storybook.stages.endpoint import KEY_VARIABLE, NAME, Endpoint, Refusal, not_ready
from storybook.stages.writer.answer.brief import Brief, brief_of
from storybook.stages.writer.answer.budget import (
    estimated_tokens,
    longest_answer,
    page_counts_within,
)
from storybook.stages.writer.answer.drawing import drawing, seed_of
from storybook.stages.writer.answer.prompt import Message, messages
from storybook.stages.writer.answer.schema import schema
from storybook.stages.writer.answer.telling import Telling
from storybook.stages.writer.openai.spec import CONTEXT_TOKENS

_EXAMPLE: Final = "http://127.0.0.1:8080 with `llama-server` there"
_SILENCE_SECONDS: Final = 180.0
"""A server may load its model before the first token."""
_MOST_ANSWER_BYTES: Final = 32 << 20
"""An event has about 300 bytes for a token: far more than a book."""
_NOT_UNDERSTOOD: Final = (400, 415, 422)
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


class OpenAIWriter:
    """Writes by a model behind the OpenAI-compatible endpoint at `url`.

    `model` is its name there; without one it is the first that the server lists. `device` is what
    it occupies: the server itself, unless it shares a GPU of this machine (`gpu0`). `key_variable`
    names the environment variable that holds the key. `context` is how many tokens prompt and book
    may have together there.
    """

    places = 1

    def __init__(
        self,
        *,
        url: str,
        model: str = "",
        device: str = "",
        key_variable: str = KEY_VARIABLE,
        context: int = CONTEXT_TOKENS,
    ) -> None:
        self._endpoint = Endpoint(
            Role.WRITER,
            url=url,
            key_variable=key_variable,
            example=_EXAMPLE,
            silence_seconds=_SILENCE_SECONDS,
            most_bytes=_MOST_ANSWER_BYTES,
        )
        self._model, self._context, self._answered = model, context, ""
        self._device = device or self._endpoint.host or NAME
        self._dialect = 0

    varies = True

    @property
    def capabilities(self) -> Capabilities:
        """The prompt and the form of the answer are Korean, whatever the model knows beside it."""
        return Capabilities(languages=("ko",), page_counts=page_counts_within(self._context))

    @property
    def info(self) -> EngineInfo:
        """Its model is what the server says has answered, as soon as it has."""
        model = self._answered or self._model
        return EngineInfo(NAME, model=model, device=self._device, apart=True)

    async def readiness(self) -> Readiness:
        """Whether the endpoint answers and takes the key, and has a model if none is named."""
        if self._model:
            return await self._endpoint.readiness()
        try:
            await self._find_model()
        except (EngineUnavailable, WorkFailed) as failure:
            return not_ready(failure)
        return Readiness(True)

    async def unload(self) -> None:
        """The model is the server's to keep or to let go."""

    async def write(self, task: WritingTask, report: Report) -> AsyncGenerator[Page, None]:
        """Yield each page after those that stand, the moment its object is whole.

        Raises `EngineUnavailable` and `WorkFailed` as `endpoint` has it, and `WorkFailed` of kind
        `context_too_small` (for good), `cut_answer` or `bad_answer`.
        """
        await self._find_model()
        if not task.missing:
            return
        brief = brief_of(task.request, task.page_count)
        telling = Telling(brief, task, report)
        body = self._body(brief, task)
        reason = "the server said no more"
        async with aclosing(self._answer(body, schema(brief, len(task.standing)))) as chunks:
            async for text, finished in chunks:
                for page in telling.hear(text):
                    yield page
                reason = finished or reason
                if telling.is_complete:
                    return
        telling.end(reason)

    def _body(self, brief: Brief, task: WritingTask) -> dict[str, Any]:
        first_page = len(task.standing)
        conversation = messages(brief, task.standing, task.refused)
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
            "temperature": drawing(task).temperature,
            "seed": seed_of(task, NAME, bits=31),
            "max_tokens": self._context - prompt,
        }

    async def _answer(
        self, body: dict[str, Any], wanted: dict[str, Any]
    ) -> AsyncGenerator[tuple[str, str], None]:
        """The answer as it comes: text, and why it ended once it has."""
        for number, dialect in enumerate(DIALECTS[self._dialect :], start=self._dialect):
            try:
                async with (
                    self._endpoint.open() as client,
                    self._endpoint.stream(
                        client, "POST", "/chat/completions", json=body | dialect(wanted)
                    ) as pieces,
                    aclosing(_without_thought(self._chunks(pieces))) as chunks,
                ):
                    self._dialect = number
                    async for chunk in chunks:
                        yield chunk
                    return
            except Refusal as refusal:
                if number == len(DIALECTS) - 1 or not _is_not_understood(refusal):
                    raise self._endpoint.failure(refusal, model=self._model) from None

    async def _chunks(
        self, pieces: AsyncGenerator[bytes, None]
    ) -> AsyncGenerator[tuple[str, str], None]:
        """The stream's pieces of text, and with the last one why it ended."""
        async for line in _lines(pieces):
            _, is_data, data = line.partition(b"data:")
            if not is_data or data.strip() == b"[DONE]":
                continue
            try:
                chunk = msgspec.json.decode(data, type=_Chunk)
            except msgspec.DecodeError as error:
                message = f"the server's stream cannot be read: {error}"
                raise WorkFailed("bad_answer", message, retryable=True) from None
            self._answered = chunk.model or self._answered
            if chunk.error:
                message = "the server failed while it wrote"
                raise WorkFailed("endpoint_failed", message, retryable=True)
            for choice in chunk.choices[:1]:
                yield choice.delta.content or "", choice.finish_reason or ""

    async def _find_model(self) -> None:
        """Without a model of its own, take the server's first."""
        if self._model:
            return
        names = await self._endpoint.models()
        if not names:
            why = f"{self._endpoint.base} has no model"
            raise EngineUnavailable(NAME, why, "Load one there, or set [writer] model")
        self._model = names[0]


def _is_not_understood(refusal: Refusal) -> bool:
    """Whether the server refuses the form of the request. llama-cpp-python answers 500 to that."""
    if refusal.status == 500:
        return "response_format" in refusal.text
    return refusal.status in _NOT_UNDERSTOOD


class _Delta(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    delta: _Delta = msgspec.field(default_factory=_Delta)
    finish_reason: str | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] = []
    model: str | None = None
    error: Any = None


async def _lines(pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    rest = b""
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line
    yield rest


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
