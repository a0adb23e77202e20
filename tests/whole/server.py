"""A real server in a process of its own, and a client that follows its streams."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

REPOSITORY = Path(__file__).parents[2]
PATIENCE_SECONDS = 60
"""For a start, an answer, the next message, a stop: seconds at most, and many where the machine is
busy with pictures."""
COMMAND_SECONDS = 170
"""For a whole command, which may make a book beside others that do."""

WORDS = {
    "era_ko": "조선시대",
    "place_ko": "깊은 숲속 마을",
    "characters_ko": "호기심 많은 토끼, 겁 많은 호랑이",
    "topic_ko": "우정",
}


def storybook(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "storybook", "--data", str(data), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=COMMAND_SECONDS,
        check=False,
    )


class Server:
    """`storybook serve` in a process group of its own, with these settings; on a free port, unless
    `server_port` names one.

    `program` is the module that is run in its place. `url` is empty if it does not serve by a
    moment (on the monotonic clock) at which that is no fault.
    """

    def __init__(
        self,
        data: Path,
        program: str = "storybook",
        starts_by: float | None = None,
        **settings: str,
    ) -> None:
        self.log = (data.parent / "server.log").open("ab")
        port = settings.get("server_port", "0")
        environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
        environ |= {f"STORYBOOK_{name.upper()}": value for name, value in settings.items()}
        self.process = subprocess.Popen(
            [sys.executable, "-m", program, "--data", str(data), "serve", "--port", port],
            cwd=REPOSITORY,
            stdout=self.log,
            stderr=self.log,
            env=environ,
            start_new_session=True,
        )
        self.url = self._url(data / "log.db.lock", starts_by)

    def _url(self, lock: Path, starts_by: float | None) -> str:
        """Where it serves: the holder of the log says so as soon as it does."""
        deadline = time.monotonic() + PATIENCE_SECONDS if starts_by is None else starts_by
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                holder = json.loads(lock.read_text())
            except (OSError, ValueError):
                holder = {}
            if holder.get("pid") == self.process.pid and holder.get("url"):
                return str(holder["url"])
            time.sleep(0.02)
        if starts_by is not None and self.process.poll() is None:
            return ""
        raise AssertionError(f"the server did not start: {self.process.poll()}")

    def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """As a service manager would; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE_SECONDS)

    def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        return httpx.request(method, f"{self.url}{path}", timeout=PATIENCE_SECONDS, **options)

    def request(self, **words: str | bool) -> str:
        """Ask for a book; returns its run id."""
        answer = self._ask("POST", "/api/runs", json={**WORDS, **words})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["run_id"])

    def state(self, run_id: str) -> dict[str, Any]:
        answer = self._ask("GET", f"/api/runs/{run_id}")
        assert answer.status_code == 200, answer.text
        state: dict[str, Any] = answer.json()
        return state

    def library(self) -> list[dict[str, Any]]:
        """All runs, newest first."""
        found: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            asked = {"before": cursor} if cursor else {}
            answer = self._ask("GET", "/api/runs", params=asked)
            assert answer.status_code == 200, answer.text
            found += answer.json()["runs"]
            cursor = answer.json()["next"]
        return found

    def engines(self) -> dict[str, Any]:
        answer = self._ask("GET", "/api/engines")
        assert answer.status_code == 200, answer.text
        engines: dict[str, Any] = answer.json()
        return engines

    def events(self, run_id: str) -> list[dict[str, Any]]:
        """The run's events as recorded."""
        found: list[dict[str, Any]] = []
        while True:
            asked = {"limit": 1000, "after": found[-1]["position"] if found else 0}
            answer = self._ask("GET", f"/api/runs/{run_id}/log", params=asked)
            assert answer.status_code == 200, answer.text
            found += (events := answer.json()["events"])
            if len(events) < asked["limit"]:
                return found


@contextmanager
def serving(data: Path, program: str = "storybook", **settings: str) -> Iterator[Server]:
    """A server that is stopped at the end, if it still runs."""
    server = Server(data, program, None, **settings)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()
        server.log.close()


def follow(
    server: Server, run_id: str, last_id: str = "0", cut_after: int | None = None
) -> Iterator[tuple[str, str]]:
    """The (id, data) of the progress messages of a run, until it ends or so many have come."""
    headers = {"Last-Event-ID": last_id}
    url = f"{server.url}/api/runs/{run_id}/events"
    came, block = 0, {}
    with httpx.stream("GET", url, headers=headers, timeout=PATIENCE_SECONDS) as answer:
        if answer.status_code == 204:
            return
        assert answer.status_code == 200
        for line in answer.iter_lines():
            field, _, value = line.partition(": ")
            if line:
                block[field] = value
                continue
            message, block = block, {}
            if message.get("event") == "update":
                yield message["id"], message["data"]
                came += 1
                if came == cut_after:
                    return
