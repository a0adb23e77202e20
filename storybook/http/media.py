"""Pictures and audio, with `ETag`, `If-None-Match`, `Range` and `HEAD`.

A file's name is checked in the bytes that were sent, before any routing has decoded or tidied them:
`..`, `/` and `\\` are refused however often they were encoded. Then only names that a run's events
speak of are looked for.
"""

from __future__ import annotations

import logging
import os
import stat
from collections import OrderedDict
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import anyio
import anyio.to_thread
from litestar import route
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, HTTPResponseStartEvent, Receive, Scope, Send

from storybook.application import Application
from storybook.book import Artifact, RunId
from storybook.http.answers import Answer
from storybook.http.errors import BadRequest, Gone, NotFound, RangeNotSatisfiable
from storybook.http.ranges import Unsatisfiable, matches, requested_range, still_fresh
from storybook.http.requests import READ, header, method, run_id_in
from storybook.projections.artifacts import FILES, recorded_file
from storybook.projections.runs import STATES
from storybook.run import NoSuchRun

logger = logging.getLogger(__name__)

CHUNK_BYTES: Final = 256 * 1024
"""Read and sent at once: a few chunks make a picture, and one client's share of memory is small."""
KNOWN_FILES: Final = 4_096
"""Artifacts remembered, about 2 MB: a player asks for a file many times, range by range."""
MAX_DECODINGS: Final = 4
"""How often a name is decoded to see what it hides; no honest one is encoded twice."""
CACHING: Final = b"private, no-cache"
"""Kept, and asked for again with its tag: after a backup was restored, a run that is made anew has
other bytes under the same name."""
_READ_PLAINLY: Final = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
)
"""Follows no link out of the folder, and waits for nobody at a pipe, where the system has that."""

RUN_PATH: Final = "/api/runs/{run_id:str}"
IMAGES, AUDIO = "images", "audio"


class Media:
    """The handlers, over a running service."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._known: OrderedDict[tuple[str, str], Artifact] = OrderedDict()

    def routes(self) -> list[HTTPRouteHandler]:
        return [
            route(f"{RUN_PATH}/{IMAGES}/{{filename:path}}", http_method=READ)(self.picture),
            route(f"{RUN_PATH}/{AUDIO}/{{filename:path}}", http_method=READ)(self.reading),
        ]

    async def picture(self, scope: Scope) -> ASGIApp:
        """One picture, or the part of it that was asked for."""
        return await self._serve(scope, IMAGES, "image/png")

    async def reading(self, scope: Scope) -> ASGIApp:
        """One page read aloud, or the part of it that was asked for."""
        return await self._serve(scope, AUDIO, "audio/wav")

    async def _serve(self, scope: Scope, folder: str, media_type: str) -> ASGIApp:
        run_id = run_id_in(scope)
        name = _name_in(scope, f"/api/runs/{run_id}/{folder}")
        artifact = await self._artifact(run_id, name, media_type)
        path = self._application.artifacts.path(run_id, name)
        wrong = await anyio.to_thread.run_sync(_wrong_with, path, artifact.size)
        if wrong is not None:
            self._known.pop((run_id, name), None)
            artifact = await self._artifact(run_id, name, media_type)  # raises if it was pruned
            wrong = await anyio.to_thread.run_sync(_wrong_with, path, artifact.size)
        if wrong is not None:
            logger.error("run %s: %s %s; see `storybook verify`", run_id, name, wrong)
            raise NotFound(f"the file {wrong} on the server; see `storybook verify`")
        return _answer(scope, artifact, path)

    async def _artifact(self, run_id: RunId, name: str, media_type: str) -> Artifact:
        """What the run's events say of a file. Raises `NoSuchRun`, `NotFound` or `Gone`."""
        key = (run_id, name)
        artifact = self._known.get(key) or self._recorded(run_id, name)
        if artifact.media_type != media_type:
            raise _not_finished(name)
        self._known[key] = artifact
        self._known.move_to_end(key)
        if len(self._known) > KNOWN_FILES:
            self._known.popitem(last=False)
        return artifact

    def _recorded(self, run_id: RunId, name: str) -> Artifact:
        projections = self._application.projections
        row = projections.row(FILES, run_id, name)
        if row is None:
            if projections.row(STATES, run_id) is None:
                raise NoSuchRun
            raise _not_finished(name)
        file = recorded_file(row)
        if file.is_pruned:
            raise Gone("the file was removed by retention")
        return file.artifact


def _wrong_with(path: Path, size: int) -> str | None:
    """Why a file cannot be the one that was finished with so many bytes; None if it can."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return "is missing"
    if not stat.S_ISREG(found.st_mode):
        return "is no file"
    return None if found.st_size == size else f"has {found.st_size} bytes and not {size}"


def _open_plainly(path: str, _flags: int) -> int:
    return os.open(path, _READ_PLAINLY)


def _not_finished(name: str) -> NotFound:
    return NotFound(f"the run has no finished file {name[:80]!r}")


class FileAnswer:
    """Bytes `start` to `end` of a file."""

    def __init__(
        self, path: Path, start: int, end: int, status: int, headers: list[tuple[bytes, bytes]]
    ) -> None:
        self._path, self._start, self._end = path, start, end
        self._status = status
        self._headers = [(b"content-length", b"%d" % (end - start)), *headers]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head: HTTPResponseStartEvent = {
            "type": "http.response.start",
            "status": self._status,
            "headers": self._headers,
        }
        if method(scope) == "HEAD":
            await send(head)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        async with await anyio.open_file(self._path, "rb", opener=_open_plainly) as file:
            await file.seek(self._start)
            await send(head)
            left = self._end - self._start
            while left:
                chunk = await file.read(min(left, CHUNK_BYTES))
                if not chunk:
                    raise OSError(f"{self._path} was cut short while it was sent")
                left -= len(chunk)
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})


def _answer(scope: Scope, artifact: Artifact, path: Path) -> ASGIApp:
    size, etag = artifact.size, f'"{artifact.sha256}"'
    headers = [(b"etag", etag.encode()), (b"cache-control", CACHING)]
    asked = header(scope, b"if-none-match")
    if asked is not None and matches(etag, asked):
        return Answer(b"", status=304, headers=headers)
    headers += [
        (b"content-type", artifact.media_type.encode()),
        (b"accept-ranges", b"bytes"),
        (b"x-content-type-options", b"nosniff"),
    ]
    part = _part(scope, etag, size)
    if part is None:
        return FileAnswer(path, 0, size, 200, headers)
    start, end = part
    headers.append((b"content-range", b"bytes %d-%d/%d" % (start, end - 1, size)))
    return FileAnswer(path, start, end, 206, headers)


def _part(scope: Scope, etag: str, size: int) -> tuple[int, int] | None:
    """The range to send, None for the whole file. A range is defined for GET only."""
    text = header(scope, b"range")
    fresh = still_fresh(etag, header(scope, b"if-range"))
    if text is None or method(scope) != "GET" or not fresh:
        return None
    try:
        return requested_range(text, size)
    except Unsatisfiable:
        raise RangeNotSatisfiable(size) from None


def _name_in(scope: Scope, folder: str) -> str:
    """The file name in a path after its folder, as the client sent it. Raises `BadRequest`."""
    *parts, name = scope["raw_path"].decode("latin-1").split("/", 5)
    if unquote("/".join(parts)) != folder:  # routing has seen slashes that part nothing
        raise BadRequest("the slashes of the path are to be sent as they are")
    for _ in range(MAX_DECODINGS):
        if any(sign in name for sign in ("..", "/", "\\", "\0")):
            raise BadRequest("a file name has no '..', '/' or '\\' in it")
        decoded = unquote(name)
        if decoded == name:
            return name
        name = decoded
    raise BadRequest("the file name is encoded several times over")
