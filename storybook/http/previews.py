"""What pictures look like while they are painted: the latest preview of a page, for as long as the
page is in hand. It stands in memory alone."""

from __future__ import annotations

from typing import Final

from litestar import route
from litestar.handlers import HTTPRouteHandler
from litestar.types import Scope

from storybook.book import MOST_PAGES, picture_of
from storybook.http.errors import NotFound
from storybook.http.requests import READ, run_id_in
from storybook.http.responses import NOT_KEPT, RawResponse
from storybook.stages.progress import WorkProgress

PAGE_NUMBERS: Final = {str(page): page for page in range(MOST_PAGES)}


class Previews:
    """The handler, over the live progress of a running service."""

    def __init__(self, live: WorkProgress) -> None:
        self._live = live

    def routes(self) -> list[HTTPRouteHandler]:
        path = "/api/runs/{run_id:str}/previews/{page:str}"
        return [route(path, http_method=READ)(self.serve)]

    async def serve(self, scope: Scope) -> RawResponse:
        """The preview, as the illustrator's server made it."""
        page = PAGE_NUMBERS.get(scope["path_params"]["page"])
        preview = None if page is None else self._live.preview(run_id_in(scope), picture_of(page))
        if preview is None:
            raise NotFound("no such page is being painted now, or it has shown no preview yet")
        media_type = preview.media_type.encode()
        return RawResponse(preview.content, media_type=media_type, headers=[NOT_KEPT])
