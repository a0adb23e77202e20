"""The storybook program with the engines of `doubles`, to be run in a process of its own."""

from __future__ import annotations

import storybook.bootstrap
from storybook.cli import main
from tests.cli.doubles import chosen_doubles

if __name__ == "__main__":
    vars(storybook.bootstrap)["choose_engines"] = chosen_doubles()
    main()
