"""Which modules a book passes through, from POST to its last page: `python -m bench.modules`.

One book is asked for over HTTP, followed, and its files are fetched, on the embedded engines. A
module counts if a function of it was called meanwhile in the server's process; what painting and
reading aloud call in processes of their own does not count, nor what ran at the start.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

import anyio
import httpx

import storybook
from storybook.bootstrap import open_application
from storybook.http.server import listen, serve
from storybook.settings import Settings
from storybook.stopping import StopRequest

PACKAGE: Final = Path(storybook.__file__).parent
WORDS: Final = {
    "era_ko": "조선시대",
    "place_ko": "깊은 숲속 마을",
    "characters_ko": "호기심 많은 토끼, 겁 많은 호랑이",
    "topic_ko": "우정",
}
SECONDS: Final = 300.0
"""A book takes a few; under the tracer and on a loaded machine some more."""


class Tracer:
    """Notes the code that is called in all threads that begin while it is installed."""

    def __init__(self) -> None:
        self.is_on = False
        self.called: set[CodeType] = set()

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        if self.is_on and event == "call":
            self.called.add(frame.f_code)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Be told of calls."""
        threading.setprofile(self)
        sys.setprofile(self)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    def modules(self) -> set[Path]:
        """The modules of the package of which a function was called, relative to the package."""
        # Bodies of modules and classes are code too; only functions have optimised locals.
        files = {Path(it.co_filename) for it in self.called if it.co_flags & CO_OPTIMIZED}
        return {it.relative_to(PACKAGE) for it in files if it.is_relative_to(PACKAGE)}


async def _make_book(client: httpx.AsyncClient) -> None:
    """Ask for a book, follow it to its end, and fetch everything that it has."""
    run_id = (await client.post("/api/runs", json=WORDS)).raise_for_status().json()["run_id"]
    async with client.stream("GET", f"/api/runs/{run_id}/events") as stream:
        await stream.aread()
    state = (await client.get(f"/api/runs/{run_id}")).raise_for_status().json()
    if state["status"] != "DONE":
        raise RuntimeError(f"the book was not made: {state}")
    for page in state["pages"]:
        for kind in ("image_url", "audio_url"):
            (await client.get(page[kind])).raise_for_status()


async def trace(data: Path) -> set[Path]:
    """The modules that one book passes through."""
    tracer, stop, url = Tracer(), StopRequest(), ""
    ready = anyio.Event()

    def is_ready(address: str) -> None:
        nonlocal url
        url = address
        ready.set()

    with tracer.installed():
        async with (
            open_application(Settings(), data) as application,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(serve, application, listen("127.0.0.1", 0), is_ready, stop)
            await ready.wait()
            async with httpx.AsyncClient(base_url=url, timeout=SECONDS) as client:
                tracer.is_on = True
                await _make_book(client)
                tracer.is_on = False
            stop.ask()
    return tracer.modules()


def by_room(modules: set[Path]) -> Mapping[str, list[str]]:
    """The modules of each room, by their names without the ending."""
    rooms: defaultdict[str, list[str]] = defaultdict(list)
    for module in sorted(modules):
        room = module.parts[0].removesuffix(".py")
        rooms[room].append("/".join(module.parts[1:]).removesuffix(".py"))
    return rooms


def is_of_engines(module: Path) -> bool:
    """Whether a module is a role's or an engine's, or has the words that engines use."""
    is_role = module.parts[0] == "stages" and len(module.parts) > 2
    return is_role or module.parts[0] in ("composer", "painter", "korean", "lexicon")


def main() -> None:
    """Print the modules by room, and how many there are."""
    with tempfile.TemporaryDirectory(prefix="storybook-bench-") as scratch:
        modules = anyio.run(trace, Path(scratch) / "data")
    of_engines = {it for it in modules if is_of_engines(it)}
    for room, names in by_room(modules - of_engines).items():
        print(f"{room:<14}{len(names):>3}  {', '.join(filter(None, names))}")
    print(
        f"{len(modules)} modules: {len(modules - of_engines)} of the house, "
        f"{len(of_engines)} of the roles and the embedded engines"
    )


if __name__ == "__main__":
    main()
