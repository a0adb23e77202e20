"""Leases that live and die with their process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from storybook.stores.leases import (
    LEASE_SECONDS,
    Held,
    Lease,
    LeasedWork,
    claimed,
    left,
    length_of,
)


class MemoryLeases:
    """`Leases` in a dictionary. `clock` gives microseconds of a clock that only goes on."""

    def __init__(self, clock: Callable[[], int], seconds: float = LEASE_SECONDS) -> None:
        self._clock, self._length = clock, length_of(seconds)
        self._leases: dict[LeasedWork, Lease] = {}

    async def claim(self, work: LeasedWork, owner: str) -> Held:
        now = self._clock()
        lease = self._leases[work] = claimed(self._leases.get(work), owner, now, self._length)
        return Held(lease.owner, left(lease, now, self._length))

    async def renew(self, works: Iterable[LeasedWork], owner: str) -> frozenset[LeasedWork]:
        return frozenset([it for it in works if (await self.claim(it, owner)).owner != owner])

    async def release(self, works: Iterable[LeasedWork], owner: str) -> None:
        for work in works:
            if work in self._leases and self._leases[work].owner == owner:
                del self._leases[work]

    async def held(self) -> Mapping[LeasedWork, Held]:
        now = self._clock()
        return {
            work: Held(lease.owner, left(lease, now, self._length))
            for work, lease in self._leases.items()
        }
