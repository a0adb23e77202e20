"""Whoever is dead is tried for a day, by a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import anyio
import pytest

from storybook.clock import MICROSECONDS
from storybook.notifier import Notifier
from storybook.stores.deliveries import Delivery, DeliveryStatus
from storybook.stores.sqlite.webhooks import SqliteDeliveries, read_deliveries
from storybook.webhooks.receiver import Receiver
from storybook.webhooks.schedule import TRIED_SECONDS
from storybook.webhooks.sender import Sender
from storybook.webhooks.signing import secrets_in
from tests.clocks import ManualClock
from tests.http.serving import Site, eventually
from tests.webhooks.conftest import LOCAL
from tests.webhooks.receivers import SECRET, Receiving

pytestmark = pytest.mark.anyio


class Watched(SqliteDeliveries):
    """Counts how often it was looked what is due."""

    looks = 0

    async def due(
        self, now: int, latest: int, besides: Collection[str], limit: int
    ) -> list[Delivery]:
        found = await super().due(now, latest, besides, limit)
        self.looks += 1
        return found


@pytest.mark.slow
async def test_a_dead_receiver_is_tried_for_a_day(
    site: Site, receiver: Receiving, tmp_path: Path
) -> None:
    """Fourteen times, never before its moment, each time with the same id and body, and signed
    anew; then it is given up."""
    run_id = await site.finished_book()
    (*_, last) = await site.application.log.read_run(run_id)
    path, clock, planned = tmp_path / "webhooks.db", ManualClock(), Notifier()
    deliveries, start = Watched(path), clock.now()
    first = Delivery(last.position, run_id, "run.done", receiver.url(), start, start)
    await deliveries.plan([first], last.position, start)
    sender = Sender(
        site.application.log,
        deliveries,
        Receiver(allows_private=True),
        lambda *_: b"{}",
        settings=LOCAL,
        secrets=secrets_in(SECRET),
        clock=clock,
        chance=lambda: 0.0,
        planned=planned,
    )
    receiver.answers = ["500 Oops"] * 99

    def kept() -> Delivery:
        (it,) = read_deliveries(path, None, 9)
        return it

    async def tried(times: int) -> Delivery:
        await eventually(lambda: kept().attempts == times)
        return kept()

    async def looked(more: int) -> None:
        until = deliveries.looks + more
        while deliveries.looks < until:
            planned.notify()
            await anyio.sleep(0.005)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sender.run)
        delivery, moments = await tried(1), [clock.now()]
        while delivery.status is DeliveryStatus.DUE:
            clock.advance((delivery.due_at - clock.now()) / MICROSECONDS - 1)
            await looked(2)  # it may be at one that began before
            assert len(receiver.sent) == len(moments), "it was sent before its moment"
            clock.advance(1)
            planned.notify()
            moments.append(clock.now())
            delivery = await tried(len(moments))
        tasks.cancel_scope.cancel()
    assert moments[-1] - start == TRIED_SECONDS * MICROSECONDS
    assert (delivery.status, len(receiver.sent)) == (DeliveryStatus.FAILED, 14)
    assert {(it.id, it.body) for it in receiver.sent} == {(first.id, receiver.sent[0].body)}
    stamps = [int(it.headers["webhook-timestamp"]) * MICROSECONDS for it in receiver.sent]
    assert stamps == [it // MICROSECONDS * MICROSECONDS for it in moments]
