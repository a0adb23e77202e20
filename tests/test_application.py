"""The service as a whole, with scripted engines: requests, repeats, limits, retention, restarts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, closing
from pathlib import Path
from typing import Any

import anyio
import pytest

from storybook.application import Application
from storybook.book import WRITING, RunId, StoryRequest, TtsConfig, picture_of
from storybook.bootstrap import open_application
from storybook.commands import Commands, TooManyRuns
from storybook.data_folder import DataFolder
from storybook.events.log import START, LogLocked
from storybook.events.parked import ParkedRuns
from storybook.idempotency import IdempotencyMismatch
from storybook.projections import views
from storybook.projections.library import EndedRun
from storybook.projections.projector import ProjectionsStopped
from storybook.request import InvalidRequest, NewRun
from storybook.retention import Keep, Retention
from storybook.run import Refused, Status, fold
from storybook.settings import Limits, RetentionSettings, Settings, SettingsError, WriterSettings
from storybook.stores.artifacts import CannotRemove
from storybook.stores.memory import MemoryArtifactStore
from tests.books import new_run
from tests.clocks import ManualClock
from tests.engines import Scripted
from tests.projections.histories import Book, library_of, state_of
from tests.stores.memory_log import MemoryLog

pytestmark = pytest.mark.anyio
REQUEST = StoryRequest("조선시대", "깊은 숲속 마을", "토끼, 호랑이", "우정")
OTHER = StoryRequest("미래", "우주", "로봇", "꿈")


@asynccontextmanager
async def serving(
    data: Path,
    scripted: Scripted,
    settings: Settings | None = None,
    clock: ManualClock | None = None,
) -> AsyncIterator[Application]:
    settings = settings or Settings(limits=Limits(shutdown_seconds=0))
    clock = clock or ManualClock()
    async with open_application(
        settings, data, clock=clock, engines=scripted.engines
    ) as application:
        yield application


async def ended(application: Application, run_id: RunId) -> str:
    """The status with which a run ends."""
    run = None
    with anyio.fail_after(30):
        async with aclosing(application.log.tail(START)) as batches:
            async for batch in batches:
                run = fold([it.event for it in batch if it.run_id == run_id], run)
                if run is not None and run.status.has_ended:
                    await application.projections.reached(batch[-1].position)
                    return run.status
    raise AssertionError("a tail never ends")


async def test_who_asks_for_a_book_sees_it_at_once(tmp_path: Path) -> None:
    """When a request is answered, the run's state can be read."""
    async with serving(tmp_path, Scripted(held=True)) as application:
        run_id = await application.request_run(new_run(REQUEST, TtsConfig()))
        state = state_of(application.projections, run_id)
        assert state is not None
        assert state.status in (Status.QUEUED, Status.RUNNING)


async def test_what_was_recorded_is_answered_though_readers_cannot_see_it_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A refusal would make whoever asks ask again, and get a second book."""
    monkeypatch.setattr("storybook.projections.confirming.CONFIRM_SECONDS", 0.02)
    async with serving(tmp_path, Scripted(held=True)) as application:
        with closing(views.connect(DataFolder(tmp_path).projections)) as other:
            other.execute("BEGIN IMMEDIATE")  # the projector waits
            with anyio.fail_after(30):
                run_id = await application.request_run(new_run(REQUEST, TtsConfig()))
            assert await application.commands.load(run_id) is not None
            assert "recorded, but readers do not see it yet: not within" in caplog.text
            other.execute("ROLLBACK")
        await application.projections.reached(await application.log.head())
        assert state_of(application.projections, run_id) is not None

        async def stopped(_: object) -> None:
            raise ProjectionsStopped("it died")

        monkeypatch.setattr(application.projections, "reached", stopped)
        await application.cancel_run(run_id)
        assert "readers do not see it yet: it died" in caplog.text


async def test_the_same_key_and_request_is_the_same_run(tmp_path: Path) -> None:
    """However often, at the same moment, and after a restart; another request is refused."""
    found: set[RunId] = set()

    async def ask(application: Application) -> None:
        found.add(await application.request_run(new_run(REQUEST, TtsConfig()), idempotency_key="k"))

    for _ in range(2):
        async with serving(tmp_path, Scripted()) as application:
            async with anyio.create_task_group() as tasks:
                for _ in range(5):
                    tasks.start_soon(ask, application)
            with pytest.raises(IdempotencyMismatch):
                await application.request_run(new_run(OTHER, TtsConfig()), idempotency_key="k")
            with pytest.raises(IdempotencyMismatch):
                await application.request_run(new_run(REQUEST), idempotency_key="k")
            assert len(await library_of(application.projections)) == 1
    assert len(found) == 1


@pytest.mark.parametrize(
    "other",
    [
        new_run(REQUEST, TtsConfig(), page_count=7),
        new_run(REQUEST, TtsConfig(), language="ko-KR"),
        new_run(REQUEST, TtsConfig(speed=1.0)),
        new_run(REQUEST, TtsConfig(), seed=8),
    ],
    ids=["pages", "language", "speed", "seed"],
)
async def test_a_key_stands_for_all_that_was_asked(tmp_path: Path, other: NewRun) -> None:
    """Another length, language, voice or seed is another book; leaving the seed out is not."""
    first = new_run(REQUEST, TtsConfig(), seed=7)
    async with serving(tmp_path, Scripted()) as application:
        run_id = await application.request_run(first, idempotency_key="k")
        again = await application.request_run(new_run(REQUEST, TtsConfig()), idempotency_key="k")
        assert again == run_id
        with pytest.raises(IdempotencyMismatch):
            await application.request_run(other, idempotency_key="k")


async def test_two_people_may_use_the_same_key(tmp_path: Path) -> None:
    """A key belongs to who asks."""
    async with serving(tmp_path, Scripted()) as application:
        first = await application.request_run(
            new_run(REQUEST), idempotency_key="k", requested_by="a"
        )
        second = await application.request_run(
            new_run(OTHER), idempotency_key="k", requested_by="b"
        )
        assert first != second


async def test_a_full_queue_refuses_new_runs_but_answers_repeats(tmp_path: Path) -> None:
    """Beyond the limit a new book is refused; asking again for one that was taken is not."""
    settings = Settings(limits=Limits(open_runs=1, shutdown_seconds=0))
    async with serving(tmp_path, Scripted(held=True), settings) as application:
        run_id = await application.request_run(new_run(REQUEST), idempotency_key="k")
        with pytest.raises(TooManyRuns, match="1 books"):
            await application.request_run(new_run(OTHER))
        assert await application.request_run(new_run(REQUEST), idempotency_key="k") == run_id
        await application.cancel_run(run_id)
        await application.request_run(new_run(OTHER))


async def test_a_finished_run_is_not_cancelled(tmp_path: Path) -> None:
    """A refusal says what the run is."""
    async with serving(tmp_path, Scripted()) as application:
        run_id = await application.request_run(new_run(REQUEST))
        assert await ended(application, run_id) == "DONE"
        with pytest.raises(Refused, match="DONE"):
            await application.cancel_run(run_id)


async def test_one_process_works_on_a_data_folder(tmp_path: Path) -> None:
    """A second service on the same folder is refused, and the first goes on."""
    async with serving(tmp_path, Scripted()) as application:
        with pytest.raises(LogLocked):
            async with serving(tmp_path, Scripted()):
                pass
        assert await ended(application, await application.request_run(new_run(REQUEST))) == "DONE"


async def test_a_run_goes_on_after_a_restart(tmp_path: Path) -> None:
    """What was in hand is finished by the next service, and nothing finished is made again."""
    first = Scripted(held=True)
    async with serving(tmp_path, first) as application:
        run_id = await application.request_run(new_run(REQUEST))
        first.writer.let(0, 1)
        await first.writer.called(3)
    second = Scripted()
    async with serving(tmp_path, second) as application:
        assert await ended(application, run_id) == "DONE"
    assert second.writer.calls == [2, 3, 4]


async def test_retention_removes_old_files_and_says_so(tmp_path: Path) -> None:
    """Files of ended runs go after their days; the run stays, and knows that they are gone."""
    clock, settings = ManualClock(), Settings(retention=RetentionSettings(keep_days=2))
    async with serving(tmp_path, Scripted(), settings, clock) as application:
        run_id = await application.request_run(new_run(REQUEST, TtsConfig()))
        await ended(application, run_id)
        clock.advance(86_400)
        await application.retention.prune()
        assert "cover.png" in await application.artifacts.names(run_id)
        clock.advance(86_400 + 1)
        await application.retention.prune()
        assert await application.artifacts.names(run_id) == []
        run = await application.commands.load(run_id)
        assert run is not None and len(run.pruned) == 10
        version = run.version
        await application.retention.prune()
        run = await application.commands.load(run_id)
        assert run is not None and run.version == version


async def test_retention_leaves_a_run_alone_that_goes_on_again() -> None:
    """It had ended when the views were asked, and was retried before its turn came."""
    log, store = MemoryLog(), MemoryArtifactStore()
    book = Book(log)
    await book.request()
    await book.start(WRITING)
    await book.write(0)
    await book.make(picture_of(0))
    await store.put(book.run_id, "cover.png", b"a picture")
    views: Any = Ended(book.run_id)
    retention = Retention(
        Keep(days=1), log, Commands(log), views, store, ManualClock(), ParkedRuns()
    )
    await retention.prune()
    assert await store.names(book.run_id) == ["cover.png"]


class Ended:
    """Views in which a run has ended long ago."""

    def __init__(self, run_id: RunId) -> None:
        self._run_id = run_id

    async def ask(self, *_: object) -> list[EndedRun]:
        return [EndedRun(self._run_id, 0, 1)]

    async def reached(self, position: int) -> None:
        """They have seen everything."""


async def test_an_operators_forbidden_words_are_in_force(tmp_path: Path) -> None:
    """A page with such a word does not stand, and a file that cannot be read stops the start."""
    words = tmp_path / "words.toml"
    words.write_text('korean = ["옛날"]\nenglish = []\n', encoding="utf-8")
    limits = Limits(shutdown_seconds=0)
    settings = Settings(limits=limits, writer=WriterSettings(forbidden_words=str(words)))
    async with serving(tmp_path / "data", Scripted(), settings) as application:
        run_id = await application.request_run(new_run(REQUEST))
        with anyio.fail_after(30):
            async with aclosing(application.log.tail(START)) as batches:
                async for batch in batches:
                    if any(it.type == "PageRefused" and it.run_id == run_id for it in batch):
                        break
    broken = tmp_path / "broken.toml"
    broken.write_text("korean = 1", encoding="utf-8")
    settings = Settings(limits=limits, writer=WriterSettings(forbidden_words=str(broken)))
    with pytest.raises(SettingsError, match="forbidden_words"):
        async with serving(tmp_path / "data", Scripted(), settings):
            pass


async def test_a_forbidden_word_of_the_request_is_refused_at_once(tmp_path: Path) -> None:
    """Nothing is recorded, and the fault names the field of the word."""
    forbidden = StoryRequest("조선시대", "숲", "토끼", "권총")
    async with serving(tmp_path, Scripted()) as application:
        with pytest.raises(InvalidRequest, match="topic: 권총 has no place") as invalid:
            await application.request_run(new_run(forbidden))
        assert [it.loc for it in invalid.value.faults] == [("topic",)]
        assert await application.log.head() == START


async def test_files_that_cannot_be_removed_now_are_removed_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is recorded as removed that is still there, and other runs are not held up."""
    clock, settings = ManualClock(), Settings(retention=RetentionSettings(keep_days=1))
    async with serving(tmp_path, Scripted(), settings, clock) as application:
        stuck = await application.request_run(new_run(REQUEST))
        other = await application.request_run(new_run(OTHER))
        for run_id in (stuck, other):
            await ended(application, run_id)
        clock.advance(2 * 86_400)
        remove = application.artifacts.remove

        async def refuse(run_id: RunId, names: list[str]) -> None:
            if run_id == stuck:
                raise CannotRemove("not yours")
            await remove(run_id, names)

        monkeypatch.setattr(application.artifacts, "remove", refuse)
        await application.retention.prune()
        assert await application.artifacts.names(stuck)
        assert await application.artifacts.names(other) == []
        monkeypatch.undo()
        await application.retention.prune()
        assert await application.artifacts.names(stuck) == []


async def test_many_requests_at_once_do_not_overrun_the_limit(tmp_path: Path) -> None:
    """Each looks at the queue with the one before it in it."""
    settings = Settings(limits=Limits(open_runs=2, shutdown_seconds=0))
    refused: list[str] = []
    async with serving(tmp_path, Scripted(held=True), settings) as application:

        async def ask() -> None:
            try:
                await application.request_run(new_run(REQUEST))
            except TooManyRuns as error:
                refused.append(str(error))

        async with anyio.create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(ask)
        assert len(await library_of(application.projections)) == 2
    assert len(refused) == 8


async def test_without_retention_files_stay(tmp_path: Path) -> None:
    """By default nothing is ever removed."""
    clock = ManualClock()
    async with serving(tmp_path, Scripted(), clock=clock) as application:
        run_id = await application.request_run(new_run(REQUEST))
        await ended(application, run_id)
        clock.advance(86_400 * 10_000)
        await application.retention.prune()
        assert "cover.png" in await application.artifacts.names(run_id)
