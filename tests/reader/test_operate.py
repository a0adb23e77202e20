"""The operator's page, in a real browser on a running server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from storybook.book import RunId
from tests.export.browser import violations
from tests.reader.conftest import Opener
from tests.reader.recorded_server import DONE, SIZES, new_token, recorded_data, recorded_server
from tests.stores.raw_rows import append_row
from tests.whole.server import Server, serving, storybook

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all tests of this module."""
    with recorded_server(tmp_path_factory.mktemp("operate")) as server:
        yield server


def operated(opened: Opener, server: Server, **options: object) -> Page:
    """The page, once everything is there."""
    page = opened(f"{server.url}/operate", **options)
    expect(page.locator(".engines .state").first).to_be_visible(timeout=20_000)
    expect(page.locator(".tail li").first).to_be_visible()
    return page


def panel(page: Page, name: str) -> str:
    """What a panel says, by its heading."""
    return page.get_by_role("region", name=name, exact=True).inner_text()


def test_engines_queue_disk_and_backup_are_told(server: Server, opened: Opener) -> None:
    """As the server says it, in the page's language."""
    page = operated(opened, server, locale="en-GB")
    engines = panel(page, "Engines")
    for role, it in server.engines().items():
        assert it["engine"] in engines, role
        assert not it["mend"] or it["mend"] in engines
    queue = panel(page, "Queue and throughput")
    assert "Books failed" in queue and "Illustrator" in queue
    assert "No server is away." in panel(page, "Servers that are away")
    assert "GB" in panel(page, "Disk") or "TB" in panel(page, "Disk")
    assert "There is no backup yet." in panel(page, "Backup")
    assert "No book is parked." in panel(page, "Parked books")


def test_the_log_is_followed_held_and_filtered(server: Server, opened: Opener) -> None:
    """What is recorded comes in at the top; while it is held it is counted; one type can be asked
    for."""
    page = operated(opened, server, locale="en-GB")
    rows = page.locator(".tail li")
    newest = rows.first.locator(".position")
    page.get_by_role("button", name="Pause").click()
    before = newest.inner_text()
    run_id = server.request(tts_enabled=False)
    expect(page.locator(".tail")).to_contain_text("Recorded meanwhile:")
    assert newest.inner_text() == before
    page.get_by_role("button", name="Go on").click()
    expect(rows.filter(has_text="A book is asked for").first).to_be_visible()
    page.get_by_label("Type of event").select_option("RunRequested")
    expect(rows.filter(has_not_text="RunRequested")).to_have_count(0)
    link = rows.first.get_by_role("link", name=f"Book {run_id[:8]}")
    assert link.get_attribute("href") == f"/books/{run_id}/behind"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_at_every_size(server: Server, opened: Opener, scheme: str) -> None:
    """Nothing for axe to find, and nothing that has to be scrolled to the side."""
    for size in SIZES:
        page = operated(opened, server, size=size, color_scheme=scheme, bypass_csp=True)
        assert violations(page) == [], size
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        page.context.close()


def test_a_backup_and_a_parked_book_are_told(tmp_path: Path, opened: Opener) -> None:
    """How old the one is; what to do about the other."""
    data = recorded_data(tmp_path)
    made = storybook(data, "backup", str(tmp_path / "backup"))
    assert made.returncode == 0, made.stderr
    append_row(data / "log.db", RunId(DONE))
    with serving(data) as server:
        page = operated(opened, server, locale="en-GB")
        assert " ago" in panel(page, "Backup")
        parked = panel(page, "Parked books")
        assert DONE in parked and "PageSung" in parked
        assert "Start the storybook version that recorded it" in parked
        expect(page.locator(".summary")).to_contain_text("To be looked at: 1.")
        page.context.close()  # before the server, whose stream it follows


def test_a_server_that_goes_away_is_told_and_found_again(tmp_path: Path, browser: Browser) -> None:
    """What was seen last stays, and its time with it."""
    data = recorded_data(tmp_path)
    with browser.new_context(locale="en-GB") as context:
        page = context.new_page()
        with serving(data) as server:
            page.goto(f"{server.url}/operate")
            expect(page.locator(".as-of")).to_contain_text("As of")
            port = server.url.rsplit(":", 1)[1]
        expect(page.locator(".as-of")).to_contain_text("cannot be reached", timeout=15_000)
        expect(page.get_by_role("region", name="Disk", exact=True)).to_be_visible()
        with serving(data, server_port=port):
            expect(page.locator(".as-of")).to_contain_text("As of", timeout=30_000)


def test_with_tokens_one_that_may_is_asked_for_in_place(tmp_path: Path, browser: Browser) -> None:
    """A `read` token is too little; under a prefix, too."""
    data = recorded_data(tmp_path)
    secrets = {scope: new_token(data, scope) for scope in ("read", "admin")}
    with (
        serving(data, server_base_path="/story") as server,
        browser.new_context(locale="en-GB") as context,
    ):
        page = context.new_page()
        page.goto(f"{server.url}/story/operate")
        for scope in ("read", "admin"):
            page.get_by_label("Token", exact=True).fill(secrets[scope])
            page.get_by_role("dialog").get_by_role("button", name="Sign in").click()
            if scope == "read":
                expect(page.get_by_role("dialog")).to_contain_text("allows more")
        expect(page.locator(".tail li").first).to_be_visible()
        expect(page.locator(".engines .state").first).to_be_visible(timeout=20_000)


def test_without_tokens_it_is_shown_on_the_servers_machine_alone(
    server: Server, browser: Browser
) -> None:
    """Through a proxy it is not, and says so kindly; no token is asked for, as there are none."""
    forwarded = {"X-Forwarded-For": "203.0.113.9"}
    with browser.new_context(locale="ko-KR", extra_http_headers=forwarded) as context:
        page = context.new_page()
        page.goto(f"{server.url}/operate")
        expect(page.get_by_role("alert")).to_contain_text("127.0.0.1")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.get_by_role("button", name="다시 해 보기")).to_be_visible()
