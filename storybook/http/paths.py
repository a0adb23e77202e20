"""Paths as they are routed: slashes that part nothing count for nothing.

Litestar leads `/metrics/`, `//metrics` and `/metrics%2f` to where `/metrics` leads. Whoever judges
a request by its path (may this caller do that, how often, about which run) has to see the same one,
or another spelling leads past the judgement. So the path is tidied once, before all of them, by the
router's own rule.
"""

from __future__ import annotations

from typing import cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send
from litestar.utils import normalize_path


def paths_tidied(app: ASGIApp) -> ASGIApp:
    """The application, which sees each path as it is routed; `raw_path` stays as it was sent."""

    async def tidied(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            path = normalize_path(scope["path"])
            if path != scope["path"]:
                scope = cast(Scope, {**scope, "path": path})
        await app(scope, receive, send)

    return tidied
