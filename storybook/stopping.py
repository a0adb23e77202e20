"""How the service is asked to stop: first politely, then at once."""

from __future__ import annotations

from typing import Final

import anyio

HURRY_SECONDS: Final = 5.0
"""What recording the work in hand gets once a stop is asked for again. It takes milliseconds; a log
that takes nothing now must not hold a machine that shuts down."""


class StopRequest:
    """Whether a stop has been asked for, and whether it has been asked for again.

    Belongs to one event loop. `is_asked` may be read as soon as the signal has come.
    """

    def __init__(self) -> None:
        self.is_asked = False
        self.asked, self.hurried = anyio.Event(), anyio.Event()

    def ask(self) -> None:
        """Ask for a stop; whoever asks again wants it at once."""
        self.is_asked = True
        (self.hurried if self.asked.is_set() else self.asked).set()
