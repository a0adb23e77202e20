"""The illustrators, each put through the suite of its role."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from storybook.engines import Illustrator
from storybook.painter.engine import Painter
from tests.comfyui.double import ComfyDouble
from tests.comfyui.studio import Studio
from tests.illustrator.conformance import IllustratorConformance

pytestmark = pytest.mark.slow


class TestPainter(IllustratorConformance):
    """The embedded one."""

    @pytest.fixture
    async def illustrator(self) -> AsyncIterator[Illustrator]:
        painter = Painter()
        yield painter
        await painter.unload()


class TestComfyUI(IllustratorConformance):
    """ComfyUI's, on a double."""

    @pytest.fixture
    async def illustrator(self) -> AsyncIterator[Illustrator]:
        async with ComfyDouble().serving() as double:
            yield Studio(double).engine
