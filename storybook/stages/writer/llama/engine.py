"""A writer that runs a GGUF model in this process, by llama.cpp.

The model is loaded when a book is first written and kept until `unload`. Each step (loading, one
page) runs in a thread that holds the model's lock; when a book is cancelled, the step is told to
stop and left behind, and whoever wants the model next waits the moment until it has stopped.

A book that was begun by an earlier attempt goes on: the pages that stand are told as facts, and the
rest is asked for. Each attempt has a seed of its own, and draws otherwise than the ones that were
refused (`answer.sampling`).
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

import anyio
import anyio.to_thread

from storybook.book import COVER_PAGE, Page
from storybook.engines import (
    Capabilities,
    EngineUnavailable,
    Readiness,
    Report,
    WorkFailed,
    WritingTask,
    package_version,
    ready_or_raise,
)
from storybook.events.catalog import EngineInfo
from storybook.languages.known import written_languages
from storybook.stages.extras import install_extra
from storybook.stages.writer.answer.brief import Brief, brief_for
from storybook.stages.writer.answer.budget import page_counts_within
from storybook.stages.writer.answer.instructions import writing_of
from storybook.stages.writer.answer.order import order_of, telling_of
from storybook.stages.writer.answer.picture import read_prompt
from storybook.stages.writer.answer.sampling import sampling, seed_of
from storybook.stages.writer.llama.grammar import grammar, text_grammar
from storybook.stages.writer.llama.header import NotGGUF, read_header, why_not
from storybook.stages.writer.llama.model import BadModel, LlamaModel, StopFlag, Stopped
from storybook.stages.writer.llama.spec import CONTEXT_TOKENS

NAME: Final = "llama"
PACKAGE: Final = "llama-cpp-python"
"""Enough for the rules, eight characters and five pages in the tokens of present models; longer
books need more (`budget.page_counts_within`)."""

T = TypeVar("T")


class Llama:
    """Writes by a GGUF model.

    `model` is its file (None: none was found, and `find` looks again whenever it is asked whether
    it is ready: a file may come later). `device` is `cpu`, or `gpu0`, `gpu1` … to put all layers
    there; `context` is how many tokens prompt and book may have together, and `threads` how many
    compute (0: one on each core).
    """

    def __init__(
        self,
        *,
        model: Path | None,
        device: str = "cpu",
        context: int = CONTEXT_TOKENS,
        threads: int = 0,
        find: Callable[[], Path | None] = lambda: None,
    ) -> None:
        self._file, self._device, self._context = model, device, context
        self._threads, self._find = threads, find
        self._model: LlamaModel | None = None
        self._lock = threading.Lock()
        self._turn = anyio.Semaphore(1)

    varies = True

    @property
    def capabilities(self) -> Capabilities:
        """What it can be told and bound to, whatever the model knows beside it."""
        page_counts = page_counts_within(self._context)
        return Capabilities(written_languages(), (), page_counts, rewrites=True, translates=True)

    @property
    def info(self) -> EngineInfo:
        model = self._file.name if self._file else ""
        return EngineInfo(NAME, package_version(PACKAGE), model, self._device)

    @property
    def places(self) -> int:
        return 1

    async def readiness(self) -> Readiness:
        return await anyio.to_thread.run_sync(self._readiness)

    def _readiness(self) -> Readiness:
        if importlib.util.find_spec("llama_cpp") is None:
            mend = f"Install it with: {install_extra(NAME)}"
            return Readiness(False, f"{PACKAGE} is missing", mend)
        if not _DEVICE.fullmatch(self._device):
            why = f"there is no device {self._device!r}"
            return Readiness(False, why, 'Set [writer] device to "cpu", or to "gpu0", "gpu1" …')
        self._file = self._file or self._find()
        if self._file is None:
            return Readiness(False, "there is no model", _MEND_MODEL)
        why = _why_not(self._file)
        return Readiness(False, why, _MEND_MODEL) if why else Readiness(True)

    async def unload(self) -> None:
        """Free the model, once what is in hand has ended."""
        async with self._turn:
            await anyio.to_thread.run_sync(self._free)

    async def write(self, task: WritingTask, report: Report) -> AsyncGenerator[Page, None]:
        """Yield each page after those that stand, the moment its object is whole.

        Raises `EngineUnavailable`, and `WorkFailed` of kind `context_too_small` (for good) or
        `cut_answer` and `bad_answer`, after which another attempt draws another seed.
        """
        ready_or_raise(NAME, await self.readiness())
        if not task.missing:
            return
        stop = StopFlag()
        async with self._turn:
            try:
                book = await self._step(stop, lambda model: _Book(model, task, stop, report))
                while (page := await self._step(stop, lambda _: book.next_page())) is not None:
                    yield page
            finally:
                stop.set()

    async def _step(self, stop: StopFlag, work: Callable[[LlamaModel], T]) -> T:
        """Do some work with the model in a thread; a cancelled step is left to end by itself."""

        def locked() -> T:
            with self._lock:
                if stop.is_set:
                    raise Stopped
                return self._with_model(work)

        try:
            return await anyio.to_thread.run_sync(locked, abandon_on_cancel=True)
        except anyio.get_cancelled_exc_class():
            stop.set()
            raise

    def _with_model(self, work: Callable[[LlamaModel], T]) -> T:
        assert self._file is not None  # it is ready
        try:
            if self._model is None:
                self._model = LlamaModel(self._file, self._device, self._context, self._threads)
            return work(self._model)
        except BadModel as error:
            why = f"{self._file}, with a context of {self._context}: {error}"
            raise EngineUnavailable(NAME, why, _MEND_LOAD) from error

    def _free(self) -> None:
        with self._lock:
            if self._model is not None:
                self._model.close()
                self._model = None


_DEVICE: Final = re.compile(r"cpu|gpu\d+")
_MEND_MODEL: Final = (
    "Run `storybook models pull Qwen3-14B-Q8_0` (or Qwen3-4B-Q4_K_M, for less memory), put a GGUF "
    "file into data/models, or name one as [writer] model"
)
_MEND_FILE: Final = "Put a GGUF file there, or name another one as [writer] model"
_MEND_LOAD: Final = "Name another file as [writer] model, or a smaller [writer] context"


def _why_not(file: Path) -> str:
    """Why a file cannot be written with; empty if it can."""
    try:
        changed = file.stat()
        return _looked_at(file, changed.st_size, changed.st_mtime_ns)
    except NotGGUF as error:
        return str(error)
    except OSError as error:
        return f"{file}: {error.strerror or error}"


@lru_cache(maxsize=8)
def _looked_at(file: Path, size: int, changed_ns: int) -> str:
    """What its header says, read once: readiness is asked for again and again."""
    return why_not(file, read_header(file))


class _Book:
    """One answer of the model, decoded page by page."""

    def __init__(
        self, model: LlamaModel, task: WritingTask, stop: StopFlag, report: Report
    ) -> None:
        brief = brief_for(task)
        order = order_of(brief, task)
        self._telling = telling_of(brief, task, report)
        tokens = model.tokens(model.prompt(order.messages))
        _check_context(model, len(tokens), len(model.tokens(order.longest)))
        others = [it for it in task.standing if it.page not in task.missing]
        seed, told = seed_of(task, NAME, bits=32), list(_told(brief, others))
        bounds, usual = _bounds(brief, task), " ".join(writing_of(brief.language).long_words)
        pieces = model.pieces(tokens, bounds, seed, stop, sampling(task), told, usual)
        self._pages = self._told(pieces)

    def next_page(self) -> Page | None:
        """Decode up to the end of a page; None after the last one."""
        return next(self._pages, None)

    def _told(self, pieces: Iterator[str]) -> Iterator[Page]:
        for piece in pieces:
            yield from self._telling.hear(piece)
            if self._telling.is_complete:
                return
        self._telling.end("the context is full")


def _bounds(brief: Brief, task: WritingTask) -> str:
    """The grammar that the answer keeps."""
    if (it := task.translating) is None:
        return grammar(brief, len(task.standing))
    page = it.page
    return text_grammar(brief, is_cover=page.page == COVER_PAGE, lines=len(page.dialogues))


def _told(brief: Brief, standing: Sequence[Page]) -> Iterator[str]:
    """The texts that are not to come again: of pages, and of their pictures."""
    for page in standing:
        yield page.text
        if read := read_prompt(page.page, brief, page.image_prompt):
            yield read[1].scene


def _check_context(model: LlamaModel, prompt: int, answer: int) -> None:
    """Refuse what would be cut, before it costs minutes."""
    for limit, mend in (
        (model.context, "set [writer] context to {} or more"),
        (model.trained_context, "take a model with a context of {} or more"),
    ):
        if limit and prompt + answer > limit:
            message = (
                f"the prompt has {prompt} tokens and a book up to {answer}, but only {limit} fit: "
                + mend.format(prompt + answer)
            )
            raise WorkFailed("context_too_small", message, retryable=False)
