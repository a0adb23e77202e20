"""The log that other tests use in place of a real one keeps the same contract."""

from __future__ import annotations

import pytest

from storybook.events.log import EventLog
from tests.events.conformance import EventLogConformance
from tests.memory_log import MemoryLog


class TestMemoryLog(EventLogConformance):
    @pytest.fixture
    def log(self) -> EventLog:
        return MemoryLog()
