"""How each stage is done: engine, file, event. One table says who does what.

A handler carries out one attempt that has been started, and returns when it is complete in the log.
It raises what the engine raises; whoever called it turns that into an event.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing
from functools import partial
from typing import Final, NoReturn

import msgspec

from storybook.book import (
    PICTURE_STAGES,
    WRITING,
    Artifact,
    Page,
    Role,
    RunId,
    Stage,
    TtsConfig,
    Work,
    artifact_name,
)
from storybook.engines import Engine, PaintingReport, WorkFailed, Writer, WritingTask
from storybook.events.catalog import Event, MadeFrom, Problem, Submission
from storybook.request import RequestFault
from storybook.run import Run, complete_stage, refuse_page, submit_stage, write_page
from storybook.stages.artifacts import save_audio, save_picture
from storybook.stages.capabilities import narration_faults, writing_faults
from storybook.stages.registry import Engines
from storybook.stages.tasks import narration_task, painting_task
from storybook.stages.writer.check import PageCheck
from storybook.stores.artifacts import ArtifactStore

Tell = Callable[[Callable[[Run | None], list[Event]]], Awaitable[object]]
"""Carries out a decision about this attempt's run."""

Keep = Callable[[Callable[[], Awaitable[Artifact]]], Awaitable[Artifact]]
"""Saves a file, and waits as long as there is no room for it."""


class Tools(msgspec.Struct, frozen=True):
    """What the work is done with. Every page that is written goes through `check` first."""

    engines: Engines
    artifacts: ArtifactStore
    check: PageCheck


class Attempt(msgspec.Struct, frozen=True):
    """An attempt in hand: the run as it stood when it was started, whom to tell of decisions, how
    to report, and how files are kept."""

    run_id: RunId
    run: Run
    work: Work
    number: int
    tell: Tell
    report: PaintingReport
    keep: Keep


def _check_able(faults: Iterable[RequestFault]) -> None:
    """Raise `WorkFailed` if the engine in force cannot do it, such as one of another day."""
    for fault in faults:
        raise WorkFailed("unsupported", fault.msg, retryable=False)


async def _write(attempt: Attempt, tools: Tools) -> None:
    run, number, writer = attempt.run, attempt.number, tools.engines.writer
    _check_able(writing_faults(run, writer.capabilities))
    standing = run.pages
    task = WritingTask(run.request, run.seed, number, standing, run.page_count, run.language)
    async with aclosing(writer.write(task, attempt.report)) as pages:
        async for page in pages:
            if problems := await tools.check.problems(page, run, standing):
                await _refuse(attempt, page, problems, writer)
            await attempt.tell(partial(write_page, attempt=number, page=page))
            standing = (*standing, page)
    made_from = MadeFrom(seed=run.seed, language=run.language, model=writer.info.model)
    await attempt.tell(lambda run: complete_stage(run, WRITING, number, made_from=made_from))


async def _refuse(
    attempt: Attempt, page: Page, problems: list[Problem], writer: Writer
) -> NoReturn:
    await attempt.tell(lambda run: refuse_page(run, attempt.number, page, problems))
    why = "; ".join(it.message for it in problems)
    message = f"page {page.page} did not pass: {why}"
    raise WorkFailed("page_refused", message, retryable=writer.varies)


async def _paint(attempt: Attempt, tools: Tools) -> None:
    run, work, number = attempt.run, attempt.work, attempt.number

    async def submitted(submission: Submission) -> None:
        await attempt.tell(lambda run: submit_stage(run, work, number, submission))

    painting = await tools.engines.illustrator.paint(
        painting_task(run, work), attempt.report, submitted
    )
    save = partial(
        save_picture,
        tools.artifacts,
        attempt.run_id,
        artifact_name(work),
        painting.png,
        width=painting.width,
        height=painting.height,
    )
    artifact = await attempt.keep(save)
    await attempt.tell(lambda run: complete_stage(run, work, number, artifact, painting.made_from))


async def _narrate(attempt: Attempt, tools: Tools) -> None:
    run, work, number = attempt.run, attempt.work, attempt.number
    narrator = tools.engines.narrator
    _check_able(narration_faults(run.tts or TtsConfig(), narrator.capabilities))
    narration = await narrator.narrate(narration_task(run, work), attempt.report)
    save = partial(
        save_audio,
        tools.artifacts,
        attempt.run_id,
        artifact_name(work),
        narration.wav,
        seconds=narration.seconds,
        segments=narration.segments,
    )
    artifact = await attempt.keep(save)
    await attempt.tell(lambda run: complete_stage(run, work, number, artifact, narration.made_from))


class StageHandler(msgspec.Struct, frozen=True):
    """Whose engine does a stage, and how."""

    role: Role
    handle: Callable[[Attempt, Tools], Awaitable[None]]


HANDLERS: Final[Mapping[Stage, StageHandler]] = {
    Stage.LLM: StageHandler(Role.WRITER, _write),
    **{stage: StageHandler(Role.ILLUSTRATOR, _paint) for stage in PICTURE_STAGES},
    Stage.TTS: StageHandler(Role.NARRATOR, _narrate),
}


def engine_of(engines: Engines, stage: Stage) -> Engine:
    """The engine that does a stage."""
    engine: Engine = getattr(engines, HANDLERS[stage].role.value)
    return engine
