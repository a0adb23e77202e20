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
from anyio.to_thread import run_sync

from storybook.book import (
    COVER_PAGE,
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
from storybook.run import (
    MAX_ATTEMPTS,
    Run,
    complete_stage,
    refuse_page,
    rewrite_page,
    submit_stage,
    translate_page,
    write_page,
)
from storybook.stages.capabilities import rewriting_faults, translating_faults, writing_faults
from storybook.stages.casting import settled_cast
from storybook.stages.making import FileTask, MadeFile, check_able, narrate, paint
from storybook.stages.registry import Engines
from storybook.stages.tasks import translating_task, writing_task
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
    if attempt.work != WRITING:
        await (_translate if attempt.work.language else _rewrite)(attempt, tools)
        return
    run, number, writer = attempt.run, attempt.number, cast("Writer", attempt.engine)
    check_able(writing_faults(run, writer.capabilities))
    standing = run.pages
    task = writing_task(run, attempt.work, number)
    async with aclosing(writer.write(task, attempt.report)) as pages:
        async for page in pages:
            if problems := await tools.check.problems(page, run, standing):
                await _refuse(attempt, page, problems, writer)
            is_cover = page.page == COVER_PAGE
            members = await run_sync(settled_cast, run, page) if is_cover else ()
            await attempt.tell(partial(write_page, attempt=number, page=page, cast=members))
            standing = (*standing, page)
    made_from = _made_from(run, writer, run.language)
    await attempt.tell(lambda run: complete_stage(run, WRITING, number, made_from=made_from))


async def _rewrite(attempt: Attempt, tools: Tools) -> None:
    """One page of a finished book. It is checked against all others, as it comes after them."""
    run, number, writer = attempt.run, attempt.number, cast("Writer", attempt.engine)
    check_able((*writing_faults(run, writer.capabilities), *rewriting_faults(writer.capabilities)))
    page = await _one_page(attempt, writer, writing_task(run, attempt.work, number))
    others = tuple(it for it in run.pages if it.page != page.page)
    if problems := await tools.check.problems(page, run, others):
        await _refuse(attempt, page, problems, writer)
    made_from = _made_from(run, writer, run.language)
    await attempt.tell(partial(rewrite_page, attempt=number, page=page, made_from=made_from))


async def _translate(attempt: Attempt, tools: Tools) -> None:
    """One page of a finished book in another language. Its words are checked as those of a book in
    that language; its picture stands."""
    run, number, writer = attempt.run, attempt.number, cast("Writer", attempt.engine)
    language, of = attempt.work.language, attempt.work.page
    assert of is not None  # a page is translated, never a book
    check_able(translating_faults(writer.capabilities, language))
    task = translating_task(run, run.pages[of], language, number)
    page = await _one_page(attempt, writer, task)
    others = tuple(it for it in run.translations[language].values() if it.page != of)
    if problems := await tools.check.text_problems(page, task, others):
        await _refuse(attempt, page, problems, writer)
    translate = partial(
        translate_page,
        attempt=number,
        page=page,
        language=language,
        made_from=_made_from(run, writer, language),
    )
    await attempt.tell(translate)


async def _one_page(attempt: Attempt, writer: Writer, task: WritingTask) -> Page:
    async with aclosing(writer.write(task, attempt.report)) as pages:
        page = await anext(pages, None)
    if page is None:
        raise WorkFailed("cut_answer", "the writer has written no page", retryable=writer.varies)
    return page


def _made_from(run: Run, writer: Writer, language: str) -> MadeFrom:
    return MadeFrom(
        seed=run.seed,
        language=language,
        model=writer.info.model,
        unrepeatable=writer.unrepeatable if isinstance(writer, Unrepeatable) else "",
    )


async def _refuse(
    attempt: Attempt, page: Page, problems: list[Problem], writer: Writer
) -> NoReturn:
    await attempt.tell(lambda run: refuse_page(run, attempt.number, page, problems, attempt.work))
    why = "; ".join(it.message for it in problems)
    message = f"page {page.page} did not pass: {why}"
    is_first_page = attempt.work != WRITING or page.page == len(attempt.run.pages)
    failures = attempt.run.failures.get(attempt.work, 0) if is_first_page else 0
    if writer.varies and failures + 1 >= MAX_ATTEMPTS:
        language = attempt.work.language or attempt.run.language
        message += f". {_what_would_help(writer.info, page, language)}"
    raise WorkFailed("page_refused", message, retryable=writer.varies)


def _what_would_help(writer: EngineInfo, page: Page, language: str) -> str:
    known = language_of(language).name or language
    return (
        f"{writer.model or writer.name} has not written page {page.page} in {MAX_ATTEMPTS} "
        f"attempts: a larger model, or one that knows {known}, would help ([writer] model; "
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
