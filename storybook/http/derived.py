"""Which book a book is based on, and which are based on it."""

from __future__ import annotations

from litestar import route
from litestar.handlers import HTTPRouteHandler
from litestar.types import Scope

from storybook.application import Application
from storybook.http.kinship import Kinship, OriginState
from storybook.http.requests import READ, run_id_in
from storybook.http.responses import RawResponse, json_response


class DerivedCalls:
    """The handlers, over a running service."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def routes(self) -> list[HTTPRouteHandler]:
        return [route("/api/runs/{run_id:str}/derived", http_method=READ)(self.derived)]

    async def derived(self, scope: Scope) -> RawResponse:
        """From which book a book comes, and what came of it."""
        run_id = run_id_in(scope)
        it, is_gone = await self._application.based_on(run_id)
        origin = OriginState(it.run_id, it.edition, it.keep, is_gone) if it is not None else None
        return json_response(Kinship(origin, await self._application.derived_from(run_id)))
