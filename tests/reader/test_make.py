"""Making a book on the page: typed, tapped, spoken; what goes wrong; and that it is one book."""

from __future__ import annotations

import io
import re
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.export.browser import CHROMIUM, chromium, violations
from tests.openai_api.double import Double, as_reply, hearing
from tests.openai_api.double import serving as doubled
from tests.reader.conftest import Opener
from tests.reader.layout_shift import MOST_SHIFT, SHIFT, WATCH_SHIFT
from tests.transcriber.recordings import spoken
from tests.whole.server import Server, follow, serving

pytestmark = pytest.mark.slow

SAID = "옛날 조선시대요"
SIZES = [(360, 640), (390, 844), (844, 390), (820, 1180), (1440, 900)]


@pytest.fixture(scope="module")
def double() -> Iterator[Double]:
    """The endpoint that hears: it understands what it is told to."""
    with doubled() as double:
        double.hears = SAID
        yield double


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, double: Double) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("reader") / "data"
    with serving(data, transcriber_engine="openai", transcriber_url=double.url) as server:
        yield server


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Its microphone hears a recording."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here to open the reader in")
    recording = tmp_path_factory.mktemp("spoken") / "spoken.wav"
    recording.write_bytes(spoken(SAID, "wav"))
    with chromium(
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={recording}",
    ) as browser:
        yield browser


def until(page: Page, condition: str) -> None:
    """Waits in the page itself: its policy lets nobody else's waiting be evaluated there."""
    look = f"const look = () => (({condition}) ? done() : requestAnimationFrame(look)); look();"
    page.evaluate(f"() => new Promise((done) => {{ {look} }})")


PAINTED = "[...document.images].every((it) => it.naturalWidth)"


def make_page(opened: Opener, server: Server, query: str = "", **options: Any) -> Page:
    page = opened(f"{server.url}/make{query}", **options)
    page.wait_for_selector("#word")
    return page


def complained_of(browser: Browser, server: Server) -> Page:
    """The page where the browser itself logs an error: a call that is refused, or cut off."""
    page = browser.new_context(locale="ko-KR", viewport={"width": 390, "height": 844}).new_page()
    page.goto(f"{server.url}/make")
    page.wait_for_selector("#word")
    return page


def ahead(page: Page) -> None:
    page.locator(".ahead").click()


def question(page: Page) -> str:
    return page.get_by_role("heading", level=2).inner_text()


def told(page: Page, *, topic: str = "우정") -> None:
    """All four words, up to the last button."""
    for word in ("조선시대", "깊은 숲속 마을", "호기심 많은 토끼", topic):
        page.fill("#word", word)
        if word != topic:
            ahead(page)


def made(page: Page, server: Server) -> dict[str, Any]:
    """The request of the book whose screen is shown."""
    page.wait_for_url(re.compile(r"/books/[0-9a-f]{32}"))
    events = server.events(page.url.split("/books/")[1][:32])
    request: dict[str, Any] = events[0]["data"]
    return request


def heard_out(page: Page) -> None:
    """Ends a recording once over a second has been said."""
    share = "Number(document.querySelector('.listening')?.style.getPropertyValue('--share'))"
    until(page, f"{share} > 0.06")
    page.get_by_role("button", name=re.compile("듣고 있어요")).click()


def speak(page: Page, button: str = "말로 하기") -> None:
    page.get_by_role("button", name=button).click()
    heard_out(page)


def hero(server: Server) -> tuple[str, str]:
    """A saved character, and the run that it is from."""
    run_id = server.request(tts_enabled=False)
    for _ in follow(server, run_id):
        pass
    cast = httpx.get(f"{server.url}/api/runs/{run_id}/cast").json()["cast"]
    name = str(cast[0]["name"])
    answer = httpx.put(f"{server.url}/api/cast/{name}", json={"run_id": run_id, "character": name})
    assert answer.status_code == 200, answer.text
    return name, run_id


def test_four_typed_words_make_a_book(server: Server, opened: Opener) -> None:
    """Four steps, one button, and the book's screen."""
    page = make_page(opened, server)
    told(page)
    page.get_by_role("button", name="그림책 만들기").click()
    request = made(page, server)
    assert request["request"] == {
        "era": "조선시대",
        "place": "깊은 숲속 마을",
        "characters": "호기심 많은 토끼",
        "topic": "우정",
    }


def test_tapped_paintings_make_a_book(server: Server, opened: Opener) -> None:
    """Nobody has to be able to write. Every painting is there, and a second tap takes it back."""
    page = make_page(opened, server)
    for step in range(4):
        paintings = page.locator(".paintings .painting")
        expect(paintings).to_have_count(6)
        until(page, PAINTED)
        paintings.nth(step).click()
        expect(paintings.nth(step)).to_have_attribute("aria-pressed", "true")
        if step == 2:
            paintings.nth(0).click()
            paintings.nth(0).click()
            paintings.nth(4).click()
        ahead(page)
    words = made(page, server)["request"]
    assert words == {
        "era": "조선시대",
        "place": "바닷속 나라",
        "characters": "용감한 여자아이, 은빛 꼬마 로봇",
        "topic": "가족",
    }


def test_spoken_words_are_understood_shown_and_can_be_changed(
    server: Server, opened: Opener, double: Double
) -> None:
    """A real recording of the browser goes through the real server to the endpoint."""
    double.rules, double.hears = [], SAID
    page = make_page(opened, server)
    page.get_by_role("button", name="말로 하기").click()
    level = "Number(document.querySelector('.listening').style.getPropertyValue('--level'))"
    until(page, f"{level} > 0.2")
    heard_out(page)
    expect(page.locator("#word")).to_have_value("조선시대")
    expect(page.locator("#heard")).to_contain_text("“조선시대”라고 들었어요")
    form = double.asked[-1]
    with wave.open(io.BytesIO(form["file"])) as wav:
        samples = np.frombuffer(wav.readframes(wav.getnframes()), np.int16)
        assert wav.getnframes() / wav.getframerate() > 1
    assert np.abs(samples).max() > 1000
    page.fill("#word", "고려시대")
    ahead(page)
    assert question(page) == "어디에서 일어나요?"
    expect(page.locator("#heard")).to_be_empty()


def test_what_was_hardly_heard_is_asked_about_kindly(
    server: Server, opened: Opener, double: Double
) -> None:
    """Below a half nothing is filled in before somebody has said that it is right."""
    segment = {"text": SAID, "avg_logprob": -0.95, "no_speech_prob": 0.02}
    double.rules = [hearing(as_reply({"text": SAID, "segments": [segment]}))]
    page = make_page(opened, server)
    speak(page)
    expect(page.locator("#heard")).to_contain_text("혹시 “조선시대”라고 했나요?")
    expect(page.locator("#word")).to_have_value("")
    double.rules = []
    speak(page, "다시 말할래요")
    expect(page.locator("#word")).to_have_value("조선시대")
    double.rules = [hearing(as_reply({"text": SAID, "segments": [segment]}))]
    page.fill("#word", "")
    speak(page)
    page.get_by_role("button", name="네, 맞아요").click()
    expect(page.locator("#word")).to_have_value("조선시대")
    double.rules = []


def test_spoken_characters_become_cards(server: Server, opened: Opener, double: Double) -> None:
    """Each with a face, to be changed, given a voice, and taken out again."""
    double.rules, double.hears = [], "토끼랑 호랑이요"
    page = make_page(opened, server)
    told(page)
    page.get_by_role("button", name="누가").click()
    page.locator(".face").click()
    page.get_by_role("button", name="호기심 많은 토끼 빼기").click()
    speak(page)
    cards = page.locator(".card")
    expect(cards).to_have_count(2)
    cards.nth(1).locator(".face").click()
    page.get_by_label("어떤 친구예요?").fill("씩씩한")
    page.get_by_label("이름").fill("사자")
    page.get_by_label("목소리").select_option("F3")
    hear = page.get_by_role("button", name="여자 목소리 3 들어 보기")
    hear.click()
    expect(hear).to_have_attribute("aria-pressed", "true")
    expect(hear).to_have_attribute("aria-pressed", "false")  # it has ended
    page.get_by_role("button", name="무슨 이야기").click()
    ahead(page)
    request = made(page, server)
    assert request["request"]["characters"] == "토끼, 씩씩한 사자"
    assert request["tts"]["character_voices"]["사자"] == "F3"
    double.hears = SAID


def test_each_voice_can_be_heard(server: Server, opened: Opener) -> None:
    """The samples are there, and the browser can play them."""
    page = make_page(opened, server)
    length = """async (path) => {
        const page = document.querySelector("script[type=module]").src;
        const answer = await fetch(new URL(path, page));
        const context = new OfflineAudioContext(1, 1, 22050);
        return (await context.decodeAudioData(await answer.arrayBuffer())).duration;
    }"""
    for language in ("ko", "en"):
        for voice in server.engines()["narrator"]["voices"]:
            seconds = page.evaluate(length, f"voices/espeak/{language}/{voice}.mp3")
            assert 1 < seconds < 5


def test_what_the_engines_cannot_do_is_not_offered(server: Server, opened: Opener) -> None:
    """The embedded ones have one style, one length, one language: nothing is asked about these."""
    page = make_page(opened, server)
    told(page)
    page.get_by_text("더 고르기").click()
    labels = page.locator(".choices label:not(.pick), .choices legend").all_inner_texts()
    assert labels == ["소리 내어 읽어 주기", "읽는 빠르기", "읽어 주는 목소리"]
    page.get_by_label("천천히").check()
    page.get_by_label("읽어 주는 목소리").select_option("F2")
    ahead(page)
    tts = made(page, server)["tts"]
    assert (tts["speed"], tts["narrator_voice"]) == (0.85, "F2")


def test_a_silent_book_is_asked_for_without_a_voice(server: Server, opened: Opener) -> None:
    """Where nothing is read aloud no voice is asked about."""
    page = make_page(opened, server)
    told(page)
    page.get_by_text("더 고르기").click()
    page.get_by_label("소리 내어 읽어 주기").uncheck()
    expect(page.get_by_label("읽어 주는 목소리")).to_have_count(0)
    ahead(page)
    assert made(page, server).get("tts") is None


def test_a_refused_word_is_told_where_it_is(server: Server, browser: Browser) -> None:
    """Back at its step, at its field, in a sentence that somebody can act on."""
    page = complained_of(browser, server)
    told(page)
    page.get_by_role("button", name="어디서").click()
    page.fill("#word", "숲\u202e속")
    page.get_by_role("button", name="무슨 이야기").click()
    ahead(page)
    expect(page.locator("#word")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#word")).to_be_focused()
    assert question(page) == "어디에서 일어나요?"
    fault = page.locator("#word-fault")
    expect(fault).to_have_text("쓸 수 없는 글자가 섞여 있어요. 지우고 다시 써 주세요.")
    page.fill("#word", "숲속")
    expect(fault).to_be_empty()
    page.get_by_role("button", name="무슨 이야기").click()
    ahead(page)
    assert made(page, server)["request"]["place"] == "숲속"
    page.context.close()


def test_an_empty_step_is_told_before_anything_is_asked(server: Server, opened: Opener) -> None:
    """Also if it was skipped."""
    page = make_page(opened, server)
    ahead(page)
    expect(page.locator("#word-fault")).to_contain_text("비어 있어요")
    told(page)
    page.get_by_role("button", name="어디서").click()
    page.fill("#word", "  ")
    page.get_by_role("button", name="무슨 이야기").click()
    ahead(page)
    assert question(page) == "어디에서 일어나요?"
    expect(page.locator("#word-fault")).to_contain_text("비어 있어요")


def test_a_double_tap_makes_one_book(server: Server, opened: Opener) -> None:
    """However impatient the finger."""
    page = make_page(opened, server)
    before = len(server.library())
    told(page)
    page.locator(".ahead").dblclick()
    made(page, server)
    assert len(server.library()) == before + 1


def test_a_lost_answer_makes_one_book(server: Server, browser: Browser) -> None:
    """Asked again, by the page itself and by a hand after a reload, it is the same book."""
    page = complained_of(browser, server)
    before = len(server.library())
    lost: list[str] = []

    def lose(route: Route) -> None:
        lost.append(route.request.headers["idempotency-key"])
        route.fetch()  # the server has it, and its answer is lost
        route.abort()

    page.route("**/api/runs", lose)
    told(page, topic="나눔")
    ahead(page)
    expect(page.get_by_role("alert").last).to_contain_text("닿지 않아요", timeout=20_000)
    assert len(lost) > 1
    page.unroute("**/api/runs")
    page.reload()
    page.wait_for_selector("#word")
    ahead(page)
    made(page, server)
    assert len(set(lost)) == 1
    assert len(server.library()) == before + 1
    page.context.close()


def test_a_draft_outlives_a_reload(server: Server, opened: Opener) -> None:
    """At the step where it was; once the book is made the next one begins anew."""
    page = make_page(opened, server)
    told(page)
    page.reload()
    expect(page.locator("#word")).to_have_value("우정")
    steps = page.locator(".step .told").all_text_contents()
    assert steps == ["조선시대", "깊은 숲속 마을", "호기심 많은 토끼", "우정"]
    ahead(page)
    made(page, server)
    page.goto(f"{server.url}/make")
    expect(page.locator("#word")).to_have_value("")


def test_it_works_by_keyboard_alone(server: Server, opened: Opener) -> None:
    """The focus goes along with the steps; Enter goes on."""
    page = make_page(opened, server, size=(1440, 900))

    def tab_to(selector: str) -> None:
        for _ in range(40):
            if page.evaluate("(it) => document.activeElement.matches(it)", selector):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"{selector} is not reached")

    tab_to("#word")
    page.keyboard.type("조선시대")
    page.keyboard.press("Enter")
    expect(page.locator("#question")).to_be_focused()
    tab_to(".painting")
    page.keyboard.press("Space")
    tab_to(".ahead")
    page.keyboard.press("Enter")
    tab_to("#word")
    for name in ("토끼", "호랑이"):
        page.keyboard.type(name)
        page.keyboard.press("Enter")
    tab_to(".face")
    page.keyboard.press("Enter")
    tab_to("#card-0-like")
    page.keyboard.type("빠른")
    tab_to(".ahead")
    page.keyboard.press("Enter")
    tab_to("#word")
    page.keyboard.type("용기")
    tab_to("summary")
    page.keyboard.press("Space")
    tab_to("[name=pace]")
    page.keyboard.press("ArrowRight")
    tab_to(".ahead")
    page.keyboard.press("Enter")
    request = made(page, server)
    assert request["request"]["characters"] == "빠른 토끼, 호랑이"
    assert request["tts"]["speed"] == 1.25


def test_heroes_of_other_books_come_along(server: Server, opened: Opener) -> None:
    """A saved one by its name in the address, and all of a book."""
    name, origin = hero(server)
    page = make_page(opened, server, f"?hero={name}")
    assert page.url.endswith("/make")
    page.get_by_role("button", name="누가").click()
    mine = page.get_by_role("button", name=name, exact=True)
    expect(mine).to_have_attribute("aria-pressed", "true")
    until(page, PAINTED)
    page.get_by_role("button", name="언제").click()
    for word in ("조선시대", "바다", "", "우정"):
        page.fill("#word", word)
        ahead(page)
    assert [it["saved_as"] for it in made(page, server)["cast"]] == [name]

    page.goto(f"{server.url}/make?based_on={origin}&keep=cast")
    page.wait_for_selector("#word")
    page.get_by_role("button", name="누가").click()
    expect(page.locator(".heroes .letter")).to_have_count(0)
    face = page.locator(".heroes .window img").first
    expect(face).to_be_visible()
    cover, window = face.bounding_box(), page.locator(".heroes .window").first.bounding_box()
    assert cover is not None
    assert window is not None
    assert cover["width"] > 2 * window["width"]  # its head, and not the whole cover
    page.get_by_role("button", name="언제").click()
    for word in ("요즘", "학교", "아기 용", "용기"):
        page.fill("#word", word)
        ahead(page)
    based_on = made(page, server)["based_on"]
    assert (based_on["run_id"], based_on["keep"]) == (origin, "cast")


def test_without_a_microphone_the_page_says_why_and_lacks_nothing(
    tmp_path: Path, opened: Opener
) -> None:
    """Nobody hears here (there is no model): no microphone is shown, and typing makes the book."""
    with serving(tmp_path / "data") as deaf:
        page = make_page(opened, deaf)
        expect(page.locator(".microphone")).to_have_count(0)
        expect(page.locator("#heard")).to_contain_text("똑같이 좋은 책이 돼요")
        told(page)
        ahead(page)
        made(page, deaf)
        page.context.close()  # before the server goes


def test_a_microphone_that_is_refused_is_told_kindly(server: Server, opened: Opener) -> None:
    """As the browser says it: not allowed, not there, taken by another."""
    page = make_page(opened, server)
    for name, sentence in (
        ("NotAllowedError", "허락이 없어요"),
        ("NotFoundError", "찾지 못했어요"),
        ("NotReadableError", "다른 앱이"),
    ):
        page.evaluate(
            """(name) => {
                const refuse = () => Promise.reject(new DOMException("", name));
                navigator.mediaDevices.getUserMedia = refuse;
            }""",
            name,
        )
        page.get_by_role("button", name="말로 하기").click()
        expect(page.locator("#heard")).to_contain_text(sentence)
        expect(page.locator("#word")).to_be_visible()


def test_in_english_the_words_of_a_korean_book_are_both_shown(
    server: Server, opened: Opener
) -> None:
    """The painting says what it is in the page's language, and what goes into the book."""
    page = make_page(opened, server, locale="en-GB")
    first = page.locator(".painting").first
    expect(first).to_contain_text("Joseon days")
    expect(first.locator("[lang=ko]")).to_have_text("조선시대")
    first.click()
    expect(page.locator("#word")).to_have_value("조선시대")
    expect(page.locator("#word-hint")).to_contain_text("written in Korean")


def test_every_step_is_whole_at_every_size_and_for_everybody(
    server: Server, opened: Opener
) -> None:
    """Light and dark: axe finds nothing, nothing is cut off sideways, fingers hit what they mean,
    and nothing moves by itself."""
    page = make_page(opened, server, bypass_csp=True)
    page.add_init_script(WATCH_SHIFT)
    page.reload()
    page.wait_for_selector("#word")
    until(page, PAINTED)
    assert page.evaluate(SHIFT) < MOST_SHIFT

    def judged() -> None:
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                assert violations(page) == [], (width, scheme, question(page))
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, question(page)
            small = page.evaluate(
                """() => [...document.querySelectorAll(".making :is(button, a, summary)")]
                    .map((it) => [it.className, it.getBoundingClientRect()])
                    .filter(([, box]) => box.width && Math.min(box.width, box.height) < 43.9)
                    .map(([name]) => name)"""
            )
            assert small == [], (width, question(page))

    judged()
    ahead(page)  # with its fault
    judged()
    told(page)
    page.get_by_text("더 고르기").click()
    judged()
    page.get_by_role("button", name="누가").click()
    page.locator(".face").click()
    page.locator(".painting").nth(1).click()
    judged()
    page.locator(".microphone").click()
    page.locator("button.listening").wait_for()
    judged()


def test_the_longest_words_stay_on_their_page(server: Server, opened: Opener) -> None:
    """A child who writes on and on moves nothing out of sight."""
    page = make_page(opened, server, size=(360, 640))
    for word in ("아주" * 100, "멀리멀리 " * 40, "길고긴이름" * 40, "끝" * 200):
        page.fill("#word", word)
        ahead(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_friends_stand_in_a_row_and_move_nothing(server: Server, opened: Opener) -> None:
    """However many are tapped; who is named twice is there already, and says so."""
    page = make_page(opened, server, has_touch=True)
    page.locator(".step").nth(2).tap()
    painting = page.locator(".paintings .painting").nth(4)
    before = painting.evaluate("(it) => it.getBoundingClientRect().y + scrollY")
    for n in (0, 2, 4, 5):
        page.locator(".paintings .painting").nth(n).tap()
        expect(page.locator(".face")).to_have_count((0, 2, 4, 5).index(n) + 1)
        assert painting.evaluate("(it) => it.getBoundingClientRect().y + scrollY") == before
    expect(page.locator("#said")).to_have_text("초록 아기 용이 들어왔어요.")
    page.fill("#word", "초록 아기 용")
    page.locator(".add").tap()
    expect(page.locator("#word-hint")).to_have_text("초록 아기 용은 벌써 있어요.")
    expect(page.locator("#said")).to_have_text("초록 아기 용은 벌써 있어요.")
    expect(page.locator(".face")).to_have_count(4)
    nods = "document.getAnimations().some((it) => it.effect.target.matches('.card:nth-child(4)'))"
    assert page.evaluate(nods)
    page.locator("a.home").tap()
    expect(page.locator("#said")).to_be_empty()


def test_an_empty_step_brings_up_no_keyboard_after_a_touch(server: Server, opened: Opener) -> None:
    """It says what is missing; who has keys writes at once."""
    page = make_page(opened, server, has_touch=True, is_mobile=True)
    page.locator(".ahead").tap()
    expect(page.locator("#word-fault")).to_be_focused()
    page = make_page(opened, server, size=(1440, 900))
    ahead(page)
    expect(page.locator("#word")).to_be_focused()


def test_back_is_the_step_before_and_from_the_book_the_shelf(
    server: Server, opened: Opener
) -> None:
    """By the browser as by the page, and what was said stays."""
    page = opened(server.url)
    page.goto(f"{server.url}/")
    page.locator("a[href='/make']").first.click()
    page.wait_for_selector("#word")
    told(page)
    page.go_back()
    expect(page.locator("#question")).to_have_text("누가 나와요?")
    expect(page.locator(".face")).to_have_count(1)
    page.get_by_role("button", name="이전").click()
    expect(page.locator("#question")).to_have_text("어디에서 일어나요?")
    page.go_back()
    expect(page.locator("#question")).to_have_text("언제 있었던 이야기예요?")
    expect(page.locator("#word")).to_have_value("조선시대")
    page.go_forward()
    expect(page.locator("#word")).to_have_value("깊은 숲속 마을")
    page.get_by_role("button", name="무슨 이야기").click()
    ahead(page)
    page.wait_for_url(re.compile(r"/books/[0-9a-f]{32}"))
    page.go_back()
    expect(page).to_have_url(f"{server.url}/")
