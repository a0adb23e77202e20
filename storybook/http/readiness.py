"""`GET /readyz`: whether work can be done here, and is brought up to date; and if not, why."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from litestar import route
from litestar.handlers import HTTPRouteHandler

from storybook.events.log import EventLog, LogError
from storybook.events.parked import ParkedRuns
from storybook.events.subscription import Subscription
from storybook.http.requests import READ
from storybook.http.responses import RawResponse, json_response


class ReadinessState(msgspec.Struct, frozen=True):
    """What /readyz answers; `reasons` are sentences that say what to do."""

    ready: bool
    reasons: list[str]


class ReadyCalls:
    """Asks everybody who follows the log. It lists no books, so it is as open as `/`."""

    def __init__(
        self, log: EventLog, parked: ParkedRuns, subscriptions: Sequence[Subscription]
    ) -> None:
        self._log, self._parked, self._subscriptions = log, parked, subscriptions

    def routes(self) -> list[HTTPRouteHandler]:
        return [route("/readyz", http_method=READ)(self.state)]

    async def state(self) -> RawResponse:
        troubles = [await it.trouble() for it in self._subscriptions]
        reasons = self._trouble_of_the_log() + [it for it in troubles if it is not None]
        reasons += [str(it) for it in self._parked]
        state = ReadinessState(not reasons, reasons)
        return json_response(state, status=503 if reasons else 200)

    def _trouble_of_the_log(self) -> list[str]:
        """A log that is damaged, or only read: what there is can be shown, and no work be done."""
        if self._log.damage:
            return [self._log.damage]
        try:
            self._log.check_takes_appends()
        except LogError as error:
            return [str(error)]
        return []
