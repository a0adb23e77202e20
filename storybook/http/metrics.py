"""`GET /metrics`: the figures of the running service, for Prometheus."""

from __future__ import annotations

from collections.abc import Sequence

from anyio import to_thread
from litestar import route
from litestar.handlers import HTTPRouteHandler
from litestar.types import Scope

from storybook.application import Application
from storybook.data_folder import Usage
from storybook.events.log import LogError
from storybook.events.subscription import Subscription
from storybook.http.requests import READ, header
from storybook.http.responses import NOT_KEPT, RawResponse
from storybook.http.streams import Streams
from storybook.telemetry.metrics import Snapshot

NOBODY_KNOWS = -1
"""What stands for a figure that cannot be had now; a gap would be taken for a stopped server."""


class MetricsCalls:
    """The handler. `subscriptions` are all that follow the log in this process."""

    def __init__(
        self, application: Application, streams: Streams, subscriptions: Sequence[Subscription]
    ) -> None:
        self._application, self._streams = application, streams
        self._subscriptions = subscriptions

    def routes(self) -> list[HTTPRouteHandler]:
        return [route("/metrics", http_method=READ)(self.metrics)]

    async def metrics(self, scope: Scope) -> RawResponse:
        body, media_type = self._application.metrics.written(
            header(scope, b"accept") or "", await self._snapshot()
        )
        return RawResponse(body, media_type=media_type.encode(), headers=[NOT_KEPT])

    async def _snapshot(self) -> Snapshot:
        it, usage = self._application, await self._usage()
        return Snapshot(
            it.clock.now(),
            len(self._streams.open),
            {each.name: await _lag(each) for each in self._subscriptions},
            it.attempts.loads() if it.attempts is not None else {},
            it.attempts.open_runs if it.attempts is not None else 0,
            len(list(it.parked)),
            usage.free,
            usage.log,
        )

    async def _usage(self) -> Usage:
        try:
            return await to_thread.run_sync(self._application.usage)
        except OSError:
            return Usage(NOBODY_KNOWS, NOBODY_KNOWS)


async def _lag(subscription: Subscription) -> int:
    try:
        return await subscription.lag()
    except LogError:
        return NOBODY_KNOWS
