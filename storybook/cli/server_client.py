"""Asks the server that holds a data folder, over its HTTP API: a log has one writer."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import quote

import anyio
import httpx
import msgspec

from storybook.book import RunId, Stage, Work
from storybook.cli.failure import Failure
from storybook.data_folder import DataFolder
from storybook.home.files import AUTHORITY
from storybook.new_run import NewRun
from storybook.repair import Repair
from storybook.run import EditionRequest
from storybook.stores.server_secret import read_server_secret
from storybook.stores.sqlite.holder import Holder

TIMEOUT_SECONDS: Final = 30.0
"""A server answers within milliseconds; one that does not for so long is stuck."""


def body_of(asked: NewRun) -> dict[str, object]:
    """What a server is asked for a book; all that is left unsaid is left to it."""
    words = msgspec.structs.asdict(asked.request)
    tts = None
    if asked.tts is not None:  # what is empty is what the server takes for it
        of_tts = msgspec.structs.asdict(asked.tts)
        tts = {it: of_tts[it] for it in of_tts if of_tts[it] != "" and it not in asked.unsaid}
    said = {
        **words,
        "read_aloud": asked.tts is not None,
        "tts": tts,
        "page_count": asked.page_count,
        "language": asked.language,
        "style": asked.style,
        "cast": asked.cast,
        "age": asked.age,
    }
    names = {**{it: f"{it}_ko" for it in words}, "read_aloud": "tts_enabled", "tts": "tts_config"}
    body: dict[str, object] = {names.get(it, it): said[it] for it in said if it not in asked.unsaid}
    if (origin := asked.based_on) is not None:
        edition = origin.edition or None
        body["based_on"] = {"run_id": origin.run_id, "edition": edition, "keep": origin.keep}
    return body


class ServerClient:
    """A running storybook server."""

    def __init__(self, holder: Holder, folder: DataFolder) -> None:
        """`folder` is the one that it holds, with the secret that lets this user in. Raises
        `Failure` if the process that holds it serves nothing."""
        if not holder.url:
            raise Failure(
                f"process {holder.pid} works in this data folder and takes no requests (it makes "
                "a book by itself, or is a server that is just starting): wait until it is done, "
                "or name another folder with --data"
            )
        self.url = holder.url.rstrip("/")
        secret = read_server_secret(folder.server_secret)
        self._headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        self._trusted = _trusted(folder) if self.url.startswith("https:") else True

    async def request_run(self, asked: NewRun) -> RunId:
        """Ask for a book. The API takes no seed."""
        return RunId((await self._post("/api/runs", body_of(asked)))["run_id"])

    async def cancel_run(self, run_id: RunId) -> None:
        await self._post(f"/api/runs/{run_id}/cancel")

    async def retry_run(self, run_id: RunId) -> None:
        await self._post(f"/api/runs/{run_id}/retry")

    async def request_edition(self, run_id: RunId, asked: EditionRequest) -> int:
        """Change a finished book; the number of the edition that this makes."""
        body = {
            "base_edition": asked.base_edition,
            "pages": asked.pages,
            "tts_config": asked.tts,
            "style": asked.style,
            "note": asked.note,
            "accept": asked.accept,
            "add_language": asked.add_language,
        }
        return int((await self._post(f"/api/runs/{run_id}/editions", body))["edition"])

    async def restore_edition(self, run_id: RunId, edition: int, note: str) -> None:
        await self._post(f"/api/runs/{run_id}/editions/{edition}/restore", {"note": note})

    async def pin_run(self, run_id: RunId) -> None:
        await self._post(f"/api/runs/{run_id}/pin")

    async def unpin_run(self, run_id: RunId) -> None:
        await self._ask("DELETE", f"/api/runs/{run_id}/pin")

    async def save_character(self, name: str, run_id: RunId, character: str) -> None:
        body = {"run_id": run_id, "character": character}
        await self._ask("PUT", f"/api/cast/{quote(name, safe='')}", body)

    async def release_character(self, name: str) -> None:
        await self._ask("DELETE", f"/api/cast/{quote(name, safe='')}")

    async def forget_run(self, run_id: RunId) -> None:
        await self._ask("DELETE", f"/api/runs/{run_id}")

    async def forget_with_derived(self, run_id: RunId) -> None:
        """Also the books that are based on it."""
        await self._ask("DELETE", f"/api/runs/{run_id}?with_derived=true")

    async def repair_run(self, run_id: RunId) -> Repair:
        """Have damaged files made again; which ones."""
        return msgspec.convert(await self._post(f"/api/runs/{run_id}/repair"), Repair)

    async def repair_of(self, run_id: RunId) -> Repair:
        """How far a repair is."""
        return msgspec.convert(await self._ask("GET", f"/api/runs/{run_id}/repair"), Repair)

    def _client(self, timeout: float | None) -> httpx.AsyncClient:
        return httpx.AsyncClient(timeout=timeout, trust_env=False, verify=self._trusted)

    async def _post(self, path: str, body: object = None) -> Any:
        return await self._ask("POST", path, body)

    async def _ask(self, method: str, path: str, body: object = None) -> Any:
        try:
            async with self._client(TIMEOUT_SECONDS) as client:
                content = msgspec.json.encode(body) if body is not None else b""
                headers = {"Content-Type": "application/json", **self._headers}
                answer = await client.request(
                    method, self.url + path, content=content, headers=headers
                )
        except httpx.HTTPError as error:
            raise Failure(f"the server at {self.url} does not answer: {error}") from error
        if answer.is_error:
            raise Failure(f"the server at {self.url} refuses: {_detail(answer)}")
        return msgspec.json.decode(answer.content) if answer.content else None

    @asynccontextmanager
    async def fractions(self, run_id: RunId) -> AsyncIterator[dict[Work, float]]:
        """How far the run's work in hand is, kept up to date while the context is open."""
        found: dict[Work, float] = {}
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._listen, run_id, found)
            try:
                yield found
            finally:
                tasks.cancel_scope.cancel()

    async def _listen(self, run_id: RunId, found: dict[Work, float]) -> None:
        path = f"{self.url}/api/runs/{run_id}/events"
        try:
            async with (
                self._client(None) as client,
                client.stream("GET", path, headers=self._headers) as answer,
            ):
                event = ""
                async for line in answer.aiter_lines():
                    field, _, value = line.partition(": ")
                    if field == "event":
                        event = value
                    elif field == "data" and event == "progress":
                        _note(found, msgspec.json.decode(value))
        except (httpx.HTTPError, msgspec.MsgspecError):
            return  # only a nicety: the log says what counts


def _trusted(folder: DataFolder) -> ssl.SSLContext:
    """Who may be the server of this folder: whom the authority in it says."""
    file = folder.home / AUTHORITY
    try:
        return ssl.create_default_context(cafile=file)
    except OSError as error:
        raise Failure(
            f"whether the server is the one of {folder} is told by {file}, which cannot be read: "
            f"{error.strerror or error}; stop the server and start it again with --home"
        ) from error


def _note(found: dict[Work, float], said: Mapping[str, Any]) -> None:
    if "stage" not in said:
        return  # what the run waits for, which the log says too
    work = Work(Stage(said["stage"]), said["page"], said.get("language", ""))
    found[work] = said["fraction"]


def _detail(answer: httpx.Response) -> str:
    try:
        detail = msgspec.json.decode(answer.content)["detail"]
    except (msgspec.MsgspecError, KeyError, TypeError):
        return f"{answer.status_code} {answer.reason_phrase}"
    if isinstance(detail, list):
        return "; ".join(f"{'.'.join(map(str, it['loc'][1:]))}: {it['msg']}" for it in detail)
    return str(detail)
