"""Changing a finished book: each kind of change to its end, what is refused, and the way back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.export.browser import violations
from tests.openai_api import double
from tests.reader.conftest import Opener
from tests.reader.crayons import with_crayons
from tests.reader.families import SIZES, made, open_menu, pass_gate
from tests.whole.server import Server, serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("change")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with serving(folder / "data", "tests.reader.crayons", **with_crayons(folder)) as server:
        yield server


@pytest.fixture
def book(server: Server) -> str:
    """A silent one."""
    return made(server)


@pytest.fixture
def hold(folder: Path) -> Iterator[Path]:
    """Nothing is painted as long as it is there."""
    file = folder / "hold"
    file.touch()
    yield file
    file.unlink(missing_ok=True)


def changing(opened: Opener, server: Server, run_id: str, page: int = 1, **options: Any) -> Page:
    """The screen, once a grown-up is there."""
    shown = opened(f"{server.url}/books/{run_id}/change#page-{page}", **options)
    pass_gate(shown)
    expect(shown.get_by_role("navigation", name="무엇을 고칠까요")).to_be_visible()
    return shown


def part(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="무엇을 고칠까요").get_by_role("button", name=name).click()


def done(page: Page) -> Locator:
    """What has become of the change, once it is whole."""
    card = page.locator(".news.done")
    expect(card).to_be_visible(timeout=30_000)
    return card


def text_of(server: Server, run_id: str, page: int) -> str:
    shown = server.state(run_id)["pages"][page]
    return str(shown["summary"] if page else shown["title"])


def change(server: Server, run_id: str, body: dict[str, Any]) -> int:
    answer = httpx.post(f"{server.url}/api/runs/{run_id}/editions", json=body)
    assert answer.status_code == 202, answer.text
    return int(answer.json()["edition"])


def test_it_is_behind_the_gate_and_reached_from_the_shelf(
    server: Server, opened: Opener, book: str
) -> None:
    """Who does not pass is back at the book."""
    page = opened(server.url)
    open_menu(page, book).get_by_role("link", name="고치기").click()
    expect(page.locator("#sum")).to_be_visible()
    expect(page.locator(".cards")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.locator("#sum-fault")).to_have_text("답을 써 주세요.")
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{server.url}/books/{book}")


def test_words_are_changed_and_shown_word_by_word(
    server: Server, opened: Opener, book: str
) -> None:
    """A page's, and the title; nothing is painted for it."""
    before = text_of(server, book, 1)
    page = changing(opened, server, book)
    field = page.get_by_label("이 쪽의 글")
    expect(field).to_have_value(before)
    take = page.get_by_role("button", name="이 글로 바꾸기")
    expect(take).to_be_disabled()
    field.fill(f"{before} 모두 활짝 웃었어요.")
    take.click()
    expect(done(page).locator("ins")).to_contain_text("모두 활짝 웃었어요.")
    assert text_of(server, book, 1) == f"{before} 모두 활짝 웃었어요."

    page.get_by_role("list", name="쪽 고르기").get_by_role("button", name="표지").click()
    page.get_by_label("제목").fill("달밤의 친구들")
    page.get_by_role("button", name="이 글로 바꾸기").click()
    expect(page.locator(".news.done ins").first).to_contain_text("달밤의")
    assert text_of(server, book, 0) == "달밤의 친구들"
    expect(page.locator("header .of")).to_have_text("달밤의 친구들")


def test_a_picture_is_painted_again_while_the_book_stays_readable(
    server: Server, opened: Opener, book: str, hold: Path
) -> None:
    """What is being made is said; then both pictures stand side by side, and the old one is a tap
    away."""
    before = server.state(book)["pages"][2]["image_url"]
    page = changing(opened, server, book, page=2)
    page.get_by_role("button", name="다시 그리기").click()
    news = page.locator(".news")
    expect(news).to_contain_text("2번째 판을 만들고 있어요")
    expect(news).to_contain_text("2쪽 그림을 그리고 있어요")
    expect(page.get_by_role("button", name="다시 그리기")).to_be_disabled()
    assert server.state(book)["pages"][2]["image_url"] == before
    hold.unlink()
    pictures = done(page).locator("img")
    expect(pictures).to_have_count(2)
    after = server.state(book)["pages"][2]["image_url"]
    assert after.endswith("?edition=2")
    assert pictures.nth(1).get_attribute("src") == after
    expect(page.locator(".looked-at > img")).to_have_attribute("src", after)
    done(page).get_by_role("button", name="고치기 전으로").click()
    expect(page.locator(".looked-at > img")).to_have_attribute("src", before)
    assert server.state(book)["edition"] == 3


def test_a_change_is_stopped_and_goes_on_after_a_reload(
    server: Server, opened: Opener, book: str, hold: Path
) -> None:
    """Stopped, the book is as it was; the page comes back to what is being made."""
    page = changing(opened, server, book, page=2)
    page.get_by_role("button", name="다시 그리기").click()
    page.get_by_role("button", name="그만 고치기").click()
    expect(page.locator(".news")).to_contain_text("고치기를 그만뒀어요")
    page.get_by_role("button", name="이어서 하기").click()
    expect(page.locator(".news")).to_contain_text("만들고 있어요")
    page.reload()
    pass_gate(page)
    expect(page.locator(".news")).to_contain_text("만들고 있어요")
    hold.unlink()
    expect(done(page).locator("img")).to_have_count(2)


def test_words_that_suit_no_child_are_explained_and_can_be_meant(
    server: Server, opened: Opener, book: str
) -> None:
    """Nothing is changed until a grown-up takes it upon themselves."""
    page = changing(opened, server, book, refuses=True)
    page.get_by_label("이 쪽의 글").fill("옛날에 살인 사건이 있었어요.")
    page.get_by_role("button", name="이 글로 바꾸기").click()
    expect(page.get_by_role("alert")).to_contain_text("찾은 말: 살인")
    assert "살인" not in text_of(server, book, 1)
    page.get_by_role("button", name="그래도 그대로 두기").click()
    done(page)
    assert text_of(server, book, 1) == "옛날에 살인 사건이 있었어요."


def test_a_newer_edition_is_told_and_built_upon_by_one_tap(
    server: Server, opened: Opener, book: str
) -> None:
    """Both changes are in the book then, and nothing that was typed is lost."""
    page = changing(opened, server, book, refuses=True)
    edits = [{"page": 0, "title": "다른 곳에서 바꾼 제목"}]
    change(server, book, {"base_edition": 1, "pages": edits})
    page.get_by_label("이 쪽의 글").fill("여기에서 바꾼 글이에요.")
    page.get_by_role("button", name="이 글로 바꾸기").click()
    expect(page.get_by_role("alert")).to_contain_text("그 사이에 책이 달라졌어요")
    expect(page.get_by_role("alert")).to_contain_text("제목 바꾸기")
    expect(page.get_by_label("이 쪽의 글")).to_have_value("여기에서 바꾼 글이에요.")
    page.get_by_role("button", name="새 판 위에 고치기").click()
    done(page)
    assert text_of(server, book, 0) == "다른 곳에서 바꾼 제목"
    assert text_of(server, book, 1) == "여기에서 바꾼 글이에요."


def test_editions_stand_side_by_side_and_an_older_one_is_restored(
    server: Server, opened: Opener, book: str
) -> None:
    """Going back is an edition of its own."""
    before = text_of(server, book, 1)
    change(server, book, {"base_edition": 1, "pages": [{"page": 1, "summary": "딴 글이에요."}]})
    page = changing(opened, server, book)
    part(page, "지난 판")
    expect(page.locator(".editions > li")).to_have_count(2)
    expect(page.locator(".editions > li").first).to_contain_text("1쪽 글 바꾸기")
    page.get_by_role("button", name="지금 책과 나란히 보기 1번째 판").click()
    expect(page.locator(".editions ins").first).to_contain_text("딴")
    page.get_by_role("button", name="이 판으로 되돌리기 1번째 판").click()
    expect(page.locator(".editions > li")).to_have_count(3)
    expect(page.locator(".editions > li").first).to_contain_text("1번째 판으로 되돌리기")
    assert text_of(server, book, 1) == before


def test_a_book_is_read_in_another_voice(server: Server, opened: Opener) -> None:
    """The narrator's, while each character keeps its own; it can be heard before it is chosen, and
    both recordings after."""
    run_id = made(server, tts_enabled=True)
    page = changing(opened, server, run_id)
    part(page, "목소리")
    page.get_by_label("읽어 주는 사람").select_option(label="여자 목소리 2")
    hear = page.get_by_role("button", name="여자 목소리 2 들어 보기")
    hear.click()
    expect(hear).to_have_attribute("aria-pressed", "true")
    page.get_by_label("토끼", exact=True).select_option(label="여자 목소리 1")
    page.get_by_role("button", name="이 목소리로 읽기").click()
    expect(done(page).locator("audio")).to_have_count(2)
    expect(done(page).locator("audio").first).to_have_js_property("preload", "metadata")
    page.get_by_role("button", name="다른 쪽도 보기").click()
    assert done(page).locator("audio").count() > 2
    done(page).get_by_role("button", name="닫기").click()
    expect(page.locator(".news.done")).to_have_count(0)
    expect(page.get_by_role("button", name="목소리", exact=True)).to_be_focused()
    editions = httpx.get(f"{server.url}/api/runs/{run_id}/editions").json()["editions"]
    before, voices = (it["tts_config"] for it in editions)
    assert (before["dialogue_voice"], voices["narrator_voice"]) == ("cast", "F2")
    assert voices["character_voices"] == {**before["casting"], "토끼": "F1"}


def test_a_hero_is_kept_for_other_books(server: Server, opened: Opener, book: str) -> None:
    """Under a name of one's own; a new story with the same heroes is one tap away."""
    page = changing(opened, server, book)
    part(page, "주인공")
    page.get_by_role("button", name="주인공 간직하기 토끼").click()
    page.get_by_label("어떤 이름으로 간직할까요?").fill("깡총이")
    page.get_by_role("dialog").get_by_role("button", name="주인공 간직하기").click()
    expect(page.get_by_role("main")).to_contain_text("‘깡총이’ 이름으로 간직했어요")
    saved = httpx.get(f"{server.url}/api/cast").json()["characters"]
    assert ("깡총이", book) in [(it["name"], it["run_id"]) for it in saved]
    link = page.get_by_role("link", name="같은 주인공으로 새 이야기")
    expect(link).to_have_attribute("href", f"/make?based_on={book}&keep=cast")
    link.click()
    expect(page).to_have_url(re.compile(f"^{server.url}/make"))


def test_the_same_story_is_painted_in_another_style(
    server: Server, opened: Opener, book: str
) -> None:
    """As another book, which opens at once; this one stays."""
    page = changing(opened, server, book)
    part(page, "주인공")
    page.get_by_label("같은 이야기를 다른 그림으로").select_option("ink")
    page.get_by_role("button", name="새 책으로 그리기").click()
    expect(page).not_to_have_url(re.compile("change"))
    made_from = httpx.get(f"{server.url}/api/runs/{book}/derived").json()["derived"]
    assert [it["keep"] for it in made_from] == ["text"]
    expect(page).to_have_url(f"{server.url}/books/{made_from[0]['run_id']}")


TOLD_OTHERWISE = "토끼가 폴짝 뛰다가 웃음을 터뜨렸어요. 호랑이도 배를 잡고 데굴데굴 굴렀어요."


def tells(asked: double.Asked) -> double.Reply | None:
    """A language model that writes a page that passes."""
    if asked.path != "/chat/completions":
        return None
    return double.completion(
        asked, double.book_for(asked).replace("토끼가 살았어요.", TOLD_OTHERWISE)
    )


def test_telling_it_otherwise_is_offered_where_the_writer_can(
    tmp_path: Path, opened: Opener
) -> None:
    """The composer cannot, and the page does not offer it; a language model writes by a wish."""
    data, painter = tmp_path / "data", with_crayons(tmp_path)
    with serving(data, "tests.reader.crayons", **painter) as server:
        run_id = made(server)
        page = changing(opened, server, run_id)
        expect(page.get_by_label("이 쪽의 글")).to_be_visible()
        expect(page.get_by_label("다르게 이야기해 주세요")).to_have_count(0)
        page.goto("about:blank")
        server.stop()
    with double.serving(tells) as model:
        writer = {"writer_engine": "openai", "writer_openai_url": f"{model.url}/v1"}
        with serving(data, "tests.reader.crayons", **painter, **writer) as server:
            page = changing(opened, server, run_id)
            page.get_by_label("다르게 이야기해 주세요").fill("더 웃기게")
            page.get_by_role("button", name="새로 써 주세요").click()
            expect(done(page)).to_contain_text("데굴데굴")
            assert text_of(server, run_id, 1) == TOLD_OTHERWISE
            part(page, "지난 판")
            expect(page.locator(".editions > li").first).to_contain_text("더 웃기게")


def test_it_is_done_by_keyboard_alone(server: Server, opened: Opener, book: str) -> None:
    """From the gate to another picture."""
    page = opened(f"{server.url}/books/{book}/change#page-1")
    asked = page.locator("dialog label[for=sum]").inner_text()
    one, other = map(int, re.findall(r"\d+", asked))
    page.keyboard.type(str(one * other))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="다시 그리기")).to_be_visible()
    for _ in range(40):
        page.keyboard.press("Tab")
        if "다시 그리기" in page.evaluate("document.activeElement.textContent"):
            break
    page.keyboard.press("Enter")
    done(page)
    assert server.state(book)["edition"] == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out_of_changing(
    server: Server, opened: Opener, book: str, scheme: str
) -> None:
    """Each part and what has become of a change, at every size, by axe's rules of WCAG 2.2 AA."""
    edits = [{"page": 1, "summary": "딴 글이에요.", "repaint": True}]
    change(server, book, {"base_edition": 1, "pages": edits})
    for size in SIZES:
        page = changing(
            opened, server, book, size=size, color_scheme=scheme, bypass_csp=True, refuses=True
        )
        for name in ("목소리", "주인공", "지난 판", "글과 그림"):
            part(page, name)
            assert violations(page) == [], (size, name)
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0], (size, name)
        part(page, "지난 판")
        page.get_by_role("button", name="지금 책과 나란히 보기").first.click()
        expect(page.locator(".editions ins").first).to_be_visible()
        assert violations(page) == [], size
