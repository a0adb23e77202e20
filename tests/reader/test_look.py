"""How the screens look where little room, large letters, night or stillness are asked for."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.reader.conftest import Opener
from tests.reader.families import SIZES, book_on, made, pass_gate
from tests.reader.layout_shift import MOST_SHIFT, SHIFT, WATCH_SHIFT
from tests.whole.server import Server, follow

pytestmark = pytest.mark.slow
HERE = ".leaf[data-here]"
LYING = (844, 390)
LARGEST = f"localStorage.setItem('storybook', {json.dumps(json.dumps({'letters': 'largest'}))})"

CONTRAST = """(it) => {
  const light = (colour) => {
    const parts = colour.match(/[0-9.]+/g).slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  let on = it.parentElement;
  while (getComputedStyle(on).backgroundColor === "rgba(0, 0, 0, 0)") on = on.parentElement;
  const [a, b] = [getComputedStyle(it).outlineColor, getComputedStyle(on).backgroundColor]
    .map(light).sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
}"""
"""Of the line around what has the focus, to what it stands on."""


@pytest.fixture(scope="module")
def book(server: Server) -> str:
    """A whole book that can be heard."""
    run_id = server.request()
    list(follow(server, run_id))
    return run_id


def whole(page: Page) -> None:
    """Waits until a leaf and its words are there."""
    expect(page.locator(f"{HERE} .painted img")).to_be_visible()
    expect(page.locator(f"{HERE} .text :is(p, h2)").first).to_be_visible()
    expect(page.locator(".turning")).to_have_count(0)


def fitted(page: Page) -> tuple[str, bool]:
    """The size of the letters, and whether there is said to be more below."""
    size, is_more = page.locator(f"{HERE} .text").evaluate(
        "it => [getComputedStyle(it).fontSize, it.classList.contains('more')]"
    )
    return size, is_more


def is_seen(it: Locator) -> bool:
    """Whether all of it is on the screen, and on top."""
    seen: bool = it.evaluate(
        """it => {
          const { left, top, right, bottom } = it.getBoundingClientRect();
          const on = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
          return top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth
            && it.contains(on);
        }"""
    )
    return seen


@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_page_fits_the_same_with_motion_and_without(
    server: Server, book: str, opened: Opener, number: int
) -> None:
    """Also after the screen has been turned."""
    address = f"{server.url}/books/{book}#page-{number}"
    still = opened(address, LYING, reduced_motion="reduce")
    whole(still)
    for size in ((820, 1180), (390, 844), (360, 640), LYING):
        still.set_viewport_size({"width": size[0], "height": size[1]})
        moving = opened(address, size)
        whole(moving)
        expect(still.locator(f"{HERE} .text")).to_have_css("font-size", fitted(moving)[0])
        assert fitted(still) == fitted(moving)
        moving.context.close()


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_pictures_are_whole_and_nothing_lies_on_them(
    server: Server, book: str, opened: Opener, size: tuple[int, int]
) -> None:
    """Who speaks is touched at the line that is said."""
    page = opened(f"{server.url}/books/{book}#page-1", size, reduced_motion="reduce")
    whole(page)
    image = page.locator(f"{HERE} .painted img")
    assert image.evaluate(
        """it => {
          const [img, art] = [it, it.closest('.art')].map((each) => each.getBoundingClientRect());
          const isSquare = Math.abs(img.width - img.height) < 1;
          return isSquare && img.width <= art.width + 1 && img.height <= art.height + 1;
        }"""
    )
    assert page.locator(f"{HERE} .art button").count() == 0
    speaker = page.locator(f"{HERE} .talk .speaker").first
    box = speaker.bounding_box()
    assert box is not None and min(box["width"], box["height"]) >= 24


@pytest.mark.parametrize("size", [(360, 640), LYING], ids=str)
def test_the_title_of_a_cover_is_not_cut_in_the_largest_letters(
    server: Server, book: str, opened: Opener, size: tuple[int, int]
) -> None:
    """It grows smaller rather."""
    page = opened(server.url, size, reduced_motion="reduce")
    page.evaluate(LARGEST)
    page.goto(f"{server.url}/books/{book}")
    whole(page)
    assert page.locator(f"{HERE} .text").evaluate("it => it.scrollHeight <= it.clientHeight + 1")


def test_by_night_what_stands_on_paper_is_light(server: Server, book: str, opened: Opener) -> None:
    """Boxes that are not ticked look so, and the focus is seen."""
    page = opened(f"{server.url}/books/{book}#page-1", color_scheme="dark")
    whole(page)
    speaker = page.locator(f"{HERE} .speaker").first
    speaker.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(speaker).to_be_focused()
    assert speaker.evaluate(CONTRAST) >= 3
    page.get_by_role("button", name="글자와 소리").click()
    dialog = page.get_by_role("dialog")
    assert dialog.locator("input").first.evaluate("it => getComputedStyle(it).colorScheme") == (
        "light"
    )
    close = dialog.get_by_role("button", name="닫기")
    page.keyboard.press("Shift+Tab")
    close.focus()
    assert close.evaluate(CONTRAST) >= 3


@pytest.mark.parametrize("size", [(360, 640), LYING], ids=str)
def test_what_a_dialog_leads_to_is_in_sight(
    server: Server, book: str, opened: Opener, size: tuple[int, int]
) -> None:
    """However much there is to be chosen."""
    page = opened(f"{server.url}/books/{book}#page-1", size)
    whole(page)
    for name in ("글자와 소리", "잠잘 시간", "이 책으로 더 하기"):
        page.get_by_role("button", name=name).click()
        assert is_seen(page.locator("dialog .actions button"))
        page.keyboard.press("Escape")
    page.goto(server.url)
    page.get_by_role("button", name="보기 설정").click()
    assert is_seen(page.locator("dialog .actions .primary"))


@pytest.mark.parametrize("letters", ["usual", "largest"])
def test_titles_on_the_shelf_are_not_cut_and_the_boards_stay_level(
    server: Server, book: str, opened: Opener, letters: str
) -> None:
    """On the smallest telephone, in large letters too."""
    other = made(server)
    page = opened(server.url, (360, 640))
    if letters == "largest":
        page.evaluate(LARGEST)
        page.reload()
    boxes = []
    for run_id in (book, other):
        it = book_on(page, run_id)
        expect(it.locator(".title")).to_be_visible()
        cut = "it => it.scrollHeight > it.clientHeight + 2 || it.scrollWidth > it.clientWidth + 1"
        assert not it.locator(".title > span").evaluate(cut)
        boxes.append(it.locator(".cover").bounding_box())
    assert (
        boxes[0] and boxes[1] and boxes[0]["height"] == pytest.approx(boxes[1]["height"], abs=0.5)
    )


def test_the_boards_reach_both_walls(server: Server, book: str, opened: Opener) -> None:
    """On a wide screen."""
    page = opened(server.url, (1440, 900))
    expect(book_on(page, book)).to_be_visible()
    shelf = page.locator(".books").bounding_box()
    assert shelf is not None and (shelf["x"], shelf["width"]) == (0, 1440)


def test_large_letters_are_large_on_every_screen(server: Server, opened: Opener) -> None:
    """Where one makes a book, too; and nothing runs out of the window."""
    page = opened(f"{server.url}/make", (360, 640))
    hint = page.locator("#word-hint")
    size = "it => parseFloat(getComputedStyle(it).fontSize)"
    before = hint.evaluate(size)
    page.evaluate(LARGEST)
    page.reload()
    assert hint.evaluate(size) == pytest.approx(1.25 * before, rel=0.01)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_parts_of_changing_are_all_in_the_window(
    server: Server, book: str, opened: Opener
) -> None:
    """At 360 pixels without scrolling sideways."""
    page = opened(f"{server.url}/books/{book}/change#page-1", (360, 640))
    pass_gate(page)
    for it in page.locator(".parts button").all():
        assert is_seen(it)
    assert page.locator(".parts").evaluate("it => it.scrollWidth <= it.clientWidth")


def test_making_lets_nothing_lie_on_the_cards_of_a_lying_telephone(
    server: Server, opened: Opener
) -> None:
    """And where nothing can hear, nobody is told to speak."""
    page = opened(f"{server.url}/make", LYING)
    page.locator(".ahead").click()
    expect(page.locator("#word-fault")).to_have_text(
        "여기가 비어 있어요. 쓰거나 그림을 눌러 주세요."
    )
    for word in ("조선시대", "숲"):
        page.locator("#word").fill(word)
        page.locator(".ahead").click()
    assert page.get_by_text("말을 알아듣지").count() == 0  # it was said at the first question
    for word in ("호기심 많은 토끼", "겁 많은 호랑이"):
        page.locator("#word").fill(word)
        page.locator(".add").click()
    for it in page.locator(".card .remove").all():
        assert is_seen(it)


@pytest.mark.parametrize("size", [(390, 844), (1440, 900)], ids=str)
@pytest.mark.parametrize("screen", ["change", "behind", "operate"])
def test_nothing_shifts_while_a_screen_for_grown_ups_is_opened(
    server: Server, book: str, opened: Opener, screen: str, size: tuple[int, int]
) -> None:
    """What comes from the server has its place before it comes."""
    page = opened("about:blank", size)
    page.add_init_script(WATCH_SHIFT)
    page.goto(
        f"{server.url}/{screen}" if screen == "operate" else f"{server.url}/books/{book}/{screen}"
    )
    if screen == "change":
        pass_gate(page)
    last = {"change": ".cards .card", "behind": ".judged", "operate": ".tail li"}[screen]
    expect(page.locator(last).first).to_be_visible(timeout=20_000)
    page.evaluate("Promise.all([...document.images].map((it) => it.decode().catch(() => {})))")
    assert page.evaluate(SHIFT) < MOST_SHIFT
