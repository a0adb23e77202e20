"""Asks a server over its HTTP API: the one that holds a data folder, since a log has one writer, or
the one that `--server` names."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio
import anyio.to_thread
import msgspec

from storybook.book import RunId, Work
from storybook.cli.called_as import say
from storybook.cli.failure import Failure, ToldElsewhere
from storybook.data_folder import DataFolder
from storybook.home.files import AUTHORITY
from storybook.importing import TakenIn
from storybook.new_run import NewRun
from storybook.repair import Repair
from storybook.request import WORDS
from storybook.run import EditionRequest
from storybook.stores.server_secret import read_server_secret
from storybook.stores.sqlite.holder import Holder

if TYPE_CHECKING:
    from storybook.client import StorybookClient

REMOTE_PATIENCE_SECONDS: Final = 30.0
"""For how long a server elsewhere is tried again: its network may come and go. One beside this
process is there or is not."""


def body_of(asked: NewRun) -> dict[str, object]:
    """What a server is asked for a book; all that is left unsaid is left to it."""
    words = {name: getattr(asked.request, name) for name in WORDS}
    tts = None
    if asked.tts is not None:  # what is empty is what the server takes for it
        of_tts = msgspec.structs.asdict(asked.tts)
        unsaid = asked.unsaid | {"casting", "delivery"}  # the server's to say
        tts = {it: of_tts[it] for it in of_tts if of_tts[it] != "" and it not in unsaid}
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
    """A running storybook server. What it refuses, or does not answer, is a `Failure`."""

    def __init__(
        self,
        url: str,
        token: str = "",
        patience: float = 0.0,
        verify: ssl.SSLContext | None = None,
    ) -> None:
        self.url, self._token = url.rstrip("/"), token
        self._patience, self._verify = patience, verify
        self._was_away = False

    @classmethod
    def beside(cls, holder: Holder, folder: DataFolder) -> ServerClient:
        """The one that holds `folder`, with the secret that lets this user in. Raises `Failure` if
        the process that holds it serves nothing."""
        if not holder.url:
            raise Failure(
                f"process {holder.pid} works in this data folder and takes no requests (it makes "
                "a book by itself, or is a server that is just starting): wait until it is done, "
                "or name another folder with --data"
            )
        trusted = _trusted(folder) if holder.url.startswith("https:") else None
        return cls(holder.url, read_server_secret(folder.server_secret) or "", verify=trusted)

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[StorybookClient]:
        """The API's client, imported when a server is asked: commands start without it."""
        from storybook.client import ServerAway, ServerRefuses, StorybookClient

        client = StorybookClient(
            *(self.url, self._token),
            patience=self._patience,
            on_away=self._tell_once,
            verify=self._verify,
        )
        try:
            async with client:
                yield client
        except ServerAway as error:
            raise Failure(str(error)) from error
        except ServerRefuses as error:
            raise (ToldElsewhere if self._patience else Failure)(str(error)) from error

    def _tell_once(self, why: str) -> None:
        """That it takes so long, so that nobody waits for what he does not know."""
        if not self._was_away:
            say(f"The server at {self.url} does not answer ({why}); trying on …", err=True)
        self._was_away = True

    async def request_run(self, asked: NewRun) -> RunId:
        """Ask for a book. The API takes no seed."""
        async with self.asking() as it:
            return await it.create(body_of(asked))

    async def import_book(self, file: Path) -> TakenIn:
        """Have a book taken in from its archive."""
        archive = await anyio.to_thread.run_sync(file.read_bytes)
        async with self.asking() as it:
            taken = await it.import_book(archive)
        return TakenIn(taken.run_id, taken.is_new)

    async def cancel_run(self, run_id: RunId) -> None:
        async with self.asking() as it:
            await it.cancel(run_id)

    async def retry_run(self, run_id: RunId) -> None:
        async with self.asking() as it:
            await it.retry(run_id)

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
        async with self.asking() as it:
            return await it.edit(run_id, body)

    async def restore_edition(self, run_id: RunId, edition: int, note: str) -> None:
        async with self.asking() as it:
            await it.restore(run_id, edition, note)

    async def pin_run(self, run_id: RunId) -> None:
        async with self.asking() as it:
            await it.pin(run_id)

    async def unpin_run(self, run_id: RunId) -> None:
        async with self.asking() as it:
            await it.unpin(run_id)

    async def save_character(self, name: str, run_id: RunId, character: str) -> None:
        async with self.asking() as it:
            await it.save_character(name, run_id, character)

    async def release_character(self, name: str) -> None:
        async with self.asking() as it:
            await it.release_character(name)

    async def forget_run(self, run_id: RunId) -> None:
        async with self.asking() as it:
            await it.forget(run_id)

    async def forget_with_derived(self, run_id: RunId) -> None:
        """Also the books that are based on it."""
        async with self.asking() as it:
            await it.forget(run_id, with_derived=True)

    async def repair_run(self, run_id: RunId) -> Repair:
        """Have damaged files made again; which ones."""
        async with self.asking() as it:
            return await it.repair(run_id)

    async def repair_of(self, run_id: RunId) -> Repair:
        """How far a repair is."""
        async with self.asking() as it:
            return await it.repair_of(run_id)

    @asynccontextmanager
    async def fractions(self, run_id: RunId) -> AsyncIterator[Mapping[Work, float]]:
        """How far the run's work in hand is, kept up to date while the context is open."""
        found: dict[Work, float] = {}
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._listen, run_id, found)
            try:
                yield found
            finally:
                tasks.cancel_scope.cancel()

    async def _listen(self, run_id: RunId, found: dict[Work, float]) -> None:
        from storybook.client import RunTold
        from storybook.http.progress import StageProgress

        with suppress(Failure, msgspec.MsgspecError):  # a nicety: the log says what counts
            async with self.asking() as it:
                async for told in it.follow(run_id):
                    if isinstance(told, RunTold) and isinstance(told.live, StageProgress):
                        live = told.live
                        language = live.language if isinstance(live.language, str) else ""
                        found[Work(live.stage, live.page, language)] = live.fraction


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
