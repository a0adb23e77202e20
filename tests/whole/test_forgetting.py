"""A book is forgotten by a real server, and by the command line without one: no file remembers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import anyio
import httpx
import pytest

from storybook.book import RunId
from storybook.events.log import Position
from storybook.stores.deliveries import Delivery
from storybook.stores.sqlite.webhooks import SqliteDeliveries
from tests.webhooks.receivers import SECRET, VARIABLE
from tests.whole.server import WORDS, Server, serving, storybook

SECRETS: Final = {"era_ko": "꽃잎별시대", "place_ko": "무지개솔숲", "topic_ko": "달빛나눔"}
"""Words that no other book and no part of the program has."""
NOBODY: Final = "http://127.0.0.1:9/told-to-nobody"
"""Who is to be told, and cannot be reached."""
WEBHOOKS: Final = {
    "webhooks_allowed_hosts": "127.0.0.1",
    "webhooks_private_addresses": "true",
    "webhooks_secret_variable": VARIABLE,
}
KEY: Final = {"Idempotency-Key": "a wish of somebody"}
PATHS: Final = (
    ("GET", ""),
    ("HEAD", ""),
    ("GET", "?at=3"),
    ("GET", "/log"),
    ("GET", "/events"),
    ("GET", "/images/cover.png"),
    ("GET", "/audio/page_0.wav"),
    ("GET", "/previews/0"),
    ("GET", "/repair"),
    ("POST", "/repair"),
    ("POST", "/cancel"),
    ("POST", "/retry"),
    ("POST", "/pin"),
    ("DELETE", "/pin"),
    ("DELETE", ""),
)


def traces(folder: Path) -> list[str]:
    """The files below a folder that have one of the words in them, anywhere."""
    files = [it for it in folder.rglob("*") if it.is_file()]
    words = [it.encode() for it in (*SECRETS.values(), NOBODY)]
    return [str(it) for it in files if any(word in it.read_bytes() for word in words)]


def ask(server: Server, method: str, path: str, **options: object) -> httpx.Response:
    return server._ask(method, path, **options)


def remember_receiver(data: Path, url: str) -> None:
    """As a server has done that told somebody of the newest book, once."""
    book = json.loads(storybook(data, "list", "--json").stdout)
    told = Delivery(Position(1), RunId(book["run_id"]), "run.done", url, since=1, due_at=1)
    anyio.run(SqliteDeliveries(data / "webhooks.db").plan, [told], Position(1), 1)


def order(server: Server) -> str:
    answer = ask(server, "POST", "/api/runs", json=WORDS | SECRETS, headers=KEY)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["run_id"])


def until_ended(server: Server, run_id: str) -> None:
    """Follow the run until it has ended."""
    with httpx.stream("GET", f"{server.url}/api/runs/{run_id}/events", timeout=60) as answer:
        for _ in answer.iter_lines():
            pass


def is_forgotten(server: Server, run_id: str) -> None:
    """Whatever is asked of it."""
    found = {
        (method, path): ask(server, method, f"/api/runs/{run_id}{path}").status_code
        for method, path in PATHS
    }
    assert found == dict.fromkeys(PATHS, 410)
    again = ask(server, "POST", "/api/runs", json=WORDS | SECRETS, headers=KEY)
    assert again.status_code == 410
    assert run_id not in [it["run_id"] for it in server.library()]


def recorded(server: Server) -> list[dict[str, object]]:
    """All events of all runs, as the stream of the log has them."""
    events: list[dict[str, object]] = []
    head = {"Last-Event-ID": "0"}
    with httpx.stream("GET", f"{server.url}/api/events", headers=head, timeout=60) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                events.append(json.loads(line.removeprefix("data: ")))
                if events[-1]["type"] == "RunForgotten":
                    return events
    raise AssertionError("the stream ended")


@pytest.mark.slow  # two books are made, by processes that are started for it
def test_a_finished_book_is_forgotten(tmp_path: Path) -> None:
    """No file of the folder has a word of it, everything answers 410, also after a restart, the
    other book is whole, and the log verifies."""
    data = tmp_path / "data"
    with serving(data) as server:
        gone, kept = order(server), server.request()
        until_ended(server, gone)
        until_ended(server, kept)
        assert traces(data)
        assert ask(server, "DELETE", f"/api/runs/{gone}").status_code == 204
        assert traces(data) == []
        assert not (data / "outputs" / gone).exists()
        is_forgotten(server, gone)
        events = recorded(server)
        said = [it["data"] for it in events if it["run_id"] == gone]
        assert said[:-1] == [None] * (len(said) - 1)
        assert said[-1] == {"type": "RunForgotten"}
        picture = ask(server, "GET", f"/api/runs/{kept}/images/cover.png")
        assert picture.status_code == 200
        server.kill()
    verified = storybook(data, "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    with serving(data) as server:
        is_forgotten(server, gone)
        assert server.state(kept)["status"] == "DONE"
        assert storybook(data, "rebuild").returncode == 0
        is_forgotten(server, gone)
        assert server.stop() == 0
    assert traces(data) == []


@pytest.mark.slow  # a book is made half
def test_a_book_that_is_being_made_is_forgotten(tmp_path: Path) -> None:
    """It stops, what its workers still bring is not kept, and its streams end."""
    data = tmp_path / "data"
    with serving(data) as server:
        run_id = order(server)
        url = f"{server.url}/api/runs/{run_id}/events"
        with httpx.stream("GET", url, timeout=60) as answer:
            lines = answer.iter_lines()
            for line in lines:
                if line.startswith("event: progress"):
                    done = storybook(data, "forget", run_id, "--yes")
                    assert done.returncode == 0, done.stderr
                    break
            assert [it for it in lines if it.startswith("retry: ")]  # come back, and be told
        is_forgotten(server, run_id)
        other = server.request()
        until_ended(server, other)
        assert server.state(other)["status"] == "DONE"
        assert traces(data) == []
        assert not (data / "outputs" / run_id).exists()
        assert server.stop() == 0
    assert traces(data) == []
    assert storybook(data, "verify").returncode == 0


@pytest.mark.slow  # a book is made
def test_a_book_is_forgotten_without_a_server(tmp_path: Path) -> None:
    """By the command line alone; it asks first whether it is meant. Who was to be told of it by a
    webhook goes, too."""
    data = tmp_path / "data"
    made = storybook(
        data,
        "make",
        *("--era", SECRETS["era_ko"], "--place", SECRETS["place_ko"]),
        *("--characters", "토끼", "--topic", SECRETS["topic_ko"]),
    )
    assert made.returncode == 0, made.stderr
    assert traces(data)
    for option, is_pinned in ((), True), (("--remove",), False):
        assert storybook(data, "pin", "latest", *option).returncode == 0
        assert ("pinned" in storybook(data, "show", "latest").stdout) is is_pinned
    asked = storybook(data, "forget", "latest")
    assert asked.returncode == 1 and "--yes" in asked.stderr
    remember_receiver(data, f"https://books.example/{SECRETS['topic_ko']}")
    done = storybook(data, "forget", "latest", "--yes")
    assert done.returncode == 0, done.stderr
    assert traces(data) == []
    assert storybook(data, "verify").returncode == 0
    assert storybook(data, "list", "--json").stdout.strip() in ("", "[]")
    told = storybook(data, "log").stdout
    assert "(erased: the book was forgotten)" in told
    assert "the book was forgotten, as" in told


@pytest.mark.slow  # a book is made
@pytest.mark.parametrize("has_server", [True, False])
def test_who_was_told_of_it_is_forgotten_while_webhooks_are_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_server: bool
) -> None:
    """By a server whose settings let nobody be told any more, and by the command line alone; a
    backup that is made then has no trace either."""
    data, backup = tmp_path / "data", tmp_path / "backup"
    monkeypatch.setenv(VARIABLE, SECRET)
    with serving(data, **WEBHOOKS) as server:
        run_id = server.request(**SECRETS, callback_url=NOBODY, tts_enabled=False)
        until_ended(server, run_id)
        assert NOBODY in storybook(data, "webhooks", run_id, "--json").stdout
        server.kill()
    monkeypatch.delenv(VARIABLE)
    assert str(data / "webhooks.db") in traces(data)
    if has_server:
        with serving(data) as server:
            assert ask(server, "DELETE", f"/api/runs/{run_id}").status_code == 204
            assert traces(data) == []
            server.kill()
    else:
        done = storybook(data, "forget", run_id, "--yes")
        assert done.returncode == 0, done.stderr
    assert traces(data) == []
    assert storybook(data, "backup", str(backup)).returncode == 0
    assert traces(backup) == []
