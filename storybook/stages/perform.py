"""How each stage is performed: engine, file, event.

`perform` carries out one attempt that has been started, and returns when it is complete in the log.
It raises what the engine raises; the runner turns that into an event.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from functools import partial
from typing import NoReturn

import msgspec

from storybook.book import WRITING, Page, RunId, Stage, TtsConfig, Work, artifact_name
from storybook.events.catalog import Event, MadeFrom, Problem, Submission
from storybook.request import RequestFault
from storybook.run import Run, complete_stage, refuse_page, submit_stage, write_page
from storybook.stages.capabilities import reading_faults, writing_faults
from storybook.stages.choice import Engines
from storybook.stages.engines import (
    PaintingOrder,
    PaintingReport,
    ReadingOrder,
    WorkFailed,
    Writer,
    WritingOrder,
)
from storybook.stages.narrator.utterances import utterances
from storybook.stages.writer.check import PageCheck
from storybook.stores.files import ArtifactStore

Tell = Callable[[Callable[[Run | None], list[Event]]], Awaitable[object]]
"""Carries out a decision about this attempt's run."""


class Attempt(msgspec.Struct, frozen=True):
    """An attempt in hand: the run as it stood when it was started, and whom to tell."""

    run_id: RunId
    run: Run
    work: Work
    number: int
    tell: Tell
    report: PaintingReport


async def perform(
    attempt: Attempt, engines: Engines, artifacts: ArtifactStore, check: PageCheck
) -> None:
    """Do the work of an attempt. Every page that is written goes through `check` first."""
    match attempt.work.stage:
        case Stage.LLM:
            await _write(attempt, engines, check)
        case Stage.TTS:
            await _read_aloud(attempt, engines, artifacts)
        case _:
            await _paint(attempt, engines, artifacts)


def _check_able(faults: Iterable[RequestFault]) -> None:
    """Raise `WorkFailed` if the engine in force cannot do it, such as one of another day."""
    for fault in faults:
        raise WorkFailed("unsupported", fault.msg, retryable=False)


async def _write(attempt: Attempt, engines: Engines, check: PageCheck) -> None:
    run, number = attempt.run, attempt.number
    _check_able(writing_faults(run, engines.writer.capabilities))
    standing = run.pages
    order = WritingOrder(run.request, run.seed, number, standing, run.page_count, run.language)
    async with aclosing(engines.writer.write(order, attempt.report)) as pages:
        async for page in pages:
            if problems := await check.problems(page, run, standing):
                await _refuse(attempt, page, problems, engines.writer)
            await attempt.tell(partial(write_page, attempt=number, page=page))
            standing = (*standing, page)
    made_from = MadeFrom(seed=run.seed, language=run.language, model=engines.writer.info.model)
    await attempt.tell(lambda run: complete_stage(run, WRITING, number, made_from=made_from))


async def _refuse(
    attempt: Attempt, page: Page, problems: list[Problem], writer: Writer
) -> NoReturn:
    await attempt.tell(lambda run: refuse_page(run, attempt.number, page, problems))
    why = "; ".join(it.message for it in problems)
    message = f"page {page.page} did not pass: {why}"
    raise WorkFailed("page_refused", message, retryable=writer.varies)


async def _paint(attempt: Attempt, engines: Engines, artifacts: ArtifactStore) -> None:
    run, work, number = attempt.run, attempt.work, attempt.number
    assert work.page is not None
    order = PaintingOrder(
        run.request,
        run.pages[work.page],
        run.seed,
        submission=run.submissions.get(work),
        page_count=run.page_count,
    )

    async def submitted(submission: Submission) -> None:
        await attempt.tell(lambda run: submit_stage(run, work, number, submission))

    painting = await engines.illustrator.paint(order, attempt.report, submitted)
    artifact = await artifacts.save_picture(
        attempt.run_id,
        artifact_name(work),
        painting.png,
        width=painting.width,
        height=painting.height,
    )
    await attempt.tell(lambda run: complete_stage(run, work, number, artifact, painting.made_from))


async def _read_aloud(attempt: Attempt, engines: Engines, artifacts: ArtifactStore) -> None:
    run, work, number = attempt.run, attempt.work, attempt.number
    assert work.page is not None
    tts = run.tts or TtsConfig()
    _check_able(reading_faults(tts, engines.narrator.capabilities))
    order = ReadingOrder(
        utterances(run.pages[work.page], tts), tts.lang, tts.speed, tts.segment_pause_ms, run.seed
    )
    reading = await engines.narrator.read_aloud(order, attempt.report)
    artifact = await artifacts.save_audio(
        attempt.run_id,
        artifact_name(work),
        reading.wav,
        seconds=reading.seconds,
        segments=reading.segments,
    )
    await attempt.tell(lambda run: complete_stage(run, work, number, artifact, reading.made_from))
