"""What the command line hears of a server beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from storybook.book import rewriting_of
from storybook.cli.server_client import ServerClient, body_of
from storybook.data_folder import DataFolder
from storybook.http.run_request import read_run_request
from storybook.new_run import check_new_run
from storybook.run import EditionRequest, PageEdit
from storybook.stores.sqlite.holder import Holder
from tests.engines import REQUEST
from tests.http.serving import eventually, serving

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"tts": {"speed": 1.5, "segment_pause_ms": 0}, "language": "en", "age": "3-4"},
        {"read_aloud": False, "page_count": 9, "style": "ink", "cast": ["토리"]},
        {"based_on": {"keep": "cast", "edition": 2}, "age": "5-7"},
        {"based_on": {"keep": "text"}, **dict.fromkeys(("era", "place", "characters", "topic"))},
        {"based_on": {"keep": "pictures"}, "tts": {"narrator_voice": "F2"}, "language": "en"},
    ],
)
def test_a_server_is_asked_for_the_same(more: dict[str, Any]) -> None:
    """Also what is left to it, or to the book that this one is based on, is left."""
    words = msgspec.structs.asdict(REQUEST)
    if "based_on" in more:
        more = {**more, "based_on": {"run_id": "0" * 32, **more["based_on"]}}
    asked = check_new_run({**words, **more})
    assert read_run_request(msgspec.json.encode(body_of(asked))) == asked


@pytest.mark.slow
async def test_what_is_told_besides_fractions_is_passed_over(tmp_path: Path) -> None:
    """A book waits for its writer, which the stream says; then its fractions are heard."""
    async with serving(tmp_path) as site:
        site.engines.writer.is_away = True
        run_id = await site.order()
        client = ServerClient.beside(Holder(1, site.url), DataFolder(tmp_path))
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
        client = ServerClient.beside(Holder(1, site.url), DataFolder(tmp_path))
        asked = EditionRequest(1, (PageEdit(2, rewrite="짧게"),))
        await client.request_edition(run_id, asked)
        async with client.fractions(run_id) as found:
            await eventually(lambda: rewriting_of(2) in found)
            site.engines.writer.let(2)
            await site.ended(run_id)
