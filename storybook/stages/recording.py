"""What is recorded of work that is not in hand here: that its owner is gone, that it waits for an
engine, or that it has done so for too long."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from storybook.clock import utc_text
from storybook.commands import Decide
from storybook.events.catalog import AbandonReason, Fault
from storybook.events.log import LogError
from storybook.events.parked import RunParked
from storybook.run import Refused, abandon_stage, defer_stage, give_up_waiting
from storybook.stages.actions import Abandon, Defer, GiveUp
from storybook.stages.worker import Worker, until_it_passes
from storybook.stores.leases import LeasesUnavailable

logger = logging.getLogger(__name__)


async def record(worker: Worker, it: Abandon | Defer | GiveUp) -> None:
    """Record it, unless it is true no more: another worker was first, or somebody cancelled."""
    decide = _DECISIONS[type(it)](worker, it)
    execute = partial(worker.commands.execute, it.work.run_id, decide)
    try:
        await until_it_passes(worker, str(it.work), execute)
        if isinstance(it, Abandon):
            await worker.leases.release([it.work], it.owner)
    except (Refused, RunParked, LogError, LeasesUnavailable) as error:
        # Another worker was first, or this one stops; and a lease runs out by itself.
        logger.info("%s: %s", it.work, error)


def _abandoned(worker: Worker, it: Abandon) -> Decide:
    """Its owner is gone; it is to be done anew."""
    logger.info("%s was in hand of %s, which is gone (to blame: %s)", it.work, it.owner, it.blame)
    return partial(
        abandon_stage,
        work=it.work.work,
        attempt=it.work.attempt,
        reason=AbandonReason.CRASH,
        blame=it.blame,
    )


def _deferred(worker: Worker, it: Defer) -> Decide:
    logger.info("%s waits for %s", it.work, it.engine.name)
    return partial(
        defer_stage,
        work=it.work.work,
        attempt=it.work.attempt,
        engine=it.engine,
        why=it.why,
        is_new=it.is_new,
    )


def _given_up(worker: Worker, it: GiveUp) -> Decide:
    fault = fault_of(it, worker.outage_minutes)
    logger.debug("%s failed: %s", it.work, fault.message)
    return partial(give_up_waiting, work=it.work.work, attempt=it.work.attempt, fault=fault)


def fault_of(it: GiveUp, minutes: float) -> Fault:
    """Why work is given up that was to wait for so many minutes."""
    message = (
        f"{it.engine.name} has been waited for since {utc_text(it.since)}, for longer than "
        f"outage_minutes in [limits] ({minutes:g}); seen last: {it.absence.why}. {it.absence.mend}"
    )
    return Fault("engine_away", message, retryable=False)


_DECISIONS: Final[Mapping[type, Callable[[Worker, Any], Decide]]] = {
    Abandon: _abandoned,
    Defer: _deferred,
    GiveUp: _given_up,
}
