"""A run with an event that this version cannot read costs the others nothing, and is named."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import anyio
import pytest

from storybook.book import RunId
from storybook.clock import MICROSECONDS
from storybook.events import codec
from storybook.events.catalog import ArtifactsPruned
from storybook.events.codec import encode
from storybook.events.log import Position, Recorded
from storybook.http import log_stream
from storybook.projections.library import ended_runs
from storybook.run import cancel_run
from storybook.settings import RetentionSettings
from tests.http.serving import Site, eventually, serving
from tests.http.sse import Message, following
from tests.stores.logs import SqliteStore
from tests.stores.raw_rows import UNKNOWN_TYPE, append_row

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
WHY = f"the type {UNKNOWN_TYPE} (schema 1) is unknown to this version"


async def a_book(folder: Path) -> tuple[RunId, Position]:
    """A finished book whose log goes on with an event of a newer version; its run and the event's
    position. The server has been stopped."""
    async with serving(folder) as site:
        run_id = await site.finished_book()
    return run_id, append_row(folder / "log.db", run_id)


def told(run_id: RunId, at: Position) -> str:
    return (
        f"run {run_id} is parked: its event {at} ({UNKNOWN_TYPE}) cannot be read: {WHY}. Start the "
        "storybook version that recorded it; `storybook verify` says whether it was changed since"
    )


async def state(site: Site, run_id: RunId, query: str = "") -> dict[str, object]:
    answer = await site.client.get(f"/api/runs/{run_id}{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


async def test_the_server_starts_and_other_runs_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its own log names the parked run once, with what to do, and a book is made."""
    run_id, at = await a_book(tmp_path)
    with caplog.at_level(logging.ERROR, "storybook"):
        async with serving(tmp_path) as site:
            other = await site.finished_book()
            assert (await state(site, other))["parked"] is None
            library = (await site.client.get("/api/runs")).json()
            assert [it["run_id"] for it in library["runs"]] == [other, run_id]
    assert [it.getMessage() for it in caplog.records] == [told(run_id, at)]


async def test_a_parked_runs_state_is_the_last_one_that_could_be_read(tmp_path: Path) -> None:
    """It says where the run is parked and why, as it stands now and as it stood there."""
    run_id, at = await a_book(tmp_path)
    async with serving(tmp_path) as site:
        before = await state(site, run_id, f"?at={at - 1}")
        assert before["parked"] is None
        parked = before | {"parked": {"position": at, "why": WHY}}
        assert await state(site, run_id) == parked
        assert await state(site, run_id, f"?at={at}") == parked
        assert list(parked)[-8:] == [
            *("waiting_for", "language", "parked", "removed", "age", "languages", "eta_seconds"),
            "topic_known",
        ]


async def test_a_run_of_which_nothing_can_be_read(tmp_path: Path) -> None:
    """There is no state to show: 503 says why; a stream is told to come back."""
    run_id = RunId("a" * 32)
    async with SqliteStore(tmp_path / "log.db").open():
        pass
    at = append_row(tmp_path / "log.db", run_id, "RunRequested", b'{"seed":')
    async with serving(tmp_path) as site:
        for query in ("", f"?at={at}", "/images/cover.png"):
            answer = await site.client.get(f"/api/runs/{run_id}{query}")
            assert answer.status_code == 503
            assert "is parked" in answer.json()["detail"]
        async with following(site.port, f"/api/runs/{run_id}/events") as stream:
            assert (await stream.rest())[-1] == Message(retry="15000")
        log = (await site.client.get(f"/api/runs/{run_id}/log")).json()
        assert [it["data"] for it in log["events"]] == ['{"seed":']


@pytest.mark.parametrize("command", ["cancel", "retry"])
async def test_commands_on_a_parked_run_are_refused(tmp_path: Path, command: str) -> None:
    """Nobody knows what they would contradict: 503, with what to do, and nothing is recorded."""
    run_id, at = await a_book(tmp_path)
    async with serving(tmp_path) as site:
        answer = await site.client.post(f"/api/runs/{run_id}/{command}")
        assert (answer.status_code, answer.json()) == (503, {"detail": told(run_id, at)})
        assert await site.application.log.head() == at


async def test_an_open_run_that_is_parked_is_not_worked_on(tmp_path: Path) -> None:
    """Nothing is recorded on it, whatever was in hand; the pages that are there can be read."""
    async with serving(tmp_path, held=True) as site:
        run_id = await site.order()
        site.engines.writer.let(0)
        await site.engines.illustrator.called(1)
    at = append_row(tmp_path / "log.db", run_id)
    async with serving(tmp_path) as site:
        await site.finished_book()
        events = await site.application.log.read_run(run_id)
        assert events[-1].position == at
        assert (await state(site, run_id))["status"] == "RUNNING"


@pytest.mark.parametrize("query", ["?last_event_id=0", ""])
async def test_its_stream_tells_what_can_be_read_and_sends_clients_away(
    tmp_path: Path, query: str
) -> None:
    """The clients come back in 15 s: by then a version may serve that can read on."""
    async with serving(tmp_path) as site:
        run_id = await site.finished_book()
        path = f"/api/runs/{run_id}/events"
        async with following(site.port, path + query) as stream:
            whole = await stream.rest()
    append_row(tmp_path / "log.db", run_id)
    async with serving(tmp_path) as site:
        async with following(site.port, path + query) as stream:
            assert (await stream.rest())[1:] == [*whole[1:], Message(retry="15000")]
        last = whole[-1].id
        async with following(site.port, f"{path}?last_event_id={last}") as stream:
            assert stream.status == 200  # EventSource would not come back after a 204
            assert (await stream.rest())[1:] == [Message(retry="15000")]


async def test_the_stream_of_the_log_leaves_nothing_out(tmp_path: Path) -> None:
    """An event that cannot be read is told as it was recorded, damaged bytes as text."""
    run_id, at = await a_book(tmp_path)
    append_row(tmp_path / "log.db", run_id, data=b'{"lang":\n"en"}')
    append_row(tmp_path / "log.db", run_id, "Page\nTranslated", data=b'{"lang":"\xff')
    async with (
        serving(tmp_path) as site,
        following(site.port, "/api/events", last_event_id=str(at - 1)) as stream,
    ):
        found: list[Message] = []
        while len(found) < 3:
            message = await stream.next()
            assert message is not None
            found += [message] if message.id is not None else []
    kinds = [UNKNOWN_TYPE, UNKNOWN_TYPE, "Page Translated"]
    expected = [(str(at + count), kind) for count, kind in enumerate(kinds)]
    assert [(it.id, it.event) for it in found] == expected
    data = [json.loads(it.data or "")["data"] for it in found]
    assert data == [{}, {"lang": "en"}, '{"lang":"\\xff']


async def test_readyz_names_it(tmp_path: Path) -> None:
    """503 with a reason and what to do; without a parked run 200."""
    async with serving(tmp_path) as site:
        run_id = await site.finished_book()
        answer = await site.client.get("/readyz")
        assert (answer.status_code, answer.json()) == (200, {"ready": True, "reasons": []})
    at = append_row(tmp_path / "log.db", run_id)
    async with serving(tmp_path) as site:
        answer = await site.client.get("/readyz")
        assert (answer.status_code, answer.json()) == (
            503,
            {"ready": False, "reasons": [told(run_id, at)]},
        )
        assert (await site.client.get("/")).status_code == 200


async def test_each_start_finds_out_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Also where the views have long gone past the event, and nothing of the run comes again."""
    run_id, at = await a_book(tmp_path)
    for _ in range(3):
        caplog.clear()
        with caplog.at_level(logging.ERROR, "storybook"):
            async with serving(tmp_path) as site:
                await site.finished_book()
                answer = await site.client.get("/readyz")
                assert answer.json()["reasons"] == [told(run_id, at)]
        assert [it.getMessage() for it in caplog.records] == [told(run_id, at)]


async def test_readyz_names_what_cannot_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream that has fallen silent looks like a run that takes its time: nobody else tells."""

    def fail(_: Recorded) -> bytes:
        raise RuntimeError("out of frames")

    async with serving(tmp_path) as site, following(site.port, "/api/events"):
        monkeypatch.setattr(log_stream, "_frame", fail)
        await site.order()
        await eventually(lambda: site.app.log_stream.subscription.outage is not None)
        answer = await site.client.get("/readyz")
        (reason,) = answer.json()["reasons"]
    assert answer.status_code == 503
    assert reason.startswith("log streams: has failed for 0 s after position")
    assert "out of frames" in reason


async def test_readyz_names_a_projector_that_cannot_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own subscription is asked too; streams go on telling what happens."""
    async with serving(tmp_path, held=True) as site:
        run_id = await site.order()
        async with following(site.port, f"/api/runs/{run_id}/events") as stream:
            assert await stream.change() is not None

            def fail(*_: object) -> None:
                raise RuntimeError("out of rows")

            monkeypatch.setattr(site.application.projections, "_write", fail)
            await site.application.commands.execute(run_id, cancel_run)
            assert "CANCELLED" in ((await stream.changes())[-1].data or "")
        (reason,) = (await site.client.get("/readyz")).json()["reasons"]
    assert reason.startswith("projections: has failed for")
    assert "out of rows" in reason


async def test_retention_leaves_it_alone(tmp_path: Path) -> None:
    """Nobody knows whether its files are still needed; other old books go."""
    run_id, _ = await a_book(tmp_path)
    async with serving(tmp_path, retention=RetentionSettings(keep_days=1)) as site:
        other = await site.finished_book()
        retention = site.application.retention
        later = site.application.clock.now() + 3 * 86_400 * MICROSECONDS
        for run in (run_id, other):
            found = await site.application.projections.ask(ended_runs)
            assert run in [it.run_id for it in found]
        retention._clock = _Later(later)
        await retention.prune()
        left = [(tmp_path / "outputs" / run / "cover.png").exists() for run in (run_id, other)]
    assert left == [True, False]


class _Later:
    def __init__(self, moment: int) -> None:
        self._moment = moment

    def now(self) -> int:
        return self._moment

    def monotonic(self) -> int:
        return self._moment

    async def sleep_until(self, moment: int) -> None:
        await anyio.sleep_forever()


async def test_a_version_that_can_read_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was recorded about the parking, so the next start takes the run up as it is."""
    async with serving(tmp_path) as site:
        run_id = await site.finished_book()
    data = encode(ArtifactsPruned(("cover.png",)))
    at = append_row(tmp_path / "log.db", run_id, "ArtifactsPruned", data, schema=2)
    async with serving(tmp_path) as site:
        assert (await state(site, run_id))["parked"] is not None
        assert (await site.client.get("/readyz")).status_code == 503
    monkeypatch.setitem(codec.SCHEMAS, "ArtifactsPruned", 2)
    async with serving(tmp_path) as site:
        assert (await state(site, run_id))["parked"] is None
        assert (await site.client.get("/readyz")).status_code == 200
        answer = await site.client.get(f"/api/runs/{run_id}/images/cover.png")
        assert answer.status_code == 410
        assert await site.application.log.head() == at
