"""Two runners over one log: whose work it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import anyio
import msgspec
import pytest

from storybook.book import WRITING, picture_of
from storybook.clock import MICROSECONDS
from storybook.events.catalog import StageAbandoned, StageCompleted, StageStarted
from storybook.events.log import START
from storybook.run import Status, cancel_run, retry_run
from storybook.stores.leases import LEASE_SECONDS, RENEWALS, Held, LeasedWork
from storybook.stores.owners import new_owner
from storybook.stores.sqlite.leases import SqliteLeases
from tests.books import PAGES
from tests.clocks import ManualClock
from tests.engines import Scripted, run_id
from tests.stages.test_runner import RUN, Stand, in_hand, stand

pytestmark = pytest.mark.anyio
RUNS = 20


class Silent(SqliteLeases):
    """Leases of a worker that, once it `is_stuck`, renews nothing, releases nothing, and takes
    nothing in hand."""

    def __init__(self, path: Path, clock: ManualClock) -> None:
        super().__init__(path, clock.monotonic)
        self.is_stuck = False

    async def claim(self, work: LeasedWork, owner: str) -> Held:
        return Held("nobody", 1) if self.is_stuck else await super().claim(work, owner)

    async def renew(self, works: Iterable[LeasedWork], owner: str) -> frozenset[LeasedWork]:
        return frozenset() if self.is_stuck else await super().renew(works, owner)

    async def release(self, works: Iterable[LeasedWork], owner: str) -> None:
        if not self.is_stuck:
            await super().release(works, owner)


async def live_on(it: Stand, leases: float) -> None:
    """Let so many lengths of a lease pass, in steps after each of which both runners have renewed
    what is theirs and seen what is the other's."""
    step = LEASE_SECONDS / RENEWALS
    for passed in [0.0, *(step for _ in range(round(leases * RENEWALS)))]:
        it.clock.advance(passed)
        look = it.clock.monotonic() + int(step * MICROSECONDS)
        with anyio.fail_after(30):
            while it.clock.sleepers[look] < 2:  # noqa: ASYNC110 - they tell nobody
                await anyio.sleep(0.005)


@pytest.mark.slow
async def test_two_runners_make_each_book_once(tmp_path: Path) -> None:
    """Twenty runs are shared: nothing is made twice, and nothing that lives is abandoned."""
    other = Scripted()
    async with (
        stand(tmp_path) as it,
        it.runner().running([]),
        it.runner(owner=new_owner(), scripted=other).running([]),
    ):
        for number in range(1, RUNS + 1):
            await it.request(number, read=False)
        for number in range(1, RUNS + 1):
            run = await it.ended(run_id(number))
            assert run.status is Status.DONE
        done = Counter(
            (row.run_id, row.event.work)
            for row in await it.log.read(START, 10_000)
            if isinstance(row.event, StageCompleted)
        )
        assert set(done.values()) == {1} and len(done) == RUNS * 6
        assert await it.events(StageAbandoned) == []
        workers = Counter(e.worker for e in await it.events(StageStarted))  # type: ignore[attr-defined]
    painted = it.scripted.illustrator.calls + other.illustrator.calls
    assert len(painted) == RUNS * len(PAGES)
    assert len(it.scripted.writer.calls + other.writer.calls) == RUNS * len(PAGES)
    assert len(workers) == 2 and sum(workers.values()) == RUNS * 6


async def test_work_in_hand_stays_with_its_runner_however_long_it_takes(tmp_path: Path) -> None:
    """Its leases are renewed, also when they are thrown away; a runner that comes later takes
    nothing of it."""
    async with stand(tmp_path, held=True) as it, it.runner().running([]):
        await it.request(read=False)
        it.scripted.writer.let(0)
        await it.until(lambda run: in_hand(run, WRITING, picture_of(0)))
        async with it.runner(owner=new_owner(), scripted=Scripted()).running([RUN]):
            await live_on(it, 2)
            (tmp_path / "leases.db").unlink()
            await live_on(it, 2)
            assert await it.events(StageAbandoned) == []
            it.scripted.writer.held = it.scripted.illustrator.held = False
            it.scripted.writer.let(1)
            it.scripted.illustrator.let(0)
            assert (await it.ended()).status is Status.DONE
        assert await it.events(StageAbandoned) == []


async def test_the_work_of_a_runner_that_is_stuck_is_taken_over_within_its_lease(
    tmp_path: Path,
) -> None:
    """It renews nothing and cleans nothing up. What it made is kept; when it wakes it finds its
    work overtaken, and reports nothing."""
    other = Scripted()
    async with stand(tmp_path, held=True) as it:
        leases = it.leases
        it.leases = stuck = Silent(tmp_path / "leases.db", it.clock)
        async with it.runner().running([]):
            await it.request(read=False)
            it.scripted.writer.let(0)
            await it.until(lambda run: in_hand(run, WRITING, picture_of(0)))
            async with it.runner(owner=new_owner(), scripted=other, leases=leases).running([RUN]):
                await live_on(it, 1)
                assert await it.events(StageAbandoned) == []
                stuck.is_stuck = True
                it.clock.advance(LEASE_SECONDS)
                run = await it.ended()
        assert run.status is Status.DONE
        assert other.writer.calls == [1, 2, 3, 4]
        assert sorted(other.illustrator.calls) == list(PAGES)
        assert it.scripted.writer.cancelled == [1] and it.scripted.illustrator.cancelled == [0]
        lost = await it.events(StageAbandoned)
        assert {(e.reason, e.attempt) for e in lost} == {("crash", 1)}  # type: ignore[attr-defined]
        assert len(await it.events(StageCompleted)) == 6
        stuck.close()


async def test_no_runner_dies_of_what_another_one_hears(tmp_path: Path) -> None:
    """Runs are cancelled and retried while either has them in hand; all that is left is made."""
    ours, theirs = Scripted(held=True), Scripted(held=True)
    async with (
        stand(tmp_path) as it,
        it.runner(scripted=ours).running([]),
        it.runner(owner=new_owner(), scripted=theirs).running([]),
    ):
        for number in range(1, 5):
            await it.request(number, read=False)
            await it.until(lambda run: in_hand(run, WRITING), run_id(number))
        for number in (1, 2, 3):
            await it.commands.execute(run_id(number), cancel_run)
        for number in (1, 2):
            await it.commands.execute(run_id(number), retry_run)
        for engine in (ours.writer, ours.illustrator, theirs.writer, theirs.illustrator):
            engine.held = False
            engine.let(*PAGES)
        for number in (1, 2, 4):
            await it.until(lambda run: run.status is Status.DONE, run_id(number))
        assert {e.reason for e in await it.events(StageAbandoned)} == {"cancel"}  # type: ignore[attr-defined]


async def test_what_was_claimed_and_never_started_is_claimed_anew_after_a_restart(
    tmp_path: Path,
) -> None:
    """Its owner died between the two; nobody waits for its lease to run out."""
    async with stand(tmp_path) as it:
        await it.request(read=False)
        gone = msgspec.structs.replace(new_owner(), pid=2**30)
        await it.leases.claim(LeasedWork(RUN, WRITING, 1), str(gone))
        async with it.runner().running([RUN]):
            assert (await it.ended()).status is Status.DONE


async def test_leases_that_cannot_be_kept_stop_nobody(tmp_path: Path) -> None:
    """The log decides who starts what; a folder in the place of the file is no reason to wait."""
    (tmp_path / "leases.db").mkdir()
    async with stand(tmp_path) as it, it.runner().running([]):
        await it.request(read=False)
        assert (await it.ended()).status is Status.DONE
