"""A server with real receivers: what is told, to whom, how often, and what disturbs nobody."""

from __future__ import annotations

import time
from pathlib import Path

import anyio
import jsonschema_rs
import pytest

from storybook.book import RunId
from storybook.engines import WorkFailed
from storybook.events.catalog import RunRequested
from storybook.http.openapi import openapi_document
from storybook.settings import SettingsError, WebhookSettings
from storybook.stores.deliveries import Delivery, DeliveryStatus
from storybook.stores.sqlite.webhooks import read_deliveries, replay_deliveries
from storybook.webhooks.service import webhook_secrets
from storybook.webhooks.signing import secrets_in, signed_headers
from tests.books import PAGES
from tests.http.serving import WORDS, Site, serving
from tests.webhooks.conftest import LOCAL
from tests.webhooks.receivers import SECRET, Receiving, receiving

pytestmark = pytest.mark.anyio


def deliveries_of(folder: Path, run_id: RunId | None = None) -> list[Delivery]:
    """In the order of their events."""
    return read_deliveries(folder / "webhooks.db", run_id, 1_000)[::-1]


def folder_of(site: Site) -> Path:
    return Path(site.application.artifacts.location(RunId("x"), "y")).parents[2]


async def noted(site: Site, count: int, status: DeliveryStatus | None = None) -> list[Delivery]:
    """So many deliveries, once each has been tried at least once, and has a status."""
    with anyio.fail_after(30):
        while True:
            found = [it for it in deliveries_of(folder_of(site)) if it.last]
            if len(found) >= count and all(status in (None, it.status) for it in found):
                return found
            await anyio.sleep(0.01)


@pytest.mark.slow
async def test_a_book_is_told_page_by_page_and_at_its_end(site: Site, receiver: Receiving) -> None:
    """Each page once, when it has everything, and the end; signed, and with the state of then."""
    run_id = await site.finished_book(callback_url=receiver.url("/books"))
    await receiver.until(lambda sent: len(sent) == len(PAGES) + 1)
    assert {it.told["type"] for it in receiver.sent} == {"page.ready", "run.done"}
    for sent in receiver.sent:
        told = sent.told
        assert list(told) == ["type", "run_id", "position", "state"]
        assert (sent.path, told["run_id"]) == ("/books", run_id)
        assert sent.id == f"{run_id}-{told['position']}"
        at = await site.client.get(f"/api/runs/{run_id}", params={"at": told["position"]})
        assert told["state"] == at.json()
        stamp = int(sent.headers["webhook-timestamp"])
        assert abs(stamp - time.time()) < 60
        assert sent.headers["content-type"] == "application/json"
        assert sent.headers["host"] == f"127.0.0.1:{receiver.port}"
        expected = signed_headers(sent.id, stamp, sent.body, secrets_in(SECRET))
        assert expected.items() <= sent.headers.items()
    (done,) = (it.told for it in receiver.sent if it.told["type"] == "run.done")
    assert done["state"]["status"] == "DONE"


@pytest.mark.slow
async def test_an_edition_is_told_by_the_pages_that_it_changes(
    site: Site, receiver: Receiving
) -> None:
    """Once each, when all that is made anew stands, and its end; a restored one by its end."""
    run_id = await site.finished_book(callback_url=receiver.url())
    await receiver.until(lambda sent: len(sent) == len(PAGES) + 1)
    path = f"/api/runs/{run_id}/editions"
    pages = [{"page": 2, "repaint": True, "revoice": True}, {"page": 3, "rewrite": "밤"}]
    answer = await site.client.post(path, json={"base_edition": 1, "pages": pages})
    assert answer.status_code == 202, answer.text
    assert (await site.ended(run_id))["edition"] == 2
    assert (await site.client.post(f"{path}/1/restore")).status_code == 202
    await receiver.until(lambda sent: len(sent) == len(PAGES) + 5)
    told = [it.told for it in receiver.sent[len(PAGES) + 1 :]]
    told.sort(key=lambda it: it["position"])
    kinds = ["page.ready", "page.ready", "run.done", "run.done"]
    assert [it["type"] for it in told] == kinds
    assert [it["state"]["edition"] for it in told] == [2, 2, 2, 3]


@pytest.mark.slow
async def test_what_is_sent_is_as_the_document_says(site: Site, receiver: Receiving) -> None:
    """Its `webhooks` name every type, and the schema allows the bodies."""
    await site.finished_book(callback_url=receiver.url(), tts_enabled=False)
    await receiver.until(lambda sent: len(sent) == len(PAGES) + 1)
    document = openapi_document()
    reference = {"$ref": "#/components/schemas/Notice", "components": document["components"]}
    for sent in receiver.sent:
        jsonschema_rs.validate(reference, sent.told)
        assert sent.told["type"] in document["webhooks"]


async def test_a_book_that_was_cancelled_is_told(tmp_path: Path, receiver: Receiving) -> None:
    """And one that nobody asked to be told of is told to nobody."""
    async with serving(tmp_path, webhooks=LOCAL, held=True) as site:
        silent = await site.order()
        run_id = await site.order(callback_url=receiver.url())
        for it in (silent, run_id):
            assert (await site.client.post(f"/api/runs/{it}/cancel")).status_code == 202
        await receiver.until(lambda sent: len(sent) == 1)
    told = receiver.sent[0].told
    assert (told["type"], told["run_id"]) == ("run.cancelled", run_id)
    assert told["state"]["status"] == "CANCELLED"


async def test_a_book_that_failed_is_told(site: Site, receiver: Receiving) -> None:
    """With why; pages that have no picture are never ready."""
    error = WorkFailed("no_paint", "there is no paint", retryable=False)
    for page in PAGES:
        site.engines.illustrator.script[page].append(error)
    run_id = await site.order(callback_url=receiver.url())
    await site.ended(run_id)
    await receiver.until(lambda sent: len(sent) == 1)
    told = receiver.sent[0].told
    assert told["type"] == "run.failed" and "no paint" in told["state"]["error"]


async def test_the_address_is_a_fact_of_the_run(site: Site, receiver: Receiving) -> None:
    """A key with another address is another request; without one nothing is recorded."""
    key = {"Idempotency-Key": "k"}
    body = WORDS | {"callback_url": receiver.url("/a")}
    first = await site.client.post("/api/runs", json=body, headers=key)
    again = await site.client.post("/api/runs", json=body, headers=key)
    other = await site.client.post("/api/runs", json=WORDS, headers=key)
    assert (first.status_code, other.status_code) == (201, 409)
    assert first.json() == again.json()
    (requested,) = await site.application.log.read_run(RunId(first.json()["run_id"]), limit=1)
    assert isinstance(requested.event, RunRequested)
    assert requested.event.callback_url == receiver.url("/a")
    silent = await site.order(callback_url=None)
    (without,) = await site.application.log.read_run(silent, limit=1)
    assert b"callback_url" not in without.data


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://me:hush@127.0.0.1/", "callback_url"),
        ("http://127.0.0.1/?key=hush", "callback_url"),
        ("http://other.example/", "callback_host"),
        ("http://127.0.0.2/", "callback_host"),
        ("", "callback_url"),
        (7, "string_type"),
    ],
)
async def test_what_may_not_be_called_is_refused(site: Site, url: object, kind: str) -> None:
    """With 422, at once, and nothing is recorded."""
    before = await site.application.log.head()
    answer = await site.client.post("/api/runs", json=WORDS | {"callback_url": url})
    assert answer.status_code == 422 and "hush" not in answer.text
    (fault,) = answer.json()["detail"]
    assert (fault["loc"], fault["type"]) == (["body", "callback_url"], kind)
    assert await site.application.log.head() == before


@pytest.mark.slow
async def test_without_allowed_hosts_nobody_is_told(tmp_path: Path, receiver: Receiving) -> None:
    """The setting that is missing is named, and no file is made."""
    async with serving(tmp_path) as site:
        answer = await site.client.post("/api/runs", json=WORDS | {"callback_url": receiver.url()})
        assert answer.status_code == 422 and "[webhooks] allowed_hosts" in answer.text
        await site.finished_book()
    assert not (tmp_path / "webhooks.db").exists()


@pytest.mark.parametrize("variable", ["", "NOT_SET", SECRET])
async def test_hosts_without_a_secret_are_no_settings(variable: str) -> None:
    """A secret in the place of its variable's name is not repeated."""
    settings = WebhookSettings(("127.0.0.1",), variable)
    with pytest.raises(SettingsError, match=r"secret_variable in \[webhooks\]") as caught:
        webhook_secrets(settings, {"OTHER": SECRET})
    assert SECRET not in str(caught.value)


@pytest.mark.slow
async def test_what_fails_is_sent_again_with_the_same_id_and_body(
    site: Site, receiver: Receiving
) -> None:
    """Whatever was answered; redirects are not followed, and answers are not kept."""
    async with receiving() as elsewhere:
        receiver.answers = [
            f"307 Temporary Redirect\r\nLocation: {elsewhere.url()}",
            *["500 Oops"] * 20,
        ]
        await site.finished_book(callback_url=receiver.url())
        failed = await noted(site, len(PAGES) + 1)
        assert elsewhere.accepted == 0
    assert [it.status for it in failed] == [DeliveryStatus.DUE] * len(failed)
    assert {it.last for it in failed} >= {"answered 307, and no redirect is followed"}
    assert b"secret words" not in (folder_of(site) / "webhooks.db").read_bytes()
    receiver.answers.clear()
    before = list(receiver.sent)
    positions = [it.position for it in failed]
    replay_deliveries(folder_of(site) / "webhooks.db", positions, site.application.clock.now())
    await receiver.until(lambda sent: len(sent) >= 2 * len(failed))
    bodies = {it.id: it.body for it in before}
    assert {it.id: it.body for it in receiver.sent[len(before) :]} == bodies
    await noted(site, len(failed), DeliveryStatus.DELIVERED)


@pytest.mark.slow
async def test_a_receiver_that_is_gone_is_told_no_more_of_the_run(
    site: Site, receiver: Receiving
) -> None:
    """After a 410 nothing else of the run goes there; another book is another matter."""
    receiver.answers = ["410 Gone"]
    run_id = await site.finished_book(callback_url=receiver.url())
    await noted(site, len(PAGES) + 1, DeliveryStatus.GONE)
    assert len(receiver.sent) == 1
    await site.finished_book(callback_url=receiver.url())
    await receiver.until(lambda sent: any(it.told["run_id"] != run_id for it in sent))


@pytest.mark.slow
async def test_the_dead_and_the_slow_keep_nobody_waiting(site: Site, receiver: Receiving) -> None:
    """One receiver answers nothing, one is not there; the third is told within a second or so, and
    books are made as ever."""
    async with receiving() as slow, receiving() as dead:
        slow.hangs, nobody = True, dead.url()
    async with receiving() as slow:
        slow.hangs = True
        await site.finished_book(callback_url=slow.url())
        await site.finished_book(callback_url=nobody)
        began = time.monotonic()
        await site.finished_book(callback_url=receiver.url())
        await receiver.until(lambda sent: len(sent) == len(PAGES) + 1)
        assert time.monotonic() - began < 5
        assert slow.accepted == 1  # one at a time
        assert (await site.client.get("/readyz")).status_code == 200
    dead_ones = [it for it in deliveries_of(folder_of(site)) if it.url == nobody and it.last]
    assert dead_ones and all("no connection (ECONNREFUSED)" in it.last for it in dead_ones)


@pytest.mark.slow
async def test_what_happened_while_nobody_sent_is_told_after_the_start(
    tmp_path: Path, receiver: Receiving
) -> None:
    """Where planning had come to is kept; what was told is not told again."""
    async with serving(tmp_path, webhooks=LOCAL) as site:
        told = await site.finished_book(callback_url=receiver.url())
        await noted(site, len(PAGES) + 1, DeliveryStatus.DELIVERED)
        before = len(receiver.sent)
        run_id = await site.order(callback_url=receiver.url())
    async with serving(tmp_path) as without:  # its webhooks are off
        await without.ended(run_id)
    async with serving(tmp_path, webhooks=LOCAL):
        await receiver.until(lambda sent: len(sent) >= before + len(PAGES) + 1)
    assert {it.told["run_id"] for it in receiver.sent[before:]} == {run_id}
    assert told != run_id


@pytest.mark.slow
@pytest.mark.parametrize("lost", [("projections.db",), ("webhooks.db",)], ids=str)
async def test_what_is_made_anew_sends_nothing_again(
    tmp_path: Path, receiver: Receiving, lost: tuple[str, ...]
) -> None:
    """Views know nothing of deliveries; a new file of those begins at the end of the log."""
    async with serving(tmp_path, webhooks=LOCAL) as site:
        old = await site.finished_book(callback_url=receiver.url())
        await noted(site, len(PAGES) + 1, DeliveryStatus.DELIVERED)
    for name in lost:
        (tmp_path / name).unlink()
    sent = len(receiver.sent)
    async with serving(tmp_path, webhooks=LOCAL) as site:
        new = await site.finished_book(callback_url=receiver.url())
        await receiver.until(lambda sent: sum(it.told["run_id"] == new for it in sent) == 6)
    assert all(it.told["run_id"] == new for it in receiver.sent[sent:])
    assert bool(deliveries_of(tmp_path, old)) is ("webhooks.db" not in lost)


@pytest.mark.slow
async def test_a_file_that_cannot_be_read_stops_no_book(
    tmp_path: Path, receiver: Receiving
) -> None:
    """It is told by /readyz, and the books are made."""
    (tmp_path / "webhooks.db").write_bytes(b"no database at all" * 100)
    async with serving(tmp_path, webhooks=LOCAL) as site:
        await site.finished_book(callback_url=receiver.url())
        answer = await site.client.get("/readyz")
        assert answer.status_code == 503 and "webhooks" in answer.text
