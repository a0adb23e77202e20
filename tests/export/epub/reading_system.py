"""A reading system that nobody here wrote: foliate-js, which plays media overlays, in Chromium.

Its page and the book come from no server: the browser is given the files that it asks for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, Route

FOLIATE: Final = Path(__file__).parents[3] / "node_modules" / "foliate-js"
_ADDRESS: Final = "http://reader.test/"
_PAGE: Final = """\
<!doctype html>
<meta charset="utf-8">
<style>html, body { height: 100%; margin: 0 } foliate-view { position: fixed; inset: 0 }</style>
<script type="importmap">{"imports": {"construct-style-sheets-polyfill": "/none.js"}}</script>
<script type="module">
import "/view.js";
const view = document.createElement("foliate-view");
document.body.append(view);
await view.open(new File([await (await fetch("/book.epub")).blob()], "book.epub"));
await view.init({});
const OwnAudio = window.Audio;
let audio = null;
window.Audio = function (address) { return (audio = new OwnAudio(address)); };
window.view = view;
window.sheet = () => view.renderer.getContents()[0]?.doc;
window.lit = [];
setInterval(() => {
  const active = window.sheet()?.querySelector("." + view.book.media.activeClass);
  const text = active?.textContent ?? "";
  if (text && text !== window.lit.at(-1)?.text) window.lit.push({ text, time: audio.currentTime });
}, 20);
</script>
"""


class ReadingSystem:
    """A book that is open."""

    def __init__(self, browser: Browser, epub: bytes, size: tuple[int, int] = (1280, 720)) -> None:
        self.complaints: list[str] = []
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        self.page: Page = context.new_page()
        self.page.on("pageerror", lambda it: self.complaints.append(str(it)))
        self.page.on(
            "console", lambda it: self.complaints.append(it.text) if it.type == "error" else None
        )
        self._files = {
            "": (_PAGE.encode(), "text/html"),
            "none.js": (b"", "text/javascript"),
            "favicon.ico": (b"", "image/x-icon"),
            "book.epub": (epub, "application/epub+zip"),
        }
        self.page.route(f"{_ADDRESS}**", self._answer)
        self.page.goto(_ADDRESS)
        self.page.wait_for_function("window.view")

    def turn_to(self, place: int) -> None:
        """A sheet, by its place in the spine."""
        self.page.evaluate("(place) => view.goTo(place)", place)

    def in_sheet(self, script: str) -> Any:
        """What an expression of `sheet`, the document that is shown, is."""
        return self.page.evaluate(f"((sheet) => {script})(window.sheet())")

    def read_aloud(self, place: int) -> None:
        """From a sheet on."""
        self.page.evaluate("(place) => { view.mediaOverlay.start(place); }", place)

    def lit(self, count: int) -> list[tuple[str, float]]:
        """The first sentences that were lit, as soon as there are so many, and where the recording
        was when they were, in seconds."""
        self.page.wait_for_function("(count) => window.lit.length >= count", arg=count)
        return [(it["text"], it["time"]) for it in self.page.evaluate("window.lit")][:count]

    def _answer(self, route: Route) -> None:
        name = route.request.url.removeprefix(_ADDRESS)
        if name not in self._files and (FOLIATE / name).is_file():
            self._files[name] = ((FOLIATE / name).read_bytes(), "text/javascript")
        body, kind = self._files.get(name, (b"", ""))
        route.fulfill(status=200 if kind else 404, body=body, content_type=kind or "text/plain")
