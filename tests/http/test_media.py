"""Pictures and audio: caching, ranges, and names that try to get out of their folder."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import AsyncIterator
from functools import partial

import anyio
import httpx
import msgspec
import pytest

from storybook.book import RunId
from storybook.run import prune_artifacts
from tests.engines import tiny_png, tiny_wav
from tests.http.serving import Site, enlarge_cover

pytestmark = pytest.mark.anyio

WAV = tiny_wav()
SIZE = len(WAV)


class FinishedBook(msgspec.Struct):
    """A finished book on a running site."""

    site: Site
    run_id: RunId

    async def get(
        self, path: str = "audio/page_0.wav", method: str = "GET", **headers: str
    ) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"/api/runs/{self.run_id}/{path}"
        return await self.site.client.request(method, url, headers=named)


@pytest.fixture(scope="module")
async def finished(site: Site) -> AsyncIterator[FinishedBook]:
    """A book that no test changes."""
    yield FinishedBook(site, await site.finished_book())


@pytest.mark.slow
async def test_a_look_up_reads_no_events(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The views know what is recorded of a file, whatever else the run has been through."""
    run_id = await site.finished_book()

    async def read_run(*_: object) -> None:
        raise AssertionError("the run's events were read")

    monkeypatch.setattr(site.application.log, "read_run", read_run)
    files = f"/api/runs/{run_id}"
    assert (await site.client.get(f"{files}/images/cover.png")).status_code == 200
    assert (await site.client.get(f"{files}/audio/page_0.wav")).status_code == 200
    assert (await site.client.get(f"{files}/images/panel_9.png")).status_code == 404
    assert (await site.client.get(f"/api/runs/{'f' * 32}/images/cover.png")).status_code == 404


async def test_a_picture_is_served(finished: FinishedBook) -> None:
    """Its bytes, its type, its SHA-256 as the entity tag, and leave to keep it if it asks again."""
    answer = await finished.get("images/panel_3.png")
    assert (answer.status_code, answer.content) == (200, tiny_png(3))
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["etag"] == f'"{hashlib.sha256(tiny_png(3)).hexdigest()}"'
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["cache-control"] == "private, no-cache"


async def test_audio_is_served(finished: FinishedBook) -> None:
    """The same for WAV."""
    answer = await finished.get()
    assert (answer.content, answer.headers["content-type"]) == (WAV, "audio/wav")


async def test_head_has_the_headers_of_get(finished: FinishedBook) -> None:
    """All but what each answer has of its own are the same, without a body; a range is not defined
    for it."""
    head = await finished.get(method="HEAD", range="bytes=0-9")
    get = await finished.get()
    assert (head.status_code, head.content) == (200, b"")
    own = {name: head.headers[name] for name in ("date", "x-request-id")}
    assert dict(head.headers) == {**get.headers, **own}


async def test_a_copy_that_is_still_right(finished: FinishedBook) -> None:
    """`If-None-Match` with the tag, weak, in a list, or `*`: 304 without a body."""
    etag = (await finished.get()).headers["etag"]
    for tag in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = await finished.get(if_none_match=tag)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
    assert (await finished.get(if_none_match='"other"')).status_code == 200


async def test_the_copy_counts_before_the_range(finished: FinishedBook) -> None:
    """A client that has the file needs no part of it."""
    etag = (await finished.get()).headers["etag"]
    assert (await finished.get(if_none_match=etag, range="bytes=0-1")).status_code == 304


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=10-", 10, SIZE),
        ("bytes=-5", SIZE - 5, SIZE),
        (f"bytes=0-{SIZE + 100}", 0, SIZE),
        (f"bytes=-{SIZE + 100}", 0, SIZE),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        (f"bytes=1-{'9' * 5_000}", 1, SIZE),
        (f"bytes=-{'9' * 5_000}", 0, SIZE),
        (f"bytes={'0' * 5_000}2-4", 2, 5),
    ],
)
async def test_a_range(finished: FinishedBook, asked: str, start: int, end: int) -> None:
    """206 with exactly those bytes, and where they lie."""
    answer = await finished.get(range=asked)
    assert (answer.status_code, answer.content) == (206, WAV[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert answer.headers["content-length"] == str(end - start)


@pytest.mark.parametrize(
    "asked", [f"bytes={SIZE}-", "bytes=99999-", "bytes=-0", f"bytes={'9' * 5_000}-"]
)
async def test_a_range_outside_the_file(finished: FinishedBook, asked: str) -> None:
    """416, and how large the file is."""
    answer = await finished.get(range=asked)
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{SIZE}"
    assert answer.json()["detail"]


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "lines=1-2", "bytes=5-2", "bytes=-", "x"])
async def test_a_range_that_is_ignored(finished: FinishedBook, asked: str) -> None:
    """Several ranges, another unit and nonsense get the whole file."""
    answer = await finished.get(range=asked)
    assert (answer.status_code, answer.content) == (200, WAV)


async def test_a_range_of_one_version_only(finished: FinishedBook) -> None:
    """`If-Range` with the tag gives the range; with another tag or a date the whole file."""
    etag = (await finished.get()).headers["etag"]
    assert (await finished.get(range="bytes=0-1", if_range=etag)).status_code == 206
    for other in ('"other"', f"W/{etag}", "Tue, 24 Nov 2026 06:00:00 GMT"):
        assert (await finished.get(range="bytes=0-1", if_range=other)).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "../log.db",
        "../../../../etc/passwd",
        "%2e%2e",
        "%2e%2e%2flog.db",
        "..%2f..%2flog.db",
        "%252e%252e%252flog.db",
        "%25252e%25252e%25252f",
        "..%5clog.db",
        "a%5cb.png",
        "a\\b.png",
        "%2fetc%2fpasswd",
        "/etc/passwd",
        "a/b.png",
        "cover.png%00.wav",
        "cover.png/",
        "%252525252525252e",
    ],
)
@pytest.mark.parametrize("folder", ["images", "audio"])
async def test_a_name_that_wants_out(finished: FinishedBook, folder: str, name: str) -> None:
    """However it is encoded it gets 400, before anybody looks for a run or a file."""
    for run_id in (finished.run_id, "0" * 32):
        status, body = await raw_get(finished.site.port, f"/api/runs/{run_id}/{folder}/{name}")
        assert (status, b'"detail"' in body) == (400, True)


async def test_a_path_may_be_encoded(finished: FinishedBook) -> None:
    """The folder is the one that routing has found; an encoded slash before a name is refused."""
    run = f"/api/runs/{finished.run_id}"
    for path, status in (
        (f"{run}/%69mages/cover.png", 200),
        (f"{run}/%61udio/page_0.wav", 200),
        (f"/api%2Fruns/{finished.run_id}/images/cover.png", 200),
        (f"{run}/images%2Fcover.png", 400),
        (f"/api%2Fruns/{finished.run_id}/images/a/cover.png", 400),
    ):
        assert (path, (await raw_get(finished.site.port, path))[0]) == (path, status)


async def raw_get(port: int, path: str) -> tuple[int, bytes]:
    """Status and body for a path that is sent byte by byte as it stands."""
    async with await anyio.connect_tcp("127.0.0.1", port) as connection:
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        await connection.send(request.encode())
        answer = b""
        with anyio.fail_after(30):
            async for chunk in connection:
                answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


@pytest.mark.parametrize(
    "path",
    [
        "images/panel_5.png",
        "images/page_0.wav",
        "audio/cover.png",
        "images/.cover.png.1",
        "images/표지.png",
        "images/%63over.pn",
    ],
)
async def test_a_file_that_is_not_there(finished: FinishedBook, path: str) -> None:
    """404 for what the run's events do not speak of, though a file might lie there."""
    answer = await finished.get(path)
    assert answer.status_code == 404
    assert "no finished file" in answer.json()["detail"]


async def test_a_name_may_be_encoded_once(finished: FinishedBook) -> None:
    """An honest client may encode more than it must."""
    assert (await finished.get("images/%63over.png")).status_code == 200


async def test_a_file_that_retention_removed(site: Site) -> None:
    """410, also for one that was served before."""
    finished = FinishedBook(site, await site.finished_book())
    assert (await finished.get("images/cover.png")).status_code == 200
    await site.application.commands.execute(
        finished.run_id, lambda run: prune_artifacts(run, ["cover.png"])
    )
    await site.application.projections.reached(await site.application.log.head())
    await site.application.artifacts.remove(finished.run_id, ["cover.png"])
    answer = await finished.get("images/cover.png")
    assert answer.status_code == 410
    assert "retention" in answer.json()["detail"]
    assert (await finished.get("images/panel_1.png")).status_code == 200


async def test_a_file_that_somebody_removed(site: Site) -> None:
    """404 and a line in the log: an event without its file is a fault."""
    finished = FinishedBook(site, await site.finished_book())
    await site.application.artifacts.remove(finished.run_id, ["panel_2.png"])
    answer = await finished.get("images/panel_2.png")
    assert answer.status_code == 404
    assert "missing" in answer.json()["detail"]


@pytest.mark.parametrize("content", [b"", tiny_png(2)[:-1], tiny_png(2) + b"x"])
async def test_a_file_that_somebody_changed(
    site: Site, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """A file of another size is not the one that the tag names: 404, and what finds all such."""
    finished = FinishedBook(site, await site.finished_book())
    await anyio.Path(
        site.application.artifacts.location(finished.run_id, "panel_2.png")
    ).write_bytes(content)
    answer = await finished.get("images/panel_2.png")
    assert answer.status_code == 404 and "etag" not in answer.headers
    assert f"has {len(content)} bytes" in answer.json()["detail"]
    assert f"storybook repair {finished.run_id}" in answer.json()["detail"]
    assert any("panel_2.png has" in it.getMessage() for it in caplog.records)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
async def test_something_else_under_the_name(site: Site) -> None:
    """A link out of the folder is not followed, and nobody waits for a pipe's other end."""
    finished = FinishedBook(site, await site.finished_book())
    path = anyio.Path(site.application.artifacts.location(finished.run_id, "panel_2.png"))
    elsewhere = path.with_name("elsewhere")
    await path.rename(elsewhere)
    for put in (partial(os.symlink, elsewhere), os.mkfifo, os.mkdir):
        put(path)
        answer = await finished.get("images/panel_2.png")
        assert (answer.status_code, "no file" in answer.json()["detail"]) == (404, True)
        if not await path.is_dir() or await path.is_symlink():
            await path.unlink()


async def test_a_changed_file_of_the_same_size_is_found_when_it_is_first_served(
    site: Site,
) -> None:
    """It is not the one that the tag names: 404, and the command that mends it."""
    finished = FinishedBook(site, await site.finished_book())
    path = site.application.artifacts.location(finished.run_id, "panel_2.png")
    await anyio.Path(path).write_bytes(tiny_png(2)[:-1] + b"x")
    answer = await finished.get("images/panel_2.png", range="bytes=0-3")
    assert answer.status_code == 404 and "etag" not in answer.headers
    assert "has other bytes" in answer.json()["detail"]
    assert f"storybook repair {finished.run_id}" in answer.json()["detail"]


async def test_a_file_that_is_changed_after_it_was_served_is_found(site: Site) -> None:
    """Also at the same size; and it is served again once it is the right one again."""
    finished = FinishedBook(site, await site.finished_book())
    for content, status in (
        (tiny_png(2), 200),
        (tiny_png(2)[:-1] + b"x", 404),
        (tiny_png(2), 200),
    ):
        await site.application.artifacts.put(finished.run_id, "panel_2.png", content)
        assert (await finished.get("images/panel_2.png")).status_code == status


async def test_a_file_is_read_through_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many ranges of it a player asks for."""
    finished = FinishedBook(site, await site.finished_book())
    read: list[str] = []
    digest = site.application.artifacts.digest

    async def counted(run_id: RunId, name: str) -> str:
        read.append(name)
        return await digest(run_id, name)

    monkeypatch.setattr(site.application.artifacts, "digest", counted)
    for start in range(5):
        assert (await finished.get(range=f"bytes={start}-{start + 9}")).status_code == 206
    assert read == ["page_0.wav"]


async def test_a_large_file_comes_whole(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of many chunks is the same at the other end."""
    finished = FinishedBook(site, await site.finished_book())
    content = bytes(range(256)) * 4_096 + b"end"
    await enlarge_cover(site, finished.run_id, content, monkeypatch)
    answer = await finished.get("images/cover.png")
    assert answer.content == content
