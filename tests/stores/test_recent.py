"""The last events in memory: never a wrong one, whatever has been let go."""

from __future__ import annotations

from storybook.book import RunId
from storybook.events.log import Position, Recorded, Version
from storybook.stores.sqlite.recent import KEPT, Recent


def events(first: int, count: int) -> list[Recorded]:
    return [
        Recorded(Position(n), RunId("a"), Version(n), "RunCompleted", 1, 0, b"{}", bytes(32))
        for n in range(first, first + count)
    ]


def publish(recent: Recent, count: int) -> None:
    head = Position(recent.head + count)
    recent.publish(events(recent.head + 1, count), head)


def test_a_cursor_gets_what_is_behind_it() -> None:
    """Events after a cursor come in order, as many as asked for; none at the end."""
    recent = Recent(Position(10))
    publish(recent, 5)
    assert recent.after(Position(12), 2) == events(13, 2)
    assert recent.after(Position(10), 99) == events(11, 5)
    assert recent.after(Position(15), 99) == []
    assert recent.after(Position(16), 99) == []
    assert recent.after(Position(9), 99) is None


def test_the_oldest_are_let_go() -> None:
    """At least `KEPT` stay, at most twice as many, and what stays is found at its position."""
    recent = Recent(Position(0))
    for _ in range(3 * KEPT // 64):
        publish(recent, 64)
        oldest = Position(max(0, recent.head - KEPT))
        assert recent.after(oldest, 1) == events(oldest + 1, 1)
        assert recent.after(Position(recent.head - 1), 9) == events(recent.head, 1)
    assert recent.after(Position(recent.head - 2 * KEPT), 1) is None


def test_a_jump_starts_again() -> None:
    """Events that were never handed over are not skipped: they have to be read from the log."""
    recent = Recent(Position(3))
    publish(recent, 2)
    wake = recent.notifier.next
    recent.publish([], Position(9))
    assert wake.is_set()
    assert recent.head == 9
    assert recent.after(Position(5), 9) is None
    publish(recent, 1)
    assert recent.after(Position(9), 9) == events(10, 1)
