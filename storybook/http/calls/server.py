"""The server itself: whether it is there, its figures, its engines, this description."""

from __future__ import annotations

from typing import Final

from storybook.http.calls.call import ANY_TEXT, METRICS_TEXT, NOT_KEPT, Call, Reply, answer
from storybook.http.components import Health
from storybook.http.engines import EngineTable
from storybook.http.readiness import Liveness, ReadinessState
from storybook.http.schemas import JSON

SERVER: Final = (
    Call(
        "get_health",
        "server",
        "GET",
        "/",
        "Whether the server is there",
        {200: answer("it is", Health)},
    ),
    Call(
        "get_liveness",
        "server",
        "GET",
        "/healthz",
        "Whether the server is alive",
        {200: answer("it is", Liveness)},
    ),
    Call(
        "get_readiness",
        "server",
        "GET",
        "/readyz",
        "Whether books can be made, and all that is shown is brought up to date",
        {
            200: answer("it is so", ReadinessState),
            503: answer("it is not; `reasons` says why, and what to do", ReadinessState),
        },
    ),
    Call(
        "get_metrics",
        "server",
        "GET",
        "/metrics",
        "The figures of the running server, for Prometheus",
        {200: Reply("they are", METRICS_TEXT, ANY_TEXT, (NOT_KEPT,))},
        more="Needs an `admin` token; without tokens it is answered on the server's own machine "
        "alone, and through no proxy.",
    ),
    Call(
        "get_engines",
        "server",
        "GET",
        "/api/engines",
        "Who plays each role, and whether they can",
        {200: answer("the engine of each role", EngineTable)},
    ),
    Call(
        "get_docs",
        "server",
        "GET",
        "/docs",
        "This API as a page",
        {200: Reply("the page", ("text/html",), ANY_TEXT)},
    ),
    Call(
        "get_openapi",
        "server",
        "GET",
        "/openapi.json",
        "This API as an OpenAPI document",
        {200: Reply("the document", (JSON,), {"type": "object"}, (NOT_KEPT,))},
    ),
)
