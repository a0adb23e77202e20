"""`storybook import`: a book from an archive that was exported, here or elsewhere.

If a process serves this data folder the archive is sent to it; if none does, the log is opened for
a moment and the book taken in here.
"""

from __future__ import annotations

from pathlib import Path

import anyio.to_thread
import msgspec
import rich_click as click
from rich.text import Text

from storybook.book import RunId
from storybook.bootstrap import make_folder
from storybook.cli.archives import look_at
from storybook.cli.errors import run_async
from storybook.cli.failure import Failure
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import SHORT_ID, WHO, console, print_json
from storybook.cli.server_client import ServerClient
from storybook.clock import SystemClock
from storybook.commands import Commands
from storybook.deriving import finish_sharing
from storybook.events.log import LogLocked
from storybook.evidence import require_evidence
from storybook.export.archive.checking import BookArchive
from storybook.importing import TakenIn, book_of, take_in
from storybook.projections.projector import Projections
from storybook.stores.files import FileArtifactStore
from storybook.stores.sqlite.log import SqliteLog


class Imported(msgspec.Struct, frozen=True):
    """What `import --json` prints: the run that the book is here, and which edition of which run it
    was where it came from. Where it `is_new` not, it was taken in before."""

    run_id: RunId
    is_new: bool
    is_whole: bool
    title: str
    origin: str
    edition: int
    key: str
    folder: str


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_options
def import_command(options: GlobalOptions, file: Path, as_json: bool) -> None:
    """Take in a book that `storybook export --format zip` has written, here or elsewhere.

    It becomes a book like any other, with a run of its own whose first events say where it came
    from. All of the archive is checked before. The same archive is taken in once, however often it
    is asked for; if that book was forgotten, or retention has removed files of it, anew. What a
    book that is not whole lacks is made here by `storybook retry`.
    """
    options.start_logging()
    with file.open("rb") as opened:
        archive = look_at(opened, file)
        taken = run_async(lambda: _take_in(options, file, archive))
    imported = _told(options, archive, taken)
    if as_json:
        print_json(imported)
    else:
        _print(imported, archive.verdict)


async def _take_in(options: GlobalOptions, file: Path, archive: BookArchive) -> TakenIn:
    folder = options.folder
    try:
        if options.holder() is None:
            await anyio.to_thread.run_sync(require_evidence, folder)
            await anyio.to_thread.run_sync(make_folder, folder)
        async with SqliteLog.open(folder.log, clock=SystemClock().now) as log:
            store = FileArtifactStore(folder.outputs)
            await finish_sharing(log, store)
            taken = await take_in(archive, Commands(log), store, WHO)
            async with Projections.open(folder.projections, log) as projections:
                await projections.reached(taken.position)
            return taken
    except LogLocked:
        holder = options.holder()
        if holder is None:  # it has just ended
            raise
        return await ServerClient.beside(holder, folder).import_book(file)


def _told(options: GlobalOptions, archive: BookArchive, taken: TakenIn) -> Imported:
    book = book_of(archive)
    return Imported(
        taken.run_id,
        taken.is_new,
        archive.is_whole_book,
        book.title,
        book.run_id,
        book.edition,
        archive.key,
        str(options.folder.outputs / taken.run_id),
    )


def _print(it: Imported, verdict: str) -> None:
    out = console()
    out.print(Text.assemble(("✓ ", "green"), (it.title, "bold"), "" if it.is_new else "  is here"))
    facts = {
        "run": it.run_id,
        "folder": it.folder,
        "from": f"edition {it.edition} of {it.origin}",
        "file": verdict,
    }
    for name, what in facts.items():
        out.print(Text.assemble((f"  {name:<7}", "dim"), what), soft_wrap=True)
    if not it.is_whole:
        raise Failure(
            "the archive has not all of the book, and what it has is here: "
            f"`storybook retry {it.run_id[:SHORT_ID]}` lets the rest be made"
        )
