"""`/api/runs/{run_id}/repair`: lost or damaged files are made again, and what became of each."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, route
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.types import Scope

from storybook.application import Application
from storybook.http.authorization import caller_name
from storybook.http.client_limits import ClientLimits
from storybook.http.requests import (
    READ,
    addresses,
    run_id_in,
)
from storybook.http.responses import RawResponse, json_response
from storybook.projections.runs import STATES
from storybook.run import NoSuchRun

PATH: Final = "/api/runs/{run_id:str}/repair"


class RepairCalls:
    """The handlers, over a running service."""

    def __init__(self, application: Application, limits: ClientLimits) -> None:
        self._application, self._limits = application, limits

    def routes(self) -> list[HTTPRouteHandler]:
        return [route(PATH, http_method=[*READ, HttpMethod.POST])(self.repairs)]

    async def repairs(self, request: Request[Any, Any, Any]) -> RawResponse:
        """One handler: OPTIONS would tell the methods of the first of a path's handlers alone."""
        asks = request.method == HttpMethod.POST
        return await (self.repair if asks else self.report)(request.scope)

    async def repair(self, scope: Scope) -> RawResponse:
        """Have the damaged files made again; the answer names them."""
        run_id = run_id_in(scope)
        self._limits.take("runs", scope)
        repair = await self._application.repair_run(run_id, caller_name(scope))
        location = (b"location", addresses(scope).repair(run_id).encode())
        return json_response(repair, status=202, headers=[location])

    async def report(self, scope: Scope) -> RawResponse:
        """What has become of the last repair."""
        run_id = run_id_in(scope)
        if self._application.projections.row(STATES, run_id) is None:
            raise NoSuchRun
        return json_response(self._application.repairs.of(run_id))
