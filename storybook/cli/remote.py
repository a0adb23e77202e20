"""The commands against a server elsewhere, which `--server` names: what its API shows of a book is
told. What needs the data folder (the log's timeline, the book's page) is told there."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from rich.text import Text

from storybook.book import RunId
from storybook.cli.copies import CopiesWanted, say_missing, whole_file
from storybook.cli.data_reader import FULL_ID, LATEST, SHORTEST_PREFIX
from storybook.cli.errors import run_async
from storybook.cli.failure import Failure
from storybook.cli.options import GlobalOptions
from storybook.cli.output import SHORT_ID, console, duration, print_json, status_text
from storybook.cli.progress_bar import Told, part_bar
from storybook.cli.server_client import REMOTE_PATIENCE_SECONDS, ServerClient
from storybook.run import Status

if TYPE_CHECKING:
    from storybook.client import RunUpdate, StorybookClient
    from storybook.export.making import CopyProgress
    from storybook.http.library import RunSummary
    from storybook.http.run_state import RunState

T = TypeVar("T")


def asked(options: GlobalOptions, ask: Callable[[StorybookClient], Awaitable[T]]) -> T:
    """What the server that is named answers. Raises `Failure`."""
    server = options.server
    assert server is not None  # the caller has looked
    there = ServerClient(server.url, server.token, REMOTE_PATIENCE_SECONDS)

    async def main() -> T:
        async with there.asking() as client:
            return await ask(client)

    return run_async(main)


async def find(client: StorybookClient, text: str) -> RunId:
    """The run that a word on the command line means. Raises `Failure`."""
    word = text.strip().lower()
    if len(word) == FULL_ID and word.isalnum():
        return RunId(word)
    if word != LATEST and len(word) < SHORTEST_PREFIX:
        raise Failure(
            f"{text!r} is too short for a run: give {SHORTEST_PREFIX} characters of its id or "
            f"more, or `{LATEST}`"
        )
    found = []
    async with contextlib.aclosing(_books(client)) as books:
        async for it in books:
            if word == LATEST:
                return it.run_id
            if it.run_id.startswith(word):
                found.append(it.run_id)
    if len(found) > 1:
        raise Failure(f"{text!r} fits several books: {', '.join(found)}; give more characters")
    if not found:
        raise Failure(f"no book {text!r} at {client.url}; `storybook list` shows those there are")
    return found[0]


async def _books(client: StorybookClient) -> AsyncGenerator[RunSummary, None]:
    page = await client.library(limit=200)
    while True:
        for it in page.runs:
            yield it
        if page.next is None:
            return
        page = await client.library(limit=200, before=page.next)


async def list_books(
    client: StorybookClient, status: Status | None, text: str, limit: int
) -> list[RunSummary]:
    """The newest books, of those whose title or words have a text in them."""
    books: list[RunSummary] = []
    before: str | None = ""
    while before is not None and len(books) < limit:
        most = min(limit - len(books), 200)
        page = await client.library(q=text, status=status, limit=most, before=before)
        books, before = [*books, *page.runs], page.next
    return books


async def watch_run(client: StorybookClient, run_id: RunId, *, as_json: bool = False) -> RunUpdate:
    """Tell each change of a run until it has ended; the last one. Raises `Failure` if it was not
    done."""
    from storybook.client import RunTold, RunUpdate
    from storybook.http.progress import RunTakes

    last, left = None, ""
    async for it in client.follow(run_id):
        if isinstance(it, RunTold) and isinstance(it.live, RunTakes):
            eta = it.live.eta_seconds
            left = f"  about {duration(eta)} left" if eta else ""
        if isinstance(it, RunUpdate):
            last = it
            if as_json:
                print_json({"id": it.id, **msgspec.to_builtins(it.progress)})
            else:
                console().print(_line(it, left), soft_wrap=True)
    assert last is not None  # its present state is told at least
    if last.progress.status is not Status.DONE:
        why = f": {last.progress.error}" if last.progress.error else ""
        raise Failure(f"the book is {last.progress.status}{why}")
    return last


def _line(update: RunUpdate, left: str) -> Text:
    it = update.progress
    ready = f"  {it.ready_max_page + 1} pictures, {it.ready_max_audio_page + 1} voices"
    is_open = not it.status.has_ended
    stage = f"  {it.stage}" if is_open else ""
    return status_text(it.status) + Text(f"{stage}{ready}{left if is_open else ''}")


def print_state(client: StorybookClient, run_id: RunId, state: RunState) -> None:
    """A book as its readers see it, with the addresses of its files."""
    out = console()
    out.print(Text(state.pages[0].title or "(no title yet)", "bold"))
    facts = [("run", run_id), ("server", client.url), ("status", str(state.status))]
    if state.error:
        facts.append(("error", state.error))
    if state.waiting_for is not None:
        facts.append(("waits", f"for {state.waiting_for.engine}: {state.waiting_for.why}"))
    if state.eta_seconds is not None:
        facts.append(("left", f"about {duration(state.eta_seconds)}"))
    for name, value in facts:
        out.print(Text.assemble((f"{name:<9}", "dim"), value), soft_wrap=True)
    for page in state.pages:
        if page.summary:
            out.print()
            out.print(Text.assemble((f"{page.page}  ", "dim"), page.summary))
        for address in filter(None, (page.image_url, page.audio_url)):
            out.print(Text(f"   {client.address(address)}", "dim"), soft_wrap=True)


async def make_book(
    client: StorybookClient,
    body: Mapping[str, object],
    *,
    silent: bool,
    shows_casting: bool = False,
) -> dict[str, Any]:
    """Ask for a book and watch it; what `--json` says of it, with who speaks in which voice if that
    is to be shown."""
    run_id = await client.create(body)
    if silent:
        async for _ in client.follow(run_id):
            pass
    else:
        console().print(f"The server at {client.url} makes the book {run_id[:SHORT_ID]}.")
        await watch_run(client, run_id)
    state = await client.state(run_id)
    title = state.pages[0].title
    made: dict[str, Any] = {
        "run_id": run_id,
        "status": state.status,
        "title": title,
        "error": state.error,
    }
    if shows_casting:
        made["voices"] = {it.name: it.voice for it in (await client.cast(run_id)).cast}
    return made


async def bring_copies(
    client: StorybookClient, run_id: RunId, wanted: CopiesWanted, out: Path, *, silent: bool = False
) -> dict[str, str]:
    """Write what is wanted of a book into a folder; where each lies, by its format."""
    found: dict[str, str] = {}
    for format_, choice in wanted.formats:
        with part_bar(format_.name, shown=format_.is_long and not silent) as told:
            taken = await client.take(
                run_id,
                format_.name,
                on_progress=partial(_tell, told),
                **{format_.option or "size": choice},
                language=wanted.language,
                edition=wanted.edition,
                partial="1" if wanted.partial else "",
            )
        if taken.missing and not found:
            say_missing(taken.missing)
        with whole_file(out, taken.name) as (path, file):
            file.write(taken.content)
        found[format_.name] = str(path)
    return found


def _tell(told: Told, progress: CopyProgress) -> None:
    told(progress.fraction)


async def edit_book(
    client: StorybookClient,
    run_id: RunId,
    page: Mapping[str, object] | None,
    of_book: dict[str, Any],
) -> int:
    """Change a finished book; the number of the edition."""
    state = await client.state(run_id)
    base = 1 if isinstance(state.edition, msgspec.UnsetType) else state.edition
    pages = [page] if page is not None else []
    return await client.edit(run_id, {"base_edition": base, "pages": pages, **of_book})


async def with_voices(
    client: StorybookClient, run_id: RunId, given: tuple[str, ...]
) -> dict[str, Any] | None:
    """How it is to be read aloud: the characters keep the voices that they have."""
    if not given:
        return None
    cast = (await client.cast(run_id)).cast
    found: dict[str, Any] = {"character_voices": {it.name: it.voice for it in cast if it.voice}}
    for it in given:
        name, sign, voice = it.rpartition("=")
        if sign:
            found["character_voices"][name.strip()] = voice
        else:
            found["narrator_voice"] = voice
    return found
