"""What the command line hears of a server beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from storybook.book import rewriting_of
from storybook.cli.server_client import ServerClient
from storybook.data_folder import DataFolder
from storybook.run import EditionRequest, PageEdit
from storybook.stores.sqlite.holder import Holder
from tests.http.serving import eventually, serving

pytestmark = pytest.mark.anyio


@pytest.mark.slow
async def test_what_is_told_besides_fractions_is_passed_over(tmp_path: Path) -> None:
    """A book waits for its writer, which the stream says; then its fractions are heard."""
    async with serving(tmp_path) as site:
        site.engines.writer.is_away = True
        run_id = await site.order()
        client = ServerClient(Holder(1, site.url), DataFolder(tmp_path))
        async with client.fractions(run_id) as found:
            await eventually(lambda: site.engines.writer.looks > 0)
            site.engines.illustrator.held, site.engines.writer.is_away = True, False
            await eventually(lambda: bool(found))


@pytest.mark.slow
async def test_the_fraction_of_a_page_that_is_written_anew_is_that_pages(tmp_path: Path) -> None:
    """The writer's work is else for the whole book."""
    async with serving(tmp_path) as site:
        run_id = await site.finished_book(tts_enabled=False)
        site.engines.writer.held = True
        client = ServerClient(Holder(1, site.url), DataFolder(tmp_path))
        asked = EditionRequest(1, (PageEdit(2, rewrite="짧게"),))
        await client.request_edition(run_id, asked)
        async with client.fractions(run_id) as found:
            await eventually(lambda: rewriting_of(2) in found)
            site.engines.writer.let(2)
            await site.ended(run_id)
