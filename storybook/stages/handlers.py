"""How each stage is done: engine, file, event.

A handler carries out one attempt that has been started, and returns when it is complete in the log.
It raises what the engine raises; whoever called it turns that into an event.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from functools import partial
from typing import Final, NoReturn, cast

import msgspec

from storybook.book import (
    PICTURE_STAGES,
    WRITING,
    Artifact,
    Page,
    RunId,
    Stage,
    Work,
)
from storybook.engines import (
    Engine,
    PaintingReport,
    Unrepeatable,
    WorkFailed,
    Writer,
    WritingTask,
)
from storybook.events.catalog import EngineInfo, Event, MadeFrom, Problem, Submission
from storybook.languages.known import language_of
from storybook.run import MAX_ATTEMPTS, Run, complete_stage, refuse_page, submit_stage, write_page
from storybook.stages.capabilities import writing_faults
from storybook.stages.making import FileTask, MadeFile, check_able, narrate, paint
from storybook.stages.registry import Engines
from storybook.stages.writer.check import PageCheck
from storybook.stores.artifacts import ArtifactStore

Tell = Callable[[Callable[[Run | None], list[Event]]], Awaitable[object]]
"""Carries out a decision about this attempt's run."""

Keep = Callable[[Callable[[], Awaitable[Artifact]]], Awaitable[Artifact]]
"""Saves a file, and waits as long as there is no room for it."""

Make = Callable[[FileTask], Awaitable[MadeFile]]


class Tools(msgspec.Struct, frozen=True):
    """What the work is done with. Every page that is written goes through `check` first."""

    engines: Engines
    artifacts: ArtifactStore
    check: PageCheck


class Attempt(msgspec.Struct, frozen=True):
    """An attempt in hand: the run as it stood when it was started, the engine that does it, whom to
    tell of decisions, how to report, and how files are kept."""

    run_id: RunId
    run: Run
    work: Work
    number: int
    engine: Engine
    tell: Tell
    report: PaintingReport
    keep: Keep


async def _write(attempt: Attempt, tools: Tools) -> None:
    run, number, writer = attempt.run, attempt.number, cast("Writer", attempt.engine)
    check_able(writing_faults(run, writer.capabilities))
    standing = run.pages
    task = WritingTask(
        run.request,
        run.seed,
        number,
        standing,
        run.page_count,
        run.language,
        refusals=len(run.refused),
        refused=tuple(problem.kind for problems in run.refused for problem in problems),
        age=run.age,
    )
    async with aclosing(writer.write(task, attempt.report)) as pages:
        async for page in pages:
            if problems := await tools.check.problems(page, run, standing):
                await _refuse(attempt, page, problems, writer)
            await attempt.tell(partial(write_page, attempt=number, page=page))
            standing = (*standing, page)
    made_from = MadeFrom(
        seed=run.seed,
        language=run.language,
        model=writer.info.model,
        unrepeatable=writer.unrepeatable if isinstance(writer, Unrepeatable) else "",
    )
    await attempt.tell(lambda run: complete_stage(run, WRITING, number, made_from=made_from))


async def _refuse(
    attempt: Attempt, page: Page, problems: list[Problem], writer: Writer
) -> NoReturn:
    await attempt.tell(lambda run: refuse_page(run, attempt.number, page, problems))
    why = "; ".join(it.message for it in problems)
    message = f"page {page.page} did not pass: {why}"
    failures = attempt.run.failures.get(WRITING, 0) if page.page == len(attempt.run.pages) else 0
    if writer.varies and failures + 1 >= MAX_ATTEMPTS:
        message += f". {_what_would_help(writer.info, page, attempt.run)}"
    raise WorkFailed("page_refused", message, retryable=writer.varies)


def _what_would_help(writer: EngineInfo, page: Page, run: Run) -> str:
    language = language_of(run.language).name or run.language
    return (
        f"{writer.model or writer.name} has not written page {page.page} in {MAX_ATTEMPTS} "
        f"attempts: a larger model, or one that knows {language}, would help ([writer] model; "
        "`storybook models` lists some), or the embedded writer ([writer] engine)"
    )


async def _make_file(make: Make, attempt: Attempt, tools: Tools) -> None:
    run, work, number = attempt.run, attempt.work, attempt.number

    async def submitted(submission: Submission) -> None:
        await attempt.tell(lambda run: submit_stage(run, work, number, submission))

    engine, artifacts = attempt.engine, tools.artifacts
    task = FileTask(attempt.run_id, run, work, engine, artifacts, attempt.report, submitted)
    made = await make(task)
    artifact = await attempt.keep(made.save)
    await attempt.tell(lambda run: complete_stage(run, work, number, artifact, made.made_from))


class StageHandler(msgspec.Struct, frozen=True):
    """How a stage is done by an engine of its role; `make` makes the file of one that makes one."""

    handle: Callable[[Attempt, Tools], Awaitable[None]]
    make: Make | None = None


def _of_file(make: Make) -> StageHandler:
    return StageHandler(partial(_make_file, make), make)


HANDLERS: Final[Mapping[Stage, StageHandler]] = {
    Stage.LLM: StageHandler(_write),
    **dict.fromkeys(PICTURE_STAGES, _of_file(paint)),
    Stage.TTS: _of_file(narrate),
}
