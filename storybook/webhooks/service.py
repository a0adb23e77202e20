"""Webhooks of a running server: the planner and the sender, with the subscription between them."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping
from functools import partial
from typing import Final

import anyio

from storybook.clock import MICROSECONDS, Clock, sleep
from storybook.events.log import START, EventLog, LogError, Position
from storybook.events.parked import ParkedRuns
from storybook.events.subscription import RetryPolicy, Subscription
from storybook.notifier import Notifier
from storybook.settings import SettingsError, WebhookSettings, is_variable
from storybook.stores.deliveries import Deliveries, DeliveriesUnavailable
from storybook.webhooks.notices import HEARD, Render
from storybook.webhooks.planner import Planner
from storybook.webhooks.receiver import Receiver
from storybook.webhooks.sender import Sender
from storybook.webhooks.signing import SecretFault, secrets_in

logger = logging.getLogger(__name__)

NAME: Final = "webhooks"
"""Of the subscription."""
_BEGIN: Final = RetryPolicy(first=1.0, most=30.0)


class Webhooks:
    """What follows the log and sends, once it is told how a state is rendered. Raises
    `SettingsError` for a secret that cannot be used."""

    def __init__(
        self,
        settings: WebhookSettings,
        environ: Mapping[str, str],
        log: EventLog,
        deliveries: Deliveries,
        *,
        clock: Clock,
        parked: ParkedRuns,
        render: Render,
    ) -> None:
        self._log, self._deliveries, self._clock = log, deliveries, clock
        self._planned = Notifier()
        self._planner = Planner(log, deliveries, clock.now, self._planned)
        self._sender = Sender(
            log,
            deliveries,
            Receiver(allows_private=settings.private_addresses),
            render,
            settings=settings,
            secrets=webhook_secrets(settings, environ),
            clock=clock,
            chance=random.random,
            planned=self._planned,
        )
        self.subscription = Subscription(
            log,
            NAME,
            self._planner,
            after=START,
            parked=parked,
            types=HEARD,
            sleep=partial(sleep, clock),
            now=lambda: clock.monotonic() / MICROSECONDS,
        )

    async def run(self) -> None:
        """Plan and send until cancelled."""
        self.subscription.move(await self._begin())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.subscription.run)
            tasks.start_soon(self._sender.run)

    async def _begin(self) -> Position:
        """Where planning goes on, as soon as anybody knows."""
        tries = 0
        while True:
            try:
                return await self._deliveries.begin(await self._log.head())
            except (DeliveriesUnavailable, LogError) as error:
                tries += 1
                logger.warning("webhooks: cannot begin, trying again: %s", error)
                await sleep(self._clock, _BEGIN.wait(tries, random.random()))


_MAKING_ONE: Final = '`echo "whsec_$(openssl rand -base64 32)"` makes one'


def webhook_secrets(settings: WebhookSettings, environ: Mapping[str, str]) -> tuple[bytes, ...]:
    """The secrets that webhooks are signed with. Raises `SettingsError`, which repeats neither the
    secret nor what may be one by mistake."""
    name = settings.secret_variable.strip()
    where = "settings: secret_variable in [webhooks]"
    if not name:
        raise SettingsError(
            f"{where} is to name the environment variable that holds the secret, since "
            f"allowed_hosts names hosts; {_MAKING_ONE}"
        )
    shown = name if is_variable(name) else "the variable that is named there"
    try:
        return secrets_in(environ.get(name, ""))
    except SecretFault as fault:
        raise SettingsError(
            f"{where}: {shown} is to hold whsec_ and 24 to 64 bytes in base64: {fault}; "
            f"{_MAKING_ONE}"
        ) from fault
