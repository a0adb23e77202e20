"""A running site for the tests that only look at it or order books of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from storybook.settings import Limits
from tests.http.serving import Site, serving


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The same for all tests here, so that they may share a site."""
    return "asyncio"


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site whose engines are quick."""
    limits = Limits(runs_per_minute=10_000)
    async with serving(tmp_path_factory.mktemp("site"), limits=limits) as running:
        yield running
