"""Who counts what is appended to a log."""

from __future__ import annotations

from typing import Protocol


class AppendObserver(Protocol):
    """Is told of appends, on the event loop; is to raise nothing."""

    def appended(self, seconds: float) -> None:
        """An append was recorded, and answered after so long."""

    def append_failed(self) -> None:
        """An append was not recorded, or nobody knows."""

    def committed(self, events: int) -> None:
        """So many events were committed together."""


class Unobserved:
    """Counts nothing."""

    def appended(self, seconds: float) -> None: ...

    def append_failed(self) -> None: ...

    def committed(self, events: int) -> None: ...
