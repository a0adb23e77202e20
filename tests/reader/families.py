"""What the tests of the shelf and of changing do as a parent would."""

from __future__ import annotations

import re
from typing import Final

from playwright.sync_api import Locator, Page

from tests.whole.server import Server, follow

SIZES: Final = ((360, 640), (390, 844), (844, 390), (820, 1180), (1440, 900))


def pass_gate(page: Page) -> None:
    """Answer the parents' sum."""
    asked = page.locator("dialog label[for=sum]").inner_text()
    one, other = map(int, re.findall(r"\d+", asked))
    page.locator("#sum").fill(str(one * other))
    page.locator("dialog:has(#sum) button.primary").click()


def sign_in(page: Page, token: str) -> None:
    """Enter a token where the page asks for one."""
    page.locator("#token").fill(token)
    page.locator("dialog:has(#token) button.primary").click()


def made(server: Server, **asked: str | bool) -> str:
    """A book that is finished, silent unless it is asked for otherwise."""
    run_id = server.request(**{"tts_enabled": False, **asked})
    for _ in follow(server, run_id):
        pass
    return run_id


def book_on(page: Page, run_id: str) -> Locator:
    """A book as it stands on the shelf."""
    return page.locator(f"li[data-run='{run_id}']")


def open_menu(page: Page, run_id: str) -> Locator:
    """What can be done with a book."""
    book_on(page, run_id).locator("button.more").click()
    return page.locator("dialog:has(.menu)")
