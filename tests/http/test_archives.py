"""Books that come over HTTP as the archives that they were exported as."""

from __future__ import annotations

import json
from pathlib import Path

import anyio
import httpx
import pytest

from storybook.http.archives import MAX_BYTES
from tests.export.archive.books import exported, files_in, zipped
from tests.http.serving import Site

pytestmark = pytest.mark.anyio

PATH = "/api/archives"


async def archive_of(site: Site, folder: Path) -> bytes:
    """A finished book of a site, as an archive."""
    run_id = await site.finished_book()
    it = site.application
    return await exported(it.log, it.artifacts, folder, run_id)


def told_origin(archive: bytes) -> str:
    """The run that an archive says it is of."""
    return str(json.loads(files_in(archive)["manifest.json"])["run_id"])


async def send(site: Site, archive: bytes) -> httpx.Response:
    headers = {"Content-Type": "application/zip"}
    return await site.client.post(PATH, content=archive, headers=headers)


async def test_a_book_is_taken_in_and_read(site: Site, tmp_path: Path) -> None:
    """Its state, its pictures and its recordings, by range too, its log, and the stream's end."""
    archive = await archive_of(site, tmp_path)
    answer = await send(site, archive)
    assert answer.status_code == 201, answer.text
    run_id = answer.json()["run_id"]
    assert answer.json() == {"run_id": run_id, "is_new": True}
    state = (await site.client.get(f"/api/runs/{run_id}")).json()
    assert (state["status"], state["ready_max_page"], state["error"]) == ("DONE", 4, None)
    files = files_in(archive)
    for page in state["pages"]:
        for url in (page["image_url"], page["audio_url"]):
            if url:
                assert (await site.client.get(url)).content == files[url.rpartition("/")[2]]
    cover = state["pages"][0]["image_url"]
    part = await site.client.get(cover, headers={"Range": "bytes=1-3"})
    assert (part.status_code, part.content) == (206, b"PNG")
    log = (await site.client.get(f"/api/runs/{run_id}/log")).json()["events"]
    assert [it["type"] for it in log[:2]] == ["RunRequested", "RunImported"]
    assert log[1]["data"]["origin"] == told_origin(archive)
    stream = await site.client.get(f"/api/runs/{run_id}/events", headers={"Last-Event-ID": "0"})
    assert '"status":"DONE"' in stream.text
    verdict = (await site.client.get(f"/api/runs/{run_id}/verdict")).json()
    assert not verdict["faults"]


async def test_the_same_archive_is_the_same_run(site: Site, tmp_path: Path) -> None:
    """200 rather than 201: nothing was made."""
    archive = await archive_of(site, tmp_path)
    first, again = await send(site, archive), await send(site, archive)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == {"run_id": first.json()["run_id"], "is_new": False}


async def test_one_that_was_forgotten_is_another_run(site: Site, tmp_path: Path) -> None:
    """The first stays forgotten."""
    archive = await archive_of(site, tmp_path)
    first = (await send(site, archive)).json()["run_id"]
    assert (await site.client.delete(f"/api/runs/{first}")).status_code == 204
    again = await send(site, archive)
    assert again.status_code == 201 and again.json()["run_id"] != first
    assert (await site.client.get(f"/api/runs/{first}")).status_code == 410


async def test_what_is_wrong_is_told(site: Site, tmp_path: Path) -> None:
    """As a fault of the body, with all that was found."""
    files = files_in(await archive_of(site, tmp_path))
    del files["page_1.wav"], files["page_2.wav"]
    for body, why in (
        (b"", "it is no ZIP"),
        (b'{"era_ko":""}', "it is no ZIP"),
        (zipped({"../x": b""}), "leads out of its folder"),
        (zipped(files), "page_1.wav is missing; page_2.wav is missing"),
    ):
        answer = await send(site, body)
        assert answer.status_code == 422
        (fault,) = answer.json()["detail"]
        assert (fault["loc"], fault["type"]) == (["body"], "bad_archive")
        assert why in fault["msg"]


async def test_one_that_is_too_large_is_refused(site: Site) -> None:
    """By what it says that it has, before it comes."""
    async with await anyio.connect_tcp("127.0.0.1", site.port) as connection:
        await connection.send(
            b"POST /api/archives HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
            % (MAX_BYTES + 1)
        )
        with anyio.fail_after(30):
            assert b" 413 " in await connection.receive()


async def test_one_is_taken_in_at_a_time(site: Site, tmp_path: Path) -> None:
    """Each is in memory while it comes; whoever is too early is told when to come again."""
    archive = await archive_of(site, tmp_path)
    answers: list[httpx.Response] = []

    async def one() -> None:
        answers.append(await send(site, archive))

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(one)
    statuses = sorted(it.status_code for it in answers)
    assert statuses[0] in (200, 201) and set(statuses) <= {200, 201, 429}
    assert all(it.headers["Retry-After"] for it in answers if it.status_code == 429)
