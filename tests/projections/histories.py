"""Runs that are played by the run's own decisions, for tests of what is computed from them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from storybook.book import (
    COVER_PAGE,
    FIRST_EDITION,
    WRITING,
    Artifact,
    CastMember,
    Dialogue,
    Page,
    ReferencePicture,
    RunId,
    Segment,
    Stage,
    StoryRequest,
    TtsConfig,
    Work,
    artifact_name,
    narration_of,
    picture_of,
    split_edition,
)
from storybook.events.catalog import AbandonReason, EngineInfo, Event, Fault, MadeFrom, Submission
from storybook.events.log import CommandId, EventLog, Version
from storybook.events.subscription import RetryPolicy
from storybook.projections import views
from storybook.projections.library import newest
from storybook.projections.projection import Projection
from storybook.projections.projector import Projections
from storybook.projections.registry import PROJECTIONS
from storybook.projections.runs import STATES, RunSnapshot, decode_snapshot
from storybook.run import (
    EditionRequest,
    InHand,
    PageEdit,
    Run,
    Status,
    Waiting,
    abandon_stage,
    cancel_run,
    complete_stage,
    fail_stage,
    fold,
    give_cast_picture,
    prune_artifacts,
    release_character,
    remake_artifact,
    request_edition,
    request_run,
    retry_run,
    save_character,
    start_stage,
    submit_stage,
    write_page,
)
from tests.books import PAGES

ENGINES = {
    Stage.LLM: EngineInfo("composer", "2.0"),
    Stage.TTS: EngineInfo("espeak", "1.52"),
}
PAINTER = EngineInfo("painter", "2.0", device="gpu0")
BROKEN = Fault("out_of_paint", "no paint is left", False)


def run_name(number: int) -> RunId:
    return RunId(f"{number:032x}")


def page_of(number: int) -> Page:
    if number == COVER_PAGE:
        return Page(0, "토끼와 호랑이", image_prompt="A storybook cover view.")
    line = Dialogue("토끼", f"안녕 {number}!")
    return Page(number, "", f"숲에 갔어요. {line.text}", (line,), "A wide view.")


def artifact_of(work: Work, edition: int = FIRST_EDITION) -> Artifact:
    name = artifact_name(work, edition)
    if work.stage is Stage.TTS:
        spoken = (Segment("안녕", "", "M1", 0.0, 1.5),)
        return Artifact(name, "audio/wav", 9_000, "ab" * 32, seconds=1.5, segments=spoken)
    return Artifact(name, "image/png", 90_000, "cd" * 32, 1024, 1024)


class Book:
    """One run in a log, played step by step."""

    def __init__(self, log: EventLog, number: int = 1) -> None:
        self.log, self.run_id = log, run_name(number)
        self.run: Run | None = None

    async def do(self, events: list[Event]) -> None:
        """Append what was decided."""
        if not events:
            return
        expected = Version(self.run.version if self.run is not None else 0)
        command = CommandId(uuid.uuid4().hex)
        await self.log.append(self.run_id, events, expected=expected, command=command)
        self.run = fold(events, self.run)

    async def request(self, *, voices: bool = True) -> None:
        words = StoryRequest("조선시대", "깊은 숲속", "토끼, 호랑이", "우정")
        await self.do(request_run(None, words, 7, TtsConfig() if voices else None))

    async def start(self, work: Work) -> int:
        """Take waiting work in hand; its attempt."""
        attempt = self._attempt(work)
        engine = ENGINES.get(work.stage, PAINTER)
        await self.do(start_stage(self.run, work, attempt, worker="w1", engine=engine))
        return attempt

    async def write(self, *numbers: int) -> None:
        for number in numbers:
            await self.do(write_page(self.run, self._attempt(WRITING), page_of(number)))

    async def complete(self, work: Work) -> None:
        assert self.run is not None
        artifact = None if work == WRITING else artifact_of(work, self.run.edition)
        made_from = MadeFrom("a prompt", 7)
        await self.do(complete_stage(self.run, work, self._attempt(work), artifact, made_from))

    async def make(self, *works: Work) -> None:
        for work in works:
            await self.start(work)
            await self.complete(work)

    async def break_down(self, work: Work) -> None:
        """Start work, and let it fail for good."""
        attempt = await self.start(work)
        await self.do(fail_stage(self.run, work, attempt, BROKEN, now=0, chance=0.5))

    async def crash(self, work: Work) -> None:
        """Abandon work in hand, as a restart does; it is requested again."""
        await self.do(abandon_stage(self.run, work, self._attempt(work), AbandonReason.CRASH))

    async def write_all(self) -> None:
        await self.start(WRITING)
        await self.write(*PAGES)
        await self.complete(WRITING)

    async def finish(self) -> None:
        """Make everything that waits."""
        assert self.run is not None
        while waiting := [w for w, s in self.run.work.items() if isinstance(s, Waiting)]:
            if waiting[0] == WRITING:
                await self.start(WRITING)
                await self.write(*PAGES[len(self.run.pages) :])
                await self.complete(WRITING)
            else:
                await self.make(waiting[0])

    async def cancel(self) -> None:
        await self.do(cancel_run(self.run, "a child"))

    async def retry(self) -> None:
        await self.do(retry_run(self.run))

    async def edit(self, *edits: PageEdit) -> None:
        assert self.run is not None
        asked = EditionRequest(self.run.edition, edits)
        await self.do(request_edition(self.run, asked, seed=5))

    async def prune(self, *works: Work) -> None:
        await self.do(prune_artifacts(self.run, [artifact_name(work) for work in works]))

    async def remake(self, work: Work) -> None:
        assert self.run is not None
        before = self.run.artifact(work)
        assert before is not None
        remade = artifact_of(work, split_edition(before.name)[1])
        await self.do(remake_artifact(self.run, work, remade, previous=before, engine=PAINTER))

    def _attempt(self, work: Work) -> int:
        assert self.run is not None
        return self.run.work[work].attempt


async def every_ending(log: EventLog) -> None:
    """Runs with every kind of ending, and some that have none, woven into each other."""
    done, failed, cancelled, retried, pruned, crashed, silent, waiting = (
        Book(log, number) for number in range(1, 9)
    )
    for book in (done, failed, cancelled, retried, pruned, crashed, waiting):
        await book.request()
    await silent.request(voices=False)
    for book in (done, failed, retried, pruned, silent):
        await book.start(WRITING)
    for number in PAGES:
        for book in (done, failed, retried, pruned, silent):
            await book.write(number)
            if number == COVER_PAGE and book is not retried:
                await book.make(picture_of(COVER_PAGE))
    for book in (done, failed, retried, pruned, silent):
        await book.complete(WRITING)
    await failed.make(*(picture_of(page) for page in (1, 3)), *map(narration_of, PAGES))
    await failed.break_down(picture_of(2))  # and picture 4 is put down
    await retried.break_down(picture_of(0))
    await cancelled.start(WRITING)
    await cancelled.write(0, 1)
    await cancelled.start(picture_of(0))
    await cancelled.make(narration_of(1))
    await cancelled.cancel()
    await crashed.start(WRITING)
    await crashed.write(0)
    await crashed.start(picture_of(0))
    await crashed.do(
        submit_stage(crashed.run, picture_of(0), 1, Submission("http://gpu:8188", "p1"))
    )
    await crashed.crash(picture_of(0))
    await crashed.crash(WRITING)
    for book in (done, failed, retried, pruned, silent):
        await book.finish()
    await retried.retry()
    await retried.finish()
    for name in ("우리토끼", "해피"):
        hero = CastMember("토끼", "rabbit", "토끼", voice="F1")
        await done.do(save_character(done.run, name, hero))
        await retried.do(save_character(retried.run, name, hero))
    await done.do(release_character(done.run, "해피"))
    await pruned.prune(*(picture_of(page) for page in PAGES))
    await pruned.prune(*(narration_of(page) for page in PAGES))
    await retried.remake(picture_of(2))
    await crashed.finish()
    found = [book.run.status for book in (done, failed, cancelled, retried) if book.run]
    assert found == [Status.DONE, Status.FAILED, Status.CANCELLED, Status.DONE]


Choice = Callable[[], list[Event]]


def choices(run: Run | None) -> list[Choice]:
    """Everything that may happen to a run next, as decisions to be called."""
    if run is None:
        words = StoryRequest("미래", "바다", "고래", "용기")
        return [partial(request_run, None, words, 3, tts) for tts in (TtsConfig(), None)]
    found: list[Choice] = _about_the_cast(run) if run.pages else []
    if not run.status.has_ended:
        found.append(partial(cancel_run, run))
    elif run.status in (Status.FAILED, Status.CANCELLED):
        found.append(partial(retry_run, run))
    if run.status.has_ended:
        found.append(partial(prune_artifacts, run, [it.name for it in run.artifacts][:2]))
    for work, state in run.work.items():
        if isinstance(state, Waiting):
            engine = ENGINES.get(work.stage, PAINTER)
            start = partial(start_stage, run, work, state.attempt, worker="w1", engine=engine)
            found += [start] * 3
        elif isinstance(state, InHand):
            found += _endings(run, work, state.attempt)
    return found


def _about_the_cast(run: Run) -> list[Choice]:
    """A character is saved under one of two names, given a picture, or released."""
    hero = CastMember("토끼", "rabbit", "토끼", voice=f"M{1 + run.version % 5}")
    picture = ReferencePicture("cast_1.png", "ef" * 32, 30_000)
    return [
        partial(save_character, run, "우리토끼", hero),
        partial(save_character, run, "해피", hero),
        partial(release_character, run, "우리토끼"),
        partial(give_cast_picture, run, hero, picture),
    ]


def _endings(run: Run, work: Work, attempt: int) -> list[Choice]:
    again = Fault("timeout", "too slow", True)
    found: list[Choice] = [
        partial(fail_stage, run, work, attempt, BROKEN, now=0, chance=0.5),
        partial(fail_stage, run, work, attempt, again, now=0, chance=0.5),
        *(partial(abandon_stage, run, work, attempt, reason) for reason in AbandonReason),
    ]
    if work != WRITING:
        return [*found, *[partial(complete_stage, run, work, attempt, artifact_of(work))] * 6]
    if len(run.pages) < len(PAGES):
        return [*found, *[partial(write_page, run, attempt, page_of(len(run.pages)))] * 6]
    return [*found, partial(complete_stage, run, work, attempt)]


def all_rows(
    path: Path, projections: Sequence[Projection] = PROJECTIONS
) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, as it stands in the file."""
    with closing(views.connect_known(path, read_only=True)) as db:
        return {
            table.name: db.execute(
                f"SELECT * FROM {table.name} ORDER BY {', '.join(table.key)}"
            ).fetchall()
            for projection in projections
            for table in projection.tables
        }


def state_of(projections: Projections, run_id: RunId) -> RunSnapshot | None:
    """The state that the views have of a run."""
    row = projections.row(STATES, run_id)
    return decode_snapshot(row[1]) if row is not None else None


async def library_of(projections: Projections) -> list[RunId]:
    """The runs of the library, newest first."""
    page = await projections.ask(newest, 1_000)
    return [it.run_id for it in page.books]


QUICKLY = RetryPolicy(first=0.005, most=0.005)
"""Tries follow one another quickly."""
