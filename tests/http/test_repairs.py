"""`/api/runs/{run_id}/repair`: asked for, and asked about."""

from __future__ import annotations

import anyio
import pytest

from tests.engines import tiny_png
from tests.http.serving import Site

pytestmark = pytest.mark.anyio


async def is_done(site: Site, repair: str) -> bool:
    """Whether all of a repair is done."""
    files = (await site.client.get(repair)).json()["files"]
    return all(it["outcome"] == "done" for it in files)


async def test_a_lost_picture_comes_back_under_its_address(site: Site) -> None:
    """202 names it; what became of it can be asked; then it is served, with its tag of before."""
    run_id = await site.finished_book()
    image, repair = f"/api/runs/{run_id}/images/panel_2.png", f"/api/runs/{run_id}/repair"
    before = await site.client.get(image)
    state = (await site.client.get(f"/api/runs/{run_id}")).content
    none = {"run_id": run_id, "looked_at": 0, "files": []}
    assert (await site.client.get(repair)).json() == none
    await site.application.artifacts.remove(run_id, ["panel_2.png"])
    lost = await site.client.get(image)
    assert (lost.status_code, f"storybook repair {run_id}" in lost.json()["detail"]) == (404, True)
    asked = await site.client.post(repair)
    assert (asked.status_code, asked.headers["location"]) == (202, repair)
    (file,) = asked.json()["files"]
    assert (file["name"], file["stage"], file["damage"]) == ("panel_2.png", "PANEL_2", "is missing")
    with anyio.fail_after(30):
        while not await is_done(site, repair):  # noqa: ASYNC110 - as a client asks
            await anyio.sleep(0.005)
    after = await site.client.get(image)
    assert (after.status_code, after.content) == (200, tiny_png(2))
    assert after.headers["etag"] == before.headers["etag"]
    assert (await site.client.get(f"/api/runs/{run_id}")).content == state


async def test_nothing_damaged_is_nothing_to_do(site: Site) -> None:
    """202 all the same, and no file named."""
    run_id = await site.finished_book()
    answer = await site.client.post(f"/api/runs/{run_id}/repair")
    assert (answer.status_code, answer.json()["files"]) == (202, [])
    assert answer.json()["looked_at"] == 10


async def test_a_run_that_there_is_not(site: Site) -> None:
    """404."""
    for ask in (site.client.post, site.client.get, site.client.head):
        assert (await ask(f"/api/runs/{'0' * 32}/repair")).status_code == 404


async def test_a_run_that_goes_on(site: Site) -> None:
    """409: its files are in hand."""
    site.engines.writer.held = True
    run_id = await site.order()
    answer = await site.client.post(f"/api/runs/{run_id}/repair")
    site.engines.writer.held = False
    site.engines.writer.let(0)
    assert answer.status_code == 409
    assert "ended" in answer.json()["detail"]
    await site.ended(run_id)
