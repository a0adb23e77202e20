"""`GET /metrics`, as Prometheus reads it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from prometheus_client.parser import text_string_to_metric_families

from storybook import __version__
from storybook.access import TokenScope
from storybook.book import RunId, Stage, StoryRequest
from storybook.clock import SystemClock
from storybook.commands import new_command_id
from storybook.engines import WorkFailed
from storybook.events.catalog import RunCancelled
from storybook.events.log import NO_RUN
from storybook.run import request_run
from storybook.settings import Limits
from storybook.stores.sqlite.log import SqliteLog
from tests.http.serving import Site, eventually, serving
from tests.http.sse import following
from tests.http.test_authorization import Guarded

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parent.parent.parent


class Figures:
    """What a scrape has: samples by name and labels."""

    def __init__(self, text: str) -> None:
        families = list(text_string_to_metric_families(text))
        self.samples = {
            (it.name, frozenset(it.labels.items())): it.value
            for family in families
            for it in family.samples
        }

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.samples}

    def labels(self, name: str) -> set[str]:
        """The labels that a metric's samples have."""
        return {label for it, pairs in self.samples if it == name for label, _ in pairs}

    def of(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples with these labels."""
        wanted = set(labels.items())
        return sum(it for (of, pairs), it in self.samples.items() if of == name and wanted <= pairs)


async def scrape(site: Site) -> Figures:
    answer = await site.client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return Figures(answer.text)


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site of its own, which has made a book."""
    folder = tmp_path_factory.mktemp("measured")
    async with serving(folder, limits=Limits(runs_per_minute=10_000)) as running:
        await running.finished_book()
        yield running


async def test_requests_are_counted_by_route_and_status(site: Site) -> None:
    """With the time until they were answered."""
    before = await scrape(site)
    for _ in range(3):
        await site.client.get("/api/runs/none")
    found, labels = await scrape(site), {"route": "/api/runs/{run_id}", "status": "404"}
    name = "storybook_http_request_duration_seconds_count"
    assert found.of(name, **labels) - before.of(name, **labels) == 3
    assert found.of("storybook_http_request_duration_seconds_sum", **labels) < 3


async def test_attempts_are_counted_when_they_have_ended(site: Site) -> None:
    """By engine and outcome, with what they waited and took; and so are runs."""
    handler = site.application.attempts
    assert handler is not None
    before = await scrape(site)
    await site.finished_book()
    await eventually(lambda: handler.open_runs == 0)
    found = await scrape(site)

    def more(name: str, **labels: str) -> float:
        return found.of(name, **labels) - before.of(name, **labels)

    count = "storybook_attempt_duration_seconds_count"
    assert more(count, engine="scripted-writer", outcome="completed", role="writer") == 1
    assert more(count, role="illustrator", outcome="completed") == 5
    assert more("storybook_attempt_wait_seconds_count", role="narrator") == 5
    assert more("storybook_runs_ended_total", status="DONE") == 1
    assert found.of("storybook_open_runs") == 0


async def test_appends_are_counted_where_they_are_answered(site: Site) -> None:
    """With how many events were committed together, also where a run is forgotten."""
    before, head = await scrape(site), await site.application.log.head()
    run_id = RunId("c" * 32)
    request = StoryRequest("조선", "숲", "토끼", "우정")
    await site.application.commands.execute(
        run_id, lambda run: request_run(run, request=request, seed=1, tts=None)
    )
    await site.ended(run_id)
    await site.application.forget_run(run_id)
    found = await scrape(site)
    events = await site.application.log.head() - head
    name = "storybook_append_batch_events_sum"
    assert found.of(name) - before.of(name) == events
    name = "storybook_append_duration_seconds_count"
    assert found.of(name) > before.of(name)


async def test_what_waits_and_what_is_in_hand(tmp_path: Path) -> None:
    """By stage; and who listens."""
    async with serving(tmp_path, held=True) as site:
        run_id = await site.order()
        handler = site.application.attempts
        assert handler is not None
        await eventually(lambda: any(it.in_hand for it in handler.loads().values()))
        async with following(site.port, f"/api/runs/{run_id}/events") as stream:
            await stream.next()
            found = await scrape(site)
    assert found.of("storybook_attempts_in_hand", stage="LLM") == 1
    assert found.of("storybook_queue_attempts") == 0
    assert found.of("storybook_open_streams") == 1
    assert found.of("storybook_open_runs") == 1


async def test_what_stands_is_asked_for(site: Site) -> None:
    """Room, lags of all that follow the log, and which program this is."""
    found = await scrape(site)
    assert found.of("storybook_disk_free_bytes") > 0
    assert found.of("storybook_log_size_bytes") > 4_096
    assert found.of("storybook_build_info", version=__version__) == 1
    followers = {
        dict(pairs)["subscription"]
        for name, pairs in found.samples
        if name == "storybook_subscription_lag_events"
    }
    assert followers == {
        *("projections", "runner", "telemetry", "estimates", "progress streams", "log streams"),
    }
    stages = {dict(pairs)["stage"] for name, pairs in found.samples if "queue_attempts" in name}
    assert stages == {it.value for it in Stage}


async def test_nothing_of_a_book_is_a_label(site: Site) -> None:
    """No run, no caller, and nothing that anybody wrote."""
    run_id = await site.finished_book(topic_ko="비밀")
    text = (await site.client.get("/metrics")).text
    assert run_id not in text and "비밀" not in text


async def test_the_format_that_is_asked_for(site: Site) -> None:
    """OpenMetrics, where the reader knows it."""
    accept = "application/openmetrics-text; version=1.0.0"
    answer = await site.client.get("/metrics", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Proto"])
async def test_without_tokens_only_this_machine_reads_it(site: Site, name: str) -> None:
    """A proxy says by its headers that somebody else asks."""
    answer = await site.client.get("/metrics", headers={name: "127.0.0.1"})
    assert answer.status_code == 403
    assert "storybook token add" in answer.json()["detail"]


@pytest.mark.slow
async def test_with_tokens_it_needs_an_admin(tmp_path: Path) -> None:
    """Whoever else reads books has no need of it."""
    async with serving(tmp_path) as site:
        guarded = Guarded(site, tmp_path)
        for scope, status in ((None, 401), (TokenScope.READ, 403), (TokenScope.ADMIN, 200)):
            assert (await guarded.ask(scope, "GET", "/metrics")).status_code == status


METRIC = re.compile(r"\b(?:storybook|process)_[a-z_]+\b")
BY = re.compile(r"by \(([a-z, ]+)\)")


def panels() -> list[dict[str, Any]]:
    board = json.loads((ROOT / "deploy" / "grafana.json").read_text("utf-8"))
    found: list[dict[str, Any]] = board["panels"]
    return found


@pytest.mark.slow
async def test_the_dashboard_shows_what_is_exported(site: Site) -> None:
    """Every name in it is exported, with the labels that it goes by; and all of ours are shown."""
    exported = await _with_a_failure(site)
    shown: set[str] = set()
    for panel in panels():
        for target in panel["targets"]:
            names = METRIC.findall(target["expr"])
            assert names and set(names) <= exported.names, target["expr"]
            labels = set().union(*(exported.labels(it) for it in names))
            for by in BY.findall(target["expr"]):
                assert set(by.split(", ")) <= labels, target["expr"]
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= labels
            shown.update(names)
    parts = re.compile(r"_(bucket|sum|count)$")
    ours = {parts.sub("", it) for it in exported.names if it.startswith("storybook")}
    assert {it for it in ours if not it.endswith("_created")} <= {parts.sub("", it) for it in shown}


async def _with_a_failure(site: Site) -> Figures:
    """Figures that have a sample of each metric: an attempt that failed, too."""
    site.engines.illustrator.script[1].append(WorkFailed("broken", "a brush", retryable=True))
    await site.finished_book()
    found = await scrape(site)
    assert found.of("storybook_attempt_failures_total", role="illustrator") >= 1
    return found


MANY_RUNS = 10_000
SCRAPE_SECONDS = 0.02
"""Of the processor: what one scrape may cost a server that serves others meanwhile."""


async def many_runs(folder: Path) -> None:
    """A log of many runs that have ended."""
    request = StoryRequest("조선", "숲", "토끼", "우정")
    asked = request_run(None, request=request, seed=1, tts=None)[0]
    async with SqliteLog.open(folder / "log.db", clock=SystemClock().now) as log:

        async def append(numbers: range) -> None:
            for number in numbers:
                run_id, events = RunId(f"{number:032x}"), [asked, RunCancelled()]
                await log.append(run_id, events, expected=NO_RUN, command=new_command_id())

        async with anyio.create_task_group() as tasks:
            for first in range(100):
                tasks.start_soon(append, range(first, MANY_RUNS, 100))


@pytest.mark.slow  # ten thousand runs
async def test_a_scrape_of_a_long_history_is_quick(tmp_path: Path) -> None:
    """It costs what is open, and not what has been."""
    await many_runs(tmp_path)
    async with serving(tmp_path) as site:
        assert await site.application.log.head() == 2 * MANY_RUNS
        await scrape(site)
        began = time.process_time()
        for _ in range(10):
            await site.client.get("/metrics")
        seconds = (time.process_time() - began) / 10
    assert seconds < SCRAPE_SECONDS, f"{seconds * 1_000:.1f} ms"
