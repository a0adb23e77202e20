"""Whose work in hand is: a lease is the right of an owner to a piece of work, until it ends.

A worker **claims** work before it starts it, **renews** what it has in hand a few times in each
lease's length, and **releases** what has ended. Work of which the lease has run out belongs to
nobody any more, whatever its owner believes; a lease that was lost is found out with the next
renewal. What counts in the end is the log, which refuses what comes from an attempt that was
overtaken: leases only keep workers from getting in each other's way.

Leases are no facts worth keeping: they lie beside the log, and may be thrown away at any time.
Then everybody's work counts as leased for one length more, in which its owner renews it.

Ends are on the store's own clock, which no worker needs to know; workers give and get lengths.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Protocol

import msgspec

from storybook.book import RunId, Work
from storybook.clock import MICROSECONDS

LEASE_SECONDS: Final = 30.0
"""How long work stays with an owner that nothing is heard of. An event loop never stands still for
so long, and a child may wait so long for a page."""

RENEWALS: Final = 3
"""Renewals in the length of a lease: one may be late, and one may fail."""


class LeasedWork(msgspec.Struct, frozen=True):
    """One attempt at a piece of work."""

    run_id: RunId
    work: Work
    attempt: int

    def __str__(self) -> str:
        return f"run {self.run_id}: {self.work} attempt {self.attempt}"


class Lease(msgspec.Struct, frozen=True):
    """Whose some work is, and until when: microseconds on the store's clock."""

    owner: str
    until: int


class Held(msgspec.Struct, frozen=True):
    """Whose some work is, and for how many microseconds more; none are left of what ran out."""

    owner: str
    left: int


class LeasesUnavailable(Exception):
    """Leases cannot be read or written now."""


class Leases(Protocol):
    """The leases of all workers. Every call may raise `LeasesUnavailable`."""

    async def claim(self, work: LeasedWork, owner: str) -> Held:
        """Take work that is nobody's, or that is the owner's already. Says whose it is now: it was
        taken if that is `owner`."""
        ...

    async def renew(self, works: Iterable[LeasedWork], owner: str) -> frozenset[LeasedWork]:
        """Let an owner's leases last a whole length from now on, also such as were thrown away.
        Returns those that are somebody else's by now."""
        ...

    async def release(self, works: Iterable[LeasedWork], owner: str) -> None:
        """Give an owner's leases back; what is somebody else's stays so."""
        ...

    async def held(self) -> Mapping[LeasedWork, Held]:
        """All leases, those that ran out included, as far as they are remembered."""
        ...


# -------------------------------------------------------------------------------------- the rules


def claimed(lease: Lease | None, owner: str, now: int, length: int) -> Lease:
    """The lease that stands after `owner` has asked for it: a new one, unless it is another's.

    Nobody was ever given more than one length: a lease that has more left was given by a clock
    that has begun again since (the machine was restarted), and is void.
    """
    if lease is None or lease.owner == owner or left(lease, now, length) == 0:
        return Lease(owner, now + length)
    return lease


def left(lease: Lease, now: int, length: int) -> int:
    """What is left of a lease, in microseconds."""
    remaining = lease.until - now
    return remaining if 0 < remaining <= length else 0


def length_of(seconds: float) -> int:
    """Seconds as microseconds."""
    return int(seconds * MICROSECONDS)
