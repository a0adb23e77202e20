"""What is made and cannot be made the same again is recorded as that."""

from __future__ import annotations

from pathlib import Path

import pytest

from storybook.book import Stage
from storybook.events.catalog import StageCompleted
from tests.stages.test_runner import stand

pytestmark = pytest.mark.anyio


async def test_a_book_whose_writer_takes_no_seed_says_so(tmp_path: Path) -> None:
    """The event of the text has why."""
    why = "the server takes no seed"
    async with stand(tmp_path) as it:
        setattr(it.scripted.writer, "unrepeatable", why)  # noqa: B010 - it is no part of the double
        async with it.runner().running([]):
            await it.request()
            await it.ended()
        completed = await it.events(StageCompleted)
    said = [it.made_from for it in completed if isinstance(it, StageCompleted) and it.made_from]
    texts = [it for it in completed if isinstance(it, StageCompleted) and it.stage is Stage.LLM]
    assert [it.made_from.unrepeatable for it in texts if it.made_from] == [why]
    assert sum(bool(it.unrepeatable) for it in said) == 1
