"""Every dialect in the table is understood, or told with the server's own words."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import pytest

from storybook.engines import EngineAway, EngineUnavailable, WorkFailed, WritingTask
from storybook.stages.narrator.openai.engine import OpenAINarrator
from storybook.stages.transcriber.openai.engine import OpenAITranscriber
from storybook.stages.writer.openai.engine import OpenAIWriter
from tests.narrator.sounds import SENTENCE, read, spoken, task
from tests.openai_api.dialects import (
    AWAY,
    BOOKS,
    FAULTS,
    HEARING,
    HEARING_FAULTS,
    SPEECH,
    SPEECH_FAULTS,
    UNAVAILABLE,
    Fails,
    Heard,
    Written,
)
from tests.openai_api.double import Rule, serving
from tests.writer.conformance import REQUEST, written

pytestmark = pytest.mark.anyio

TASK = WritingTask(REQUEST, seed=7, attempt=1)


@pytest.fixture(autouse=True)
def _without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


async def fails_so(wanted: Fails, call: Callable[[], Awaitable[object]]) -> None:
    """The call fails as the table says."""
    with pytest.raises((EngineUnavailable, WorkFailed)) as raised:
        await call()
    failure = raised.value
    if isinstance(failure, WorkFailed):
        assert (failure.kind, failure.retryable) == (wanted.kind, wanted.again), failure
    else:
        assert (AWAY if isinstance(failure, EngineAway) else UNAVAILABLE) == wanted.kind, failure
    assert re.search(wanted.words, str(failure)), failure


@pytest.mark.slow  # a server for each
@pytest.mark.parametrize("dialect", BOOKS.values(), ids=BOOKS)
async def test_a_book_is_written_in_every_dialect(dialect: Written) -> None:
    """What the server does not take is found out with the first book, and kept for the next."""
    with serving(dialect.rule) as server:
        assert [it.page for it in await written(OpenAIWriter(url=server.url), TASK)] == [*range(5)]
        taken = server.asked[-1]
        assert set(dialect.has) <= set(taken)
        assert not set(dialect.lacks) & set(taken)
        begun = len(server.asked)
        assert len(await written(OpenAIWriter(url=server.url), TASK)) == 5
        assert set(server.asked[begun]) == set(taken)


@pytest.mark.slow
@pytest.mark.parametrize("dialect", FAULTS.values(), ids=FAULTS)
async def test_what_a_server_says_instead_of_a_book_is_told(dialect: Fails) -> None:
    """With its own words, and whether it passes by itself, is to be mended, or is for good."""
    with serving(dialect.rule) as server:
        await fails_so(dialect, lambda: written(OpenAIWriter(url=server.url), TASK))


@pytest.mark.slow
@pytest.mark.parametrize("rule", SPEECH.values(), ids=SPEECH)
async def test_a_sentence_is_spoken_in_every_dialect(rule: Rule) -> None:
    """Whatever sound comes back has the length that was spoken."""
    with serving(rule) as server:
        narration = await read(OpenAINarrator(url=server.url), task(SENTENCE))
        assert spoken(narration) == pytest.approx(0.5, abs=0.07)


@pytest.mark.parametrize("dialect", SPEECH_FAULTS.values(), ids=SPEECH_FAULTS)
async def test_what_a_server_says_instead_of_speech_is_told(dialect: Fails) -> None:
    """With its voices, where it lacks ours."""
    with serving(dialect.rule) as server:
        server.voices = ("af_bella", "am_adam")
        await fails_so(dialect, lambda: read(OpenAINarrator(url=server.url), task(SENTENCE)))


@pytest.mark.slow  # a server for each
@pytest.mark.parametrize("dialect", HEARING.values(), ids=HEARING)
async def test_what_was_heard_is_read_in_every_dialect(dialect: Heard, said_aloud: bytes) -> None:
    """Noises and loops are nothing that anybody said."""
    with serving(dialect.rule) as server:
        heard = await OpenAITranscriber(url=server.url).transcribe(said_aloud, "ko")
        assert heard.text == dialect.text
        assert (heard.confidence > 0.3) == bool(dialect.text)


@pytest.mark.parametrize("dialect", HEARING_FAULTS.values(), ids=HEARING_FAULTS)
async def test_what_a_server_says_instead_of_hearing_is_told(
    dialect: Fails, said_aloud: bytes
) -> None:
    """An error is never taken for silence."""
    with serving(dialect.rule) as server:
        openai = OpenAITranscriber(url=server.url)
        await fails_so(dialect, lambda: openai.transcribe(said_aloud, "ko"))
