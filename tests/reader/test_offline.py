"""Without the server: the page opens, and a book that was opened is read and heard."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.reader.conftest import Opener
from tests.whole.server import Server, follow, serving

pytestmark = pytest.mark.slow

KEPT = """(most) => new Promise((done) => {
  const look = async () => {
    const cache = await caches.open("storybook-books");
    (await cache.keys()).length >= most ? done() : requestAnimationFrame(look);
  };
  look();
})"""
IN_CONTROL = """() => new Promise((done) => {
  const { serviceWorker } = navigator;
  if (serviceWorker.controller) done();
  else serviceWorker.addEventListener("controllerchange", () => done(), { once: true });
})"""
A_PART = """(address) => fetch(address, { headers: { Range: "bytes=10-19" } }).then(async (it) =>
  [it.status, it.headers.get("Content-Range"), (await it.arrayBuffer()).byteLength])"""


def test_a_book_that_was_opened_is_read_and_heard_without_the_server(
    tmp_path: Path, opened: Opener
) -> None:
    """After a reload, too; a recording is given in parts, as a player asks for it. The shelf opens,
    and says what is the matter."""
    with serving(tmp_path / "data") as server:
        run_id = server.request()
        list(follow(server, run_id))
        state = server.state(run_id)
        audio = state["pages"][1]["audio_url"]
        size = len(httpx.get(f"{server.url}{audio}").content)
        page = opened(f"{server.url}/books/{run_id}", refuses=True)
        page.evaluate(IN_CONTROL)
        expect(title_on(page)).to_have_text(state["pages"][0]["title"])
        page.evaluate(KEPT, 16)  # five pictures, voices and pages of spans; the state
        assert server.stop() == 0
        page.reload()
        expect(title_on(page)).to_have_text(state["pages"][0]["title"])
        assert page.evaluate(A_PART, f"{audio}?edition=1") == [206, f"bytes 10-19/{size}", 10]
        assert all(page.evaluate("[...document.images].map((it) => it.complete)"))
        page.goto(f"{server.url}/")
        expect(page.get_by_role("main")).to_contain_text("닿지 않아요")
        page.get_by_role("link", name=state["pages"][0]["title"]).click()
        expect(title_on(page)).to_have_text(state["pages"][0]["title"])


def test_a_book_that_was_watched_while_it_was_made_is_kept_whole(
    server: Server, opened: Opener
) -> None:
    """With its last picture and its last voice, which came with the end."""
    run_id = server.request()
    page = opened(f"{server.url}/books/{run_id}", refuses=True)
    page.evaluate(IN_CONTROL)
    list(follow(server, run_id))
    page.evaluate(KEPT, 16)
    kept = page.evaluate(
        """async () => (await (await caches.open("storybook-books")).keys()).map((it) => it.url)"""
    )
    for name in ("cover.png", "panel_4.png", "page_4.wav?edition=1"):
        assert any(it.endswith(name) for it in kept), (name, kept)


def test_an_erased_book_is_gone_from_the_device(server: Server, opened: Opener) -> None:
    """Also where it was erased on another one: the shelf looks."""
    run_id = server.request()
    list(follow(server, run_id))
    page = opened(f"{server.url}/books/{run_id}", refuses=True)
    page.evaluate(IN_CONTROL)
    page.evaluate(KEPT, 16)
    assert httpx.delete(f"{server.url}/api/runs/{run_id}").status_code == 204
    page.goto(server.url)
    page.evaluate(
        """(run) => new Promise((done) => {
            const look = async () => {
                const keys = await (await caches.open("storybook-books")).keys();
                keys.some((it) => it.url.includes(run)) ? requestAnimationFrame(look) : done();
            };
            look();
        })""",
        run_id,
    )
    page.goto(f"{server.url}/books/{run_id}")
    expect(page.get_by_role("main")).to_contain_text("지워진 책이에요")


def title_on(page: Page) -> Locator:
    return page.locator("h1").first


def test_the_app_can_be_installed(server: Server) -> None:
    """Its manifest names pictures that are there, of the sizes that it says."""
    manifest = httpx.get(f"{server.url}/manifest.webmanifest")
    assert manifest.headers["content-type"].startswith("application/manifest+json")
    described = manifest.json()
    assert (described["start_url"], described["display"]) == ("/", "standalone")
    for icon in described["icons"]:
        content = httpx.get(f"{server.url}{icon['src']}").content
        size = int.from_bytes(content[16:20], "big")
        assert content.startswith(b"\x89PNG") and f"{size}x{size}" == icon["sizes"]
