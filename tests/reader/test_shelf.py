"""The library: covers on a shelf, what is in the making, retry, cancel, erase, settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import httpx
import pytest
from playwright.sync_api import Browser, Route, expect

from storybook.data_folder import DataFolder
from tests.export.browser import violations
from tests.many_books import add_books
from tests.reader.conftest import Opener
from tests.reader.crayons import with_crayons
from tests.reader.families import SIZES, book_on, made, open_menu, pass_gate
from tests.reader.layout_shift import MOST_SHIFT, SHIFT, WATCH_SHIFT
from tests.whole.server import Server, serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the painter finds what it has to wait for, or fails of."""
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with serving(folder / "data", "tests.reader.crayons", **with_crayons(folder)) as server:
        yield server


@pytest.fixture
def hold(folder: Path) -> Iterator[Path]:
    """Nothing is painted as long as it is there."""
    file = folder / "hold"
    file.touch()
    yield file
    file.unlink(missing_ok=True)


@pytest.fixture
def fail(folder: Path) -> Iterator[Path]:
    file = folder / "fail"
    file.touch()
    yield file
    file.unlink(missing_ok=True)


def test_an_empty_shelf_invites_to_the_first_book(
    tmp_path: Path, opened: Opener, browser: Browser
) -> None:
    """And leads to the making, by keyboard."""
    with serving(tmp_path / "data") as server:
        page = opened(server.url)
        expect(page.get_by_role("heading", name="책장이 비어 있어요")).to_be_visible()
        page.get_by_role("link", name="첫 책 만들기").focus()
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{server.url}/make")
        page.context.close()  # before the server goes


def test_books_stand_newest_first_and_open(server: Server, opened: Opener) -> None:
    """Each with its cover and its title; the address is the book's own."""
    first = made(server, topic_ko="우정")
    second = made(server, topic_ko="용기")
    page = opened(server.url)
    books = page.locator("li[data-run]")
    expect(books.first).to_have_attribute("data-run", second)
    expect(books.nth(1)).to_have_attribute("data-run", first)
    title = server.state(second)["pages"][0]["title"]
    expect(books.first).to_contain_text(title)
    loaded = "(it) => it.complete && it.naturalWidth > 0"
    page.wait_for_function(f"() => [...document.images].slice(0, 2).every({loaded})")
    page.get_by_role("link", name=title).first.click()
    expect(page).to_have_url(f"{server.url}/books/{second}")


def test_a_book_in_the_making_is_followed_to_its_end(
    server: Server, opened: Opener, hold: Path
) -> None:
    """It tells how far it is, and says so when it is ready, with no reload."""
    run_id = server.request(tts_enabled=False)
    page = opened(server.url)
    book = book_on(page, run_id)
    expect(book).to_contain_text("그림을 그려요 0/5")
    expect(book.get_by_role("progressbar")).to_be_visible()
    hold.unlink()
    expect(book).to_have_attribute("data-status", "DONE", timeout=20_000)
    expect(book.locator("img")).to_be_visible()
    expect(page.locator("#said")).to_contain_text("다 됐어요")


def test_no_more_than_a_few_books_are_followed_at_once(
    server: Server, opened: Opener, hold: Path
) -> None:
    """The others wait for their turn, and all come to be ready."""
    runs = [server.request(tts_enabled=False) for _ in range(5)]
    page = opened("about:blank", size=(1440, 900))
    streams: list[str] = []
    page.on("request", lambda it: streams.append(it.url) if it.url.endswith("/events") else None)
    page.goto(server.url)
    expect(page.locator("progress:visible")).to_have_count(3)
    assert len(streams) == 3
    hold.unlink()
    for run_id in runs:
        expect(book_on(page, run_id)).to_have_attribute("data-status", "DONE", timeout=20_000)


def test_a_failed_book_says_so_and_is_tried_again(
    server: Server, opened: Opener, fail: Path
) -> None:
    """What was made before stays; the other half is made when what was wrong is mended."""
    run_id = made(server)
    assert server.state(run_id)["status"] == "FAILED"
    page = opened(server.url)
    book = book_on(page, run_id)
    expect(book).to_contain_text("만들다가 멈췄어요")
    fail.unlink()
    book.get_by_role("button", name="다시 해 보기").click()
    expect(book).to_have_attribute("data-status", "DONE", timeout=20_000)
    assert server.state(run_id)["status"] == "DONE"


def test_a_book_is_stopped_and_goes_on(server: Server, opened: Opener, hold: Path) -> None:
    """Stopping is asked once, since it can be taken back."""
    run_id = server.request(tts_enabled=False)
    page = opened(server.url)
    open_menu(page, run_id).get_by_role("button", name="그만 만들기").click()
    page.get_by_role("dialog").get_by_role("button", name="그만두기").click()
    assert server.state(run_id)["status"] == "RUNNING"
    open_menu(page, run_id).get_by_role("button", name="그만 만들기").click()
    page.get_by_role("dialog").get_by_role("button", name="그만 만들기").click()
    book = book_on(page, run_id)
    expect(book).to_contain_text("만들다가 그만뒀어요")
    hold.unlink()
    book.get_by_role("button", name="이어서 만들기").click()
    expect(book).to_have_attribute("data-status", "DONE", timeout=20_000)


def test_erasing_is_for_grown_ups_and_asked_twice(server: Server, opened: Opener) -> None:
    """A child that taps everything loses nothing."""
    run_id = made(server)
    page = opened(server.url)
    dialog = page.get_by_role("dialog")
    open_menu(page, run_id).get_by_role("button", name="지우기").click()
    page.locator("#sum").fill("1")
    dialog.get_by_role("button", name="계속").click()
    expect(dialog.get_by_role("alert")).to_contain_text("답이 달라요")
    pass_gate(page)
    expect(dialog.get_by_role("heading", name="지우기")).to_be_visible()
    page.keyboard.press("Enter")  # what has the focus keeps the book
    expect(dialog).to_have_count(0)
    open_menu(page, run_id).get_by_role("button", name="지우기").click()
    dialog.get_by_role("button", name="지우기").click()
    assert server.state(run_id)["status"] == "DONE"
    dialog.get_by_role("button", name="영영 지우기").click()
    expect(book_on(page, run_id)).to_have_count(0)
    assert httpx.get(f"{server.url}/api/runs/{run_id}").status_code == 410


def test_a_book_that_another_erased_is_told_kindly(server: Server, opened: Opener) -> None:
    """What this page still shows is not there any more."""
    run_id = made(server)
    page = opened(server.url, refuses=True)
    expect(book_on(page, run_id)).to_be_visible()
    httpx.delete(f"{server.url}/api/runs/{run_id}")
    open_menu(page, run_id).get_by_role("button", name="지우기").click()
    pass_gate(page)
    page.get_by_role("dialog").get_by_role("button", name="지우기").click()
    page.get_by_role("dialog").get_by_role("button", name="영영 지우기").click()
    expect(book_on(page, run_id)).to_contain_text("지워진 책이에요")


def test_what_is_sought_is_found_and_what_is_not_there_is_said(
    server: Server, opened: Opener
) -> None:
    """Also where the server itself does not search: then by title."""
    run_id = made(server, characters_ko="느긋한 거북이", topic_ko="약속")
    title = server.state(run_id)["pages"][0]["title"]
    page = opened(server.url)
    page.get_by_role("searchbox", name="책 찾기").fill(title)
    expect(page.locator("li[data-run]")).to_have_count(1)
    expect(page.locator("#said")).to_contain_text("1권을 찾았어요")
    page.get_by_role("searchbox").fill("코뿔소")
    expect(page.get_by_role("heading", name="찾는 책이 없어요")).to_be_visible()
    page.get_by_role("searchbox").fill("")
    expect(book_on(page, run_id)).to_be_visible()


def test_the_page_is_shown_in_another_language_and_larger_and_stays_so(
    server: Server, opened: Opener
) -> None:
    """Chosen once on this device; the browser's language is where it begins."""
    page = opened(server.url, locale="en-GB")
    expect(page.get_by_role("heading", name="Our bookshelf")).to_be_visible()
    page.get_by_role("button", name="Display settings").click()
    page.get_by_label("한국어").check()
    page.get_by_label("Very large").check()
    page.get_by_label("Easy letters").check()
    page.get_by_role("button", name="Show it so").click()
    expect(page.get_by_role("heading", name="우리 책장")).to_be_visible()
    page.reload()
    expect(page.locator("body")).to_have_class("letters-largest easy-type")
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    page.get_by_role("button", name="보기 설정").click()
    page.get_by_role("link", name="책 만드는 컴퓨터 살펴보기").click()
    expect(page).to_have_url(f"{server.url}/operate")


def test_a_book_without_tokens_is_shared_by_its_plain_address(
    server: Server, opened: Opener
) -> None:
    """Copied, and confirmed; that the address is this computer's own is said."""
    run_id = made(server)
    page = opened(server.url, permissions=["clipboard-read", "clipboard-write"])
    open_menu(page, run_id).get_by_role("button", name="나누기").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("책의 주소")).to_have_value(f"{server.url}/books/{run_id}")
    expect(dialog).to_contain_text("이 컴퓨터에서만 열려요")
    dialog.get_by_role("button", name="주소 복사").click()
    expect(dialog.get_by_role("status")).to_have_text("주소를 복사했어요.")
    assert page.evaluate("navigator.clipboard.readText()") == f"{server.url}/books/{run_id}"


def test_a_device_that_can_send_is_offered_to(server: Server, opened: Opener) -> None:
    """The system's own sheet, with title and address."""
    run_id = made(server)
    page = opened("about:blank")
    page.add_init_script(
        "navigator.share = (it) => { window.sent = it; return Promise.resolve(); }"
    )
    page.goto(server.url)
    open_menu(page, run_id).get_by_role("button", name="나누기").click()
    page.get_by_role("button", name="보내기").click()
    title = server.state(run_id)["pages"][0]["title"]
    assert page.evaluate("window.sent") == {"title": title, "url": f"{server.url}/books/{run_id}"}


def test_a_book_is_taken_along_in_each_form(server: Server, opened: Opener) -> None:
    """A link for what is soon made, with the book's name; what cannot be made here says so, and a
    film is told of until it is there."""
    run_id = made(server)
    page = opened(server.url, service_workers="block")  # it would answer before the test does
    formats = httpx.get(f"{server.url}/api/runs/{run_id}/formats").json()
    for it in formats["formats"]:
        it["ready"] = it["format"] != "zip"
    page.route("**/formats", lambda route: route.fulfill(json=formats))
    answers = [{"fraction": 0, "waiting": 1}, {"fraction": 0.42, "waiting": 0}]

    def film(route: Route) -> None:
        if answers:
            route.fulfill(status=202, json=answers.pop(0))
        else:
            route.fulfill(status=200, body="a film")

    page.route("**/book.mp4*", film)
    open_menu(page, run_id).get_by_role("button", name="가져가기").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("link", name="인쇄용(PDF), 접는 책")).to_have_attribute(
        "href", f"/api/runs/{run_id}/book.pdf?size=booklet"
    )
    expect(dialog).to_contain_text("모두 묶음(ZIP): 이 서버에서는 만들 수 없어요")
    with page.expect_download() as download:
        dialog.get_by_role("link", name="웹 페이지").click()
    title = server.state(run_id)["pages"][0]["title"]
    without_signs = " ".join(re.sub(r'[\\/:*?"<>|]', " ", title).split())  # which no disk has
    assert download.value.suggested_filename == f"{without_signs}.html"
    dialog.get_by_role("button", name="영상(MP4), 가로").click()
    expect(dialog).to_contain_text("앞에 1개가 있어요")
    expect(dialog).to_contain_text("영상(MP4), 가로: 42%")
    expect(dialog.get_by_role("link", name="영상(MP4), 가로")).to_be_visible()


def test_a_film_of_free_codecs_is_offered_too(server: Server, opened: Opener) -> None:
    """Beside the other one."""
    run_id = made(server)
    page = opened(server.url)
    open_menu(page, run_id).get_by_role("button", name="가져가기").click()
    expect(page.get_by_role("dialog")).to_contain_text("영상(WebM)")


def test_a_book_is_taken_in_from_a_file(server: Server, opened: Opener, tmp_path: Path) -> None:
    """By keyboard and by name: what is no such file is told in words, another one can be chosen
    then, and opens as a book."""
    run_id = made(server)
    title = server.state(run_id)["pages"][0]["title"]
    wrong, right = tmp_path / "wrong.zip", tmp_path / "right.zip"
    wrong.write_bytes(b"no book")
    right.write_bytes(httpx.get(f"{server.url}/api/runs/{run_id}/book.zip", timeout=60).content)
    page = opened(server.url, refuses=True)
    page.get_by_role("button", name="책 가져오기").press("Enter")
    dialog = page.get_by_role("dialog", name="책 가져오기")
    assert page.evaluate("document.activeElement.type") == "file"
    field = dialog.get_by_label("책 가져오기")
    field.set_input_files(wrong)
    expect(dialog.get_by_role("alert")).to_contain_text("가져올 수 없는 파일이에요")
    field.set_input_files(right)
    page.wait_for_url(re.compile(r"/books/[0-9a-f]{32}"))
    taken = page.url.rpartition("/")[2][:32]
    assert taken != run_id and server.state(taken)["pages"][0]["title"] == title
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_everything_is_done_by_keyboard(server: Server, opened: Opener) -> None:
    """The menu opens, is left by Escape, and the focus is where it was."""
    run_id = made(server)
    page = opened(server.url)
    expect(book_on(page, run_id)).to_be_visible()
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.className")
        if focused == "more":
            break
    assert focused == "more"
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate("document.activeElement.className") == "more"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out(server: Server, opened: Opener, scheme: str) -> None:
    """WCAG 2.2 AA as axe judges it: the shelf and its dialogs at every size, nothing cut off."""
    run_id = made(server)
    for size in SIZES:
        page = opened(server.url, size=size, color_scheme=scheme, bypass_csp=True)
        expect(book_on(page, run_id)).to_be_visible()
        assert violations(page) == [], size
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        page.get_by_role("button", name="보기 설정").click()
        assert violations(page) == [], size
        page.keyboard.press("Escape")
        page.get_by_role("button", name="책 가져오기").click()
        assert violations(page) == [], size
        page.keyboard.press("Escape")
        menu = open_menu(page, run_id)
        assert violations(page) == [], size
        menu.get_by_role("button", name="지우기").click()
        assert violations(page) == [], size


def test_nothing_moves_while_the_shelf_is_loaded(server: Server, opened: Opener) -> None:
    """The covers have their places before they come."""
    made(server)
    page = opened("about:blank")
    page.add_init_script(WATCH_SHIFT)
    page.goto(server.url)
    expect(page.locator("li[data-run]").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate(SHIFT) < MOST_SHIFT


async def _many(folder: Path, count: int) -> None:
    await add_books(DataFolder(folder), 1, count, 100)


def test_the_shelf_goes_on_as_far_as_there_are_books(tmp_path: Path, browser: Browser) -> None:
    """By scrolling, and by a button for who does not scroll."""
    # In a thread of its own: Playwright has an event loop in this one.
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(anyio.run, _many, tmp_path / "data", 60).result()
    with serving(tmp_path / "data") as server:
        page = browser.new_page(viewport={"width": 390, "height": 844}, locale="ko-KR")
        page.goto(server.url)
        books = page.locator("li[data-run]")
        expect(books.nth(23)).to_be_attached()
        assert books.count() < 60
        while books.count() < 60:
            before = books.count()
            page.mouse.wheel(0, 20_000)
            page.wait_for_function(
                f"() => document.querySelectorAll('li[data-run]').length > {before}"
            )
        expect(page.get_by_role("button", name="책 더 보기")).to_have_count(0)
        ids = page.eval_on_selector_all("li[data-run]", "(all) => all.map((it) => it.dataset.run)")
        assert ids == [it["run_id"] for it in server.library()]
        page.close()
