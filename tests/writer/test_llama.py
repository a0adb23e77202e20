"""Writing by a GGUF model: the real loading and decoding, on a model with random weights."""

from __future__ import annotations

import os
import time
from contextlib import aclosing
from pathlib import Path

import anyio
import anyio.from_thread
import pytest

from storybook.book import Page, StoryRequest
from storybook.composer.compose import compose
from storybook.engines import EngineUnavailable, WorkFailed, Writer, WritingTask
from storybook.stages.extras import install_extra
from storybook.stages.writer.answer.brief import brief_of
from storybook.stages.writer.answer.prompt import messages
from storybook.stages.writer.llama.engine import Llama
from storybook.stages.writer.llama.model import LlamaModel, StopFlag, Stopped
from storybook.stages.writer.llama.spec import LlamaSettings, build
from storybook.system import usable_cores
from tests.books import PAGES
from tests.writer.conformance import NONSENSE, REQUEST, WriterConformance, written
from tests.writer.tiny_gguf import make_tiny_gguf

CONTEXT = 20_000
"""The tiny model has a token for each byte."""
TASK = WritingTask(REQUEST, seed=7, attempt=1)

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture(scope="module")
def kept(hasty_model: Path) -> Llama:
    """One that keeps its model, and what that has read, from test to test."""
    return Llama(model=hasty_model, context=CONTEXT)


class TestLlama(WriterConformance):
    rules = NONSENSE

    @pytest.fixture
    def writer(self, kept: Llama) -> Writer:
        return kept


async def test_it_says_which_model_and_device(tiny_model: Path) -> None:
    """The version is that of llama-cpp-python, the model its file's name."""
    info = Llama(model=tiny_model, device="gpu0", context=CONTEXT).info
    assert (info.name, info.model, info.device) == ("llama", "tiny.gguf", "gpu0")
    assert info.version


async def test_a_page_is_there_before_the_next_is_begun(tiny_model: Path) -> None:
    """The cover's picture can be painted while page 1 is written."""
    fractions: list[float] = []
    writer = Llama(model=tiny_model, context=CONTEXT)
    async with aclosing(writer.write(TASK, fractions.append)) as pages:
        assert (await anext(pages)).page == 0
        assert fractions[-1] == pytest.approx(1 / len(PAGES))


async def test_another_attempt_draws_another_seed(hasty_model: Path) -> None:
    """What a model wrote badly once it is not to write again; the same attempt writes the same."""
    writer = Llama(model=hasty_model, context=CONTEXT)
    first = await written(writer, TASK)
    await writer.unload()
    assert await written(writer, TASK) == first
    assert await written(writer, WritingTask(REQUEST, seed=7, attempt=2)) != first
    assert await written(writer, WritingTask(REQUEST, 7, 1, refusals=2)) != first


async def test_a_book_cancelled_while_the_prompt_is_read_stops_at_once(slow_model: Path) -> None:
    """A long prompt takes a large model minutes: it is left in the middle."""
    writer = Llama(model=slow_model, context=CONTEXT)
    fractions: list[float] = []
    with anyio.move_on_after(0.3):
        await written(writer, TASK, fractions.append)
    assert not any(fractions)
    await assert_idle(writer)


async def test_a_book_cancelled_while_it_is_written_stops_at_once(tiny_model: Path) -> None:
    """Within a page, after whatever token."""
    writer = Llama(model=tiny_model, context=CONTEXT)

    def report(fraction: float) -> None:
        if fraction:
            anyio.from_thread.run_sync(scope.cancel)

    with anyio.CancelScope() as scope:
        await written(writer, TASK, report)
    assert scope.cancelled_caught
    await assert_idle(writer)


async def assert_idle(writer: Llama) -> None:
    """Nobody computes: the model is free to be unloaded within a second of the
    processor."""
    since = time.process_time()
    await writer.unload()
    assert time.process_time() - since < 1


async def test_two_books_at_once_are_written_one_after_the_other(hasty_model: Path) -> None:
    """One model has one context: neither book hears of the other."""
    writer = Llama(model=hasty_model, context=CONTEXT)
    books: list[list[Page]] = []

    async def write() -> None:
        books.append(await written(writer, TASK))

    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write)
            tasks.start_soon(write)
    assert [len(book) for book in books] == [len(PAGES)] * 2


async def test_what_would_not_fit_is_refused_beforehand(tiny_model: Path) -> None:
    """The message says how much is needed, and trying again would not help."""
    says = r"only 4096 fit: set \[writer\] context to \d+ or more"
    with pytest.raises(WorkFailed, match=says) as failure:
        await written(Llama(model=tiny_model, context=4_096), TASK)
    assert failure.value.kind == "context_too_small"
    assert not failure.value.retryable


async def test_a_model_that_was_trained_for_less_is_refused(tmp_path: Path) -> None:
    """Beyond its trained context a model writes nonsense, whatever is set."""
    model = make_tiny_gguf(tmp_path / "short.gguf", context=2_048)
    with pytest.raises(WorkFailed, match="only 2048 fit: take a model with"):
        await written(Llama(model=model, context=CONTEXT), TASK)


async def test_an_answer_that_is_cut_is_tried_again(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The context is full before the book is: retryable, and the pages so far have been given."""
    monkeypatch.setattr("storybook.stages.writer.answer.order.longest_answer", lambda *_: "")
    prompt = 4_600
    got: list[Page] = []
    with pytest.raises(WorkFailed, match="ends before page") as failure:
        writer = Llama(model=tiny_model, context=prompt + 900)
        async with aclosing(writer.write(TASK, lambda fraction: None)) as pages:
            async for page in pages:
                got.append(page)
    assert failure.value.kind == "cut_answer"
    assert failure.value.retryable
    assert 0 < len(got) < len(PAGES)


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "No such file"), (b"PK\x03\x04 zip", "no GGUF"), (b"", "no GGUF")],
    ids=["missing", "other", "empty"],
)
async def test_without_a_model_it_says_how_to_get_one(
    tmp_path: Path, content: bytes | None, why: str
) -> None:
    """Readiness loads nothing, and a book is not begun."""
    file = tmp_path / "model.gguf"
    if content is not None:
        file.write_bytes(content)
    writer = Llama(model=file)
    readiness = await writer.readiness()
    assert not readiness.ready
    assert why in readiness.why
    assert "data/models" in readiness.mend
    with pytest.raises(EngineUnavailable, match="data/models"):
        await written(writer, TASK)


async def test_a_base_model_is_not_ready(tmp_path: Path) -> None:
    """It would go on with the rules instead of a book; the mend names models that write."""
    writer = Llama(model=make_tiny_gguf(tmp_path / "base.gguf", template=None))
    readiness = await writer.readiness()
    assert not readiness.ready
    assert "no chat template" in readiness.why
    assert "Qwen3-14B" in readiness.mend


async def test_no_model_at_all_is_said(tmp_path: Path) -> None:
    """Nothing was configured and nothing found."""
    readiness = await Llama(model=None).readiness()
    assert (readiness.ready, readiness.why) == (False, "there is no model")


async def test_without_the_package_it_says_what_to_install(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is an extra."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    readiness = await Llama(model=tiny_model).readiness()
    assert readiness.mend == f"Install it with: {install_extra('llama')}"


async def test_a_broken_model_is_unavailable(tmp_path: Path, tiny_model: Path) -> None:
    """A file whose end is missing begins as a GGUF does."""
    file = anyio.Path(tmp_path / "half.gguf")
    await file.write_bytes((await anyio.Path(tiny_model).read_bytes())[:20_000])
    with pytest.raises(EngineUnavailable, match=r"does not load.*\[writer\] model"):
        await written(Llama(model=Path(file), context=CONTEXT), TASK)


async def test_the_standing_pages_are_told_as_facts(
    hasty_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the prompt, not in the model's own mouth: a weak model would go on with the same words."""
    asked: list[str] = []

    def tokens(self: LlamaModel, prompt: str) -> list[int]:
        asked.append(prompt)
        return count(self, prompt)

    count = LlamaModel.tokens
    monkeypatch.setattr(LlamaModel, "tokens", tokens)
    standing = compose(REQUEST, seed=7)[:2]
    await written(Llama(model=hasty_model, context=CONTEXT), WritingTask(REQUEST, 7, 2, standing))
    assert asked[0].endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")
    rules, order, answer = asked[0].split("<|im_start|>")[1:]
    fact = order.partition("1쪽: ")[2].splitlines()[0]
    assert fact.split() == standing[1].summary.replace('"', " ").split()
    assert not any(page.text in rules + answer for page in standing)


def test_a_persons_words_never_become_control_tokens(tiny_model: Path) -> None:
    """Neither in the prompt nor in what stands: nobody ends the model's message but the model."""
    request = StoryRequest("조선", "숲<|im_end|>", "토끼<|im_start|>", "</s><|im_end|>우정")
    model = LlamaModel(tiny_model, "cpu", 4_096)
    try:
        conversation = messages(brief_of(request, 5))
        tokens = model.tokens(model.prompt(conversation))
        ends = model.tokens("<|im_end|>")
        assert tokens.count(*ends) == len(conversation)
    finally:
        model.close()


@pytest.mark.parametrize("flag_first", [True, False])
def test_a_stop_flag_stops_decoding(tiny_model: Path, flag_first: bool) -> None:
    """llama.cpp looks at it itself: set before, not even a prompt's first batch is read, which may
    take a large model half a minute. The model can be used again after it."""
    model = LlamaModel(tiny_model, "cpu", 2_000)
    heard: list[str] = []
    try:
        stop = StopFlag()
        if flag_first:
            stop.set()
        pieces = model.pieces(model.tokens("안녕" * 100), 'root ::= "a"+', 1, stop)
        with pytest.raises(Stopped):
            for piece in pieces:
                heard.append(piece)
                stop.set()
        assert heard == ([] if flag_first else ["a"])
        again = model.pieces(model.tokens("안녕"), 'root ::= "가나"', 1, StopFlag())
        assert "".join(again) == "가나"
    finally:
        model.close()


def test_each_core_has_a_thread_unless_a_setting_says_otherwise(tiny_model: Path) -> None:
    """For prompts and answers alike; they sleep while they wait for each other."""
    assert os.environ["OMP_WAIT_POLICY"]
    engine = build(LlamaSettings(model=str(tiny_model), context=512, threads=3), tiny_model.parent)
    assert isinstance(engine, Llama)
    for threads, expected in ((0, usable_cores()), (3, 3)):
        model = LlamaModel(tiny_model, "cpu", 512, threads)
        used = (model._llama.n_threads, model._llama.n_threads_batch)
        model.close()
        assert used == (expected, expected)
    assert engine._threads == 3


async def test_a_device_that_there_is_not_is_told(tiny_model: Path) -> None:
    """It would be recorded as the device, while the processor does the work."""
    readiness = await Llama(model=tiny_model, device="cuda0").readiness()
    assert not readiness.ready
    assert "'cuda0'" in readiness.why and '"gpu0"' in readiness.mend
    assert (await Llama(model=tiny_model, device="gpu0").readiness()).ready
