"""Where each spoken sentence stands in a page's text, and when it is spoken: what a reader needs to
light up what is read aloud."""

from __future__ import annotations

import msgspec
from litestar import route
from litestar.handlers import HTTPRouteHandler
from litestar.types import Scope

from storybook.application import Application
from storybook.book import Page, Segment, narration_of
from storybook.editions import NoSuchEdition
from storybook.export.spans import Span, paragraphs
from storybook.http.errors import NotFound
from storybook.http.previews import PAGE_NUMBERS
from storybook.http.requests import READ, edition_in, run_id_in
from storybook.http.responses import RawResponse, json_response
from storybook.languages.known import language_of
from storybook.run import NoSuchRun, Run


class SpokenSpan(msgspec.Struct, frozen=True):
    """A stretch of a page's text. `is_said` if a character says it; `start` and `end` are when it
    is spoken, in seconds from the beginning of the page's recording, null if it is not (yet), and
    `speaker` is who speaks it, empty for the narrator."""

    text: str
    is_said: bool
    speaker: str
    start: float | None
    end: float | None


class SpokenPage(msgspec.Struct, frozen=True):
    """A page's text in paragraphs; `seconds` is how long its recording lasts, 0 if there is none.
    A page that is not written yet has no paragraphs."""

    page: int
    seconds: float
    paragraphs: list[list[SpokenSpan]]


class SpanCalls:
    """The handler, over a running service."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def routes(self) -> list[HTTPRouteHandler]:
        path = "/api/runs/{run_id:str}/spans/{page:str}"
        return [route(path, http_method=READ)(self.spans)]

    async def spans(self, scope: Scope) -> RawResponse:
        """A page's text, as the last whole edition or the one that is named shows it."""
        number = PAGE_NUMBERS.get(scope["path_params"]["page"])
        run = await self._application.commands.load(run_id_in(scope))
        if run is None:
            raise NoSuchRun
        if number is None or number >= run.page_count:
            raise NotFound(f"the book has the pages 0 to {run.page_count - 1}")
        edition = edition_in(scope)
        if edition is not None and run.of_edition(edition) is None:
            raise NoSuchEdition(edition, run.edition)
        return json_response(spoken_page(run, number, edition))


def spoken_page(run: Run, number: int, edition: int | None = None) -> SpokenPage:
    """A page as it is spoken; `edition` is one that the run has."""
    of = run.shown if edition is None else run.of_edition(edition)
    assert of is not None
    page = of.pages[number] if number < len(of.pages) else Page(number)
    recording = run.file_of(narration_of(number), edition)
    segments = recording.segments if recording is not None else ()
    found = paragraphs(page, segments, language_of(run.language).goes_on)
    seconds = recording.seconds if recording is not None else 0.0
    return SpokenPage(number, seconds, [[spoken_span(span) for span in part] for part in found])


def spoken_span(span: Span) -> SpokenSpan:
    """A stretch of text as readers are told of it."""
    it: Segment | None = span.segment
    if it is None:
        return SpokenSpan(span.text, span.is_said, "", None, None)
    return SpokenSpan(span.text, span.is_said, it.speaker, it.start, it.end)
