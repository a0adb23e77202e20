"""Deliveries of webhooks, as they are kept: what is to be told to whom, and how far that is.

They are no projection: what was sent is no consequence of the log, and a view that is made anew
must send nothing. What a delivery tells is not in it: it is read from the log at each attempt, so
that no text of a book lies in a second place.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Sequence
from typing import Protocol

import msgspec

from storybook.book import RunId
from storybook.events.log import Position


class DeliveryStatus(enum.StrEnum):
    """How far a delivery is."""

    DUE = "due"
    """It is to be sent, for the first time or again."""
    DELIVERED = "delivered"
    FAILED = "failed"
    """Given up."""
    GONE = "gone"
    """The receiver wants nothing more of this run."""


class Delivery(msgspec.Struct, frozen=True):
    """One notice for one address. `position` is that of its event, and there is one delivery at
    most for each; times are microseconds since 1970."""

    position: Position
    run_id: RunId
    type: str
    url: str
    since: int
    """When it was planned, or asked for again: from then on it is tried for a day."""
    due_at: int
    attempts: int = 0
    status: DeliveryStatus = DeliveryStatus.DUE
    last: str = ""
    """What the last attempt came to, in words; nothing that the receiver said."""
    ended_at: int | None = None

    @property
    def id(self) -> str:
        """The same at each attempt, also after a crash: what a receiver knows repetitions by."""
        return f"{self.run_id}-{self.position}"


class DeliveriesUnavailable(Exception):
    """Deliveries cannot be read or written now."""


class Deliveries(Protocol):
    """All deliveries. Every call may raise `DeliveriesUnavailable`."""

    async def begin(self, head: Position) -> Position:
        """Where in the log planning goes on: at its end `head` where nothing was ever planned, or
        where the log ends before that (it came back from an older backup)."""
        ...

    async def plan(self, planned: Sequence[Delivery], cursor: Position, now: int) -> None:
        """Keep deliveries, and that the log was read up to `cursor`, in one transaction. What was
        planned before stays as it is, and what is for a run whose receiver is gone is so too; what
        is for a run that was forgotten meanwhile is not kept."""
        ...

    async def due(
        self, now: int, latest: int, besides: Collection[str], limit: int
    ) -> list[Delivery]:
        """The first delivery for each address that is due now, or that is due only after `latest`,
        which no clock that goes right has asked for; none for the addresses `besides`. Those that
        were tried least come first."""
        ...

    async def record(self, before: Delivery, after: Delivery) -> None:
        """Note what an attempt came to, unless the delivery has been asked for again meanwhile. If
        the receiver is gone, so is all else that was due for the run."""
        ...

    async def forget(self, *run_ids: RunId) -> None:
        """Remove all that was to be told of runs, with whom, so that no trace is left. Where
        nothing was ever planned, no file is made."""
        ...
