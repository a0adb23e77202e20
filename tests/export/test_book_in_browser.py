"""The exported book, as a family sees it: in a real browser, at the sizes of real screens."""

from __future__ import annotations

from collections.abc import Iterator

import anyio
import msgspec
import pytest
from playwright.sync_api import Browser, Page

from storybook.export import BOOK_FILE
from storybook.stores.files import FileArtifactStore
from tests.export.browser import CHROMIUM, chromium, violations
from tests.export.copies import export_book
from tests.export.finished import RUN, finished_run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here to open book.html in"),
]

PHONE, SMALL_PHONE, LYING_PHONE, TABLET, DESK = (
    *((390, 844), (360, 640), (844, 390)),
    *((820, 1180), (1440, 900)),
)
LONG = "토끼는 숲길을 따라 걸으며 노래를 불렀어요. " * 27


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a book whose second page has far too much text."""
    folder = tmp_path_factory.mktemp("book")
    store = FileArtifactStore(folder)
    run = finished_run(store)
    pages = list(run.pages)
    pages[2] = msgspec.structs.replace(pages[2], summary=LONG.strip())
    run = msgspec.structs.replace(run, pages=tuple(pages))
    anyio.run(export_book, RUN, run, store)
    return (folder / RUN / BOOK_FILE).as_uri()


@pytest.fixture(scope="module")
def browser(book: str) -> Iterator[Browser]:
    """After the book was made: Playwright has an event loop of its own, and there may be one."""
    with chromium() as browser:
        yield browser


def opened(browser: Browser, address: str, size: tuple[int, int], scheme: str = "light") -> Page:
    """The book at a page, with nothing moving."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,  # type: ignore[arg-type]  # a literal there
        reduced_motion="reduce",
        bypass_csp=True,  # for axe, which is put in from outside
    )
    page = context.new_page()
    page.goto(address)
    return page


def overlaps(page: Page, one: str, other: str) -> bool:
    """Whether two elements of the leaf that is shown cover each other."""
    boxes = [page.locator(f".leaf.here {it}").bounding_box() for it in (one, other)]
    a, b = boxes
    assert a is not None and b is not None
    return (
        a["x"] < b["x"] + b["width"]
        and b["x"] < a["x"] + a["width"]
        and a["y"] < b["y"] + b["height"]
        and b["y"] < a["y"] + a["height"]
    )


@pytest.mark.parametrize("size", [PHONE, SMALL_PHONE, LYING_PHONE, TABLET, DESK], ids=str)
def test_nothing_lies_on_the_title_or_the_text(
    browser: Browser, book: str, size: tuple[int, int]
) -> None:
    """Not the picture, and not the button that plays."""
    page = opened(browser, book, size)
    assert not overlaps(page, "img", "h1")
    assert not overlaps(page, ".read", "h1")
    page.goto(f"{book}#p1")
    page.reload()
    assert not overlaps(page, ".read", ".text")
    assert not overlaps(page, "img", ".text")


@pytest.mark.parametrize("size", [PHONE, SMALL_PHONE, LYING_PHONE], ids=str)
def test_text_that_does_not_fit_says_so(browser: Browser, book: str, size: tuple[int, int]) -> None:
    """Letters shrink first; what still is too long scrolls by keyboard, and shows a sign until its
    end is seen."""
    page = opened(browser, f"{book}#p2", size)
    text, sign = page.locator(".leaf.here .text"), page.locator(".leaf.here .below")
    assert float(text.evaluate("it => it.style.getPropertyValue('--fit')")) < 0.8
    assert sign.is_visible() and text.get_attribute("tabindex") == "0"
    text.evaluate("it => it.scrollTo(0, it.scrollHeight)")
    page.wait_for_function("!document.querySelector('.leaf.here .text').matches('.more')")
    assert not sign.is_visible()
    page.goto(f"{book}#p1")
    page.reload()
    assert not page.locator(".leaf.here .below").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("leaf", ["p0", "p1", "p2", "end"])
def test_axe_finds_nothing_wrong(browser: Browser, book: str, leaf: str, scheme: str) -> None:
    """Contrast, names, sizes of targets, what the keyboard reaches."""
    assert violations(opened(browser, f"{book}#{leaf}", SMALL_PHONE, scheme)) == []


def test_dots_are_large_enough_for_a_finger(browser: Browser, book: str) -> None:
    """24 pixels each way at least, as WCAG 2.2 asks."""
    page = opened(browser, book, SMALL_PHONE)
    for dot in page.locator("#dots button").all():
        box = dot.bounding_box()
        assert box is not None and min(box["width"], box["height"]) >= 24


def test_space_and_enter_play_and_pause(browser: Browser, book: str) -> None:
    """Where it was paused it goes on, and a button that has the focus is pressed instead."""
    page = opened(browser, f"{book}#p2", DESK)
    audio = "document.querySelector('.leaf.here audio')"
    page.evaluate(f"{audio}.loop = true")  # the recordings of the tests last a moment
    page.keyboard.press("Space")
    page.wait_for_function(f"!{audio}.paused && {audio}.currentTime > 0")
    page.keyboard.press("Enter")
    page.wait_for_function(f"{audio}.paused")
    assert page.evaluate(f"{audio}.currentTime") > 0
    page.locator("#forth").focus()
    page.keyboard.press("Space")
    assert page.evaluate("location.hash") == "#p3"


def test_the_two_buttons_that_play_say_what_they_play(browser: Browser, book: str) -> None:
    """One this page, the other from here to the end."""
    page = opened(browser, f"{book}#p2", DESK)
    names = [page.locator(it).get_attribute("aria-label") for it in (".leaf.here .read", "#aloud")]
    assert names == ["2쪽만 듣기", "여기부터 끝까지 읽어주기"]


def test_it_is_whole_without_a_script(browser: Browser, book: str) -> None:
    """Every text, picture and recording can be seen and heard, one page below the other; nothing
    that would need the script is shown."""
    context = browser.new_context(
        viewport={"width": DESK[0], "height": DESK[1]}, java_script_enabled=False
    )
    page = context.new_page()
    page.goto(book)
    for kind, count in ((".leaf", 6), (".text", 5), ("figure img", 5), ("audio", 5), (".fin", 1)):
        shown = page.locator(kind).all()
        assert [it.is_visible() for it in shown] == [True] * count, kind
    boxes = [it.bounding_box() for it in page.locator(".leaf").all()]
    tops = [it["y"] for it in boxes if it is not None]
    assert len(tops) == 6 and tops == sorted(tops)
    assert page.locator("button:visible").count() == 0
