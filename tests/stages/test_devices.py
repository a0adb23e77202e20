"""Who may work where."""

from __future__ import annotations

import pytest

from storybook.stages.devices import Devices
from tests.engines import ScriptedIllustrator, ScriptedNarrator

pytestmark = pytest.mark.anyio


async def test_an_engine_has_so_many_places() -> None:
    """A place that is given back can be taken again."""
    devices, painter = Devices(), ScriptedIllustrator(places=2)
    assert [devices.take(painter) for _ in range(3)] == [True, True, False]
    devices.release(painter)
    assert devices.take(painter)


async def test_the_processor_holds_all_engines_at_once() -> None:
    """Engines on `cpu` do not wait for each other."""
    devices = Devices()
    assert devices.take(ScriptedIllustrator()) and devices.take(ScriptedNarrator())


async def test_engines_that_share_a_gpu_take_turns() -> None:
    """Another engine gets the device when the first has nothing in hand there."""
    devices = Devices()
    painter, narrator = ScriptedIllustrator(device="gpu0"), ScriptedNarrator(device="gpu0")
    elsewhere = ScriptedNarrator(device="gpu1")
    assert devices.take(painter)
    assert not devices.take(narrator)
    assert devices.take(elsewhere)
    devices.release(painter)
    assert devices.take(narrator)
    assert not devices.take(painter)
