"""The facts of a run stand in its events: a book of another length is made and shown whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

import storybook.bootstrap
import storybook.new_run
from storybook.book import AGES, MOST_PAGES, RunId, TtsConfig, part_of
from storybook.cli.reproduce import command_for
from storybook.events.catalog import RunRequested
from storybook.events.codec import decode, encode
from storybook.export import BOOK_FILE
from storybook.new_run import check_new_run
from storybook.run import Run, fold, plan_of, request_run
from storybook.settings import Settings
from storybook.stages.registry import Engines
from tests.cli.conftest import Shell
from tests.engines import REQUEST, Scripted
from tests.export.copies import export_book
from tests.http.serving import Site, serving


def recorded(event: RunRequested) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.json.decode(encode(event))
    return data


def test_new_events_say_length_and_language_always() -> None:
    """Also what is usual today, which may be unusual one day."""
    data = recorded(RunRequested(REQUEST, 7, page_count=5, language="ko"))
    assert (data["page_count"], data["language"]) == (5, "ko")


@pytest.mark.usefixtures("other_defaults")
def test_what_an_event_does_not_say_stays_what_it_was() -> None:
    """Five Korean pages, and a voice as version 2.0 had it by default, whatever is usual now."""
    words = recorded(RunRequested(REQUEST, 7))["request"]
    data = {"type": "RunRequested", "request": words, "seed": 7, "tts": {}}
    event = decode("RunRequested", 1, msgspec.json.encode(data))
    assert isinstance(event, RunRequested)
    assert (event.page_count, event.language) == (5, "ko")
    assert event.tts == TtsConfig("M1", "", {}, "ko", 1.05, 250)


def test_the_parts_of_a_story() -> None:
    """A longer book begins and ends as a short one does; between, things happen."""
    parts = {count: [part_of(page, count) for page in range(count)] for count in (5, 6, 7, 13)}
    assert parts[5] == [0, 1, 2, 3, 4]
    assert parts[6] == [0, 1, 2, 1, 3, 4]
    assert parts[7] == [0, 1, 2, 1, 2, 3, 4]
    assert parts[13][-2:] == [3, 4]


def test_there_is_a_stage_for_every_page() -> None:
    """The longest book has 1 + 13 + 13 pieces of work, the writer's first."""
    plan = plan_of(MOST_PAGES, True)
    assert [str(work) for work in plan[:3]] == ["LLM", "COVER", "PANEL_1"]
    assert str(plan[MOST_PAGES]) == "PANEL_12"
    assert len(plan) == 1 + 2 * MOST_PAGES


@pytest.fixture
def other_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of a later day, which makes longer books in another language."""
    monkeypatch.setattr(storybook.new_run, "DEFAULT_PAGE_COUNT", 7)
    monkeypatch.setattr(storybook.new_run, "DEFAULT_LANGUAGE", "en")


async def run_of(site: Site, run_id: RunId) -> Run:
    run = fold(it.event for it in await site.application.log.read_run(run_id))
    assert run is not None
    return run


@pytest.mark.slow
@pytest.mark.anyio
async def test_who_says_nothing_gets_what_is_usual(tmp_path: Path, other_defaults: None) -> None:
    """And the run's first event says what that was."""
    async with serving(tmp_path) as site:
        run = await run_of(site, await site.finished_book())
        assert (run.page_count, run.language, len(run.pages)) == (7, "en", 7)
        assert run.tts is not None and run.tts.lang == "en"
        short = await run_of(site, await site.finished_book(page_count=5, language="ko"))
        assert (short.page_count, short.language, len(short.pages)) == (5, "ko", 5)


@pytest.mark.slow
@pytest.mark.anyio
async def test_a_book_of_seven_pages(tmp_path: Path) -> None:
    """Made whole: state, progress, files, page and timeline have seven of everything."""
    async with serving(tmp_path / "data") as site:
        run_id = await site.finished_book(page_count=7)
        state = (await site.client.get(f"/api/runs/{run_id}")).json()
        replayed = (
            await site.client.get(f"/api/runs/{run_id}/events", params={"last_event_id": 0})
        ).text
        picture = await site.client.get(state["pages"][6]["image_url"])
        run = await run_of(site, run_id)
        await export_book(run_id, run, site.application.artifacts)
    html = (tmp_path / "data" / "outputs" / run_id / BOOK_FILE).read_text("utf-8")
    assert [page["page"] for page in state["pages"]] == [*range(7)]
    assert all(page["image_url"] and page["audio_url"] for page in state["pages"])
    assert (state["ready_max_page"], state["ready_max_audio_page"]) == (6, 6)
    assert state["language"] == "ko"
    assert picture.status_code == 200
    told = [json.loads(it[6:]) for it in replayed.splitlines() if it.startswith("data: {")]
    assert max(it.get("ready_max_page", -1) for it in told) == 6
    assert {it["stage"] for it in told} <= {work.stage.value for work in run.plan}
    assert 'aria-label="6쪽 가운데 6쪽"' in html and html.count('class="leaf panel"') == 6
    assert "--pages 7" in command_for(run)


@pytest.mark.parametrize("age", AGES)
def test_a_book_for_an_age_is_made_again_for_it(age: str) -> None:
    """With its own pace of reading, which need not be said, and any other, which must."""
    words = msgspec.structs.asdict(REQUEST)
    usual = check_new_run({**words, "age": age})
    other = check_new_run({**words, "age": age, "tts": {"speed": 1.3}})
    for asked, says_speed in ((usual, False), (other, True)):
        run = fold(request_run(None, REQUEST, 7, asked.tts, age=asked.age))
        assert run is not None
        assert f"--age {age}" in command_for(run)
        assert ("--speed" in command_for(run)) == says_speed


@pytest.mark.slow
def test_the_command_line_makes_and_shows_it(shell: Shell) -> None:
    """`make --pages`, and `list` and `show` with seven of everything."""
    assert shell.make("--pages", "7")["status"] == "DONE"
    assert shell("list").stdout.count("7 of 7") == 2
    shown = shell("show", "latest").stdout
    assert "panel_6.png" in shown and "page_6.wav" in shown
    assert len(shell.json("show", "latest")["timeline"]) == 1 + 7 + 7
    story = shell("watch", "latest").stdout
    assert story.count("reading page") + story.count("reading the") >= 7
    assert "reading page 6 aloud is done: page_6.wav" in story


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    async def chosen(settings: Settings, data: Path) -> Engines:
        return Scripted().engines

    monkeypatch.setattr(storybook.bootstrap, "choose_engines", chosen)
    return Shell(tmp_path / "data")
