"""What is known of open books, and asked of them, while the log grows."""

from __future__ import annotations

import anyio
import pytest

from storybook.book import Role, picture_of
from storybook.estimates import OLDEST, Estimates
from storybook.events.catalog import RunForgotten
from storybook.events.log import CommandId, Version
from storybook.events.parked import ParkedRuns
from storybook.projections.timings import Taken
from tests.clocks import ManualClock
from tests.projections.histories import ENGINES, PAINTER, Book
from tests.stores.memory_log import FIRST_MOMENT, SECOND, MemoryLog

pytestmark = pytest.mark.anyio

LEARNT = {
    Role.WRITER: [Taken(next(iter(ENGINES.values())), 0, 5 * SECOND, 5)],
    Role.ILLUSTRATOR: [Taken(PAINTER, 0, 24 * SECOND)],
}
