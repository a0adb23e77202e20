"""What a server writes to stderr, in a process of its own."""

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
import pytest

from tests.export.finished import STORY

pytestmark = pytest.mark.slow  # each starts a server

REPOSITORY = Path(__file__).parents[2]
SECONDS = 60
WORDS = {
    "era_ko": "고려시대",
    "place_ko": "비밀섬",
    "characters_ko": "토끼, 호랑이",
    "topic_ko": "숨은우정",
}
"""What no line is to have."""
SECRETS = {
    "key": "PLANTED-key-0",
    "password": "PLANTED-password-1",
    "query": "PLANTED-query-2",
    "cookie": "PLANTED-cookie-4",
    "link": "PLANTED-link-5",
    "bearer": "PLANTED-bearer-6",
}


class Logging:
    """A server, its address, and what it has written to stderr so far."""

    def __init__(self, process: subprocess.Popen[str], url: str, file: Path) -> None:
        self.process, self.url, self._file = process, url, file

    @property
    def text(self) -> str:
        return self._file.read_text("utf-8")

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Each line as JSON; raises where one is none."""
        return [json.loads(it) for it in self.text.splitlines()]

    def order(self, **headers: str) -> str:
        """A book that was asked for."""
        answer = httpx.post(f"{self.url}/api/runs", json=WORDS, headers=headers)
        return str(answer.json()["run_id"])

    def book(self, **headers: str) -> str:
        """A book that was asked for and has ended."""
        run_id = self.order(**headers)
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            state = httpx.get(f"{self.url}/api/runs/{run_id}").json()
            if state["status"] in ("DONE", "FAILED"):
                return run_id
            time.sleep(0.05)
        raise AssertionError(state)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(SECONDS)


@contextmanager
def logging_server(
    tmp_path: Path, program: str = "tests.telemetry.program", **environ: str
) -> Iterator[Logging]:
    file = tmp_path / "stderr"
    command = [sys.executable, "-m", program, "--data", str(tmp_path / "data")]
    with (
        file.open("w") as stderr,
        subprocess.Popen(
            [*command, "serve", "--port", "0"],
            cwd=REPOSITORY,
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[2]
            yield Logging(process, url, file)
        finally:
            process.kill()


def test_every_line_is_json_and_tells_of_requests_and_attempts(tmp_path: Path) -> None:
    """From the first line to the last: one for each request, with its id, run, status and time; one
    for each attempt, with engine, wait, work and outcome."""
    with logging_server(tmp_path) as server:
        run_id = server.book(**{"X-Request-Id": "from-a-proxy"})
        server.stop()
        lines = server.lines
    assert all({"event", "level", "timestamp", "logger"} <= it.keys() for it in lines)
    assert lines[0]["event"].startswith("Starting on ")
    assert lines[-1]["event"] == "Stopped."
    (posted,) = [it for it in lines if it.get("method") == "POST"]
    assert (posted["request_id"], posted["run"], posted["status"]) == ("from-a-proxy", run_id, 201)
    assert posted["ms"] > 0
    attempts = [it for it in lines if it["event"] == "attempt"]
    assert {it["run"] for it in attempts} == {run_id}
    written = [it for it in attempts if it["stage"] == "LLM"]
    assert [(it["engine"], it["outcome"]) for it in written] == [("double", "completed")]
    assert all(it["wait_s"] >= 0 and it["work_s"] >= 0 for it in attempts)
    failed = [it for it in attempts if it["stage"] == "PANEL_1"]
    assert [(it["outcome"], it["fault"], it["level"]) for it in failed] == [
        ("failed", "refused", "warning")
    ]
    assert [it["status"] for it in lines if it["event"] == "run"] == ["FAILED"]


@pytest.mark.parametrize("level", ["info", "debug"])
def test_no_text_of_a_child_above_debug(tmp_path: Path, level: str) -> None:
    """Neither what was asked for nor what was written, also where an engine quotes it or breaks
    over it; where it broke is told."""
    with logging_server(tmp_path, STORYBOOK_LOGGING_LEVEL=level) as server:
        server.book()
        server.stop()
        text = server.text
    quoted = [it for it in (*WORDS.values(), STORY[1].summary[:10]) if it in text]
    assert bool(quoted) is (level == "debug")
    assert "RuntimeError" in text and "ValueError" in text and "in paint" in text


def test_secrets_are_in_no_line(tmp_path: Path) -> None:
    """Not even at `debug`: of addresses, of the environment, of headers, cookies and queries; nor
    in what events, errors and figures tell."""
    it = SECRETS
    environ = {
        "STORYBOOK_LOGGING_LEVEL": "debug",
        "STORYBOOK_WRITER_ENGINE": "openai",
        "STORYBOOK_WRITER_OPENAI_URL": f"http://me:{it['password']}@127.0.0.1:9/v1?k={it['query']}",
        "STORYBOOK_WRITER_OPENAI_KEY_VARIABLE": "PLANTED_KEY",
        "STORYBOOK_ILLUSTRATOR_URLS": f"http://me:{it['password']}@127.0.0.1:9/?k={it['query']}",
        "PLANTED_KEY": it["key"],
    }
    headers = {
        "Authorization": f"Bearer {it['bearer']}",
        "Cookie": f"storybook_session={it['cookie']}",
        "Idempotency-Key": "PLANTED-idempotency-3",
    }
    with logging_server(tmp_path, "storybook", **environ) as server:
        run_id = server.order(**headers)
        answers = [
            httpx.get(f"{server.url}{path}", headers=headers)
            for path in (
                f"/api/runs/{run_id}?sig={it['link']}",
                f"/api/runs/{run_id}/events?sig={it['link']}&last_event_id=x",
                f"/nowhere?sig={it['link']}",
                "/api/engines",
                f"/api/runs/{run_id}",
                f"/api/runs/{run_id}/log",
                "/readyz",
                "/metrics",
            )
        ]
        httpx.post(f"{server.url}/api/session", json={"token": it["bearer"]})
        httpx.post(f"{server.url}/api/runs", content=f'{{"x": "{it["bearer"]}"', headers=headers)
        local = (tmp_path / "data" / "server.secret").read_text().strip()
        server.stop()
        told = server.text + "".join(f"{it.text}{it.headers}" for it in answers)
    assert server.lines
    assert "PLANTED-idempotency-3" not in server.text
    assert [name for name, secret in (*it.items(), ("local", local)) if secret in told] == []


def test_the_level_is_a_setting(tmp_path: Path) -> None:
    """At `warning` requests are not told."""
    with logging_server(tmp_path, STORYBOOK_LOGGING_LEVEL="warning") as server:
        server.book()
        server.stop()
        assert {it["level"] for it in server.lines} <= {"warning", "error"}
        assert [it for it in server.lines if it["event"] == "attempt"]


def test_people_read_text(tmp_path: Path) -> None:
    """As `format` says."""
    with logging_server(tmp_path, STORYBOOK_LOGGING_FORMAT="text") as server:
        httpx.get(f"{server.url}/readyz")
        server.stop()
        first, *rest = server.text.splitlines()
    assert first.startswith("Starting on ")
    (line,) = [it for it in rest if "/readyz" in it]
    assert "method=GET" in line and not line.startswith("{")
