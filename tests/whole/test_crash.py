"""The short form of `make crash`."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.whole.crash import play

KILLS, BOOKS = 15, 2
MOST_SECONDS = 2.0
"""A server starts in one second: half of the kills come before it serves, half while it works."""


@pytest.mark.slow
@pytest.mark.timeout(600)  # DONE_SECONDS after the kills, at most
def test_every_book_is_made_however_often_the_server_is_killed(tmp_path: Path) -> None:
    """Fifteen kills at random moments, with the embedded engines, while two books are made, and
    others are changed. It takes its time since each kill needs a server to be started. No picture
    and no voice is ever suspected: they are made outside of the process that dies."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    outcome = play(tmp_path / "data", KILLS, random.Random(seed), MOST_SECONDS, BOOKS)
    assert outcome.strikes and outcome.editions
    assert all(it.startswith("crash") for it in outcome.reasons)
