"""Which book a book is based on, and which are based on it, as the API shows it."""

from __future__ import annotations

import msgspec

from storybook.book import KeptPart, RunId
from storybook.projections.derived import DerivedBook


class OriginState(msgspec.Struct, frozen=True):
    """The book that another one is based on, and what is kept of it; `is_gone` once that book was
    forgotten."""

    run_id: RunId
    edition: int
    keep: KeptPart
    is_gone: bool


class Kinship(msgspec.Struct, frozen=True):
    """The book that one is based on (null if there is none), and those that are based on it."""

    based_on: OriginState | None
    derived: list[DerivedBook]
