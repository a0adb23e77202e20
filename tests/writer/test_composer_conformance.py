"""The composer keeps what every writer keeps."""

from __future__ import annotations

import pytest

from storybook.stages.engines import Writer
from storybook.stages.writer.composer import Composer
from tests.writer.conformance import WriterConformance


class TestComposer(WriterConformance):
    @pytest.fixture
    def writer(self) -> Writer:
        return Composer()
