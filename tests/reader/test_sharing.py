"""With tokens on: signing in and out, signed links, and what a reader sees who has but a link."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.export.browser import violations
from tests.reader.conftest import Opener
from tests.reader.crayons import with_crayons
from tests.reader.families import SIZES, book_on, open_menu, pass_gate, sign_in
from tests.whole.server import WORDS, Server, serving, storybook

pytestmark = pytest.mark.slow


class House:
    """A server under a prefix that has a token for each scope, and one book."""

    def __init__(self, server: Server, tokens: dict[str, str]) -> None:
        self.address, self.tokens = f"{server.url}/story", tokens
        self.client = httpx.Client(
            base_url=server.url, headers={"Authorization": f"Bearer {tokens['admin']}"}, timeout=60
        )
        self.run_id = self.made()

    def made(self) -> str:
        asked = {**WORDS, "tts_enabled": False}
        run_id = str(self.client.post("/api/runs", json=asked).json()["run_id"])
        with self.client.stream("GET", f"/api/runs/{run_id}/events") as answer:
            for _ in answer.iter_lines():
                pass
        return run_id


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    data = folder / "data"
    tokens = {it: _secret(data, it) for it in ("read", "create", "admin")}
    settings = {**with_crayons(folder), "server_base_path": "/story"}
    with serving(data, "tests.reader.crayons", **settings) as server:
        house = House(server, tokens)
        yield house
        house.client.close()


def _secret(data: Path, scope: str) -> str:
    added = storybook(data, "token", "add", f"{scope}-token", "--scope", scope)
    assert added.returncode == 0, added.stderr
    return next(it for it in added.stdout.split() if len(it) > 30)


def entered(page: Page, token: str) -> None:
    """The shelf, once somebody has signed in."""
    page.get_by_role("button", name="들어가기").click()
    sign_in(page, token)
    expect(page.locator("li[data-run]").first).to_be_visible()


def test_a_closed_shelf_opens_with_a_token_and_is_closed_again(
    house: House, opened: Opener
) -> None:
    """A wrong one is told so; signing out leaves nothing on the screen."""
    page = opened(f"{house.address}/", refuses=True)
    expect(page.get_by_role("heading", name="책장이 잠겨 있어요")).to_be_visible()
    page.get_by_role("button", name="들어가기").click()
    sign_in(page, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("맞지 않는 열쇠말")
    sign_in(page, house.tokens["read"])
    expect(book_on(page, house.run_id)).to_be_visible()
    page.reload()
    expect(book_on(page, house.run_id)).to_be_visible()
    page.get_by_role("button", name="나가기").click()
    expect(page.get_by_role("heading", name="책장이 잠겨 있어요")).to_be_visible()
    expect(page.get_by_role("button", name="나가기")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", name="책장이 잠겨 있어요")).to_be_visible()


def test_all_addresses_are_under_the_prefix(house: House, opened: Opener) -> None:
    """Of books, their covers, and the making."""
    page = opened(f"{house.address}/", refuses=True)
    entered(page, house.tokens["read"])
    addresses = page.eval_on_selector_all("a", "(all) => all.map((it) => it.pathname)")
    assert addresses and all(it.startswith("/story/") for it in addresses)
    sources = page.eval_on_selector_all("img", "(all) => all.map((it) => it.src)")
    assert sources and all("/story/api/runs/" in it for it in sources)
    book_on(page, house.run_id).locator("a.cover").click()
    expect(page).to_have_url(f"{house.address}/books/{house.run_id}")


def test_more_rights_are_asked_for_in_place(house: House, opened: Opener) -> None:
    """Who may only read is asked for another token when a book is to be erased; it is used for that
    alone, and does not stay on a child's tablet."""
    run_id = house.made()
    page = opened(f"{house.address}/", refuses=True)
    entered(page, house.tokens["read"])
    open_menu(page, run_id).get_by_role("button", name="지우기").click()
    pass_gate(page)
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="지우기").click()
    dialog.get_by_role("button", name="영영 지우기").click()
    expect(dialog).to_contain_text("더 큰 권한")
    sign_in(page, house.tokens["admin"])
    expect(book_on(page, run_id)).to_have_count(0)
    assert page.evaluate("JSON.parse(localStorage['storybook-session']).scope") == "read"
    erased = page.evaluate(
        "(it) => fetch(it, { method: 'DELETE' }).then((it) => it.status)",
        f"{house.address}/api/runs/{house.run_id}",
    )
    assert erased == 403


def shared(page: Page, house: House) -> str:
    """The address of a signed link that the page has made."""
    open_menu(page, house.run_id).get_by_role("button", name="나누기").click()
    pass_gate(page)
    page.get_by_label("얼마 동안").select_option(label="한 달")
    page.get_by_role("button", name="링크 만들기").click()
    return page.get_by_label("책의 주소").input_value()


def test_a_signed_link_opens_one_book_and_nothing_else(house: House, opened: Opener) -> None:
    """Its address is the reader's, it holds as long as was chosen, and who has it cannot change
    the book or see the shelf."""
    page = opened(f"{house.address}/", refuses=True)
    entered(page, house.tokens["admin"])
    address = shared(page, house)
    assert address.startswith(f"{house.address}/books/{house.run_id}?sig=")
    expect(page.get_by_role("dialog")).to_contain_text("까지 열려요")
    signature = address.partition("?sig=")[2]
    answer = httpx.get(f"{house.address}/api/runs/{house.run_id}?sig={signature}")
    assert answer.json()["status"] == "DONE"

    guest = opened(f"{house.address}/books/{house.run_id}/change?sig={signature}", refuses=True)
    expect(guest.get_by_role("main")).to_contain_text("링크로는 책을 읽을 수만 있어요")
    guest.goto(f"{house.address}/?sig={signature}")
    expect(guest.get_by_role("main")).to_contain_text("이 링크로는 책 한 권을 볼 수 있어요")
    expect(guest.locator("li[data-run]")).to_have_count(0)


def test_the_code_of_a_link_is_shown_where_the_server_draws_it(
    house: House, opened: Opener
) -> None:
    """As a picture with a name, and only as a picture: what is in it is not run."""
    drawn = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'

    def with_code(route: object) -> None:
        answer = route.fetch()  # type: ignore[attr-defined]  # Playwright's Route
        route.fulfill(response=answer, json={**answer.json(), "qr": drawn})  # type: ignore[attr-defined]

    page = opened(f"{house.address}/", refuses=True)
    page.route("**/links", with_code)
    entered(page, house.tokens["admin"])
    shared(page, house)
    code = page.get_by_role("img", name="QR 코드")
    expect(code).to_be_visible()
    assert code.evaluate("(it) => it.decode().then(() => it.naturalWidth > 0)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out_by_how_it_looks(house: House, opened: Opener, scheme: str) -> None:
    """The closed shelf, the question for a token, and a link, by axe's rules of WCAG 2.2 AA."""
    for size in SIZES:
        page = opened(
            f"{house.address}/", size=size, color_scheme=scheme, bypass_csp=True, refuses=True
        )
        expect(page.get_by_role("heading", name="책장이 잠겨 있어요")).to_be_visible()
        assert violations(page) == [], size
        page.get_by_role("button", name="들어가기").click()
        assert violations(page) == [], size
        sign_in(page, house.tokens["admin"])
        expect(book_on(page, house.run_id)).to_be_visible()
        shared(page, house)
        assert violations(page) == [], size
