"""Receivers and a site that may call them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from storybook.settings import WebhookSettings
from tests.http.serving import Site, serving
from tests.webhooks.receivers import SECRET, VARIABLE, Receiving, receiving

LOCAL = WebhookSettings(("127.0.0.1", "localhost"), VARIABLE, private_addresses=True)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment has the secret."""
    monkeypatch.setenv(VARIABLE, SECRET)


@pytest.fixture
async def receiver(anyio_backend: str) -> AsyncIterator[Receiving]:
    async with receiving() as it:
        yield it


@pytest.fixture
async def site(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site that may call this machine."""
    async with serving(tmp_path_factory.mktemp("site"), webhooks=LOCAL) as it:
        yield it
