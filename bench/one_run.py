"""A server of one run, in a process of its own, whose work is completed on demand.

The log, the projections, the application and uvicorn are the real ones; only the runner is missing.
`python -m bench.one_run FOLDER` prints its address and then completes one piece of work for each
line that it reads.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import anyio

from storybook.application import Application
from storybook.book import (
    WRITING,
    Artifact,
    Page,
    RunId,
    StoryRequest,
    TtsConfig,
    Work,
    artifact_name,
    narration_of,
    picture_of,
)
from storybook.clock import SystemClock
from storybook.commands import Commands, Decide
from storybook.events.catalog import EngineInfo
from storybook.http.server import listen, serve, tune_process
from storybook.projections.projector import Projections
from storybook.run import complete_stage, request_run, start_stage, write_page
from storybook.settings import Limits, Settings
from storybook.stages.progress import WorkProgress
from storybook.stages.registry import Engines
from storybook.stores.files import FileArtifactStore
from storybook.stores.sqlite.log import SqliteLog
from tests.books import PAGES

RUN: Final = RunId("5b" * 16)
STEPS: Final = (WRITING, *map(picture_of, PAGES), *map(narration_of, PAGES[:-1]))
"""Work whose completion makes exactly one message (the last voice would also end the run)."""


class OneRun:
    """The server, as a context manager; it stops when the context is left."""

    port: int
    pid: int

    def __init__(self, folder: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(dir=folder)

    def __enter__(self) -> OneRun:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.one_run", self._folder.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid, self.port = self._process.pid, int(self._line().rsplit(":", 1)[1])
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate(timeout=10)
        self._folder.cleanup()

    def step(self) -> int:
        """Complete the next piece of work; the moment of the append, in monotonic nanoseconds."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def cpu_seconds(pid: int) -> float:
    """CPU time of all threads of a process, to the nanosecond."""
    stats = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(it.read_text().split()[0]) for it in stats) / 1e9


async def _serve(folder: Path) -> None:
    # All clients of a benchmark are one, by their address.
    limits = Limits(streams_per_client=Limits().streams, reads_per_minute=100_000_000)
    settings, clock = Settings(limits=limits), SystemClock()
    nobody: Any = None  # no stage is performed, so no engine is ever called
    async with (
        SqliteLog.open(folder / "log.db", clock=clock.now) as log,
        Projections.open(folder / "projections.db", log) as projections,
        anyio.create_task_group() as tasks,
    ):
        commands = Commands(log)
        application = Application(
            settings,
            clock,
            log,
            commands,
            projections,
            FileArtifactStore(folder / "outputs"),
            WorkProgress(),
            Engines.only(nobody, nobody, nobody, nobody),
            nobody,
            nobody,
            nobody,
            nobody,
        )
        for decide in _beginning():
            await commands.execute(RUN, decide)
        tasks.start_soon(_complete_on_demand, commands)
        tune_process()
        listening = listen("127.0.0.1", 0)
        await serve(application, listening, lambda url: print(url, flush=True))
        tasks.cancel_scope.cancel()


def _beginning() -> list[Decide]:
    request = StoryRequest("조선시대", "깊은 숲속 마을", "토끼, 호랑이", "우정")
    info = EngineInfo("bench")

    def start(work: Work) -> Decide:
        return lambda run: start_stage(run, work, 1, worker="bench", engine=info)

    def write(number: int) -> Decide:
        page = Page(number, title="제목", summary="옛날 옛적에", image_prompt="a forest")
        return lambda run: write_page(run, 1, page)

    return [
        lambda run: request_run(run, request, 1, TtsConfig()),
        start(WRITING),
        *map(write, PAGES),
        *map(start, STEPS[1:]),
    ]


async def _complete_on_demand(commands: Commands) -> None:
    lines = anyio.wrap_file(sys.stdin)
    for work in STEPS:
        await lines.readline()
        print(time.monotonic_ns(), flush=True)
        await commands.execute(RUN, _complete(work))


def _complete(work: Work) -> Decide:
    artifact = None if work == WRITING else Artifact(artifact_name(work), "", 1, "0" * 64)
    return lambda run: complete_stage(run, work, 1, artifact)


if __name__ == "__main__":
    anyio.run(_serve, Path(sys.argv[1]))
