"""What becomes of a delivery after an attempt: pure rules, as Standard Webhooks recommends them."""

from __future__ import annotations

from typing import Final

import msgspec

from storybook.clock import MICROSECONDS
from storybook.events.subscription import RetryPolicy
from storybook.stores.deliveries import Delivery, DeliveryStatus

TRIED_SECONDS: Final = 86_400
"""How long a delivery is tried: a receiver may be down for a night."""
RETRIES: Final = RetryPolicy(first=5.0, factor=3.0, most=14_400.0, jitter=0.3)
"""A restart takes seconds, an outage hours: some 13 attempts in a day."""
_GONE: Final = 410


class AttemptOutcome(msgspec.Struct, frozen=True):
    """What an attempt came to: the status that was answered, or 0 and why there was none.
    `retry_after` is how many seconds the receiver asks to wait."""

    status: int = 0
    why: str = ""
    retry_after: float | None = None

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300

    def __str__(self) -> str:
        return self.why or f"answered {self.status}"


def after_attempt(delivery: Delivery, outcome: AttemptOutcome, now: int, chance: float) -> Delivery:
    """The delivery after an attempt that ended at `now` (microseconds since 1970); `chance` is a
    number from 0 to 1. The last attempt is at the end of its time."""
    tried = msgspec.structs.replace(delivery, attempts=delivery.attempts + 1, last=str(outcome))
    if outcome.is_taken:
        return ended(tried, DeliveryStatus.DELIVERED, now)
    if outcome.status == _GONE:
        return ended(tried, DeliveryStatus.GONE, now)
    deadline = delivery.since + TRIED_SECONDS * MICROSECONDS
    if now >= deadline:
        return ended(tried, DeliveryStatus.FAILED, now)
    wait = max(RETRIES.wait(tried.attempts, chance), outcome.retry_after or 0.0)
    due_at = now + int(min(wait, TRIED_SECONDS) * MICROSECONDS)
    return msgspec.structs.replace(tried, due_at=min(due_at, deadline))


def ended(delivery: Delivery, status: DeliveryStatus, now: int) -> Delivery:
    """A delivery that is done with."""
    return msgspec.structs.replace(delivery, status=status, ended_at=now)
