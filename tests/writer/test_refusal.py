"""A page that does not pass the check: recorded, and written again by the next attempt."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import msgspec
import pytest

from storybook.book import WRITING, Page, RunId
from storybook.engines import Report, WorkFailed, WritingTask
from storybook.events.catalog import Event, Fault, PageRefused, PageWritten
from storybook.run import (
    MAX_ATTEMPTS,
    Run,
    Status,
    Waiting,
    fail_stage,
    fold,
    request_run,
    retry_run,
    start_stage,
)
from storybook.stages.handlers import HANDLERS, Attempt, Tools
from storybook.stages.writer.check import default_check
from storybook.stores.files import FileArtifactStore
from tests.engines import REQUEST, Scripted, ScriptedWriter, page_of

pytestmark = pytest.mark.anyio


class CarelessWriter(ScriptedWriter):
    """Slips a Chinese word into page 2."""

    async def write(self, task: WritingTask, report: Report) -> AsyncGenerator[Page, None]:
        async for page in super().write(task, report):
            if page.page == 2:
                page = msgspec.structs.replace(page, summary=page.summary.replace("길", "道"))
            yield page


class SameWriter(CarelessWriter):
    """Would slip every time."""

    varies = False


class Written:
    """A run whose writer is called as the service calls it, attempt by attempt."""

    def __init__(self, folder: Path, writer: ScriptedWriter) -> None:
        self.events: list[Event] = request_run(None, REQUEST, 7, None)
        self.writer = writer
        self.tools = Tools(Scripted().engines, FileArtifactStore(folder), default_check())

    @property
    def run(self) -> Run:
        run = fold(self.events)
        assert run is not None
        return run

    async def tell(self, decide: Callable[[Run | None], list[Event]]) -> None:
        self.events.extend(decide(self.run))

    async def attempt(self) -> WorkFailed:
        """One attempt, which fails."""
        state = self.run.work[WRITING]
        assert isinstance(state, Waiting)
        number, info = state.attempt, self.writer.info
        self.events += start_stage(self.run, WRITING, number, worker="w", engine=info)
        attempt = Attempt(
            *(RunId("r"), self.run, WRITING, number, self.writer, self.tell),
            report=lambda fraction, preview=None: None,
            keep=lambda save: save(),
        )
        with pytest.raises(WorkFailed) as failure:
            await HANDLERS[WRITING.stage].handle(attempt, self.tools)
        fault = Fault(failure.value.kind, failure.value.message, failure.value.retryable)
        self.events += fail_stage(self.run, WRITING, number, fault, now=0, chance=0.0)
        return failure.value


@pytest.mark.parametrize("writer", [CarelessWriter(), SameWriter()])
async def test_a_refused_page_is_recorded_and_fails_the_attempt(
    tmp_path: Path, writer: ScriptedWriter
) -> None:
    """The pages before it stand; it is tried again if something else may be written then."""
    written = Written(tmp_path, writer)
    failure = await written.attempt()
    assert "page 2 did not pass: expected Korean, found 道" in failure.message
    assert (failure.kind, failure.retryable) == ("page_refused", writer.varies)
    assert [event.page for event in written.events if isinstance(event, PageWritten)] == [0, 1]
    (refused,) = (event for event in written.events if isinstance(event, PageRefused))
    assert [problem.kind for problem in refused.problems] == ["language"]
    assert refused.excerpt == page_of(2).summary.replace("길", "道")


async def test_the_next_attempt_knows_what_stands_and_what_was_wrong(tmp_path: Path) -> None:
    """It goes on after the pages that stand, and is told how often its page was refused and why."""
    writer = CarelessWriter()
    written = Written(tmp_path, writer)
    for _ in range(MAX_ATTEMPTS):
        await written.attempt()
    assert [len(task.standing) for task in writer.tasks] == [0, 2, 2]
    assert [task.refusals for task in writer.tasks] == [0, 1, 2]
    assert [task.refused for task in writer.tasks] == [(), ("language",), ("language",) * 2]
    assert len({task.attempt for task in writer.tasks}) == MAX_ATTEMPTS


async def test_after_its_attempts_the_model_is_named_with_what_would_help(tmp_path: Path) -> None:
    """Only then, and the run has failed with these words; what stands stays."""
    written = Written(tmp_path, CarelessWriter())
    failures = [await written.attempt() for _ in range(MAX_ATTEMPTS)]
    says = "writer has not written page 2 in 3 attempts: a larger model"
    assert [says in failure.message for failure in failures] == [False, False, True]
    failed = written.run
    assert failed.status is Status.FAILED and len(failed.pages) == 2
    assert failed.fault is not None and says in failed.fault.message
    written.events += retry_run(failed)
    await written.attempt()
    again = written.run
    assert again.status is Status.RUNNING and again.pages == failed.pages
