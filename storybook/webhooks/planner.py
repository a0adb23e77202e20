"""Follows the log, and plans what is to be sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from storybook.book import RunId
from storybook.events.catalog import RunForgotten, RunRequested
from storybook.events.log import START, EventLog, Position, Recorded
from storybook.events.parked import RunParked, read_event
from storybook.notifier import Notifier
from storybook.run import ForgottenRun, read_history
from storybook.stores.deliveries import Deliveries, Delivery
from storybook.webhooks.notices import notice_of

KEPT_URLS: Final = 10_000
"""Runs of which it is remembered whom to tell, about 200 bytes each."""
MOST_UNNOTED: Final = 1_000
"""Positions that are read once more after a restart where nothing was planned in them: noting each
batch would sync the disk for nothing."""


class Planner:
    """The handler of a subscription. `planned` is notified when something is to be sent."""

    def __init__(
        self, log: EventLog, deliveries: Deliveries, now: Callable[[], int], planned: Notifier
    ) -> None:
        self._log, self._deliveries, self._now = log, deliveries, now
        self._noted, self._planned = START, planned
        self._urls: dict[RunId, str] = {}

    async def handle(self, batch: Sequence[Recorded]) -> Position | None:
        planned = [it for it in [await self._delivery(one) for one in batch] if it is not None]
        end = batch[-1].position
        if planned or end - self._noted >= MOST_UNNOTED:
            await self._deliveries.plan(planned, end, self._now())
            self._noted = end
        for run_id in [it.run_id for it in batch if it.type == RunForgotten.__name__]:
            await self._deliveries.forget(run_id)  # what was planned while it was being forgotten
            self._urls.pop(run_id, None)
        if planned:
            self._planned.notify()
        return None

    async def _delivery(self, recorded: Recorded) -> Delivery | None:
        url = await self._url_of(recorded.run_id)
        if not url:
            return None
        try:
            kind = await self._notice(recorded)
        except ForgottenRun:  # since its address was read
            return None
        now = self._now()
        return Delivery(recorded.position, recorded.run_id, kind, url, now, now) if kind else None

    async def _notice(self, recorded: Recorded) -> str | None:
        """What an event gives reason to tell, which its run decides as it stood then. Raises
        `ForgottenRun`."""
        if recorded.is_erased:
            raise ForgottenRun
        event = read_event(recorded)
        events = await self._log.read_run(recorded.run_id)
        history = read_history([it for it in events if it.position <= recorded.position])
        if history.parked is not None:
            raise RunParked(history.parked)
        return notice_of(event, history.run) if history.run is not None else None

    async def _url_of(self, run_id: RunId) -> str:
        """Whom to tell of a run, empty if nobody asked to be told."""
        if (known := self._urls.get(run_id)) is not None:
            return known
        (first,) = await self._log.read_run(run_id, limit=1)
        if first.is_erased:  # its run was forgotten, and with it who was to be told
            return ""
        event = read_event(first)
        url = event.callback_url if isinstance(event, RunRequested) else ""
        self._urls[run_id] = url
        if len(self._urls) > KEPT_URLS:
            del self._urls[next(iter(self._urls))]
        return url
