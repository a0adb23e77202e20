"""How well servers, models and recordings that people have are understood: `make bench-servers`.

Not in CI: most figures need what is not in the repository. `STORYBOOK_CASES` is a folder with cases
(`comfyui/`, `whisper-base/`), `STORYBOOK_GOLD` one with what ComfyUI's frontend submits for the
templates (`frontend_gold.py` records it); weights come as packages. What is missing is told in one
line, and left out.
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import Final

from bench.apart import measure_module, measured
from bench.figures import FULL, TRIAL, print_figures

PARTS: Final = ("conversion", "roles", "speech", "grammar", "pages")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--once", action="store_true", help="measure a little of everything, once")
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="PART", help="only these")
    told = parser.parse_args()
    effort = TRIAL if told.once else FULL
    print_figures(
        figure
        for name in told.parts or PARTS
        for figure in measured(partial(measure_module, name=f"servers.{name}", effort=effort))
    )


if __name__ == "__main__":
    main()
