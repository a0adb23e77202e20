"""`GET /healthz` and `GET /readyz`."""

from __future__ import annotations

from pathlib import Path

import pytest

from storybook.book import Role
from storybook.engines import Readiness
from storybook.http import readiness
from storybook.settings import Limits
from tests.http.serving import Site, eventually, serving

pytestmark = pytest.mark.anyio


async def reasons(site: Site) -> list[str]:
    """Why the server is not ready; says so by its status, too."""
    answer = await site.client.get("/readyz")
    found: list[str] = answer.json()["reasons"]
    assert answer.json()["ready"] is not found or not found
    assert answer.status_code == (503 if found else 200)
    return found


async def test_who_is_alive_says_so_whatever_is_wrong(tmp_path: Path) -> None:
    """Else a service manager would restart what is only waiting."""
    async with serving(tmp_path, limits=Limits(free_bytes=10**18)) as site:
        assert await reasons(site)
        answer = await site.client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"alive": True})


@pytest.mark.slow
async def test_a_disk_below_its_floor(tmp_path: Path) -> None:
    """The reason says how much is free, how much is wanted, and by which setting."""
    async with serving(tmp_path, limits=Limits(free_bytes=10**18)) as site:
        (reason,) = await reasons(site)
    assert "bytes are free" in reason and "free_bytes in [limits] wants 1,000,000,000" in reason
    async with serving(tmp_path, limits=Limits(free_bytes=0)) as site:
        assert await reasons(site) == []


@pytest.mark.parametrize("role", ["writer", "illustrator", "narrator"])
async def test_whoever_makes_a_book_has_to_be_ready(tmp_path: Path, role: str) -> None:
    """With why not, and the mend; the transcriber only where the settings ask for one."""
    async with serving(tmp_path) as site:
        assert await reasons(site) == []
        assert not (await site.client.get("/api/engines")).json()["transcriber"]["ready"]
        engine = getattr(site.engines, role)
        engine.found = Readiness(False, "it has no ink", "Fill it")
        await site.application.engines.look(Role(role))
        assert await reasons(site) == [
            f"{role}: {engine.info.name} is not ready: it has no ink. Fill it"
        ]
        engine.found = Readiness(True)
        await site.application.engines.look(Role(role))
        assert await reasons(site) == []


async def test_work_that_waits_for_an_engine_is_a_reason(tmp_path: Path) -> None:
    """Also while the last look says that it is ready: nothing is made meanwhile."""
    async with serving(tmp_path) as site:
        outages = site.application.outages
        assert outages is not None
        site.engines.writer.is_away = site.engines.writer.answers_looks = True
        await site.order()
        info = site.engines.writer.info
        await eventually(lambda: outages.is_away(info))
        (reason,) = await reasons(site)
    assert reason.startswith("writer: scripted-writer is away: work waits for it")


async def test_a_part_that_is_far_behind(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads meanwhile sees what was, and is not told of it by anybody else."""
    (runner, *_) = site.application.subscriptions[1:]

    async def lag() -> int:
        return readiness.FARTHEST_BEHIND + 1

    monkeypatch.setattr(runner, "lag", lag)
    assert await reasons(site) == ["runner: 2,001 events behind the log; it catches up"]
