"""The storybook program with the engines of `doubles`, to be run in a process of its own."""

from __future__ import annotations

import storybook.service
from storybook.cli import main
from tests.cli.doubles import double_engines

if __name__ == "__main__":
    setattr(storybook.service, "choose_engines", lambda settings: double_engines())  # noqa: B010 - a test's engines
    main()
