"""The calls of the API, each with its answer as a value."""

from __future__ import annotations

import re
import ssl
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from urllib.parse import quote, unquote

import anyio
import httpx
import msgspec

from storybook.book import RunId
from storybook.client.asking import (
    PATIENCE_SECONDS,
    Asking,
    Heard,
    NoStorybook,
    Pause,
    ignore,
    retry_after,
)
from storybook.client.following import SILENCE_SECONDS, Following, Told
from storybook.export.making import CopyProgress
from storybook.http.archives import ImportedRun
from storybook.http.books import BookFormats
from storybook.http.cast import Cast, CharacterState, SavedCast, SavedState
from storybook.http.editions import Comparison, EditionCreated, Editions
from storybook.http.engines import EngineTable
from storybook.http.library import Library
from storybook.http.run_state import RunState
from storybook.http.runs import RunCreated, RunLog
from storybook.http.sessions import SignedLink
from storybook.repair import Repair
from storybook.run import Status
from storybook.stages.transcriber.spoken_field import SpokenField

T = TypeVar("T")

_FILE_NAME: Final = re.compile(r"filename\*=UTF-8''([^;\s]+)", re.IGNORECASE)

KEY: Final = "Idempotency-Key"


class TakenBook(msgspec.Struct, frozen=True):
    """A book in a format: what its file is to be called, its bytes, and what of it is missing, if
    anything is (`the picture of page 3`)."""

    name: str
    content: bytes
    missing: str = ""


class StorybookClient:
    """A storybook server at `url`, such as `https://books.example/story`; `token` is shown where it
    has any. Used as an async context. Calls raise `ServerRefuses` and `ServerAway`.

    `patience` is for how many seconds a call that may be repeated is tried while the server is
    away, and `silence` after how many a stream that says nothing is given up and taken up again;
    `pause` is how it waits between two tries; `on_away` hears why there has to be another one.
    """

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        patience: float = PATIENCE_SECONDS,
        silence: float = SILENCE_SECONDS,
        pause: Pause = anyio.sleep,
        on_away: Heard = ignore,
        transport: httpx.AsyncBaseTransport | None = None,
        verify: ssl.SSLContext | None = None,
    ) -> None:
        self._asking = Asking(
            *(url, token),
            patience=patience,
            pause=pause,
            on_away=on_away,
            transport=transport,
            verify=verify,
        )
        self._silence = silence

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._asking.http.aclose()

    @property
    def url(self) -> str:
        return self._asking.url

    def address(self, path: str) -> str:
        """Where an address that the server gave is found. Raises ValueError for others."""
        return str(self._asking.address(path))

    # -------------------------------------------------------------------------------------- runs

    async def create(self, asked: Mapping[str, object], key: str = "") -> RunId:
        """Ask for a book, by the body of `POST /api/runs`. With its idempotency key (one of its own
        if none is given) it is asked for again until it is known to be there, and made once."""
        key = key or str(uuid.uuid4())
        return (await self._post("/api/runs", RunCreated, asked, key=key)).run_id

    async def import_book(self, archive: bytes) -> ImportedRun:
        """Take in a book from the ZIP that it was exported as; the same one again is the same
        run."""
        headers = {"Content-Type": "application/zip"}
        answer = await self._asking.ask(
            "POST", "/api/archives", content=archive, headers=headers, may_repeat=True
        )
        return _decoded(answer, ImportedRun)

    async def state(
        self, run_id: RunId, *, at: int | None = None, edition: int | None = None
    ) -> RunState:
        """How a run stands; as it was right after a position, or as an edition has it."""
        return await self._get(_run(run_id), RunState, at=at, edition=edition)

    async def library(
        self, *, q: str = "", status: Status | None = None, limit: int = 50, before: str = ""
    ) -> Library:
        """A page of the library, newest first; `before` is the `next` of the page before it."""
        asked = {"q": q, "status": status, "limit": limit, "before": before}
        return await self._get("/api/runs", Library, **asked)

    async def follow(self, run_id: RunId, after: int | None = None) -> AsyncIterator[Told]:
        """What happens to a run until it has ended, however often the connection is lost; `after`
        is the id of the last update that was dealt with, 0 for all there was."""
        following = Following(self._asking, run_id, after, self._silence)
        async with aclosing(following.messages()) as told:
            async for it in told:
                yield it

    async def log(self, run_id: RunId, *, after: int = 0, limit: int = 200) -> RunLog:
        """A run's events as recorded."""
        return await self._get(_run(run_id, "log"), RunLog, after=after, limit=limit)

    async def cancel(self, run_id: RunId) -> None:
        await self._ask("POST", _run(run_id, "cancel"))

    async def retry(self, run_id: RunId) -> None:
        await self._ask("POST", _run(run_id, "retry"))

    async def forget(self, run_id: RunId, *, with_derived: bool = False) -> None:
        """Erase a run for ever; with the books that are based on it, if that is asked for."""
        query = "?with_derived=true" if with_derived else ""
        await self._ask("DELETE", f"{_run(run_id)}{query}")

    async def pin(self, run_id: RunId) -> None:
        await self._ask("POST", _run(run_id, "pin"))

    async def unpin(self, run_id: RunId) -> None:
        await self._ask("DELETE", _run(run_id, "pin"))

    async def repair(self, run_id: RunId) -> Repair:
        """Have damaged files made again; which ones."""
        return await self._post(_run(run_id, "repair"), Repair)

    async def repair_of(self, run_id: RunId) -> Repair:
        """How far a repair is."""
        return await self._get(_run(run_id, "repair"), Repair)

    async def link(self, run_id: RunId, ttl_seconds: int) -> SignedLink:
        """A link to one book that needs no token."""
        return await self._post(_run(run_id, "links"), SignedLink, {"ttl_seconds": ttl_seconds})

    # ---------------------------------------------------------------------------------- editions

    async def edit(self, run_id: RunId, asked: Mapping[str, object], key: str = "") -> int:
        """Change a finished book, by the body of `POST …/editions`; the number of the edition. With
        its key it is asked for again, as a book is."""
        path, key = _run(run_id, "editions"), key or str(uuid.uuid4())
        return (await self._post(path, EditionCreated, asked, key=key)).edition

    async def restore(self, run_id: RunId, edition: int, note: str = "") -> int:
        """Give a book the content again that it had in an edition; the number of the new one."""
        path = _run(run_id, f"editions/{edition}/restore")
        return (await self._post(path, EditionCreated, {"note": note})).edition

    async def editions(self, run_id: RunId) -> Editions:
        return await self._get(_run(run_id, "editions"), Editions)

    async def compare(self, run_id: RunId, before: int, after: int) -> Comparison:
        return await self._get(_run(run_id, f"editions/{before}..{after}"), Comparison)

    # -------------------------------------------------------------------------------- characters

    async def cast(self, run_id: RunId) -> Cast:
        return await self._get(_run(run_id, "cast"), Cast)

    async def give_picture(self, run_id: RunId, name: str, picture: bytes) -> CharacterState:
        """Show what a character looks like: a PNG or a JPEG."""
        path = _run(run_id, f"cast/{_in_path(name)}/picture")
        headers = {"Content-Type": "application/octet-stream"}
        answer = await self._asking.ask("PUT", path, content=picture, headers=headers)
        return _decoded(answer, CharacterState)

    async def saved_characters(self) -> SavedCast:
        return await self._get("/api/cast", SavedCast)

    async def save_character(self, name: str, run_id: RunId, character: str = "") -> SavedState:
        body = {"run_id": run_id, "character": character}
        return _decoded(await self._ask("PUT", f"/api/cast/{_in_path(name)}", body), SavedState)

    async def release_character(self, name: str) -> None:
        await self._ask("DELETE", f"/api/cast/{_in_path(name)}")

    # --------------------------------------------------------------------------- speech and files

    async def hear(self, recording: bytes, field_type: str, language: str = "") -> SpokenField:
        """What was said for one of the four words: `era`, `place`, `characters`, `topic`."""
        form = {"field_type": field_type, **({"language": language} if language else {})}
        files = {"audio_file": ("recording", recording)}
        answer = await self._asking.ask("POST", "/api/stt/field", data=form, files=files)
        return _decoded(answer, SpokenField)

    async def file(self, address: str) -> bytes:
        """A picture, a recording or any other file by the address that the server gave."""
        return (await self._asking.ask("GET", address)).content

    async def formats(self, run_id: RunId) -> BookFormats:
        """The formats that a book can be taken along in."""
        return await self._get(_run(run_id, "formats"), BookFormats)

    async def take(
        self,
        run_id: RunId,
        format_name: str,
        *,
        on_progress: Callable[[CopyProgress], None] = lambda _: None,
        **options: object,
    ) -> TakenBook:
        """A book in a format, such as `epub`, once it is made; `options` are those of the call:
        `size`, `shape`, `language`, `edition`, `partial=1`. `on_progress` hears how far it is."""
        path = _run(run_id, f"book.{format_name}")
        params = {name: str(it) for name, it in options.items() if it not in (None, "")}
        while True:
            answer = await self._asking.ask("GET", path, params=params)
            if answer.status_code != httpx.codes.ACCEPTED:
                name = file_name_in(answer.headers.get("content-disposition", ""))
                missing = answer.headers.get("storybook-missing", "")
                return TakenBook(name or f"book.{format_name}", answer.content, missing)
            on_progress(_decoded(answer, CopyProgress))
            await self._asking.pause(max(retry_after(answer), 1.0))

    async def engines(self) -> EngineTable:
        return await self._get("/api/engines", EngineTable)

    # ------------------------------------------------------------------------------------- asking

    async def _get(self, path: str, kind: type[T], **query: object) -> T:
        params = {name: str(it) for name, it in query.items() if it not in (None, "")}
        return _decoded(await self._asking.ask("GET", path, params=params), kind)

    async def _post(self, path: str, kind: type[T], body: object = None, key: str = "") -> T:
        headers = {KEY: key} if key else None
        ask = self._asking.ask
        answer = await ask("POST", path, body, headers=headers, may_repeat=bool(key))
        return _decoded(answer, kind)

    async def _ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        return await self._asking.ask(method, path, body)


def file_name_in(disposition: str) -> str:
    """The name that a `Content-Disposition` gives a file, without any folder; "" if there is
    none."""
    found = _FILE_NAME.search(disposition)
    return unquote(found[1]).replace("\\", "/").rpartition("/")[2].lstrip(".") if found else ""


def _run(run_id: RunId, rest: str = "") -> str:
    return f"/api/runs/{_in_path(run_id)}/{rest}".rstrip("/")


def _in_path(text: str) -> str:
    return quote(text, safe="")


def _decoded(answer: httpx.Response, kind: type[T]) -> T:
    try:
        decoded: Any = msgspec.json.decode(answer.content, type=kind)
    except msgspec.DecodeError as error:
        raise NoStorybook(str(answer.url), "what answers is no storybook server") from error
    return decoded  # type: ignore[no-any-return]  # T is what was asked for
