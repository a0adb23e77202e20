"""Pictures and audio, with `ETag`, `If-None-Match`, `Range` and `HEAD`.

A file's name is checked in the bytes that were sent, before any routing has decoded or tidied them:
`..`, `/` and `\\` are refused however often they were encoded. Then only names that a run's events
speak of are looked for. A file is read through once before it is first served, and again when it
may have been changed: what is served under a tag is what the tag names.

A plain address serves what the last whole edition shows, and `?edition=` what that one does;
`?language=` the voice of a language that was added to the book's own. The store has each under a
name of its own.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

import msgspec
from litestar import route
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, HTTPResponseStartEvent, Receive, Scope, Send

from storybook.application import Application
from storybook.book import (
    MOST_PAGES,
    Artifact,
    RunId,
    Work,
    artifact_name,
    narration_of,
    picture_of,
)
from storybook.editions import content_of, shown_in
from storybook.events.parked import RunParked
from storybook.http.errors import BadRequest, Gone, NotFound, RangeNotSatisfiable
from storybook.http.ranges import Unsatisfiable, matches, requested_range, still_fresh
from storybook.http.requests import READ, edition_in, header, language_in, method, run_id_in
from storybook.http.responses import RawHeaders, RawResponse
from storybook.http.shown_files import shown_files
from storybook.projections.artifacts import FILES, file_key, recorded_file
from storybook.projections.runs import STATES
from storybook.run import NoSuchRun
from storybook.stores.artifacts import ArtifactStore, CannotRead
from storybook.stores.integrity import Integrity

logger = logging.getLogger(__name__)

KNOWN_FILES: Final = 4_096
"""Artifacts remembered, about 2 MB: a player asks for a file many times, range by range."""
MAX_DECODINGS: Final = 4
"""How often a name is decoded to see what it hides; no honest one is encoded twice."""
CACHING: Final = b"private, no-cache"
"""Kept, and asked for again with its tag: after a backup was restored, a run that is made anew has
other bytes under the same name."""
RUN_PATH: Final = "/api/runs/{run_id:str}"
IMAGES, AUDIO = "images", "audio"


class Media:
    """The handlers, over a running service."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._integrity = Integrity(application.artifacts)
        self._known: OrderedDict[tuple[str, str], Artifact] = OrderedDict()

    def routes(self) -> list[HTTPRouteHandler]:
        return [
            route(f"{RUN_PATH}/{IMAGES}/{{filename:path}}", http_method=READ)(self.picture),
            route(f"{RUN_PATH}/{AUDIO}/{{filename:path}}", http_method=READ)(self.narration),
        ]

    async def picture(self, scope: Scope) -> ASGIApp:
        """One picture, or the part of it that was asked for."""
        return await self._serve(scope, IMAGES, "image/png")

    async def narration(self, scope: Scope) -> ASGIApp:
        """One page read aloud, or the part of it that was asked for."""
        return await self._serve(scope, AUDIO, "audio/wav")

    async def _serve(self, scope: Scope, folder: str, media_type: str) -> ASGIApp:
        run_id = run_id_in(scope)
        name = _name_in(scope, f"/api/runs/{run_id}/{folder}")
        language = language_in(scope) if folder == AUDIO else None
        name = await self._stored_as(run_id, name, edition_in(scope), language)
        artifact = await self._artifact(run_id, name, media_type)
        damage = await self._integrity.damage(run_id, artifact)
        if damage:  # or was it pruned, or made again, since it was last looked up?
            self._known.pop((run_id, name), None)
            artifact = await self._artifact(run_id, name, media_type)
            damage = await self._integrity.damage(run_id, artifact)
        if damage:
            mend = f"`storybook repair {run_id}` makes it again"
            logger.error("run %s: %s %s; %s", run_id, name, damage, mend)
            raise NotFound(f"the file {name} {damage}; {mend}")
        return answer_artifact(scope, run_id, artifact, self._application.artifacts)

    async def _stored_as(
        self, run_id: RunId, name: str, edition: int | None, language: str | None
    ) -> str:
        """The store's name of a file, as an edition shows it in a language. Raises `NoSuchRun`,
        `NotFound`, `NoSuchEdition`, `NoSuchLanguage`."""
        shown = shown_files(self._application.projections, run_id)
        if shown is None:
            return name  # of which `_recorded` says why there is none
        if (edition is None and language is None) or name not in _WORK:
            stored = shown.get(name, "")
        else:
            stored = await self._of_edition(run_id, _WORK[name], edition, language)
        if not stored:
            raise _not_finished(name)
        return stored

    async def _of_edition(
        self, run_id: RunId, work: Work, edition: int | None, language: str | None
    ) -> str:
        """What an edition has made itself is found without its history."""
        if edition is not None and language is None:
            own = artifact_name(work, edition)
            row = self._application.projections.row(FILES, *file_key(run_id, own))
            if row is not None and recorded_file(row, own) is not None:
                return own
        run = await self._application.commands.load(run_id)
        if run is None:
            raise NoSuchRun
        if edition is not None:
            content_of(run, edition)
        if language is not None:
            added = shown_in(run, language, edition)
            work = msgspec.structs.replace(work, language=added)
        file = run.file_of(work, edition)
        return file.name if file is not None else ""

    async def _artifact(self, run_id: RunId, name: str, media_type: str) -> Artifact:
        """What the run's events say of a file. Raises `NoSuchRun`, `NotFound`, `Gone`, and
        `RunParked` if none of them can be read."""
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
        row = projections.row(FILES, *file_key(run_id, name))
        if row is None and projections.row(STATES, run_id) is None:
            if (parked := self._application.parked.get(run_id)) is not None:
                raise RunParked(parked)  # nobody knows its files
            raise NoSuchRun
        file = recorded_file(row, name) if row is not None else None
        if file is None:
            raise _not_finished(name)
        if file.is_pruned:
            raise Gone("the file was removed by retention")
        return file.artifact


def _files_of_a_book() -> Iterator[tuple[str, Work]]:
    for page in range(MOST_PAGES):
        for work in (picture_of(page), narration_of(page)):
            yield artifact_name(work), work


_WORK: Final = dict(_files_of_a_book())
"""The work that makes each file, by the name that it has in every edition."""


def _not_finished(name: str) -> NotFound:
    return NotFound(f"the run has no finished file {name[:80]!r}")


class ArtifactAnswer:
    """Bytes `start` to `end` of an artifact."""

    def __init__(
        self,
        store: ArtifactStore,
        run_id: RunId,
        name: str,
        part: tuple[int, int],
        status: int,
        headers: list[tuple[bytes, bytes]],
        token: str = "",
    ) -> None:
        self._store, self._run_id, self._name = store, run_id, name
        self._start, self._end = part
        self._status, self._token = status, token
        self._headers = [(b"content-length", b"%d" % (self._end - self._start)), *headers]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head: HTTPResponseStartEvent = {
            "type": "http.response.start",
            "status": self._status,
            "headers": self._headers,
        }
        if method(scope) == "HEAD":
            await send(head)
        else:
            async with self._store.open(self._run_id, self._name, self._start, self._end) as pieces:
                await self._check_same()
                await send(head)
                async for piece in pieces:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _check_same(self) -> None:
        """What is open now is what was looked at, if somebody has said what that was."""
        if self._token:
            stat = await self._store.stat(self._run_id, self._name)
            if stat.token != self._token:
                raise CannotRead(f"{self._name} is just being replaced; ask again")


def answer_artifact(
    scope: Scope,
    run_id: RunId,
    artifact: Artifact,
    store: ArtifactStore,
    more_headers: RawHeaders = (),
    token: str = "",
) -> ASGIApp:
    """A recorded file as an answer: all of it, a range, or that the client has it. With a `token`
    nothing else is served that may have come in its place."""
    name, size, etag = artifact.name, artifact.size, f'"{artifact.sha256}"'
    headers = [(b"etag", etag.encode()), (b"cache-control", CACHING)]
    asked = header(scope, b"if-none-match")
    if asked is not None and matches(etag, asked):
        return RawResponse(b"", status=304, headers=headers)
    headers += [
        (b"content-type", artifact.media_type.encode()),
        (b"accept-ranges", b"bytes"),
        *more_headers,
    ]
    part = _part(scope, etag, size)
    if part is None:
        return ArtifactAnswer(store, run_id, name, (0, size), 200, headers, token)
    start, end = part
    headers.append((b"content-range", b"bytes %d-%d/%d" % (start, end - 1, size)))
    return ArtifactAnswer(store, run_id, name, part, 206, headers, token)


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
