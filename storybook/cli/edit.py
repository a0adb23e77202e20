"""`storybook edit`: a finished book is changed, which makes another edition of it."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import msgspec
import rich_click as click
from rich.text import Text

from storybook.book import MOST_PAGES, RunId
from storybook.bootstrap import page_check
from storybook.cli.book_making import BookMaking, Made, MakeOptions, short
from storybook.cli.called_as import say
from storybook.cli.change_run import change_log
from storybook.cli.data_reader import open_data
from storybook.cli.errors import in_options, run_async, run_until_stopped
from storybook.cli.failure import Failure
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import WHO, console, duration, print_json
from storybook.cli.page_file import edit_of, page_as_text
from storybook.cli.server_client import ServerClient
from storybook.commands import Commands
from storybook.edition_request import check_edition
from storybook.editions import deciding_edition
from storybook.languages.known import language_of, names_in
from storybook.request import SEED_RANGE, InvalidRequest
from storybook.run import EditionRequest, Run, Status, read_whole
from storybook.stages.registry import choose_engines
from storybook.stopping import exit_code
from storybook.stores.sqlite.log import SqliteLog

if TYPE_CHECKING:
    from storybook.client import StorybookClient


class EditOptions(msgspec.Struct, frozen=True):
    """What the options say."""

    page: int | None
    text: str | None
    editor: bool
    of_page: dict[str, Any]
    voices: tuple[str, ...]
    of_book: dict[str, Any]


@click.command("edit")
@click.argument("run", metavar="RUN")
@click.option(
    "--page",
    type=click.IntRange(0, MOST_PAGES - 1),
    metavar="NUMBER",
    help="Which page is changed; 0 is the cover.",
)
@click.option("--rewrite", metavar="WISH", help="Let the writer write the page anew.")
@click.option("--repaint", is_flag=True, help="Paint the page's picture anew.")
@click.option(
    "--seed",
    metavar="NUMBER",
    type=click.IntRange(*SEED_RANGE),
    help="Of the new picture; drawn by chance if not given.",
)
@click.option("--revoice", is_flag=True, help="Read the page aloud anew.")
@click.option(
    "--text",
    type=click.File(encoding="utf-8-sig"),
    metavar="FILE",
    help="Give the page the text of a file; - is standard input.",
)
@click.option("--editor", is_flag=True, help="Open the page in $EDITOR, as a small text file.")
@click.option(
    "--voice",
    "voices",
    metavar="NAME=VOICE",
    multiple=True,
    help="Let a character speak in another voice, or the narrator if no name is given.",
)
@click.option("--style", metavar="TEXT", help="Paint all pictures anew, in another style.")
@click.option("--note", metavar="TEXT", default="", help="Why, for those who come later.")
@click.option(
    "--accept", is_flag=True, help="Let a text stand whatever the check for children finds in it."
)
@click.option("--no-wait", is_flag=True, help="Ask for it, and do not wait until it is made.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end, no more.")
@pass_options
def edit_command(
    options: GlobalOptions,
    run: str,
    page: int | None,
    rewrite: str | None,
    repaint: bool,
    seed: int | None,
    revoice: bool,
    text: Any,
    editor: bool,
    voices: tuple[str, ...],
    style: str | None,
    note: str,
    accept: bool,
    no_wait: bool,
    as_json: bool,
) -> None:
    """Change a finished book: a text, a picture, a voice.

    Each change makes another edition, of which only what changed is made; the one before is kept,
    and shown until the new one is whole. `storybook editions` lists them, `storybook revert` goes
    back to one.

    \b
    For example:
    storybook edit latest --page 2 --repaint
    storybook edit latest --page 3 --text page3.txt --note "shorter"
    storybook edit latest --voice 토끼=F2
    """
    is_repainted = repaint or seed is not None
    asked = {"rewrite": rewrite, "repaint": is_repainted, "seed": seed, "revoice": revoice}
    of_page = {name: it for name, it in asked.items() if it is not None and it is not False}
    wanted = EditOptions(
        page,
        text.read() if text is not None else None,
        editor,
        of_page,
        voices,
        {"style": style, "note": note, "accept": accept},
    )
    _check(wanted)
    options.start_logging()
    if options.server is not None:
        _edit_elsewhere(options, run, wanted, waits=not no_wait, as_json=as_json)
        return
    run_id, book = _book(options, run)
    change = _change(wanted, book)
    if change is None:
        say("Nothing is changed, and nothing was asked.")
        return
    with _kept(change if editor else None):
        if no_wait:
            _ask(options, run_id, change)
        else:
            _make(options, MakeOptions(None, run_id, change), as_json)


def _edit_elsewhere(
    options: GlobalOptions, text: str, wanted: EditOptions, *, waits: bool, as_json: bool
) -> None:
    """By a server that `--server` names, which checks what is asked."""
    from storybook.cli import remote

    if wanted.editor:
        raise click.UsageError("--editor looks at a data folder: with --server give --text.")
    page = {"page": wanted.page, **wanted.of_page} if wanted.page is not None else None
    if page is not None and wanted.text is not None:
        page["summary" if wanted.page else "title"] = wanted.text.strip()

    async def ask(client: StorybookClient) -> None:
        run_id = await remote.find(client, text)
        tts = await remote.with_voices(client, run_id, wanted.voices)
        edition = await remote.edit_book(
            client, run_id, page, {"tts_config": tts, **wanted.of_book}
        )
        if waits:
            await remote.watch_run(client, run_id, as_json=as_json)
        elif as_json:
            print_json({"run_id": run_id, "edition": edition})
        else:
            say(f"The server makes edition {edition}; `storybook watch {short(run_id)}` shows it.")

    remote.asked(options, ask)


def _check(wanted: EditOptions) -> None:
    is_of_page = wanted.of_page or wanted.text is not None or wanted.editor
    if is_of_page and wanted.page is None:
        raise click.UsageError("Which page? --page 0 is the cover.")
    if wanted.page is not None and not is_of_page:
        raise click.UsageError(
            f"What of page {wanted.page}? --rewrite, --repaint, --revoice, --text or --editor."
        )
    if wanted.text is not None and wanted.editor:
        raise click.UsageError("--text gives the text, --editor asks for it: not both.")
    if not is_of_page and not wanted.voices and wanted.of_book["style"] is None:
        raise click.UsageError("Nothing is asked: see --help for what can be changed.")


def _book(options: GlobalOptions, text: str) -> tuple[RunId, Run]:
    async def main() -> tuple[RunId, Run]:
        async with open_data(options) as reader:
            run_id = await reader.find(text)
            run = read_whole(await reader.history(run_id))
            assert run is not None
            return run_id, run

    return run_async(main)


# ----------------------------------------------------------------------------------- what is asked


def _change(wanted: EditOptions, run: Run) -> EditionRequest | None:
    """What is asked of the book as it is; None if nothing is. A fault in it is a usage error."""
    edit = _edit(wanted, run) if wanted.page is not None else None
    if edit == {}:
        return None
    pages = [{"page": wanted.page, **edit}] if edit is not None else []
    asked = {"base_edition": run.edition, "pages": pages, "tts": _voices(wanted.voices, run)}
    try:
        return check_edition({**asked, **wanted.of_book}, run)
    except InvalidRequest as invalid:
        raise in_options(invalid) from invalid


def _edit(wanted: EditOptions, run: Run) -> dict[str, Any]:
    assert wanted.page is not None
    if wanted.page >= run.page_count:
        raise click.UsageError(f"--page: the book has pages 0 to {run.page_count - 1}.")
    edit = dict(wanted.of_page)
    if wanted.text is not None:
        edit["summary" if wanted.page else "title"] = wanted.text.strip()
    if wanted.editor:
        edit |= _edited(run, wanted.page)
    return edit


def _edited(run: Run, number: int) -> dict[str, Any]:
    shown = run.shown
    if number >= len(shown.pages):
        raise Failure(f"the book is {run.status}; only a whole one can be changed")
    page = shown.pages[number]
    text = click.edit(page_as_text(page, shown.pages[0].title, shown.edition), extension=".txt")
    return edit_of(text, page) if text is not None else {}


def _voices(given: Sequence[str], run: Run) -> dict[str, Any] | None:
    if not given:
        return None
    tts, names = run.shown.tts, names_in(language_of(run.language), run.request)
    found: dict[str, Any] = {"character_voices": dict(tts.character_voices) if tts else {}}
    for it in given:
        name, sign, voice = it.rpartition("=")
        if sign:
            name = name.strip()
            found["character_voices"] |= {name: voice, names.get(name, name): voice}
        else:
            found["narrator_voice"] = voice
    return found


@contextmanager
def _kept(change: EditionRequest | None) -> Iterator[None]:
    """What somebody has typed is not lost if it is refused."""
    try:
        yield
    except (Failure, click.UsageError):
        if change is not None:
            with tempfile.NamedTemporaryFile("wb", suffix=".json", delete=False) as file:
                file.write(msgspec.json.format(msgspec.json.encode(change.pages)))
            say(f"What you wrote is kept in {file.name}.", err=True)
        raise


# -------------------------------------------------------------------------------------- the making


def _ask(options: GlobalOptions, run_id: RunId, change: EditionRequest) -> None:
    """Ask for the edition, and leave it to whoever makes books."""

    async def here(log: SqliteLog, run_id: RunId) -> None:
        commands = Commands(log)
        engines = await choose_engines(options.settings, options.folder.path)
        try:
            check = page_check(options.settings)
            run = await commands.load(run_id)
            decide = await deciding_edition(run, change, engines, check)
            await commands.execute(run_id, partial(decide, requested_by=WHO))
        finally:
            with anyio.CancelScope(shield=True):
                await engines.close()

    async def ask(server: ServerClient, run_id: RunId) -> None:
        await server.request_edition(run_id, change)

    _, was_asked = change_log(options, run_id, ask, here)
    name = short(run_id)
    then = f"`storybook make --resume {name}` writes book.html anew once it is whole"
    if was_asked:
        say(f"The server makes the edition; `storybook watch {name}` shows it, and {then}.")
    else:
        say(f"The edition is asked for. No process makes books here now: {then}.")


def _make(options: GlobalOptions, wanted: MakeOptions, as_json: bool) -> None:
    making = BookMaking(options, wanted, as_json, accept_loss=False)
    try:
        made = run_until_stopped(making.make)
    except KeyboardInterrupt:  # before it had taken over the signals
        making.stop.signal, made = signal.SIGINT, None
    if as_json:
        print_json(made or making.as_stopped())
    if made is None:
        making.say_how_to_go_on()
        sys.exit(exit_code(making.stop.signal))
    _finish(made, quiet=as_json)


def _finish(made: Made, quiet: bool) -> None:
    assert made.run_id is not None  # it was there before
    if made.status is not Status.DONE:
        raise Failure(
            f"{made.error}; the book is as it was before. `storybook make --resume "
            f"{short(made.run_id)}` tries again, and another `storybook edit` asks for something "
            "else"
        )
    if not quiet:
        out, took = console(), f"  {duration(made.book_seconds or 0.0)} after it was asked for"
        title = f"{made.title}, edition {made.edition}"
        out.print(Text.assemble(("✓ ", "green"), (title, "bold"), took))
        out.print(Text.assemble(("  book   ", "dim"), made.book or ""), soft_wrap=True)
