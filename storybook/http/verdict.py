"""`GET /api/runs/{run_id}/verdict`: what the log's digest chain says of a run.

The server looks, and not whoever asks: a link of the chain covers the event before it, and that is
mostly one of another run. Whoever trusts the server too little for that has `storybook verify`, and
a verifier of their own (docs/digest-chain.md).
"""

from __future__ import annotations

import anyio
from anyio import to_thread
from litestar import route
from litestar.handlers import HTTPRouteHandler
from litestar.types import Scope

from storybook.application import Application
from storybook.http.requests import READ, run_id_in
from storybook.http.responses import RawResponse, json_response
from storybook.run import NoSuchRun


class VerdictCalls:
    """The handler. One run is looked at after the other, however many ask."""

    def __init__(self, application: Application) -> None:
        self._application, self._looking = application, anyio.Lock()

    def routes(self) -> list[HTTPRouteHandler]:
        return [route("/api/runs/{run_id:str}/verdict", http_method=READ)(self.verdict)]

    async def verdict(self, scope: Scope) -> RawResponse:
        async with self._looking:
            found = await to_thread.run_sync(self._application.verdict, run_id_in(scope))
        if found is None:
            raise NoSuchRun
        return json_response(found)
