"""A book that is looked at while it is made: it fills itself, and goes on whatever happens."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.export.browser import violations
from tests.reader.conftest import Opener
from tests.reader.layout_shift import MOST_SHIFT, SHIFT, WATCH_SHIFT
from tests.reader.test_book_reading import HERE, PHONE, at, shown
from tests.whole.server import Server, follow, serving

pytestmark = pytest.mark.slow

READY_MS = 90_000
"""For a book of thirteen pages on a machine that does other things."""
PAGES = 5
SLOW = "tests.reader.slow_painter"

WATCH = (
    WATCH_SHIFT
    + """
  window.steps = [];
  const look = () => {
    const count = (what) => document.querySelectorAll(what).length;
    const now = [count(".painted"), count(".leaf:has(.text :is(p, h2))")];
    if (count(".leaf[data-page]")) steps.push(now);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
"""
)
"""How many pictures and texts are shown, at each frame."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One whose painter takes its time, and shows how far it is."""
    with serving(tmp_path_factory.mktemp("waiting") / "data", SLOW) as server:
        yield server


@pytest.fixture
def lonely(browser: Browser) -> Iterator[Page]:
    """A page whose server or network goes away: the browser itself complains of that."""
    context = browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, locale="ko-KR", bypass_csp=True
    )
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda it: faults.append(str(it)))
    page.add_init_script(WATCH)
    yield page
    context.close()
    assert faults == []


def never_stepped_back(page: Page) -> bool:
    """Of pictures and of texts there were never fewer than before."""
    steps: list[list[int]] = page.evaluate("() => window.steps")
    assert steps
    return all(then[kind] >= before[kind] for before, then in pairwise(steps) for kind in (0, 1))


def whole(page: Page) -> None:
    """Waits until the book is."""
    expect(page.locator(".leaf.end")).to_have_count(1, timeout=READY_MS)
    expect(page.locator(".painted img")).to_have_count(PAGES, timeout=READY_MS)
    expect(page.locator(".status")).not_to_be_visible()


def written(page: Page) -> None:
    expect(page.locator('[data-page="1"] .text p').first).to_be_attached(timeout=READY_MS)


def test_a_book_opens_at_once_and_fills_itself(server: Server, opened: Opener) -> None:
    """Words appear one by one, and at a touch all; the first page is read while the last is being
    painted; the tab says when it is ready, until somebody looks; and nothing moves."""
    run_id = server.request()
    page = opened("about:blank", bypass_csp=True)
    page.add_init_script(WATCH)
    page.goto(at(server, run_id))
    expect(page.locator(".status")).to_be_visible()
    expect(page).to_have_title(re.compile("^만드는 중"))
    expect(page.locator(".word").first).to_be_attached(timeout=READY_MS)
    page.get_by_role("button", name="바로 다 보기").click()
    expect(page.locator(".word")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    shown(page, 1)
    expect(page.locator(f"{HERE} .word").first).to_be_attached()
    page.locator(f"{HERE} .text").click()
    expect(page.locator(".word")).to_have_count(0)
    shown(page, 1)
    expect(page.locator(".preview img").first).to_be_attached()
    assert page.locator(f'[data-page="{PAGES - 1}"] .wash').count() == 1
    whole(page)
    assert page.title().startswith("다 됐어요!")
    assert page.locator("#said").inner_text() == "그림책이 다 됐어요"
    page.keyboard.press("ArrowRight")
    assert not page.title().startswith("다 됐어요!")
    assert never_stepped_back(page)
    assert page.evaluate(SHIFT) < MOST_SHIFT


def test_words_stand_at_once_where_nothing_is_to_move(server: Server, opened: Opener) -> None:
    """With reduced motion."""
    run_id = server.request()
    page = opened(at(server, run_id), reduced_motion="reduce")
    expect(page.locator(f"{HERE} h2")).to_be_visible(timeout=READY_MS)
    assert page.locator(".word").count() == 0
    list(follow(server, run_id))


def test_a_page_that_is_loaded_anew_goes_on_where_it_was(server: Server, opened: Opener) -> None:
    """At the same page, with all that was there, and to the end."""
    run_id = server.request()
    page = opened("about:blank", bypass_csp=True)
    page.add_init_script(WATCH)
    page.goto(at(server, run_id))
    written(page)
    page.keyboard.press("ArrowRight")
    shown(page, 1)
    expect(page.locator(".painted").first).to_be_attached(timeout=READY_MS)
    before = page.locator(".painted").count()
    page.reload()
    shown(page, 1)
    expect(page.locator(f"{HERE} .text p").first).to_be_visible()
    assert page.locator(".word").count() == 0
    expect(page.locator(".painted").nth(before - 1)).to_be_attached()
    whole(page)
    assert never_stepped_back(page)


def test_a_book_outlasts_a_tunnel(server: Server, lonely: Page) -> None:
    """It says that the network is gone, and goes on when it is back."""
    run_id = server.request()
    lonely.goto(at(server, run_id))
    written(lonely)
    lonely.context.set_offline(True)
    expect(lonely.locator(".status")).to_contain_text("끊겼어요", timeout=60_000)
    lonely.context.set_offline(False)
    whole(lonely)
    assert never_stepped_back(lonely)


def test_a_book_outlasts_the_server(tmp_path: Path, lonely: Page, free_port: str) -> None:
    """Killed in the middle, and started again where it was."""
    server = Server(tmp_path / "data", SLOW, server_port=free_port)
    try:
        run_id = server.request()
        lonely.goto(at(server, run_id))
        written(lonely)
        server.kill()
        expect(lonely.locator(".status")).to_contain_text("끊겼어요")
        server.log.close()
        server = Server(tmp_path / "data", SLOW, server_port=free_port)
        whole(lonely)
        assert never_stepped_back(lonely)
    finally:
        server.process.kill()
        server.process.wait()
        server.log.close()


@pytest.fixture
def free_port() -> str:
    """A port that nobody has."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


# ---------------------------------------------------------------------------- what is told of a run


@pytest.fixture(scope="module")
def made(server: Server) -> tuple[str, dict[str, Any]]:
    """A book, and its state when it was written and nothing was painted."""
    run_id = server.request()
    list(follow(server, run_id))
    events = server.events(run_id)
    cover = next(it for it in events if it["data"].get("stage") == "COVER")
    state = server._ask("GET", f"/api/runs/{run_id}?at={cover['position']}").json()
    return run_id, state


AWAY = {"engine": "comfyui", "since": "2026-01-01T00:00:00.000Z", "why": "connection refused"}


def told(page: Page, server: Server, run_id: str, state: dict[str, Any]) -> None:
    """The book's page, of a server that tells this state and then is silent."""

    def silent(route: Route) -> None:
        if not page.is_closed():
            route.fulfill(status=200, content_type="text/event-stream", body="")

    page.route("**/events", silent)
    page.route(f"**/api/runs/{run_id}", lambda route: route.fulfill(body=json.dumps(state)))
    page.goto(at(server, run_id))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"eta_seconds": 130}, "2분쯤 남았어요"),
        ({"waiting_for": AWAY, "stage": "COVER"}, "그림 그리는 컴퓨터가 잠깐 쉬고 있어요"),
        ({"status": "FAILED", "error": "out of memory"}, "책을 다 만들지 못했어요"),
        ({"status": "CANCELLED"}, "책 만들기를 그만두었어요"),
        ({"status": "QUEUED"}, "차례를 기다리고 있어요"),
    ],
    ids=["eta", "away", "failed", "cancelled", "queued"],
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_happens_is_told_in_one_line(
    server: Server,
    made: tuple[str, dict[str, Any]],
    opened: Opener,
    change: dict[str, Any],
    line: str,
    scheme: str,
) -> None:
    """And axe finds nothing wrong with it."""
    run_id, state = made
    page = opened(
        "about:blank",
        color_scheme=scheme,
        reduced_motion="reduce",
        bypass_csp=True,
        service_workers="block",  # it would answer before the test does
    )
    told(page, server, run_id, {**state, **change})
    expect(page.locator(".status")).to_contain_text(line)
    expect(page.locator(f"{HERE} h2")).to_be_visible()
    assert violations(page) == []


def test_what_this_tab_has_shown_stays_though_the_server_is_behind(
    server: Server, made: tuple[str, dict[str, Any]], opened: Opener
) -> None:
    """What it tells first after a reload may be a little older than what its stream told."""
    run_id, state = made
    title = state["pages"][0]["title"]
    written = next(it for it in server.events(run_id) if it["data"].get("stage") == "COVER")
    older = [{**it, "title": "", "summary": "", "dialogues": []} for it in state["pages"]]
    page = opened("about:blank", service_workers="block")
    kept = f"sessionStorage.setItem('storybook-at-{run_id}', '{written['position']}')"
    page.add_init_script(f"if (location.protocol === 'http:') {kept}")
    told(page, server, run_id, {**state, "pages": older})
    expect(page.get_by_role("heading", name=title, level=2)).to_be_visible()


def test_a_failed_book_says_why_and_is_tried_again(
    server: Server, made: tuple[str, dict[str, Any]], opened: Opener
) -> None:
    """For the grown-ups; what there is can be read, and there is a way back."""
    run_id, state = made
    page = opened("about:blank", service_workers="block")
    asked: list[str] = []

    def retried(route: Route) -> None:
        asked.append(route.request.method)
        route.fulfill(status=202, json={"run_id": run_id})

    page.route("**/retry", retried)
    told(page, server, run_id, {**state, "status": "FAILED", "error": "out of memory"})
    page.get_by_role("button", name="왜요?").click()
    expect(page.get_by_role("dialog")).to_contain_text("out of memory")
    page.get_by_role("dialog").get_by_role("button", name="닫기").click()
    assert page.title().startswith("멈췄어요")
    assert page.get_by_role("link", name="책장으로").first.get_attribute("href") == "/"
    with page.expect_response("**/retry"):
        page.get_by_role("button", name="다시 해 보기").first.click()
    assert asked == ["POST"]


def test_a_book_that_is_not_there_leads_back(server: Server, browser: Browser) -> None:
    """In a sentence."""
    page = browser.new_page(locale="ko-KR")
    page.goto(at(server, "0" * 32))
    expect(page.get_by_role("heading")).to_have_text("그런 책이 없어요.")
    assert page.get_by_role("link").get_attribute("href") == "/"
    page.context.close()
