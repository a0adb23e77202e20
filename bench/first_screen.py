"""How soon the reader's first screen can be used, in a browser that has never been there: from the
navigation until the books stand on the shelf.

Nothing else may run: `python -m bench.first_screen`.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Final

from bench.figures import FULL, Effort, Figure, print_figures
from tests.export.browser import chromium
from tests.whole.server import follow, serving

SIZE: Final = (390, 844)
VISITS: Final = 5
REACH: Final = 1_000
"""Milliseconds."""

_USABLE: Final = """() => new Promise((done) => {
  const look = () => {
    const there = document.querySelector("main[aria-busy=false] li[data-run]");
    there ? done(performance.now()) : requestAnimationFrame(look);
  };
  look();
})"""


def measure(folder: Path, effort: Effort) -> list[Figure]:
    """The median of some first visits."""
    with serving(folder / "data") as server, chromium() as browser:
        list(follow(server, server.request(tts_enabled=False)))
        took = []
        for _ in range(VISITS):
            context = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})
            page = context.new_page()
            page.goto(server.url, wait_until="commit")
            took.append(page.evaluate(_USABLE))
            context.close()
    return [Figure("first screen usable", statistics.median(took), "ms", REACH, "≤")]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print_figures(measure(Path(folder), FULL))
