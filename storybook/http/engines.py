"""`GET /api/engines`: who plays each role, and whether they can."""

from __future__ import annotations

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler

from storybook.http.answers import Answer, json_answer
from storybook.service import Service


class RoleReport(msgspec.Struct, frozen=True):
    """Which engine plays a role; `why` it is not ready, and what mends that."""

    engine: str
    version: str
    model: str
    device: str
    ready: bool
    why: str
    mend: str


class EngineTable(msgspec.Struct, frozen=True):
    """The engine of each role."""

    writer: RoleReport
    illustrator: RoleReport
    narrator: RoleReport
    transcriber: RoleReport


class EngineCalls:
    """The handlers, over a running service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[HTTPRouteHandler]:
        return [get("/api/engines")(self.report)]

    async def report(self) -> Answer:
        """Each role's engine, ready or why not."""
        reports = await self._service.engines.report()
        rows = {
            it.role.value: msgspec.convert(it, RoleReport, from_attributes=True) for it in reports
        }
        return json_answer(EngineTable(**rows))
