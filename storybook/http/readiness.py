"""`GET /healthz`: whether the server is alive; `GET /readyz`: whether work can be done here, and is
brought up to date; and if not, why."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Final

import msgspec
from anyio import to_thread
from litestar import route
from litestar.handlers import HTTPRouteHandler

from storybook.application import Application
from storybook.book import Role
from storybook.events.log import LogError
from storybook.events.subscription import Subscription
from storybook.http.requests import READ
from storybook.http.responses import RawResponse, json_response
from storybook.settings import AUTO

FARTHEST_BEHIND: Final = 2_000
"""Events that a part may be behind the log: what it takes in a second, and readers see old states
until then."""


class Liveness(msgspec.Struct, frozen=True):
    """What /healthz answers; whoever is not alive answers nothing."""

    alive: bool


class ReadinessState(msgspec.Struct, frozen=True):
    """What /readyz answers; `reasons` are sentences that say what to do."""

    ready: bool
    reasons: list[str]


_ALIVE: Final = json_response(Liveness(True))


class ReadyCalls:
    """Asks everybody who follows the log, the log, the disk and the engines."""

    def __init__(self, application: Application, subscriptions: Sequence[Subscription]) -> None:
        self._application, self._subscriptions = application, subscriptions

    def routes(self) -> list[HTTPRouteHandler]:
        return [
            route("/healthz", http_method=READ)(self.alive),
            route("/readyz", http_method=READ)(self.state),
        ]

    async def alive(self) -> RawResponse:
        return _ALIVE

    async def state(self) -> RawResponse:
        reasons = [it async for it in self.reasons()]
        state = ReadinessState(not reasons, reasons)
        return json_response(state, status=503 if reasons else 200)

    async def reasons(self) -> AsyncIterator[str]:
        """Why work cannot be done here, or what is shown is not brought up to date."""
        for reason in self._trouble_of_the_log():
            yield reason
        for reason in await to_thread.run_sync(lambda: [*self._trouble_of_the_disk()]):
            yield reason
        for each in self._subscriptions:
            if trouble := await _trouble_of(each):
                yield trouble
        for parked in self._application.parked:
            yield str(parked)
        for reason in self._trouble_of_engines():
            yield reason

    def _trouble_of_the_log(self) -> Iterator[str]:
        """A log that is damaged, or only read: what there is can be shown, and no work be done."""
        log = self._application.log
        if log.damage:
            yield log.damage
            return
        try:
            log.check_takes_appends()
        except LogError as error:
            yield str(error)

    def _trouble_of_the_disk(self) -> Iterator[str]:
        floor = self._application.settings.limits.free_bytes
        try:
            free = self._application.usage().free
        except OSError as error:
            yield f"the data folder cannot be looked at: {error}"
            return
        if free < floor:
            yield (
                f"{free:,} bytes are free where the data folder lies, and free_bytes in [limits] "
                f"wants {floor:,}: make room there, or lower it"
            )

    def _trouble_of_engines(self) -> Iterator[str]:
        """Whoever makes a book has to be ready; who hears speech, if that was asked for."""
        outages, engines = self._application.outages, self._application.engines
        if outages is None:
            return  # nothing is worked on, and that has been said
        for it in engines.told():
            is_needed = it.role is not Role.TRANSCRIBER or it.configured != AUTO
            if is_needed and it.why and not it.ready:  # of one that was not looked at there is none
                yield f"{it.role}: {it.engine} is not ready: {it.why}. {it.mend}".rstrip()
            elif outages.is_away(engines.of(it.role).best.info):
                yield f"{it.role}: {it.engine} is away: work waits for it; look at its server"


async def _trouble_of(subscription: Subscription) -> str:
    """Why a part does not keep up; empty if it does."""
    if (trouble := await subscription.trouble()) is not None:
        return trouble
    if (lag := await subscription.lag()) > FARTHEST_BEHIND:
        return f"{subscription.name}: {lag:,} events behind the log; it catches up"
    return ""
