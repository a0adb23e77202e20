"""uvicorn with bounds on each connection, which leaves signals to whoever runs it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Final

import uvicorn

from storybook.http.connections import Connection, Connections
from storybook.settings import Limits

ACCEPTED_AT_ONCE: Final = 64
"""Connections that the event loop accepts before it looks at any: they count on no limit yet."""
TICKS_PER_LOOK: Final = 5
"""uvicorn ticks every tenth of a second; looking at 5,000 connections takes a millisecond."""


class BoundedServer(uvicorn.Server):
    """uvicorn, which cuts clients that keep it waiting."""

    def __init__(self, config: uvicorn.Config, limits: Limits) -> None:
        super().__init__(config)
        self.server_state: Connections = Connections()
        self._limits = limits

    async def on_tick(self, counter: int) -> bool:
        if counter % TICKS_PER_LOOK == 0:
            self.server_state.look_at_all(self._limits)
        return await super().on_tick(counter)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn's own raises captured signals again when it has stopped, and has no handler after
        that: either would kill the process before the log is closed. Ours are `StopRequest`'s."""
        yield


def bounded_config(app: Any, **more: Any) -> uvicorn.Config:
    """What all servers of this process have in common. `app` is an ASGI application."""
    return uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        proxy_headers=False,  # any program on this machine could give itself another address
        access_log=False,
        log_config=None,
        server_header=False,
        backlog=ACCEPTED_AT_ONCE,
        **more,
    )
