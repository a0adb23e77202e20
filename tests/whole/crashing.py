"""The storybook program, in which every wish for a book meets a fault of ours."""

from __future__ import annotations

import os

from storybook.application import Application
from storybook.cli import main


async def break_down(*asked: object, **more: object) -> str:
    """Fails with all that is secret at hand, which a traceback with its variables would show."""
    at_hand = dict(os.environ)
    raise RuntimeError(f"a fault of ours, with {len(at_hand)} variables at hand")


if __name__ == "__main__":
    setattr(Application, "request_run", break_down)  # noqa: B010 - mypy lets no method be replaced
    main()
