"""A really running server with the embedded engines, and a real browser that looks at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.export.browser import CHROMIUM, chromium
from tests.whole.server import Server, serving

expect.set_options(timeout=20_000)  # a busy machine draws a screen in seconds

Opener = Callable[..., Page]
REFUSED = (
    "the server responded with a status of 4",
    "net::ERR_CONNECTION_REFUSED",
    "net::ERR_FAILED",
    "net::ERR_INCOMPLETE_CHUNKED_ENCODING",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all tests of a module."""
    with serving(tmp_path_factory.mktemp("reader") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here to open the reader in")
    with chromium(
        "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"
    ) as browser:
        yield browser


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opener]:
    """Opens an address in a context of its own; whatever the page complains of fails the test, but
    for answers of a server that is expected to refuse something, or to be away (`refuses`)."""
    complaints: list[str] = []
    contexts = []

    def open_page(address: str, size: tuple[int, int] = (390, 844), **options: Any) -> Page:
        refuses = options.pop("refuses", False)

        def complain(told: ConsoleMessage) -> None:
            address = told.location.get("url", "")
            is_gone = "/previews/" in address and "404" in told.text  # painted meanwhile
            is_refused = refuses and any(it in told.text for it in REFUSED)
            if told.type == "error" and not (is_gone or is_refused):
                complaints.append(told.text)

        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale=options.pop("locale", "ko-KR"),
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", complain)
        page.on("pageerror", lambda it: complaints.append(str(it)))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
