"""How smoothly a page turns in the reader: frames a second, as `requestAnimationFrame` counts them
in a headless Chromium that paints without a graphics card.

Nothing else may run: `python -m bench.page_turn`.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Final

from bench.figures import FULL, Effort, Figure, print_figures
from tests.export.browser import chromium
from tests.whole.server import follow, serving

REACHES: Final = (((390, 844), 50), ((1440, 900), 40))
"""Frames a second, by the size of the screen."""

_TURN: Final = """async () => {
  const times = [];
  let isTurning = true;
  const count = (time) => { times.push(time); if (isTurning) requestAnimationFrame(count); };
  document.querySelector(".turn.forth").click();
  requestAnimationFrame(count);
  while (document.querySelector(".turning")) await new Promise((done) => setTimeout(done, 10));
  isTurning = false;
  return 1000 * (times.length - 1) / (times.at(-1) - times[0]);
}"""


def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Each page of a new book is turned once, from the cover to the end."""
    figures = []
    with serving(folder / "data") as server, chromium() as browser:
        run_id = server.request(tts_enabled=False)
        list(follow(server, run_id))
        for (width, height), reach in REACHES:
            page = browser.new_page(viewport={"width": width, "height": height})
            turns: list[float] = []
            while len(turns) < effort.repetitions:
                page.goto(f"{server.url}/books/{run_id}")
                page.locator(".painted img").nth(4).wait_for(state="attached")
                page.wait_for_timeout(500)
                turns += [page.evaluate(_TURN) for _ in range(5)]
            page.close()
            what = f"a page turns at {width} × {height}"
            figures.append(Figure(what, statistics.median(turns), "frames/s", reach, "≥"))
    return figures


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print_figures(measure(Path(folder), FULL))
