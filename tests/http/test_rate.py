"""How often one address may ask for a book."""

from __future__ import annotations

from storybook.http import rate
from storybook.http.rate import RateLimit


def test_a_burst_and_then_a_steady_trickle() -> None:
    """As many as a minute allows at once, then one whenever a token has grown."""
    limit = RateLimit(per_minute=6)
    assert [limit.take("a", 0.0) for _ in range(7)] == [0] * 6 + [10]
    assert limit.take("a", 9.0) == 1
    assert limit.take("a", 10.0) == 0
    assert limit.take("a", 10.0) == 10


def test_addresses_do_not_share() -> None:
    """One that asks too often takes nothing from another."""
    limit = RateLimit(per_minute=1)
    assert limit.take("a", 0.0) == 0
    assert limit.take("a", 0.0) > 0
    assert limit.take("b", 0.0) == 0


def test_it_forgets_who_has_been_quiet() -> None:
    """Buckets that are full again say nothing, and are thrown away when there are many."""
    limit = RateLimit(per_minute=60)
    for number in range(rate.MANY_CLIENTS):
        limit.take(str(number), 0.0)
    limit.take("late", 3.0)
    assert len(limit._buckets) == 1


def test_it_never_remembers_more_than_it_should() -> None:
    """Where no bucket is full, those that were taken from longest ago are forgotten."""
    limit = RateLimit(per_minute=1)
    for number in range(rate.MANY_CLIENTS * 2):
        limit.take("often", 0.0)
        limit.take(str(number), 0.0)
    assert len(limit._buckets) <= rate.MANY_CLIENTS
    assert limit.take("0", 0.0) == 0
    assert limit.take(str(number), 0.0) > 0
