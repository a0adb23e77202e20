"""The composer keeps what every writer keeps."""

from __future__ import annotations

import pytest

from storybook.composer.engine import Composer
from storybook.engines import Writer
from tests.writer.conformance import WriterConformance


class TestComposer(WriterConformance):
    @pytest.fixture
    def writer(self) -> Writer:
        return Composer()
