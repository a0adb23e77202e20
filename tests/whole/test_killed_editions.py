"""A server that is killed while a finished book is changed over the API: whenever that is, the
edition ends as if nothing had been."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from storybook.stages.writer.answer.pages import MEMBERS, as_json
from tests.languages.books import KOREAN_MODEL, KOREAN_STORY, KOREAN_TITLE, members
from tests.openai_api.double import HOLD, Asked, Double, Reply, completion
from tests.openai_api.double import serving as writing
from tests.whole.server import Server, follow, serving, storybook

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # many starts, also on a busy machine

WISH: Final = "더 웃기게"
TOLD_ANEW: Final = "둘은 대나무를 살살 깎았어요. 호랑이 코에 풀이 척 붙어 토끼가 깔깔 웃었어요."
CHANGE: Final = {
    "base_edition": 1,
    "pages": [{"page": 3, "rewrite": WISH}, {"page": 1, "repaint": True, "seed": 7}],
}
MADE: Final = {"panel_1.e2.png", "panel_3.e2.png", "page_3.e2.wav"}
"""The files of that change."""

ANSWER_MILLISECONDS: Final = (0, 4, 8, 16, 1_000)
"""After what a server is killed that was asked: a change is answered in ten or so, so that some die
before they have read it, some may have appended what they do not answer any more, and the last one
has answered."""

MOMENTS: Final = (
    ("EditionRequested", None),
    ("StageStarted", "LLM"),
    ("PageWritten", None),
    ("StageStarted", "PANEL_3"),
    ("StageCompleted", "PANEL_1"),
    ("StageStarted", "TTS"),
    ("RunCompleted", None),
)
"""The events of the change after which its server is killed, each time another one."""


class Rewriter:
    """A model that knows one story and tells a page of it anew; while it is `held`, it says nothing
    of that page."""

    def __init__(self) -> None:
        self.held = threading.Event()

    def __call__(self, asked: Asked) -> Reply | None:
        if asked.path != "/chat/completions" or WISH not in str(asked.body["messages"][-1]):
            return KOREAN_MODEL(asked)
        if self.held.is_set():
            return Reply(pieces=[HOLD])
        page = members(KOREAN_TITLE, KOREAN_STORY, ("토끼", "호랑이"), 5)[MEMBERS[3]]
        told = {**page, "summary": TOLD_ANEW, "dialogues": []}
        return completion(asked, as_json({MEMBERS[3]: told}))


class Reader:
    """A client that comes back after each death of the server, and what it was told."""

    def __init__(self, last_id: str) -> None:
        self.seen: list[tuple[str, str]] = []
        self._last_id = last_id

    @contextmanager
    def following(self, server: Server, run_id: str) -> Iterator[None]:
        """Follow while the context is open, which must end the server or the run."""
        thread = threading.Thread(target=self._follow, args=(server, run_id))
        thread.start()
        yield
        thread.join()

    def _follow(self, server: Server, run_id: str) -> None:
        try:
            for message_id, message in follow(server, run_id, self._last_id):
                self._last_id = message_id
                self.seen.append((message_id, message))
        except httpx.HTTPError:
            return  # it was killed


def files_in(data: Path, run_id: str) -> dict[str, bytes]:
    return {it.name: it.read_bytes() for it in (data / "outputs" / run_id).iterdir()}


def get(server: Server, path: str) -> bytes:
    answer = httpx.get(f"{server.url}{path}", timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.content


def wait_for(server: Server, run_id: str, after: int, kind: str, stage: str | None) -> None:
    """Return once the log has such an event after so many others of the run."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for it in server.events(run_id)[after:]:
            if it["type"] == kind and stage in (None, it["data"].get("stage")):
                return
        time.sleep(0.005)
    raise AssertionError(f"no {kind} of {stage} after {after} events: {server.events(run_id)}")


def check_readers_see(server: Server, run_id: str, old: Mapping[str, bytes]) -> None:
    """The book is whole at every moment: as it was until the change is whole, and edition 1 for
    ever."""
    path = f"/api/runs/{run_id}"
    for kind, name in (("images", "panel_3.png"), ("audio", "page_3.wav")):
        address = f"{path}/{kind}/{name}"
        content, state = get(server, address), server.state(run_id)
        assert (state["ready_max_page"], state["ready_max_audio_page"]) == (4, 4)
        if state["status"] != "DONE":
            assert content == old[name]
            assert state["pages"][3]["summary"].startswith(KOREAN_STORY[2][0])
        assert get(server, f"{address}?edition=1") == old[name]


@pytest.fixture
def rewriter() -> Rewriter:
    return Rewriter()


@pytest.fixture
def model(rewriter: Rewriter) -> Iterator[Double]:
    with writing(rewriter) as server:
        yield server


def test_an_edition_ends_right_though_its_server_is_killed_at_every_step(
    tmp_path: Path, rewriter: Rewriter, model: Double
) -> None:
    """Once asked for, while a page is written anew, painted and read aloud, in between, and at the
    end: it has the files of the change and no others, each made once, its readers are told each
    step once, and edition 1 is what it was, byte for byte. So is the book once it is gone back."""
    data = tmp_path / "data"
    with serving(data, writer_url=model.url) as server:
        run_id = server.request()
        *_, (last_id, _) = follow(server, run_id)
        old, before = files_in(data, run_id), len(server.events(run_id))
        assert server.stop() == 0
    reader = Reader(last_id)
    rewriter.held.set()
    for kind, stage in MOMENTS:
        with serving(data, writer_url=model.url) as server:
            if kind == MOMENTS[0][0]:
                answer = httpx.post(f"{server.url}/api/runs/{run_id}/editions", json=CHANGE)
                assert (answer.status_code, answer.json()) == (202, {"edition": 2})
            if kind == "PageWritten":
                rewriter.held.clear()
            with reader.following(server, run_id):
                wait_for(server, run_id, before, kind, stage)
                check_readers_see(server, run_id, old)
                server.kill()
    with serving(data, writer_url=model.url) as server:
        with reader.following(server, run_id):
            list(follow(server, run_id, last_id))
        state = server.state(run_id)
        assert (state["status"], state["edition"]) == ("DONE", 2), state["error"]
        assert state["pages"][3]["summary"] == TOLD_ANEW
        check_readers_see(server, run_id, old)
        events = server.events(run_id)[before:]
        made = Counter(
            it["data"]["artifact"]["name"] for it in events if it["data"].get("artifact")
        )
        assert made == Counter(MADE)
        assert reader.seen == list(follow(server, run_id, last_id))
        changes = [json.loads(it) for _, it in reader.seen]
        told = Counter((it["page"], *it["changed"]) for it in changes if "changed" in it)
        assert told == Counter([(1, "picture"), (3, "text"), (3, "picture"), (3, "voice")])
        restored = httpx.post(f"{server.url}/api/runs/{run_id}/editions/1/restore")
        assert restored.json() == {"edition": 3}
        server.kill()
    new = files_in(data, run_id)
    assert new.keys() == old.keys() | MADE
    assert old.items() <= new.items()
    with serving(data, writer_url=model.url) as server:
        state = server.state(run_id)
        assert (state["status"], state["edition"]) == ("DONE", 3)
        for name, number in (("panel_1.png", 1), ("panel_3.png", 3)):
            address = state["pages"][number]["image_url"]
            assert get(server, address) == old[name]
            assert (
                get(server, f"{address.partition('?')[0]}?edition=2")
                == new[name.replace(".", ".e2.")]
            )
        assert server.stop() == 0
    assert storybook(data, "verify").returncode == 0


def ask_until_answered(data: Path, path: str, milliseconds: int, **asked: Any) -> Mapping[str, Any]:
    """What is answered in the end, of a server that is killed so long after it was asked first."""
    with serving(data) as server:
        killing = threading.Timer(milliseconds / 1_000, server.kill)
        killing.start()
        with contextlib.suppress(httpx.HTTPError):  # nobody knows then whether it was heard
            httpx.post(f"{server.url}{path}", **asked)
        killing.join()
    with serving(data) as server:
        answer = httpx.post(f"{server.url}{path}", **asked, timeout=60)
        assert server.stop() == 0
    assert answer.status_code in (202, 409), answer.text
    told: Mapping[str, Any] = answer.json()
    return told


def test_a_change_is_made_once_though_its_server_dies_before_it_answers(tmp_path: Path) -> None:
    """Who asks again under the same key gets its one edition, whether or not it was heard the first
    time; who restores an edition again is told that the book is as it was in it."""
    data = tmp_path / "data"
    with serving(data) as server:
        run_id = server.request(tts_enabled=False)
        *_, (last_id, _) = follow(server, run_id)
        assert server.stop() == 0
    old, path = files_in(data, run_id), f"/api/runs/{run_id}/editions"
    for edition, after in enumerate(ANSWER_MILLISECONDS, start=2):
        change = {"base_edition": edition - 1, "pages": [{"page": 0, "title": f"책 {edition}"}]}
        key = {"Idempotency-Key": f"change {edition}"}
        told = ask_until_answered(data, path, after, json=change, headers=key)
        assert told == {"edition": edition}
    ask_until_answered(data, f"{path}/1/restore", ANSWER_MILLISECONDS[2])
    with serving(data) as server:
        listed = json.loads(get(server, path))["editions"]
        count = len(ANSWER_MILLISECONDS)
        assert [it["edition"] for it in listed] == [*range(1, count + 3)]
        assert {it["status"] for it in listed} == {"DONE"}
        for edition in range(2, count + 2):
            shown = json.loads(get(server, f"/api/runs/{run_id}?edition={edition}"))
            assert shown["pages"][0]["title"] == f"책 {edition}"
        first = json.loads(get(server, f"/api/runs/{run_id}?edition=1"))
        now = server.state(run_id)
        assert (now["status"], now["edition"]) == ("DONE", count + 2)
        assert now["pages"] == first["pages"]
        messages = [json.loads(it) for _, it in follow(server, run_id, last_id)]
        assert [it["edition"] for it in messages if "changed" in it] == [*range(2, count + 2)]
        assert server.stop() == 0
    assert files_in(data, run_id) == old
    assert storybook(data, "verify").returncode == 0
