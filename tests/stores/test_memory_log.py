"""The log that other tests use in place of a real one keeps the same contract."""

from __future__ import annotations

import pytest

from storybook.events.log import EventLog
from tests.stores.conformance import EventLogConformance
from tests.stores.memory_log import MemoryLog


class TestMemoryLog(EventLogConformance):
    @pytest.fixture
    def log(self) -> EventLog:
        return MemoryLog()
