"""`storybook edit`: a finished book is changed, which makes another edition of it."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import msgspec
import rich_click as click
from rich.text import Text

from storybook.book import COVER_PAGE, MOST_PAGES, Page, RunId
from storybook.bootstrap import page_check
from storybook.changing import deciding_edition
from storybook.cli.book_making import BookMaking, Made, MakeOptions, short
from storybook.cli.called_as import say
from storybook.cli.change_run import change_log
from storybook.cli.data_reader import open_data
from storybook.cli.errors import VOICE, in_options, run_async, run_until_stopped
from storybook.cli.failure import Failure
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import WHO, console, duration, print_json
from storybook.cli.page_file import edit_of, page_as_text
from storybook.cli.server_client import ServerClient
from storybook.commands import Commands
from storybook.edition_request import check_edition
from storybook.editions import NoSuchLanguage, shown_in
from storybook.languages.known import language_of, names_in
from storybook.request import SEED_RANGE, InvalidRequest, RequestFault, composed
from storybook.run import EditionRequest, Run, Status, read_whole
from storybook.stages.registry import choose_engines
from storybook.stopping import exit_code
from storybook.stores.sqlite.log import SqliteLog

if TYPE_CHECKING:
    from storybook.client import StorybookClient


class EditOptions(msgspec.Struct, frozen=True):
    """What the options say."""

    page: int | None
    language: str | None
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
@click.option(
    "--language",
    metavar="TAG",
    help="Of the page's text and voice, in a book of several languages; its own if not given.",
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
    type=click.File("rb"),
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
@click.option(
    "--add-language",
    metavar="TAG",
    help="Put the book into another language, too, such as en: its text, and its voice.",
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
    language: str | None,
    rewrite: str | None,
    repaint: bool,
    seed: int | None,
    revoice: bool,
    text: Any,
    editor: bool,
    voices: tuple[str, ...],
    add_language: str | None,
    style: str | None,
    note: str,
    accept: bool,
    no_wait: bool,
    as_json: bool,
) -> None:
    """Change a finished book: a text, a picture, a voice, or a language beside its own.

    Each change makes another edition, of which only what changed is made; the one before is kept,
    and shown until the new one is whole. `storybook editions` lists them, `storybook revert` goes
    back to one.

    \b
    For example:
    storybook edit latest --page 2 --repaint
    storybook edit latest --page 3 --text page3.txt --note "shorter"
    storybook edit latest --voice 토끼=F2
    storybook edit latest --add-language en
    """
    is_repainted = repaint or seed is not None
    asked = {"rewrite": rewrite, "repaint": is_repainted, "seed": seed, "revoice": revoice}
    of_page = {name: it for name, it in asked.items() if it is not None and it is not False}
    wanted = EditOptions(
        page,
        language,
        _text_of(text.read()) if text is not None else None,
        editor,
        of_page,
        voices,
        {"style": style, "note": note, "accept": accept, "add_language": add_language},
    )
    _check(wanted)
    options.start_logging()
    if options.server is not None:
        _edit_elsewhere(options, run, wanted, waits=not no_wait, as_json=as_json)
        return
    run_id, book = _book(options, run)
    with _typed(_opened(wanted, book)) as file:
        change = _change(wanted, book, file)
        if change is None:
            say("Nothing is changed, and nothing was asked.", err=as_json)
        elif no_wait:
            _ask(options, run_id, change, as_json)
        else:
            _make(options, MakeOptions(None, run_id, change), as_json)


def _text_of(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.BadParameter("expected a text in UTF-8", param_hint="--text") from error


def _edit_elsewhere(
    options: GlobalOptions, text: str, wanted: EditOptions, *, waits: bool, as_json: bool
) -> None:
    """By a server that `--server` names, which checks what is asked."""
    from storybook.cli import remote

    if wanted.editor:
        raise click.UsageError("--editor looks at a data folder: with --server give --text.")
    page = None
    if wanted.page is not None:
        page = {"page": wanted.page, "language": wanted.language, **wanted.of_page}
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
    if wanted.language is not None and wanted.page is None:
        raise click.UsageError("Which page in that language? --add-language adds one to the book.")
    if wanted.page is not None and not is_of_page:
        raise click.UsageError(
            f"What of page {wanted.page}? --rewrite, --repaint, --revoice, --text or --editor."
        )
    if wanted.text is not None and wanted.editor:
        raise click.UsageError("--text gives the text, --editor asks for it: not both.")
    is_of_book = any(wanted.of_book[name] is not None for name in ("style", "add_language"))
    if not is_of_page and not wanted.voices and not is_of_book:
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


def _change(wanted: EditOptions, run: Run, file: Path | None) -> EditionRequest | None:
    """What is asked of the book as it is; None if nothing is. A fault in it is a usage error. What
    is typed goes into the file."""
    edit = _edit(wanted, run, file) if wanted.page is not None else None
    if edit == {}:
        return None
    pages = [{"page": wanted.page, "language": wanted.language, **edit}] if edit is not None else []
    asked = {"base_edition": run.edition, "pages": pages, "tts": _voices(wanted.voices, run)}
    try:
        return check_edition({**asked, **wanted.of_book}, run)
    except InvalidRequest as invalid:
        raise in_options(InvalidRequest([*map(_of_option, invalid.faults)])) from invalid


def _of_option(it: RequestFault) -> RequestFault:
    return msgspec.structs.replace(it, loc=VOICE) if it.loc[0] == "tts" else it


def _edit(wanted: EditOptions, run: Run, file: Path | None) -> dict[str, Any]:
    edit = dict(wanted.of_page)
    if wanted.text is not None:
        edit["summary" if wanted.page else "title"] = wanted.text.strip()
    if file is not None:
        edit |= _edited(_page(wanted, run), file)
    return edit


def _page(wanted: EditOptions, run: Run) -> Page:
    """The page that is meant, as it is shown in the language that is meant."""
    assert wanted.page is not None
    try:
        language = shown_in(run, wanted.language) if wanted.language is not None else ""
    except NoSuchLanguage as error:
        raise Failure(str(error)) from error
    page = run.shown.page_in(wanted.page, language)
    if page is None:
        raise Failure(f"the book is {run.status}; only a whole one can be changed")
    return page


def _opened(wanted: EditOptions, run: Run) -> str | None:
    """What is opened in an editor, if one is."""
    if wanted.page is not None and wanted.page >= run.page_count:
        raise click.UsageError(f"--page: the book has pages 0 to {run.page_count - 1}.")
    if not wanted.editor:
        return None
    page, shown = _page(wanted, run), run.shown
    return page_as_text(page, shown.pages[COVER_PAGE].title, shown.edition)


def _edited(page: Page, file: Path) -> dict[str, Any]:
    click.edit(filename=str(file))
    try:
        return edit_of(file.read_text("utf-8-sig"), page)
    except UnicodeDecodeError as error:
        raise Failure("expected a text in UTF-8: the editor has saved another encoding") from error


def _voices(given: Sequence[str], run: Run) -> dict[str, Any] | None:
    if not given:
        return None
    tts, names = run.shown.tts, names_in(language_of(run.language), run.request)
    found: dict[str, Any] = {"character_voices": dict(tts.character_voices) if tts else {}}
    for it in given:
        name, sign, voice = it.rpartition("=")
        if sign:
            name = composed(name)
            found["character_voices"] |= {name: voice, names.get(name, name): voice}
        else:
            found["narrator_voice"] = voice
    return found


@contextmanager
def _typed(opened: str | None) -> Iterator[Path | None]:
    """The file that is opened in an editor, if one is. What somebody has typed is not lost if it is
    refused."""
    if opened is None:
        yield None
        return
    with tempfile.NamedTemporaryFile(prefix="page-", suffix=".txt", delete=False) as made:
        file = Path(made.name)
    file.write_text(opened, "utf-8")
    before = file.read_bytes()
    try:
        yield file
    except (Failure, click.ClickException):
        if file.is_file() and file.read_bytes() != before:
            say(f"What you wrote is kept in {file}.", err=True)
            raise
        file.unlink(missing_ok=True)
        raise
    file.unlink(missing_ok=True)


# -------------------------------------------------------------------------------------- the making


class AskedEdition(msgspec.Struct, frozen=True):
    """What is printed as JSON of an edition that nobody waits for."""

    run_id: RunId
    edition: int


def _ask(options: GlobalOptions, run_id: RunId, change: EditionRequest, as_json: bool) -> None:
    """Ask for the edition, and leave it to whoever makes books."""
    asked: list[AskedEdition] = []

    async def here(log: SqliteLog, run_id: RunId) -> None:
        commands = Commands(log)
        engines = await choose_engines(options.settings, options.folder.path)
        try:
            check = page_check(options.settings)
            run = await commands.load(run_id)
            decide = await deciding_edition(run, change, engines, check)
            done = await commands.execute(run_id, partial(decide, requested_by=WHO))
            asked.append(AskedEdition(run_id, done.run.edition))
        finally:
            with anyio.CancelScope(shield=True):
                await engines.close()

    async def ask(server: ServerClient, run_id: RunId) -> None:
        asked.append(AskedEdition(run_id, await server.request_edition(run_id, change)))

    _, was_asked = change_log(options, run_id, ask, here)
    if as_json:
        print_json(asked[0])
        return
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
