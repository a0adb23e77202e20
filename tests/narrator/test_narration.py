"""What narrators share: pieces spoken side by side, and put together."""

from __future__ import annotations

import anyio
import numpy as np
import pytest

from storybook.engines import WorkFailed
from storybook.events.catalog import MadeFrom
from storybook.stages.narrator.narration import each, languages, put_together
from tests.narrator.sounds import task

pytestmark = pytest.mark.anyio


async def test_results_are_in_order_however_long_each_takes() -> None:
    """What is finished first need not come first."""
    done = [anyio.Event() for _ in range(3)]
    told: list[float] = []

    async def backwards(place: int) -> str:
        if place < 2:
            await done[place + 1].wait()
        done[place].set()
        return f"piece {place}"

    assert await each(range(3), backwards, told.append) == ["piece 0", "piece 1", "piece 2"]
    assert told == [1 / 3, 2 / 3, 1.0]


async def test_the_first_failure_ends_the_others_and_is_raised_as_it_is() -> None:
    """A page is not spoken to its end when one of its sentences has failed."""
    ended: list[int] = []

    async def speak(place: int) -> None:
        if place == 1:
            raise WorkFailed("busy", "too many requests", retryable=True)
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(place)

    with anyio.fail_after(30), pytest.raises(WorkFailed, match="too many requests"):
        await each(range(3), speak, lambda fraction: None)
    assert ended == [0, 2] or ended == [2, 0]


async def test_cancelling_ends_all() -> None:
    """A cancelled page leaves nothing behind that still speaks."""
    begun: list[int] = []
    with anyio.fail_after(30), anyio.CancelScope() as scope:

        async def speak(place: int) -> None:
            begun.append(place)
            if place == 2:
                scope.cancel()
            await anyio.sleep_forever()

        await each(range(3), speak, lambda fraction: None)
    assert begun == [0, 1, 2]
    assert scope.cancelled_caught


def test_sound_that_is_no_number_is_a_failure_to_try_again() -> None:
    """A page that would be noise or silence is not kept."""
    broken = np.array([0.1, np.nan, 0.2], np.float32)
    with pytest.raises(WorkFailed) as failure:
        put_together(task("하나."), [broken], 44_100, MadeFrom())
    assert failure.value.kind == "broken_sound"
    assert failure.value.retryable


def test_a_language_has_its_region_first() -> None:
    """An engine takes the narrowest name that it knows."""
    assert languages("ko_KR") == ("ko-kr", "ko")
    assert languages("ko") == ("ko",)
