"""When a delivery is tried again, and when it ends."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from storybook.book import RunId
from storybook.clock import MICROSECONDS
from storybook.events.log import Position
from storybook.stores.deliveries import Delivery, DeliveryStatus
from storybook.webhooks.schedule import TRIED_SECONDS, AttemptOutcome, after_attempt

START = 1_000 * MICROSECONDS
NEW = Delivery(Position(7), RunId("a" * 32), "run.done", "http://a/", START, START)


def tried(outcome: AttemptOutcome, seconds: float = 0, chance: float = 0) -> Delivery:
    return after_attempt(NEW, outcome, START + int(seconds * MICROSECONDS), chance)


@pytest.mark.parametrize("status", [200, 202, 204])
def test_what_is_taken_is_delivered(status: int) -> None:
    """Whatever kind of success it is."""
    after = tried(AttemptOutcome(status), 3)
    assert (after.status, after.attempts) == (DeliveryStatus.DELIVERED, 1)
    assert (after.ended_at, after.last) == (START + 3 * MICROSECONDS, f"answered {status}")


def test_a_receiver_that_is_gone_wants_no_more() -> None:
    """410 is the way to say so."""
    assert tried(AttemptOutcome(410)).status is DeliveryStatus.GONE


@pytest.mark.parametrize("outcome", [AttemptOutcome(it) for it in (301, 302, 400, 404, 500)])
def test_all_else_is_tried_again(outcome: AttemptOutcome) -> None:
    """Receivers are mended, also those that answer 404 today."""
    after = tried(outcome)
    assert (after.status, after.ended_at) == (DeliveryStatus.DUE, None)
    assert after.due_at == START + 5 * MICROSECONDS


def test_the_waits_grow_for_a_day_with_chance_in_them() -> None:
    """The last attempt is a day after the first; then it is given up. Those that failed together do
    not come back together."""
    delivery, moments = NEW, [0.0]
    while delivery.status is DeliveryStatus.DUE:
        delivery = after_attempt(delivery, AttemptOutcome(why="dead"), delivery.due_at, 0)
        moments.append((delivery.due_at - START) / MICROSECONDS)
    waits = [b - a for a, b in itertools.pairwise(moments)]
    assert waits[:4] == [5, 15, 45, 135] and max(waits) == 14_400
    assert moments[-1] == TRIED_SECONDS
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.FAILED, 14)
    assert tried(AttemptOutcome(500), chance=1).due_at == START + int(3.5 * MICROSECONDS)


def test_a_receiver_may_ask_for_more_time() -> None:
    """But not for more than there is."""
    assert tried(AttemptOutcome(503, retry_after=60)).due_at == START + 60 * MICROSECONDS
    assert tried(AttemptOutcome(429, retry_after=1)).due_at == START + 5 * MICROSECONDS
    later = tried(AttemptOutcome(503, retry_after=1e300), 100)
    assert later.due_at == START + TRIED_SECONDS * MICROSECONDS


def test_an_id_is_the_same_at_each_attempt() -> None:
    """It is run and position, and has no full stop, which bounds what is signed."""
    again = msgspec.structs.replace(NEW, attempts=3, since=5)
    assert again.id == NEW.id == f"{'a' * 32}-7" and "." not in NEW.id
