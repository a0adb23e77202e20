"""`GET /api/engines`: who does each role now, what the settings ask for, and what it lacks."""

from __future__ import annotations

import msgspec
from litestar import route
from litestar.handlers import HTTPRouteHandler

from storybook.application import Application
from storybook.http.requests import READ
from storybook.http.responses import RawResponse, json_response
from storybook.stages.candidates import EngineReport


class EngineTable(msgspec.Struct, frozen=True):
    """The engine of each role, as a new book would get it."""

    writer: EngineReport
    illustrator: EngineReport
    narrator: EngineReport
    transcriber: EngineReport


class EngineCalls:
    """The handlers, over a running service."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def routes(self) -> list[HTTPRouteHandler]:
        return [route("/api/engines", http_method=READ)(self.report)]

    async def report(self) -> RawResponse:
        """Each role's engine, ready or why not."""
        reports = await self._application.engines.report()
        return json_response(EngineTable(**{it.role.value: it for it in reports}))
