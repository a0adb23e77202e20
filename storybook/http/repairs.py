"""`/api/runs/{run_id}/repair`: lost or damaged files are made again, and what became of each."""

from __future__ import annotations

from litestar import post, route
from litestar.handlers import HTTPRouteHandler
from litestar.types import Scope

from storybook.application import Application
from storybook.http.answers import Answer, json_answer
from storybook.http.errors import NotFound
from storybook.http.requests import READ, run_id_in

PATH = "/api/runs/{run_id:str}/repair"


class RepairCalls:
    """The handlers, over a running service."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def routes(self) -> list[HTTPRouteHandler]:
        return [
            post(PATH, status_code=202)(self.repair),
            route(PATH, http_method=READ)(self.report),
        ]

    async def repair(self, scope: Scope) -> Answer:
        """Have the damaged files made again; the answer names them."""
        run_id = run_id_in(scope)
        repair = await self._application.repair_run(run_id)
        location = (b"location", f"/api/runs/{run_id}/repair".encode())
        return json_answer(repair, status=202, headers=[location])

    async def report(self, scope: Scope) -> Answer:
        """What has become of the last repair."""
        repair = self._application.repairs.of(run_id_in(scope))
        if repair is None:
            raise NotFound("no repair of this run was asked for since the server started")
        return json_answer(repair)
