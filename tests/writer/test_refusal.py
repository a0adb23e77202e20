"""A page that does not pass the check: recorded, and written again by the next attempt."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import msgspec
import pytest

from storybook.book import WRITING, Page, RunId
from storybook.engines import Report, WorkFailed, WritingTask
from storybook.events.catalog import Event, PageRefused, PageWritten
from storybook.run import Run, fold, request_run, start_stage
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


@pytest.mark.parametrize("writer", [CarelessWriter(), SameWriter()])
async def test_a_refused_page_is_recorded_and_fails_the_attempt(
    tmp_path: Path, writer: ScriptedWriter
) -> None:
    """The pages before it stand; it is tried again if something else may be written then."""
    events: list[Event] = request_run(None, REQUEST, 7, None)
    run = fold(events)
    assert run is not None
    events += start_stage(run, WRITING, 1, worker="w", engine=writer.info)

    async def tell(decide: Callable[[Run | None], list[Event]]) -> None:
        events.extend(decide(fold(events)))

    run = fold(events)
    assert run is not None
    attempt = Attempt(
        *(RunId("r"), run, WRITING, 1, writer, tell),
        report=lambda fraction, preview=None: None,
        keep=lambda save: save(),
    )
    tools = Tools(Scripted().engines, FileArtifactStore(tmp_path), default_check())
    with pytest.raises(
        WorkFailed, match="page 2 did not pass: expected Korean, found 道"
    ) as failure:
        await HANDLERS[WRITING.stage].handle(attempt, tools)
    assert (failure.value.kind, failure.value.retryable) == ("page_refused", writer.varies)
    assert [event.page for event in events if isinstance(event, PageWritten)] == [0, 1]
    (refused,) = (event for event in events if isinstance(event, PageRefused))
    assert events[-1] == refused
    assert [problem.kind for problem in refused.problems] == ["language"]
    assert refused.excerpt == page_of(2).summary.replace("길", "道")
