"""Asking for a run, looking at it, stopping it and letting it go on."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from storybook.book import RunId
from storybook.engines import WorkFailed
from storybook.http.run_state import encode_state
from storybook.projections import library
from storybook.run import fold
from storybook.settings import Limits
from storybook.stores.sqlite.log import SqliteLog
from tests.http.serving import WORDS, Site, serving
from tests.stores.pages import INDEX_LEAF, damage

pytestmark = pytest.mark.anyio

NOBODY = "0" * 32


@pytest.fixture
async def held(tmp_path: Path) -> AsyncIterator[Site]:
    """A site whose engines wait to be let on."""
    async with serving(tmp_path, held=True) as site:
        yield site


async def test_a_book_is_asked_for_and_made(site: Site) -> None:
    """201 with a run id at once; in the end the state has five whole pages."""
    answer = await site.client.post("/api/runs", json=WORDS)
    assert answer.status_code == 201
    assert list(answer.json()) == ["run_id"]
    run_id = RunId(answer.json()["run_id"])
    assert re.fullmatch("[0-9a-f]{32}", run_id)
    state = await site.ended(run_id)
    assert list(state) == [
        "status", "stage", "ready_max_page", "ready_max_audio_page", "pages", "error",
        "waiting_for", "language", "parked", "removed", "age", "languages", "eta_seconds",
        "topic_known",
    ]  # fmt: skip
    assert [page["page"] for page in state["pages"]] == [0, 1, 2, 3, 4]
    assert state["pages"][0]["title"] and not state["pages"][0]["summary"]
    assert state["pages"][4]["image_url"] == f"/api/runs/{run_id}/images/panel_4.png"
    assert state["error"] is None


@pytest.mark.slow
async def test_the_writer_of_a_run_sees_it_at_once(held: Site) -> None:
    """A run that was just answered can be read, with empty strings for what is not ready."""
    run_id = await held.order()
    state = (await held.client.get(f"/api/runs/{run_id}")).json()
    assert state["status"] in ("QUEUED", "RUNNING")
    assert (state["ready_max_page"], state["ready_max_audio_page"]) == (-1, -1)
    empty = {"title": "", "summary": "", "dialogues": [], "image_url": "", "audio_url": ""}
    assert state["pages"] == [{"page": number, **empty} for number in range(5)]


async def test_a_told_picture_is_in_the_state(site: Site) -> None:
    """Who is told of a change and asks at once finds it in the state."""
    run_id = await site.order()
    async with site.client.stream("GET", f"/api/runs/{run_id}/events") as answer:
        async for line in answer.aiter_lines():
            if line.startswith("data: {"):
                told = json.loads(line.removeprefix("data: "))
                state = (await site.client.get(f"/api/runs/{run_id}")).json()
                assert state["ready_max_page"] >= told.get("ready_max_page", -1)
                assert state["ready_max_audio_page"] >= told.get("ready_max_audio_page", -1)


async def test_tts_can_be_switched_off(site: Site) -> None:
    """Without it the book has no voices, and is done without."""
    run_id = await site.finished_book(tts_enabled=False)
    state = (await site.client.get(f"/api/runs/{run_id}")).json()
    assert state["ready_max_audio_page"] == -1
    assert all(page["audio_url"] == "" for page in state["pages"])


async def test_what_was_asked_for_is_recorded(site: Site) -> None:
    """Words, voices in capitals, and the key stand in the run's first event."""
    config = {"narrator_voice": "f2", "character_voices": {"토끼": "m3"}, "speed": 1}
    answer = await site.client.post(
        "/api/runs", json=WORDS | {"tts_config": config}, headers={"Idempotency-Key": "k-1"}
    )
    run = await site.application.commands.load(RunId(answer.json()["run_id"]))
    assert run is not None and run.tts is not None
    assert run.request.place == WORDS["place_ko"]
    assert run.tts.narrator_voice == "F2"
    assert run.tts.character_voices == {"토끼": "M3"}
    assert run.idempotency_key == "k-1"


@pytest.mark.slow
async def test_a_key_names_one_wish(tmp_path: Path) -> None:
    """The same key and body give the same run, also after a restart; another body gets 409."""
    headers = {"Idempotency-Key": "once"}
    async with serving(tmp_path) as site:
        first = await site.client.post("/api/runs", json=WORDS, headers=headers)
        again = await site.client.post("/api/runs", json=WORDS, headers=headers)
        other = await site.client.post(
            "/api/runs", json=WORDS | {"topic_ko": "용기"}, headers=headers
        )
    async with serving(tmp_path) as site:
        later = await site.client.post("/api/runs", json=WORDS, headers=headers)
        library = (await site.client.get("/api/runs")).json()
    assert [it.status_code for it in (first, again, later)] == [201, 201, 201]
    assert first.json() == again.json() == later.json()
    assert other.status_code == 409
    assert "Idempotency-Key" in other.json()["detail"]
    assert len(library["runs"]) == 1


async def test_a_key_is_short(site: Site) -> None:
    """A key is an id: a text gets 400."""
    answer = await site.client.post("/api/runs", json=WORDS, headers={"Idempotency-Key": "k" * 201})
    assert answer.status_code == 400


async def test_a_state_can_be_seen_as_it_was(site: Site) -> None:
    """`?at=` gives the state right after each of the run's events."""
    run_id = await site.finished_book()
    events = await site.application.log.read_run(run_id)
    for number in range(1, len(events) + 1, 7):
        at = events[number - 1].position
        run = fold(it.event for it in events[:number])
        assert run is not None
        answer = await site.client.get(f"/api/runs/{run_id}", params={"at": at})
        assert answer.content == encode_state(run_id, run)


async def test_a_state_that_never_was(site: Site) -> None:
    """Before the run's first event there is nothing; beyond the log, or no number, is an error."""
    await site.finished_book()
    run_id = await site.finished_book()
    head = await site.application.log.head()
    for at, status in (("1", 404), (str(head + 1), 400), ("x", 400), ("", 400)):
        answer = await site.client.get(f"/api/runs/{run_id}", params={"at": at})
        assert (at, answer.status_code) == (at, status)
    assert (await site.client.get(f"/api/runs/{NOBODY}?at=1")).status_code == 404


async def test_the_log_of_a_run_is_read_in_pages(site: Site) -> None:
    """Page after page gives the run's events as recorded, each once."""
    run_id = await site.finished_book()
    found, after = [], 0
    while after is not None:
        answer = await site.client.get(
            f"/api/runs/{run_id}/log", params={"after": after, "limit": 7}
        )
        found += answer.json()["events"]
        after = answer.json()["next"]
    recorded = await site.application.log.read_run(run_id)
    assert [(it["position"], it["version"], it["type"], it["data"]) for it in found] == [
        (it.position, it.version, it.type, json.loads(it.data)) for it in recorded
    ]
    assert [it["digest"] for it in found] == [it.digest.hex() for it in recorded]
    assert list(found[0]) == ["position", "version", "type", "recorded_at", "data", "digest"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", found[0]["recorded_at"])


@pytest.mark.slow
async def test_the_library_is_listed_newest_first(tmp_path: Path) -> None:
    """Pages follow each other through `next`; a status narrows it down."""
    async with serving(tmp_path) as site:
        runs = [await site.finished_book() for _ in range(3)]
        first = (await site.client.get("/api/runs", params={"limit": 2})).json()
        rest = (
            await site.client.get("/api/runs", params={"limit": 2, "before": first["next"]})
        ).json()
        done = (await site.client.get("/api/runs", params={"status": "done"})).json()
        failed = (await site.client.get("/api/runs", params={"status": "FAILED"})).json()
    assert [it["run_id"] for it in first["runs"] + rest["runs"]] == runs[::-1]
    assert rest["next"] is None
    assert list(first["runs"][0]) == [
        "run_id", "title", "status", "stage", "ready_max_page", "ready_max_audio_page",
        "created_at", "updated_at", "cover_url",
    ]  # fmt: skip
    assert len(done["runs"]) == 3
    assert failed["runs"] == []


@pytest.mark.parametrize(
    "query",
    [
        "status=HAPPY",
        "limit=0",
        "limit=201",
        "limit=x",
        "limit=-1",
        "before=%00nonsense",
        "q=" + 201 * "x",
    ],
)
async def test_a_bad_question_to_the_library(site: Site, query: str) -> None:
    """It gets 400, and a sentence that says what was expected."""
    answer = await site.client.get(f"/api/runs?{query}")
    assert answer.status_code == 400
    assert isinstance(answer.json()["detail"], str)


@pytest.mark.slow
async def test_a_run_is_cancelled(held: Site) -> None:
    """202, and the run has ended; once more contradicts its state."""
    run_id = await held.order()
    assert (await held.client.post(f"/api/runs/{run_id}/cancel")).status_code == 202
    state = (await held.client.get(f"/api/runs/{run_id}")).json()
    assert state["status"] == "CANCELLED"
    again = await held.client.post(f"/api/runs/{run_id}/cancel")
    assert again.status_code == 409
    assert "CANCELLED" in again.json()["detail"]


async def test_a_failed_run_is_retried(site: Site) -> None:
    """202, and the run goes on to its end; a finished one cannot be retried."""
    site.engines.illustrator.script[1] = [WorkFailed("broken", "no paint", retryable=False)]
    run_id = await site.order()
    assert (await site.ended(run_id))["error"] == "no paint"
    assert (await site.client.post(f"/api/runs/{run_id}/retry")).status_code == 202
    assert (await site.ended(run_id))["status"] == "DONE"
    assert (await site.client.post(f"/api/runs/{run_id}/retry")).status_code == 409


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/log"),
        ("GET", "/events"),
        ("GET", "/images/cover.png"),
        ("GET", "/audio/page_0.wav"),
        ("POST", "/cancel"),
        ("POST", "/retry"),
    ],
)
async def test_a_run_that_is_not_there(site: Site, method: str, path: str) -> None:
    """Every call about a run answers 404 if it does not exist, whatever its id looks like."""
    for run_id in (NOBODY, "no-such-id", "%00", "' OR 1=1 --"):
        answer = await site.client.request(method, f"/api/runs/{run_id}{path}")
        assert (answer.status_code, answer.json()) == (404, {"detail": "no such run"})


async def test_too_many_open_runs(tmp_path: Path) -> None:
    """Beyond the queue's limit a new run gets 429 and is told when to try again."""
    async with serving(tmp_path, limits=Limits(open_runs=1), held=True) as site:
        await site.order()
        answer = await site.client.post("/api/runs", json=WORDS)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.slow
async def test_too_many_new_runs_a_minute(tmp_path: Path) -> None:
    """Beyond the rate limit a new run gets 429; what only looks does not count."""
    async with serving(tmp_path, limits=Limits(runs_per_minute=2)) as site:
        run_id = await site.order()
        for _ in range(5):
            await site.client.get(f"/api/runs/{run_id}")
        await site.order()
        answer = await site.client.post("/api/runs", json=WORDS)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 30


@pytest.mark.slow
async def test_a_repetition_is_no_new_run(tmp_path: Path) -> None:
    """A client that asks again under its key gets its run however often, and takes no room."""
    async with serving(tmp_path, limits=Limits(runs_per_minute=2)) as site:
        for _ in range(5):
            answer = await site.client.post(
                "/api/runs", json=WORDS, headers={"Idempotency-Key": "k"}
            )
            assert answer.status_code == 201
        await site.order()
        answer = await site.client.post("/api/runs", json=WORDS, headers={"Idempotency-Key": "new"})
    assert answer.status_code == 429


async def test_nobody_gets_round_the_rate_limit_with_a_header(tmp_path: Path) -> None:
    """An address is where the connection comes from, whatever a client writes."""
    async with serving(tmp_path, limits=Limits(runs_per_minute=1)) as site:
        answers = [
            await site.client.post("/api/runs", json=WORDS, headers={"X-Forwarded-For": it})
            for it in ("1.2.3.4", "5.6.7.8")
        ]
    assert [it.status_code for it in answers] == [201, 429]


@pytest.mark.slow
async def test_many_at_once_are_answered(site: Site) -> None:
    """Twenty wishes in one instant give twenty runs."""
    found: list[RunId] = []

    async def order() -> None:
        found.append(await site.order())

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(order)
    assert len(set(found)) == 20


@pytest.mark.slow
async def test_a_damaged_log_takes_no_new_book(tmp_path: Path) -> None:
    """503, and what is damaged; books that can be read are served as ever."""
    async with serving(tmp_path) as site:
        run_id = await site.order()
        await site.ended(run_id)
    damage(tmp_path / "log.db", lambda page: page[0] == INDEX_LEAF and b"0000000" in page)
    async with serving(tmp_path) as site:
        log = site.application.log
        assert isinstance(log, SqliteLog)
        await log.look_for_damage()
        answer = await site.client.post("/api/runs", json=WORDS)
        assert answer.status_code == 503
        assert f"{tmp_path / 'log.db'} is damaged" in answer.json()["detail"]
        assert "storybook verify" in answer.json()["detail"]
        assert (await site.client.get(f"/api/runs/{run_id}")).json()["status"] == "DONE"


async def test_the_library_is_searched(site: Site) -> None:
    """By title and words, whatever their case and how their letters are composed; beside a status,
    and page by page."""
    words = {"topic_ko": "Über-Mut", "place_ko": "달나라  기지"}
    first, second = await site.finished_book(**words), await site.finished_book(**words)

    async def found(**asked: Any) -> tuple[list[str], str | None]:
        answer = await site.client.get("/api/runs", params=asked)
        assert answer.status_code == 200, answer.text
        return [it["run_id"] for it in answer.json()["runs"]], answer.json()["next"]

    decomposed = unicodedata.normalize("NFD", "über-mut")
    for text in ("über", "ÜBER-MUT", decomposed, "달나라 기지", " 나라 "):
        assert await found(q=text) == ([second, first], None), text
    for text in ("mut 달나라", "기지 über", "%", "_ber"):
        assert await found(q=text) == ([], None), text
    assert await found(q="über", status="FAILED") == ([], None)
    page, cursor = await found(q="über", status="DONE", limit=1)
    assert page == [second] and cursor
    assert await found(q="über", limit=1, before=cursor) == ([first], None)
    title = (await site.client.get(f"/api/runs/{first}")).json()["pages"][0]["title"]
    assert first in (await found(q=title[1:]))[0]
    assert len((await found(q="  "))[0]) >= 2


async def test_a_search_that_looks_through_many_goes_on(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of it has a bound; the next one begins where it ended."""
    run_id = await site.finished_book(topic_ko="바늘")
    for _ in range(3):
        await site.order()
    bounded = library.LAST_SEARCHED.replace(str(library.MOST_SEARCHED - 1), "1")
    monkeypatch.setattr(library, "LAST_SEARCHED", bounded)
    pages, cursor = [], ""
    while cursor is not None:
        answer = (await site.client.get(f"/api/runs?q=바늘&before={cursor}")).json()
        pages.append([it["run_id"] for it in answer["runs"]])
        cursor = answer["next"]
    assert pages[:2] == [[], [run_id]] and not any(pages[2:])
