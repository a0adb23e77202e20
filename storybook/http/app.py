"""The ASGI application of a running service: every call, and how errors are answered."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import lru_cache, partial
from typing import Any, Final

import anyio
from litestar import Litestar, Request, Response, route
from litestar.config.cors import CORSConfig
from litestar.exceptions import HTTPException, NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Scope

from storybook.application import Application
from storybook.http.addresses import Addresses
from storybook.http.archives import ArchiveCalls
from storybook.http.authorization import Gate, authorized
from storybook.http.books import BookCalls
from storybook.http.cast import CastCalls
from storybook.http.client_limits import ClientLimits, clients_limited
from storybook.http.cross_origin import origins_checked
from storybook.http.derived import DerivedCalls
from storybook.http.docs import DOCS_POLICY, render_page
from storybook.http.editions import EditionCalls
from storybook.http.engines import EngineCalls
from storybook.http.errors import error_response
from storybook.http.forwarded import behind_proxies
from storybook.http.hosts import hosts_checked
from storybook.http.log_stream import LogStream
from storybook.http.media import Media
from storybook.http.metrics import MetricsCalls
from storybook.http.openapi import openapi_document
from storybook.http.operate import OperateCalls
from storybook.http.page_safety import POLICY, pages_guarded
from storybook.http.paths import paths_tidied
from storybook.http.previews import Previews
from storybook.http.progress import ProgressStreams
from storybook.http.reader import READER_PATHS, ReaderCalls, page_at_no_address
from storybook.http.readiness import ReadyCalls
from storybook.http.repairs import RepairCalls
from storybook.http.request_log import requests_observed
from storybook.http.requests import READ, run_id_in, shown_under
from storybook.http.responses import RawResponse, json_response
from storybook.http.run_state import encode_state
from storybook.http.runs import Runs
from storybook.http.sessions import SessionCalls
from storybook.http.spans import SpanCalls
from storybook.http.speech import Speech
from storybook.http.streams import Streams
from storybook.http.verdict import VerdictCalls
from storybook.projections.forgotten import FORGOTTEN
from storybook.projections.projector import ProjectionsBusy, ProjectionsStopped
from storybook.projections.runs import STATES
from storybook.run import ForgottenRun
from storybook.settings import ServerSettings
from storybook.telemetry.metrics import Metrics
from storybook.webhooks.service import Webhooks

logger = logging.getLogger(__name__)

_HTML: Final = b"text/html; charset=utf-8"


class HttpApp:
    """The application, and the streams that are open in it.

    `is_local` says whether it is bound to loopback: it answers to the names of that alone then, and
    to the trusted ones. `own_hosts` tells names of this machine that it answers to besides; they
    may change. `failure` is what ended a part that runs beside the requests, if anything did: the
    application is of no use then.
    """

    def __init__(
        self,
        application: Application,
        *,
        is_local: bool = True,
        own_hosts: Callable[[], frozenset[str]] | None = None,
    ) -> None:
        self.failure: Exception | None = None
        self.when_broken: Callable[[], None] = _go_on
        """Called at a failure. The server sets it: ASGI has no way to say that."""
        self.limits = application.settings.limits
        server = application.settings.server
        self.gate = Gate(
            application.access, application.clock.now, has_proxies=bool(server.trusted_proxies)
        )
        self.streams = Streams(self.limits, self.gate.still_admits)
        log, projections, parked = application.log, application.projections, application.parked
        self.progress = ProgressStreams(
            log,
            projections,
            parked,
            application.live,
            application.outages,
            self.streams,
            application.estimates,
        )
        self.log_stream = LogStream(log, projections, self.streams)
        self._log, self._projections = log, projections
        self._subscriptions = [self.progress.subscription, self.log_stream.subscription]
        self._webhooks = _webhooks(application)
        cors = _cors(server.cors_origins, server.cors_credentials)
        clients = ClientLimits(self.limits)
        following = [*application.subscriptions, *self._subscriptions]
        if self._webhooks is not None:
            following.append(self._webhooks.subscription)
        ready = ReadyCalls(application, following)
        parts = (
            Runs(application, clients),
            Media(application),
            BookCalls(application),
            Previews(application.live),
            SpanCalls(application),
            Speech(application, clients),
            EngineCalls(application),
            RepairCalls(application, clients),
            CastCalls(application, clients),
            ArchiveCalls(application, clients),
            DerivedCalls(application),
            EditionCalls(application, clients),
            SessionCalls(application, self.gate),
            VerdictCalls(application),
            ReaderCalls(),
            ready,
            OperateCalls(application, self.streams, following, ready.reasons),
            MetricsCalls(application, self.streams, following),
        )
        routes = [*self._routes(), *(route for part in parts for route in part.routes())]
        self.litestar = Litestar(
            routes,
            lifespan=[self._following],
            before_request=self._refuse_forgotten,
            exception_handlers={
                NotFoundException: _nothing_there,
                HTTPException: error_response,
                Exception: error_response,
            },
            request_max_body_size=self.limits.body_bytes,
            cors_config=cors,
            openapi_config=None,
            logging_config=None,
        )
        limited = clients_limited(self.litestar, clients)
        inside = origins_checked(authorized(limited, self.gate), cors)
        trusted = server.trusted_hosts if is_local else None
        checked = hosts_checked(inside, trusted, own_hosts)
        self.asgi = _behind_doors(checked, server, application.metrics)

    async def _refuse_forgotten(self, request: Request[Any, Any, Any]) -> None:
        """Whatever the API is asked of a run that was forgotten. Raises `ForgottenRun`.

        A browser that goes to the book's address gets the page, which says so itself."""
        run_id = request.scope["path_params"].get("run_id")
        if run_id is None or READER_PATHS.fullmatch(request.scope["path"]):
            return
        with suppress(ProjectionsBusy, ProjectionsStopped):  # then the log says so
            row = self._projections.row
            if row(STATES, run_id) is None and row(FORGOTTEN, run_id) is not None:
                raise ForgottenRun

    def _routes(self) -> list[HTTPRouteHandler]:
        return [
            route("/docs", http_method=READ)(self._docs),
            route("/openapi.json", http_method=READ)(self._document),
            route("/api/events", http_method=READ)(self._all_events),
            route("/api/runs/{run_id:str}/events", http_method=READ)(self._run_events),
        ]

    async def _docs(self, scope: Scope) -> RawResponse:
        return _documents(shown_under(scope))[0]

    async def _document(self, scope: Scope) -> RawResponse:
        return _documents(shown_under(scope))[1]

    async def _all_events(self) -> ASGIApp:
        return self.log_stream.answer

    async def _run_events(self, scope: Scope) -> ASGIApp:
        return partial(self.progress.answer, run_id_in(scope))

    @asynccontextmanager
    async def _following(self, _app: Litestar) -> AsyncIterator[None]:
        """What runs beside the requests: what follows the log, from its end at the first request
        on, the ticker, the stages' live progress, outages."""
        head = await self._log.head()
        for subscription in self._subscriptions:
            subscription.move(head)
        following = [it.run for it in self._subscriptions]
        async with anyio.create_task_group() as tasks:
            streams = self.progress
            told = streams.follow_live, streams.follow_outages, streams.follow_estimates
            for part in (*following, self.streams.tick, *told, self.gate.keep_up):
                tasks.start_soon(self._guarded, part)
            if self._webhooks is not None:
                tasks.start_soon(self._guarded, self._webhooks.run)
            yield
            tasks.cancel_scope.cancel()

    async def _guarded(self, part: Callable[[], Awaitable[None]]) -> None:
        """Run a part. Without it states would still be served while streams fall silent, which no
        client can tell from a run that takes its time: better no server than half a one."""
        try:
            await part()
        except Exception as error:
            logger.exception("a part of the server has died; it stops")
            self.failure = error
            self.when_broken()


@lru_cache(maxsize=4)
def _documents(prefix: str) -> tuple[RawResponse, RawResponse]:
    """The API as a page and as an OpenAPI document, under a prefix."""
    document = openapi_document(prefix)
    policy = (POLICY, DOCS_POLICY.encode())
    page = RawResponse(render_page(document, prefix), media_type=_HTML, headers=[policy])
    return page, json_response(document)


def _webhooks(application: Application) -> Webhooks | None:
    """What tells those who asked for books, where the settings let anybody be told."""
    if application.deliveries is None or not application.settings.webhooks.allowed_hosts:
        return None
    named = Addresses(application.settings.server.base_path)
    return Webhooks(
        application.settings.webhooks,
        os.environ,
        application.log,
        application.deliveries,
        clock=application.clock,
        parked=application.parked,
        render=partial(encode_state, addresses=named),
    )


def _nothing_there(
    request: Request[Any, Any, Any], error: NotFoundException
) -> Response[bytes] | Response[Any]:
    """A path that no call has: a person gets the page, a program the error."""
    return page_at_no_address(request) or error_response(request, error)


def _behind_doors(inside: ASGIApp, server: ServerSettings, metrics: Metrics) -> ASGIApp:
    """What every request passes before `inside` looks for whom it is and who asks. The outermost
    door makes of it what whoever sent it asked for, so that all others judge that; what any of them
    refuses is counted and told of."""
    guarded = pages_guarded(inside, server.frame_ancestors)
    tidied = paths_tidied(requests_observed(guarded, metrics))
    return behind_proxies(tidied, server.trusted_proxies, server.base_path)


def _go_on() -> None:
    """What an application does that runs under no server of ours."""


def _cors(origins: tuple[str, ...], credentials: bool) -> CORSConfig | None:
    """Whom the settings let call from a browser's page elsewhere; nobody unless they name one."""
    if not origins:
        return None
    return CORSConfig(
        allow_origins=list(origins),
        allow_methods=["GET", "HEAD", "POST", "PUT", "DELETE"],
        allow_credentials=credentials,
        allow_headers=[
            "Authorization",
            "Content-Type",
            "Idempotency-Key",
            "Last-Event-ID",
            "Range",
        ],
        expose_headers=[
            "Content-Disposition",
            "Content-Range",
            "ETag",
            "Location",
            "RateLimit",
            "RateLimit-Policy",
            "Retry-After",
            "Storybook-Missing",
            "Storybook-Resumed-After",
            "X-Request-Id",
        ],
    )
