"""A real Chromium for the tests, and axe, which judges what it shows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import axe_core_python  # type: ignore[import-untyped]  # it has no type information
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM: Final = next(
    (found for it in ("chromium", "google-chrome", "chrome") if (found := shutil.which(it))), None
)
FLAGS: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--autoplay-policy=no-user-gesture-required",
)
_WCAG: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_AXE: Final = Path(axe_core_python.__file__).with_name("axe.min.js")


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """A headless browser, closed at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            browser.close()


def violations(page: Page) -> list[str]:
    """What axe finds wrong with the page as it is shown now, by the rules of WCAG 2.2 AA."""
    page.evaluate(_AXE.read_text("utf-8"))
    found: list[dict[str, Any]] = page.evaluate(
        "(tags) => axe.run({runOnly: tags}).then((it) => it.violations)", _WCAG
    )
    return [f"{it['id']}: {it['nodes'][0]['html'][:120]}" for it in found]
