"""Sends what is due, each receiver at its own pace.

One delivery at a time goes to one address, so that whoever is dead or slow keeps nobody waiting
but himself; what was never tried goes before what failed. An attempt is noted after it was made: a
crash in between has it made again, with the same id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

import anyio
import anyio.abc
from msgspec import structs

from storybook import __version__
from storybook.callback_url import is_allowed_host
from storybook.clock import MICROSECONDS, Clock, sleep
from storybook.events.log import EventLog
from storybook.notifier import Notifier
from storybook.settings import WebhookSettings
from storybook.stores.deliveries import (
    Deliveries,
    DeliveriesUnavailable,
    Delivery,
    DeliveryStatus,
)
from storybook.webhooks.notices import Render, notice_body
from storybook.webhooks.receiver import Receiver
from storybook.webhooks.schedule import TRIED_SECONDS, AttemptOutcome, after_attempt, ended
from storybook.webhooks.signing import signed_headers

logger = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 64
"""Attempts at one time: more than there are receivers in a house, and few for a machine."""
LOOK_SECONDS: Final = 2.0
"""How often it is looked what is due: nobody tells of what the command line asks for."""
PAUSE_SECONDS: Final = 30.0
"""How long an address is left alone if it cannot be noted what became of an attempt: the same
would go there again at once."""
_HEADERS: Final = {
    "Content-Type": "application/json",
    "User-Agent": f"storybook/{__version__}",
}


class Sender:
    """Makes attempts until it is cancelled. `planned` says that there may be something to send,
    `chance` draws a number from 0 to 1."""

    def __init__(
        self,
        log: EventLog,
        deliveries: Deliveries,
        receiver: Receiver,
        render: Render,
        *,
        settings: WebhookSettings,
        secrets: tuple[bytes, ...],
        clock: Clock,
        chance: Callable[[], float],
        planned: Notifier,
    ) -> None:
        self._log, self._deliveries, self._receiver = log, deliveries, receiver
        self._render, self._settings, self._secrets = render, settings, secrets
        self._clock, self._chance, self._changed = clock, chance, planned
        self._in_hand: set[str] = set()

    async def run(self) -> None:
        async with anyio.create_task_group() as attempts:
            while True:
                changed = self._changed.next
                await self._start_due(attempts)
                with anyio.move_on_after(LOOK_SECONDS):
                    await changed.wait()

    async def _start_due(self, attempts: anyio.abc.TaskGroup) -> None:
        now, room = self._clock.now(), MOST_AT_ONCE - len(self._in_hand)
        latest = now + TRIED_SECONDS * MICROSECONDS
        try:
            found = await self._deliveries.due(now, latest, self._in_hand, room) if room else []
        except DeliveriesUnavailable as error:
            logger.warning("webhooks: nothing can be sent: %s", error)
            await sleep(self._clock, PAUSE_SECONDS)
            return
        for delivery in found:
            self._in_hand.add(delivery.url)
            attempts.start_soon(self._attempt, delivery)

    async def _attempt(self, delivery: Delivery) -> None:
        try:
            after = await self._sent(delivery)
            await self._deliveries.record(delivery, after)
            logger.info("webhook %s: %s (%s)", delivery.id, after.last, after.status)
        except Exception as error:  # whatever it is: the others are sent
            logger.warning("webhook %s: not noted, sent again later: %s", delivery.id, error)
            await sleep(self._clock, PAUSE_SECONDS)
        finally:
            self._in_hand.discard(delivery.url)
            self._changed.notify()

    async def _sent(self, delivery: Delivery) -> Delivery:
        """The delivery after one more attempt."""
        recorded = await self._log.read_run(delivery.run_id)
        body = notice_body(delivery.type, delivery.position, recorded, self._render)
        if body is None:
            given_up = ended(delivery, DeliveryStatus.FAILED, self._clock.now())
            return structs.replace(given_up, last="the run can be read no more")
        outcome = await self._ask(delivery, body)
        return after_attempt(delivery, outcome, self._clock.now(), self._chance())

    async def _ask(self, delivery: Delivery, body: bytes) -> AttemptOutcome:
        if not is_allowed_host(delivery.url, self._settings.allowed_hosts):
            return AttemptOutcome(why="its host is not in [webhooks] allowed_hosts any more")
        seconds = self._clock.now() // MICROSECONDS
        signed = signed_headers(delivery.id, seconds, body, self._secrets)
        return await self._receiver.post(delivery.url, {**_HEADERS, **signed}, body)
