"""Behind the book, in a real browser: timeline, the book of then, verdict, events."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.export.browser import violations
from tests.reader.conftest import Opener
from tests.reader.recorded_server import (
    DONE,
    REFUSED,
    RETRIED,
    SIZES,
    new_token,
    recorded_data,
    recorded_server,
)
from tests.whole.server import Server, serving, storybook

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all tests of this module."""
    with recorded_server(tmp_path_factory.mktemp("behind")) as server:
        yield server


def behind(opened: Opener, server: Server, run_id: str, **options: object) -> Page:
    """The page of a book, once everything is there."""
    page = opened(f"{server.url}/books/{run_id}/behind", **options)
    expect(page.locator(".judged")).to_be_visible()
    return page


def told(page: Page) -> str:
    return page.locator(".told").inner_text()


@pytest.mark.parametrize("run_id", [DONE, REFUSED, RETRIED])
def test_each_attempt_of_the_log_is_in_the_drawing_and_in_the_table(
    server: Server, opened: Opener, run_id: str
) -> None:
    """A lane for each piece of work, a bar and a row for each attempt at it."""
    page = behind(opened, server, run_id)
    events = server.events(run_id)
    wanted = [it["data"] for it in events if it["type"] == "StageRequested"]
    started = [it for it in events if it["type"] == "StageStarted"]
    assert page.locator(".lane").count() == len({(it["stage"], it["page"]) for it in wanted})
    assert page.locator(".bars .work").count() == len(started)
    page.locator(".as-table summary").click()
    assert page.locator(".as-table tbody tr").count() == len(wanted)


def test_a_lane_tells_engine_and_seed_and_why_a_page_was_refused(
    server: Server, opened: Opener
) -> None:
    """By keyboard: a lane opens as what it is, a disclosure."""
    page = behind(opened, server, REFUSED, locale="en-GB")
    summary = page.locator(".lane summary", has_text="Writing")
    expect(summary).to_contain_text("failed · 3 attempts")
    summary.focus()
    page.keyboard.press("Enter")
    lane = page.locator(".lane[open]")
    expect(lane).to_contain_text("scripted-writer")
    refused = next(it for it in server.events(REFUSED) if it["type"] == "PageRefused")
    expect(lane.locator(".refused").first).to_contain_text(
        refused["data"]["problems"][0]["message"]
    )
    expect(lane).to_contain_text(refused["data"]["excerpt"])


def test_the_slider_shows_the_book_as_it_was(server: Server, opened: Opener) -> None:
    """At its beginning there is nothing; with each step it is what `?at=` says; at its end all."""
    page = behind(opened, server, DONE, locale="en-GB")
    events, words = server.events(DONE), page.locator(".then .words")
    expect(page.locator(".then img")).to_have_count(1)
    slider = page.get_by_role("slider")
    slider.focus()
    page.keyboard.press("Home")
    expect(words).to_have_text("No words yet")
    expect(page.locator(".then")).to_contain_text("No picture yet")
    assert told(page).startswith(f"1 of {len(events)}")
    written = next(i for i, it in enumerate(events) if it["type"] == "PageWritten")
    for _ in range(written):
        page.keyboard.press("ArrowRight")
    expect(words).to_contain_text(events[written]["data"]["title"])
    assert slider.get_attribute("aria-valuetext") == told(page).replace("\n", ": ")
    page.get_by_role("button", name="Next event").click()
    assert told(page).startswith(f"{written + 2} of")


def test_the_events_are_shown_as_recorded_some_at_a_time(server: Server, opened: Opener) -> None:
    """Each opens; a type can be chosen; from one the book of that moment is reached."""
    page = behind(opened, server, RETRIED, locale="en-GB")
    events = server.events(RETRIED)
    rows = page.locator(".events li")
    assert rows.count() == 40
    page.get_by_role("button", name=f"Show {len(events) - 40} more").click()
    assert rows.count() == len(events)
    page.get_by_label("Type of event").select_option("PageWritten")
    assert rows.count() == sum(it["type"] == "PageWritten" for it in events)
    rows.first.locator("summary").click()
    chosen = next(it for it in events if it["type"] == "PageWritten")
    expect(rows.first.locator("pre")).to_contain_text(chosen["data"]["image_prompt"][:40])
    expect(rows.first).to_contain_text(chosen["digest"])
    rows.first.get_by_role("button", name="See the book at this moment").click()
    assert told(page).startswith(f"{events.index(chosen) + 1} of")


def test_the_verdict_is_what_the_chain_says(server: Server, opened: Opener, tmp_path: Path) -> None:
    """A whole log, with the value to note down; and one in which an event was changed."""
    page = behind(opened, server, DONE)
    expect(page.locator(".judged")).to_have_text("바뀐 곳을 찾지 못했어요.")
    head = page.locator(".note code").first.inner_text()
    assert re.fullmatch(r"\d+:[0-9a-f]{64}", head)
    own = Path(server.log.name).parent / "data"
    assert storybook(own, "verify", "--anchor", head).returncode == 0
    data = recorded_data(tmp_path)
    changed = server.events(DONE)[3]["position"]
    with closing(sqlite3.connect(data / "log.db", isolation_level=None)) as db:
        db.execute("DROP TRIGGER events_never_change")
        db.execute("UPDATE events SET recorded_at = 7 WHERE position = ?", (changed,))
    with serving(data) as tampered:
        page = behind(opened, tampered, DONE)
        expect(page.locator(".judged")).to_have_text("기록이 적힌 때와 달라요.")
        expect(page.locator(".faults li").first).to_contain_text(f"{changed}번 사건")
        page.context.close()  # before the server goes


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_at_every_size(server: Server, opened: Opener, scheme: str) -> None:
    """Nothing for axe to find, and nothing that has to be scrolled to the side."""
    for size in SIZES:
        page = behind(opened, server, REFUSED, size=size, color_scheme=scheme, bypass_csp=True)
        page.locator(".lane summary").first.click()
        page.locator(".as-table summary").click()
        page.locator(".events summary").first.click()
        assert violations(page) == [], size
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        page.context.close()


def test_a_running_book_is_followed(tmp_path: Path, opened: Opener) -> None:
    """What is recorded while the page is open comes in by itself."""
    with serving(tmp_path / "data") as server:
        run_id = server.request(tts_enabled=False)
        page = opened(f"{server.url}/books/{run_id}/behind", locale="en-GB")
        expect(page.locator(".told")).to_contain_text("The book is done", timeout=60_000)
        expect(page.locator(".bars .work.completed")).to_have_count(6)
        expect(page.locator(".then img")).to_have_count(1)


def test_where_there_are_tokens_one_is_asked_for_under_a_prefix_too(
    tmp_path: Path, browser: Browser
) -> None:
    """In place; everything then loads from under the prefix."""
    data = recorded_data(tmp_path)
    secret = new_token(data, "read")
    with (
        serving(data, server_base_path="/story") as server,
        browser.new_context(locale="en-GB") as context,
    ):
        page = context.new_page()
        page.goto(f"{server.url}/story/books/{DONE}/behind")
        page.get_by_label("Token", exact=True).fill(secret)
        page.get_by_role("dialog").get_by_role("button", name="Sign in").click()
        expect(page.locator(".judged")).to_be_visible()
        source = page.locator(".then img").get_attribute("src")
        assert source is not None and source.startswith("/story/api/runs/")
        back = page.get_by_role("link", name="To the book")
        assert back.get_attribute("href") == f"/story/books/{DONE}"
