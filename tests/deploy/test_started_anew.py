"""Streams through nginx, while it and the server behind it come and go."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from tests.deploy.nginx import free_port, nginx
from tests.deploy.paced_program import pace_file
from tests.deploy.proxied import KINDS, NEEDED, PAGE, Kind, Proxied, prepared
from tests.deploy.stream_clients import CLIENTS, PATIENCE_SECONDS, Asked, Client, Update
from tests.whole.server import WORDS, serving

pytestmark = NEEDED

PACED: Final = "tests.deploy.paced_program"


class Following:
    """A client at its work, in a thread of its own."""

    def __init__(self, client: Client, asked: Asked, threads: Executor) -> None:
        self.name, self.seen = asked.client, list[Update]()
        self.ended = threads.submit(self._follow, client, asked)

    def _follow(self, client: Client, asked: Asked) -> None:
        for it in client(asked):
            self.seen.append(it)

    def has_seen(self, page: int) -> bool:
        """Whether it knows of a page's picture. Raises what ended it before its time."""
        if self.ended.done():
            self.ended.result()
        return any(json.loads(data)["ready_max_page"] >= page for _, data in self.seen)


def all_of(clients: list[Following], holds: Callable[[Following], bool]) -> None:
    """Return once something holds for each of them, which nobody announces."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while missing := [it.name for it in clients if not holds(it)]:
        assert time.monotonic() < deadline, missing
        time.sleep(0.02)


@pytest.mark.timeout(400)  # the slowest of nine clients comes back four times
@pytest.mark.parametrize("kind", KINDS, ids=lambda it: it.name)
def test_every_change_comes_once_whatever_is_started_anew(kind: Kind, tmp_path: Path) -> None:
    """Nine clients follow a book while nginx is told to read its files anew and is killed, and the
    server is killed and stopped, until each of them has found nobody there."""
    secret, pace = prepared(tmp_path), pace_file(tmp_path / "data")
    pace.write_text("0")
    settings = {"limits_shutdown_seconds": "0", "server_port": str(free_port()), **kind.settings}
    with ExitStack() as servers, ExitStack() as stack:  # the clients end before their server
        first = servers.enter_context(serving(tmp_path / "data", PACED, **settings))
        before = stack.enter_context(nginx(kind.name, first.url, tmp_path, PAGE))
        proxied = Proxied.at(kind, first, before.port, tmp_path, secret)
        threads = stack.enter_context(ThreadPoolExecutor(len(CLIENTS)))
        stack.callback(pace.write_text, "4")  # whatever happens, the book and its clients end
        book = f"/api/runs/{proxied.ask('POST', '/api/runs', json=WORDS).json()['run_id']}"
        clients = [Following(it, proxied.asked(book, it), threads) for it in CLIENTS]

        def is_painted(page: int) -> None:
            pace.write_text(str(page))
            all_of(clients, lambda it: it.has_seen(page))

        def is_away(end: Callable[[], object]) -> None:
            known = len(before.errors.read_text("utf-8"))
            end()
            all_of(clients, lambda it: it.name in before.errors.read_text("utf-8")[known:])
            again = serving(tmp_path / "data", PACED, **settings)
            proxied.server = servers.enter_context(again)

        is_painted(0)
        before.reload()
        is_painted(1)
        before.kill()
        before.start()
        is_painted(2)
        is_away(proxied.server.kill)
        is_painted(3)
        is_away(proxied.server.stop)
        is_painted(4)
        for it in clients:
            it.ended.result(PATIENCE_SECONDS)
        told = proxied.changes(book)
        assert json.loads(told[-1][1])["status"] == "DONE"
        for it in clients:
            assert it.seen == told, it.name
