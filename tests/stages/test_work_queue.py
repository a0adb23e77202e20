"""Which waiting work comes next."""

from __future__ import annotations

from storybook.book import WRITING, Work, picture_of
from storybook.stages.work_queue import QueuedWork, WorkQueue
from tests.engines import run_id


def queued(run: int, work: Work, attempt: int = 1, due: int = 0) -> QueuedWork:
    return QueuedWork(run_id(run), work, attempt, due, turn=run)


def order(queue: WorkQueue, now: int = 0) -> list[tuple[int, int | None]]:
    return [(it.turn, it.work.page) for it in queue.due(now)]


def test_the_oldest_run_is_finished_first_but_first_pages_come_before_last_ones() -> None:
    """Covers of all runs come first, then the pages of the oldest run in order."""
    queue = WorkQueue()
    for run, page in [(2, 3), (1, 4), (2, 0), (1, 2), (3, 0), (1, 1)]:
        queue.put(queued(run, picture_of(page)))
    assert order(queue) == [(2, 0), (3, 0), (1, 1), (1, 2), (1, 4), (2, 3)]


def test_work_is_not_due_before_its_time() -> None:
    """What is to wait is due at its moment, and the queue knows the next one."""
    queue = WorkQueue()
    queue.put(queued(1, picture_of(1), due=50))
    queue.put(queued(1, picture_of(2), due=70))
    assert order(queue, 49) == []
    assert queue.next_moment(49) == 50
    assert order(queue, 50) == [(1, 1)]
    assert queue.next_moment(50) == 70
    assert queue.next_moment(70) is None


def test_a_newer_attempt_replaces_an_older_one_and_not_the_other_way_round() -> None:
    """Events may be heard late: only the newest attempt waits."""
    queue = WorkQueue()
    queue.put(queued(1, WRITING, attempt=2))
    queue.put(queued(1, WRITING, attempt=1))
    assert [it.attempt for it in queue.due(0)] == [2]
    queue.drop(run_id(1), WRITING, 1)
    assert len(queue) == 1
    queue.drop(run_id(1), WRITING, 2)
    assert len(queue) == 0
