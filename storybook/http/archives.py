"""`POST /api/archives`: a book from an archive that was exported, here or elsewhere."""

from __future__ import annotations

import io
from typing import Any, Final

import msgspec
from litestar import Request, post
from litestar.handlers import HTTPRouteHandler

from storybook.application import Application
from storybook.book import RunId
from storybook.export.archive.shapes import MOST_BYTES
from storybook.export.archive.zipping import ArchiveRefused
from storybook.http.authorization import caller_name
from storybook.http.client_limits import ClientLimits
from storybook.http.errors import HttpError, Invalid
from storybook.http.requests import reading_body
from storybook.http.responses import RawResponse, json_response
from storybook.request import RequestFault

ARCHIVES_PATH: Final = "/api/archives"
MAX_BYTES: Final = MOST_BYTES + 1_000_000
"""What an archive may have, and the ZIP around it."""
RETRY_AFTER_SECONDS: Final = 5


class ImportedRun(msgspec.Struct, frozen=True):
    """The run that an archive is here; `is_new` unless it was taken in before."""

    run_id: RunId
    is_new: bool


class OneAtATime(HttpError):
    status = 429

    def __init__(self) -> None:
        super().__init__(
            f"another archive is being taken in; try again in {RETRY_AFTER_SECONDS} s",
            {"Retry-After": str(RETRY_AFTER_SECONDS)},
        )


class ArchiveCalls:
    """The handler, over a running service. An archive is in memory while it comes: one alone."""

    def __init__(self, application: Application, limits: ClientLimits) -> None:
        self._application, self._limits = application, limits
        self._is_busy = False

    def routes(self) -> list[HTTPRouteHandler]:
        return [
            post(ARCHIVES_PATH, status_code=201, request_max_body_size=MAX_BYTES)(self.take_in),
        ]

    async def take_in(self, request: Request[Any, Any, Any]) -> RawResponse:
        """Make a run of an archive."""
        self._limits.take("runs", request.scope)
        if self._is_busy:
            raise OneAtATime
        self._is_busy = True
        try:
            with reading_body(self._application.settings.limits.request_seconds):
                content = await request.body()
            taken = await self._application.import_book(
                io.BytesIO(content), caller_name(request.scope)
            )
        except ArchiveRefused as error:
            fault = RequestFault(("body",), str(error), "bad_archive")
            raise Invalid([fault]) from error
        finally:
            self._is_busy = False
        told = ImportedRun(taken.run_id, taken.is_new)
        return json_response(told, status=201 if taken.is_new else 200)
