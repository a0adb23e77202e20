"""A finished book in a real browser: turned, read aloud, printed, by hand and by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.export.browser import violations
from tests.reader.conftest import Opener
from tests.reader.layout_shift import MOST_SHIFT, SHIFT, WATCH_SHIFT
from tests.whole.server import PATIENCE_SECONDS, Server, follow, serving, storybook

pytestmark = pytest.mark.slow

PHONE, SMALL_PHONE, LYING_PHONE, TABLET, DESK = SIZES = (
    *((390, 844), (360, 640), (844, 390)),
    *((820, 1180), (1440, 900)),
)
LONG = "토끼는 숲길을 따라 걸으며 노래를 불렀어요. " * 27
HERE = ".leaf[data-here]"

SAMPLES = """() => {
  window.samples = [];
  const audio = document.querySelector("audio");
  const sample = () => {
    const lit = [...document.querySelectorAll(".spoken.now")].map((it) => it.textContent);
    const leaf = document.querySelector(".leaf[data-here]");
    if (!audio.paused) samples.push([Number(leaf.dataset.page), audio.currentTime, lit.join("")]);
    requestAnimationFrame(sample);
  };
  sample();
}"""
"""What is lit at each frame while something is heard: page, seconds, text."""


SHEETS = """() => [...document.querySelectorAll(".leaf:not(.end)")].filter((leaf) => {
  const boxes = [leaf, ...leaf.querySelectorAll(".art, .text")];
  const [sheet, art, text] = boxes.map((it) => it.getBoundingClientRect());
  const isIn = (it) => it.top > sheet.top - 1 && it.bottom < sheet.bottom + 1;
  const isApart = art.bottom <= text.top + 1 || art.right <= text.left + 1;
  const isLarge = Math.min(art.width, art.height) > 0.3 * Math.min(innerWidth, innerHeight);
  return !(isIn(art) && isIn(text) && text.right < sheet.right + 1 && isApart && isLarge);
}).map((leaf) => leaf.dataset.page)"""
"""The pages that do not fit on their sheet."""


@pytest.fixture(scope="module")
def book(server: Server) -> str:
    """A whole book, read fast."""
    run_id = server.request(tts_config={"speed": 2.0, "segment_pause_ms": 150})  # type: ignore[arg-type]
    list(follow(server, run_id))
    assert server.state(run_id)["status"] == "DONE"
    return run_id


@pytest.fixture(scope="module")
def long_book(server: Server) -> str:
    """A book whose second page has far too much text."""
    run_id = server.request(tts_enabled=False)
    list(follow(server, run_id))
    change = {"base_edition": 1, "pages": [{"page": 2, "summary": LONG.strip(), "dialogues": []}]}
    answer = httpx.post(f"{server.url}/api/runs/{run_id}/editions", json=change)
    assert answer.status_code == 202, answer.text
    while server.state(run_id)["status"] != "DONE":
        list(follow(server, run_id))
    return run_id


def at(server: Server, run_id: str, page: int = 0) -> str:
    return f"{server.url}/books/{run_id}" + (f"#page-{page}" if page else "")


def shown(page: Page, number: int) -> None:
    """Waits until a leaf is here, whole, and nothing moves."""
    expect(page.locator(f'{HERE}[data-page="{number}"]')).to_be_visible()
    expect(page.locator(".turning")).to_have_count(0)


def ready(page: Page, number: int) -> None:
    shown(page, number)
    expect(page.locator(f"{HERE} :is(.painted img, .keepsake)")).to_be_visible()
    expect(page.locator(f"{HERE} :is(.text p, .text h2, .fin)").first).to_be_visible()


def playing(page: Page) -> None:
    expect(page.locator(".aloud")).to_have_class(re.compile(r"\bon\b"))


def silent(page: Page) -> None:
    expect(page.locator(".aloud")).not_to_have_class(re.compile(r"\bon\b"))


def recorded(server: Server, run_id: str) -> dict[int, list[dict[str, Any]]]:
    """When what is spoken on each page, as the log has it."""
    return {
        it["data"]["page"]: it["data"]["artifact"]["segments"]
        for it in server.events(run_id)
        if it["type"] == "StageCompleted" and it["data"]["stage"] == "TTS"
    }


def test_a_book_is_read_to_its_end_with_the_spoken_sentence_lit(
    server: Server, book: str, opened: Opener
) -> None:
    """Pages turn by themselves, and in 99 of 100 frames what is lit is what is spoken."""
    page = opened(at(server, book), bypass_csp=True)
    ready(page, 0)
    page.evaluate(SAMPLES)
    page.get_by_role("button", name="읽어 주기").click()
    expect(page.locator(f"{HERE}.end")).to_be_visible(timeout=180_000)
    samples = page.evaluate("samples")
    truth = recorded(server, book)
    assert {number for number, _, _ in samples} == set(truth)
    right = [_is_right(truth[number], time, lit) for number, time, lit in samples]
    assert len(right) > 500 and sum(right) / len(right) >= 0.99, (sum(right), len(right))


def _is_right(segments: list[dict[str, Any]], time: float, lit: str) -> bool:
    spoken = next((it["text"] for it in segments if it["start"] <= time < it["end"]), "")
    return _bare(lit) == _bare(spoken)


def _bare(text: str) -> str:
    return re.sub(r"[\s\"“”]", "", text)


def test_audio_is_asked_for_in_ranges(server: Server, book: str, opened: Opener) -> None:
    """As players do; the server answers with the part."""
    page = opened("about:blank")
    ranges: list[tuple[str, int]] = []
    page.on(
        "response",
        lambda it: (
            ranges.append((it.request.headers.get("range", ""), it.status))
            if it.request.resource_type == "media"
            else None
        ),
    )
    page.goto(at(server, book, 1))
    ready(page, 1)
    page.keyboard.press("Space")
    lit = page.locator(".spoken.now")
    expect(lit).to_have_count(1)
    size = "it => [it, it.closest('.text')].map((it) => getComputedStyle(it).fontSize)"
    assert len(set(lit.evaluate(size))) == 1  # light alone: nothing moves
    assert ranges and all(asked.startswith("bytes=") for asked, _ in ranges), ranges
    assert {status for _, status in ranges} <= {206, 304}


def test_a_sentence_that_is_touched_is_heard_again(
    server: Server, book: str, opened: Opener
) -> None:
    """It alone; and a character says its line."""
    page = opened(at(server, book, 1))
    ready(page, 1)
    sentence = page.locator(f"{HERE} .spoken").nth(1)
    sentence.click()
    expect(page.locator(".spoken.now")).to_have_text(sentence.inner_text())
    silent(page)
    shown(page, 1)
    page.locator(f"{HERE} .speaker").first.click()
    expect(page.locator(".spoken.said.now")).to_have_count(1)
    silent(page)


def test_everything_goes_by_keyboard(server: Server, book: str, opened: Opener) -> None:
    """Turning, reading, one sentence, and each dialog, which gives the focus back."""
    page = opened(at(server, book), DESK, reduced_motion="reduce")
    ready(page, 0)
    for key, number in (
        *(("ArrowRight", 1), ("PageDown", 2), ("ArrowLeft", 1), ("End", 5)),
        *(("Home", 0), ("ArrowLeft", 0), ("ArrowRight", 1)),
    ):
        page.keyboard.press(key)
        shown(page, number)
    ready(page, 1)
    page.keyboard.press("Space")
    playing(page)
    page.keyboard.press("Space")
    silent(page)
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".spoken.now")).to_have_count(1)
    silent(page)
    for name in ("글자와 소리", "잠잘 시간", "이 책으로 더 하기"):
        button = page.get_by_role("button", name=name)
        button.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(button).to_be_focused()
    page.get_by_role("button", name="다음 쪽으로").focus()
    page.keyboard.press("Space")
    shown(page, 2)


def test_a_leaf_follows_the_finger(server: Server, book: str, opened: Opener) -> None:
    """It is held half-way, falls back if it was not meant, and goes over if it was."""
    page = opened(at(server, book, 1), PHONE, has_touch=True)
    ready(page, 1)
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, x: float | None = None) -> None:
        points = [] if x is None else [{"x": x, "y": 300}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def pulled_to(x: int) -> None:
        touch("touchStart", 340)
        for step in range(330, x - 1, -30):
            touch("touchMove", step)

    pulled_to(270)
    expect(page.locator(".moving")).to_have_count(1)
    touch("touchMove", 330)
    touch("touchEnd")
    shown(page, 1)
    pulled_to(60)
    touch("touchEnd")
    shown(page, 2)
    assert page.url.endswith("#page-2")


def test_the_corner_is_pulled_with_a_mouse_and_a_click_turns(
    server: Server, book: str, opened: Opener
) -> None:
    """On a wide screen two pages lie side by side, and the right one goes over."""
    page = opened(at(server, book, 1), DESK)
    ready(page, 1)
    box = page.locator(".corner.right").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] - 300, box["y"] - 40, steps=5)
    expect(page.locator(".moving")).to_have_count(2)
    page.mouse.move(box["x"] - 900, box["y"] - 40, steps=5)
    page.mouse.up()
    shown(page, 2)
    page.mouse.click(
        box["x"] + box["width"] - 6, 450
    )  # beside the words, which are read when clicked
    shown(page, 3)
    page.mouse.click(100, 200)
    shown(page, 2)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nothing_lies_on_the_title_or_the_text(
    server: Server, book: str, opened: Opener, size: tuple[int, int]
) -> None:
    """And all of a leaf is on the screen, with the bars beside it."""
    page = opened(at(server, book), size, reduced_motion="reduce")
    for number, words in ((0, "h2"), (1, ".text"), (5, ".after")):
        page.goto(at(server, book, number))
        page.reload()
        ready(page, number)
        boxes = {
            name: page.locator(it).bounding_box()
            for name, it in {
                "words": f"{HERE} {words}",
                "art": f"{HERE} :is(.painted, .keepsake)",
                "bar": ".bar .forth",
                "home": ".home",
            }.items()
        }
        names = list(boxes)
        for one in names:
            for other in names[names.index(one) + 1 :]:
                assert not _overlap(boxes[one], boxes[other]), (number, one, other, boxes)
        sheet = page.locator(f"{HERE} .sheet").bounding_box()
        assert sheet and sheet["x"] >= 0 and sheet["y"] >= 0
        assert sheet["x"] + sheet["width"] <= size[0] and sheet["y"] + sheet["height"] <= size[1]


def _overlap(a: Any, b: Any) -> bool:
    assert a is not None and b is not None
    return bool(
        a["x"] + 1 < b["x"] + b["width"]
        and b["x"] + 1 < a["x"] + a["width"]
        and a["y"] + 1 < b["y"] + b["height"]
        and b["y"] + 1 < a["y"] + a["height"]
    )


@pytest.mark.parametrize("size", [SMALL_PHONE, LYING_PHONE], ids=str)
def test_a_text_that_goes_on_says_so(
    server: Server, long_book: str, opened: Opener, size: tuple[int, int]
) -> None:
    """It scrolls, by keyboard too, and the sign goes when its end is seen."""
    page = opened(at(server, long_book, 2), size)
    ready(page, 2)
    text, sign = page.locator(f"{HERE} .text"), page.locator(f"{HERE} .below")
    expect(sign).to_be_visible()
    expect(text).to_have_attribute("tabindex", "0")
    text.evaluate("it => it.scrollTo(0, it.scrollHeight)")
    expect(sign).not_to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("number", [0, 1, 5])
def test_axe_finds_nothing_wrong(
    server: Server, book: str, opened: Opener, number: int, scheme: str
) -> None:
    """On each kind of leaf."""
    page = opened(
        at(server, book, number),
        SMALL_PHONE,
        color_scheme=scheme,
        reduced_motion="reduce",
        bypass_csp=True,
    )
    ready(page, number)
    assert violations(page) == []


@pytest.mark.parametrize("name", ["글자와 소리", "잠잘 시간", "이 책으로 더 하기"])
def test_axe_finds_nothing_wrong_with_the_choices(
    server: Server, book: str, opened: Opener, name: str
) -> None:
    """Each dialog."""
    page = opened(at(server, book, 1), PHONE, reduced_motion="reduce", bypass_csp=True)
    ready(page, 1)
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []


def test_nothing_in_the_bar_moves_sideways(server: Server, book: str, opened: Opener) -> None:
    """Neither while it reads nor at the end, where there is nothing to read."""
    page = opened(at(server, book, 1), PHONE, reduced_motion="reduce")
    ready(page, 1)
    lefts = """() => [...document.querySelectorAll(".turn, .dots button")]
        .map((it) => it.getBoundingClientRect().x)"""
    before = page.evaluate(lefts)
    page.locator(".aloud").click()
    playing(page)
    assert page.evaluate(lefts) == before
    page.keyboard.press("End")
    shown(page, 5)
    expect(page.locator(".aloud")).to_be_hidden()
    assert page.evaluate(lefts) == before


def test_choices_are_seen_at_once_and_kept(server: Server, book: str, opened: Opener) -> None:
    """Large letters, easy type, speed; also after the page is loaded anew."""
    page = opened(at(server, book, 1), PHONE, reduced_motion="reduce")
    ready(page, 1)
    text = page.locator(f"{HERE} .text")
    size = "it => parseFloat(getComputedStyle(it).fontSize)"
    before = text.evaluate(size)
    page.get_by_role("button", name="글자와 소리").click()
    page.get_by_text("아주 크게").click()
    expect(page.get_by_text("자판으로는")).to_have_count(1)
    page.get_by_text("읽기 쉬운 글꼴").click()
    page.get_by_text("빠르게").click()
    page.get_by_role("button", name="닫기").click()
    assert text.evaluate(size) > 1.4 * before
    assert page.locator("audio").evaluate("it => [it.playbackRate, it.preservesPitch]") == [
        1.25,
        True,
    ]
    page.reload()
    ready(page, 1)
    assert text.evaluate(size) > 1.4 * before
    assert "NanumMyeongjo" not in text.evaluate("it => getComputedStyle(it).fontFamily")


def test_at_bedtime_the_page_grows_dark_and_the_voice_stops(
    server: Server, book: str, opened: Opener
) -> None:
    """In ten minutes of the browser's clock; a touch wakes the page."""
    page = opened("about:blank")
    page.clock.install()
    page.goto(at(server, book, 1))
    ready(page, 1)
    page.get_by_role("button", name="잠잘 시간").click()
    page.get_by_role("button", name="10분 뒤").click()
    night = page.locator(".night")
    dark = "it => Number(it.style.opacity)"
    assert 0.3 < night.evaluate(dark) < 0.4
    page.clock.run_for(9 * 60_000)
    assert night.evaluate(dark) > 0.7
    assert page.locator("audio").evaluate("it => it.volume") < 0.75
    page.clock.run_for(61_000)
    asleep = page.get_by_role("button", name="잘 자요")
    expect(asleep).to_be_visible()
    asleep.click()
    expect(asleep).to_have_count(0)
    assert night.evaluate(dark) == 0


def test_the_screen_stays_awake_while_one_reads(server: Server, book: str, opened: Opener) -> None:
    """And may sleep once nobody has touched it for ten minutes."""
    page = opened("about:blank")
    page.clock.install()
    page.add_init_script(
        """navigator.wakeLock.request = async () => {
          window.locks = (window.locks ?? 0) + 1;
          const release = async () => { lock.released = true; window.locks -= 1; };
          const lock = { released: false, release };
          return lock;
        };"""
    )
    page.goto(at(server, book, 1))
    ready(page, 1)
    page.keyboard.press("ArrowRight")
    assert page.evaluate("() => window.locks") == 1
    page.clock.run_for(10 * 60_000 + 1000)
    assert page.evaluate("() => window.locks") == 0


@pytest.mark.parametrize("letters", ["usual", "largest"])
@pytest.mark.parametrize("landscape", [False, True])
def test_a_book_prints_one_page_a_sheet(
    server: Server, book: str, opened: Opener, letters: str, landscape: bool
) -> None:
    """The cover and four pages, wherever one was, whatever the letters of the screen; picture and
    words of each are whole, and neither lies on the other."""
    page = opened(at(server, book), TABLET)
    page.evaluate(f"() => localStorage.setItem('storybook', '{{\"letters\": \"{letters}\"}}')")
    page.goto(at(server, book, 2))
    page.reload()
    ready(page, 2)
    expect(page.locator(".painted img")).to_have_count(5)
    printed = page.pdf(format="A4", landscape=landscape)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 5
    page.set_viewport_size(
        {"width": 1032, "height": 703} if landscape else {"width": 703, "height": 1032}
    )
    page.emulate_media(media="print")
    assert page.evaluate(SHEETS) == []


def test_a_book_that_is_changed_elsewhere_is_read_in_the_words_that_are_shown(
    server: Server, opened: Opener
) -> None:
    """The voice is that of these words until the page is looked at again: then both are new."""
    run_id = server.request()
    list(follow(server, run_id))
    page = opened(at(server, run_id, 2))
    ready(page, 2)
    body = {"base_edition": 1, "pages": [{"page": 2, "summary": "모두 잠이 들었어요."}]}
    answer = httpx.post(f"{server.url}/api/runs/{run_id}/editions", json=body)
    assert answer.status_code == 202, answer.text
    list(follow(server, run_id))
    assert page.locator("audio").evaluate("(it) => it.src").endswith("?edition=1")
    expect(page.locator(HERE)).not_to_contain_text("모두 잠이 들었어요.")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(HERE)).to_contain_text("모두 잠이 들었어요.")
    expect(page.locator("audio")).to_have_attribute("src", re.compile(r"edition=2$"))


def test_nothing_shifts_while_a_book_is_opened_and_turned(
    server: Server, book: str, opened: Opener
) -> None:
    """Pictures and words have their places before they come."""
    for size in (PHONE, DESK):
        page = opened("about:blank", size)
        page.add_init_script(WATCH_SHIFT)
        page.goto(at(server, book))
        ready(page, 0)
        for number in range(1, 6):
            page.keyboard.press("ArrowRight")
            ready(page, number)
        assert page.evaluate(SHIFT) < MOST_SHIFT


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[Server, str, str]]:
    """A server with tokens, a book on it, and an admin's token."""
    with serving(tmp_path / "data") as server:
        run_id = server.request(tts_enabled=False)
        list(follow(server, run_id))
        said = storybook(tmp_path / "data", "token", "add", "parent", "--scope", "admin").stdout
        token = re.search(r"\S{30,}", said)
        assert token is not None, said
        while httpx.get(f"{server.url}/api/runs/{run_id}").status_code != 401:
            pass  # within a second it is known that there are tokens
        yield server, run_id, token[0]


def test_a_signed_link_opens_the_book_and_a_token_is_asked_for_without_one(
    guarded: tuple[Server, str, str], browser: Browser
) -> None:
    """At the page that it names; turning keeps the signature in the address."""
    server, run_id, token = guarded
    answer = httpx.post(
        f"{server.url}/api/runs/{run_id}/links",
        json={"ttl_seconds": 600},
        headers={"Authorization": f"Bearer {token}"},
        timeout=PATIENCE_SECONDS,
    )
    assert answer.status_code == 201, answer.text
    signature = httpx.URL(answer.json()["url"]).params["sig"]
    context = browser.new_context(locale="ko-KR")
    page = context.new_page()
    page.goto(f"{server.url}/books/{run_id}?sig={signature}#page-3")
    ready(page, 3)
    page.keyboard.press("ArrowRight")
    shown(page, 4)
    assert page.url.endswith("#page-4") and "sig=" in page.url
    context.close()
    context = browser.new_context(locale="ko-KR")
    page = context.new_page()
    page.goto(f"{server.url}/books/{run_id}")
    page.get_by_label("열쇠말").fill(token)
    page.get_by_role("dialog").get_by_role("button", name="들어가기").click()
    ready(page, 0)
    context.close()
