"""Which waiting work comes next."""

from __future__ import annotations

from storybook.book import WRITING, Work, picture_of
from storybook.stages.agenda import Agenda, Ticket
from tests.engines import run_id


def ticket(run: int, work: Work, attempt: int = 1, not_before: int = 0) -> Ticket:
    return Ticket(run_id(run), work, attempt, not_before, turn=run)


def order(agenda: Agenda, now: int = 0) -> list[tuple[int, int | None]]:
    return [(it.turn, it.work.page) for it in agenda.due(now)]


def test_the_oldest_run_is_finished_first_but_first_pages_come_before_last_ones() -> None:
    """Covers of all runs come first, then the pages of the oldest run in order."""
    agenda = Agenda()
    for run, page in [(2, 3), (1, 4), (2, 0), (1, 2), (3, 0), (1, 1)]:
        agenda.put(ticket(run, picture_of(page)))
    assert order(agenda) == [(2, 0), (3, 0), (1, 1), (1, 2), (1, 4), (2, 3)]


def test_work_is_not_due_before_its_time() -> None:
    """What is to wait is due at its moment, and the agenda knows the next one."""
    agenda = Agenda()
    agenda.put(ticket(1, picture_of(1), not_before=50))
    agenda.put(ticket(1, picture_of(2), not_before=70))
    assert order(agenda, 49) == []
    assert agenda.next_moment(49) == 50
    assert order(agenda, 50) == [(1, 1)]
    assert agenda.next_moment(50) == 70
    assert agenda.next_moment(70) is None


def test_a_newer_attempt_replaces_an_older_one_and_not_the_other_way_round() -> None:
    """Events may be heard late: only the newest attempt waits."""
    agenda = Agenda()
    agenda.put(ticket(1, WRITING, attempt=2))
    agenda.put(ticket(1, WRITING, attempt=1))
    assert [it.attempt for it in agenda.due(0)] == [2]
    agenda.drop(run_id(1), WRITING, 1)
    assert len(agenda) == 1
    agenda.drop(run_id(1), WRITING, 2)
    assert len(agenda) == 0
