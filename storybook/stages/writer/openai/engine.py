"""A writer behind an OpenAI-compatible endpoint: llama-server, vLLM, Ollama, LM Studio, …

It asks for the same answer as the llama engine, bound by a JSON schema where that has a grammar.
What a server takes of the request is negotiated, and an answer is read however it comes
(`storybook.stages.openai_api`). Where a server gives fewer tokens than a book has, the rest is
asked for in further answers.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

import anyio
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
from storybook.languages.known import written_languages
from storybook.languages.ko import KOREAN
from storybook.stages.credentials import BEARER
from storybook.stages.endpoint import KEY_VARIABLE, NAME, Endpoint, not_ready
from storybook.stages.openai_api.completions import OtherProtocol, Said, said_in
from storybook.stages.openai_api.messages import messages_in
from storybook.stages.openai_api.models import chat_models
from storybook.stages.openai_api.refusals import Refusal, meaning_of
from storybook.stages.writer.answer.brief import Brief, brief_for
from storybook.stages.writer.answer.budget import page_counts_within
from storybook.stages.writer.answer.order import Listener, telling_of
from storybook.stages.writer.openai.heard import HeardAnswer
from storybook.stages.writer.openai.request import wishes_for
from storybook.stages.writer.openai.spec import (
    CONTEXT_TOKENS,
    FIRST_ANSWER_SECONDS,
    SILENCE_SECONDS,
)

_PATH: Final = "/chat/completions"
_EXAMPLE: Final = "http://127.0.0.1:8080 with `llama-server` there"
_TRIAL_SECONDS: Final = 20.0
"""For the first word: a prompt is read in a second or a few; who loads a model has more to do."""
_MOST_ANSWER_BYTES: Final = 32 << 20
"""An event has about 300 bytes for a token: far more than a book."""


class OpenAIWriter:
    """Writes by a model behind the OpenAI-compatible endpoint at `url`.

    `model` is its name there; without one it is the first that the server lists and that chats.
    `device` is what it occupies: the server itself, unless it shares a GPU of this machine
    (`gpu0`). `key_variable` names the environment variable that holds the key, `header` is how it
    is sent. `context` is how many tokens prompt and book may have together there. An answer begins
    within `first_answer_seconds`, and is then silent for no more than `silence_seconds`.
    """

    places = 1

    def __init__(
        self,
        *,
        url: str,
        model: str = "",
        device: str = "",
        key_variable: str = KEY_VARIABLE,
        header: str = BEARER,
        context: int = CONTEXT_TOKENS,
        first_answer_seconds: float = FIRST_ANSWER_SECONDS,
        silence_seconds: float = SILENCE_SECONDS,
    ) -> None:
        self._endpoint = Endpoint(
            Role.WRITER,
            url=url,
            key_variable=key_variable,
            header=header,
            example=_EXAMPLE,
            first_answer_seconds=first_answer_seconds,
            silence_seconds=silence_seconds,
            most_bytes=_MOST_ANSWER_BYTES,
        )
        self._model, self._context, self._answered = model, context, ""
        self._is_named = bool(model)
        self._unfit: set[str] = set()
        """Models that the server lists and that turned out not to chat."""
        self._device = device or self._endpoint.host or NAME
        self._shares_device = bool(device)
        self._lack: Readiness | None = None
        """Why it could not write when it was tried."""

    varies = True

    @property
    def capabilities(self) -> Capabilities:
        """What it can be told and bound to, whatever the model knows beside it."""
        page_counts = page_counts_within(self._context)
        return Capabilities(written_languages(), (), page_counts, rewrites=True, translates=True)

    @property
    def info(self) -> EngineInfo:
        """Its model is what the server says has answered, as soon as it has."""
        model = self._endpoint.hide(self._answered or self._model)
        return EngineInfo(NAME, model=model, device=self._device, apart=True)

    @property
    def unrepeatable(self) -> str:
        """Why the same seed does not give the same book; empty if nothing is known against it."""
        left_out = self._endpoint.terms(_PATH, self._model).left_out
        return "the server takes no seed" if "seed" in left_out else ""

    async def readiness(self) -> Readiness:
        """Whether the endpoint answers and takes the key, and has a model if none is named."""
        try:
            if self._model:
                there = await self._endpoint.readiness()
            else:
                await self._find_model()
                there = Readiness(True)
        except (EngineUnavailable, WorkFailed) as failure:
            return not_ready(failure)
        if there.ready and self._lack:
            return self._lack
        notes = self._endpoint.terms(_PATH, self._model).told()
        if self.unrepeatable:
            notes = (*notes, f"no book can be made the same again, as {self.unrepeatable}")
        return msgspec.structs.replace(there, notes=notes)

    async def try_out(self) -> None:
        """Ask for a book and take no more of it than its first word. A server that shares a GPU
        with engines of this machine is left alone: they take turns only within one process."""
        if self._shares_device:
            return
        task = WritingTask(KOREAN.sample, seed=0, attempt=1, language=KOREAN.tag)
        brief = brief_for(task)
        try:
            with anyio.move_on_after(_TRIAL_SECONDS):  # it may load its model first
                async with aclosing(self._answer(brief, task)) as answer:
                    await anext(answer, None)
        except (EngineUnavailable, WorkFailed) as failure:
            self._lack = not_ready(failure)

    async def unload(self) -> None:
        """The model is the server's to keep or to let go."""

    async def write(self, task: WritingTask, report: Report) -> AsyncGenerator[Page, None]:
        """Yield each page after those that stand, or the one that is to be written anew, the moment
        its object is whole.

        Raises `EngineUnavailable`, `EngineAway` and `WorkFailed` as `endpoint` has it, and
        `WorkFailed` of kind `context_too_small` or `refused` (for good), `only_thought`,
        `cut_answer` or `bad_answer`.
        """
        await self._find_model()
        brief, report = brief_for(task), _only_growing(report)
        while task.missing:
            telling, heard = telling_of(brief, task, report), HeardAnswer(self._endpoint.hide)
            pages: tuple[Page, ...] = ()
            async with aclosing(self._pages(brief, task, telling, heard)) as told:
                async for page in told:
                    pages = (*pages, page)
                    yield page
            if not telling.is_complete and not (pages and heard.is_cut):
                await self._fail(telling, heard)
            if task.only is not None:
                return
            task = msgspec.structs.replace(task, standing=(*task.standing, *pages))

    async def _pages(
        self, brief: Brief, task: WritingTask, telling: Listener, heard: HeardAnswer
    ) -> AsyncGenerator[Page, None]:
        """The pages of one answer."""
        async with aclosing(self._answer(brief, task)) as answer:
            async for said in answer:
                for page in telling.hear(heard.add(said)):
                    yield page
                if telling.is_complete:
                    return
        for page in telling.rest():
            yield page
        if not telling.is_complete:
            for page in telling.hear(heard.whole_thought(telling.keys)):
                yield page

    async def _answer(self, brief: Brief, task: WritingTask) -> AsyncGenerator[Said, None]:
        """The answer as it comes, of the next model if one that was not asked for cannot chat."""
        while True:
            model = await self._find_model()
            wishes = wishes_for(brief, task, model, self._context)
            try:
                async with (
                    self._endpoint.open() as client,
                    self._endpoint.negotiated(client, _PATH, {"model": model}, wishes) as answer,
                    aclosing(messages_in(answer.pieces)) as messages,
                ):
                    async for message in messages:
                        said = said_in(message)
                        self._answered = said.model or self._answered
                        yield said
                    return
            except Refusal as refusal:
                if not await self._finds_another(model, refusal):
                    raise await self._failure(refusal) from None
            except OtherProtocol as other:
                why = f"{self._endpoint.base} answers with {self._endpoint.hide(str(other))}"
                mend = "Set [writer] url to where it speaks OpenAI's protocol, mostly …/v1"
                raise EngineUnavailable(NAME, why, mend) from None

    async def _fail(self, telling: Listener, heard: HeardAnswer) -> None:
        """Say why an answer was no book."""
        match heard.refusal():
            case WorkFailed() as failure:
                raise failure
            case Refusal() as refusal:
                raise await self._failure(refusal)
        telling.end(heard.reason)

    async def _failure(self, refusal: Refusal) -> EngineUnavailable | WorkFailed:
        if meaning_of(refusal).kind == "context_too_small":
            room = f"the prompt has {refusal.prompt} tokens, " if refusal.prompt else ""
            room += f"the server has room for {refusal.context} in all: " if refusal.context else ""
            mend = "start it with a longer context, and set [writer] context to that"
            message = f"{self._endpoint.told(refusal)}; {room}{mend}"
            return WorkFailed("context_too_small", message, retryable=False)
        return await self._endpoint.explained(refusal, model=self._model)

    # ------------------------------------------------------------------------------------ its model

    async def _find_model(self) -> str:
        """The model that is named, else the first listed one that may chat."""
        if not self._model:
            listed = await self._endpoint.models()
            fit = chat_models(listed)
            if not fit:
                names = self._endpoint.hide(", ".join(it.name for it in listed))
                lacks = f"lists no model that chats ({names})" if names else "has no model"
                why = f"{self._endpoint.base} {lacks}"
                raise EngineUnavailable(NAME, why, "Load one there, or set [writer] model")
            self._model = fit[0]
        return self._model

    async def _finds_another(self, model: str, refusal: Refusal) -> bool:
        """Whether another model is taken: this one was not asked for by name, and is not fit."""
        if self._is_named or meaning_of(refusal).kind not in ("cannot_chat", "unknown_model"):
            return False
        self._unfit.add(model)
        fit = [it for it in chat_models(await self._endpoint.models()) if it not in self._unfit]
        if not fit:
            self._unfit.clear()  # what the server has may have changed by the next time
            return False
        self._model = fit[0]
        return True


def _only_growing(report: Report) -> Report:
    """A later answer to the same task never takes progress back."""
    most = 0.0

    def grow(fraction: float) -> None:
        nonlocal most
        most = max(most, fraction)
        report(most)

    return grow
