"""`storybook cast`: the heroes of a book, saved for others."""

from __future__ import annotations

import rich_click as click
from rich.table import Table

from storybook.book import RunId
from storybook.characters import checked_name, releasing, saving
from storybook.cli.called_as import say
from storybook.cli.change_run import change_log, change_run
from storybook.cli.data_reader import open_data
from storybook.cli.errors import run_async
from storybook.cli.failure import Failure
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import SHORT_ID, WHO, console, print_json
from storybook.cli.server_client import ServerClient
from storybook.commands import Commands
from storybook.http.times import iso_time
from storybook.projections.characters import SavedCharacter
from storybook.request import InvalidRequest, composed
from storybook.stores.sqlite.log import SqliteLog


@click.group("cast")
def cast_command() -> None:
    """Save the heroes of a book for others: `save`, `list` and `forget` them.

    A book that is made with `--cast NAME` has them again, with the same look and voice.
    """


@cast_command.command("save")
@click.argument("run", metavar="RUN")
@click.option("--as", "name", metavar="NAME", required=True, help="What to call it in requests.")
@click.option(
    "--character",
    metavar="NAME",
    default="",
    help="Who of the book is meant; needed if it has several.",
)
@pass_options
def save_command(options: GlobalOptions, run: str, name: str, character: str) -> None:
    """Save a character of a book for others, under a name."""
    name = _checked(name)

    async def change(log: SqliteLog, run_id: RunId) -> None:
        await Commands(log).execute(run_id, saving(character, name, WHO))

    async def ask(server: ServerClient, run_id: RunId) -> None:
        await server.save_character(name, run_id, character)

    change_log(options, run, ask, change)
    say(f"Saved as {name}: `storybook make --cast {name}` makes another book with it.")


@cast_command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_options
def list_command(options: GlobalOptions, as_json: bool) -> None:
    """Show the characters that are saved."""
    saved = _saved(options)
    if as_json:
        for it in saved:
            print_json({**_told(it), "saved_at": iso_time(it.saved_at)})
        return
    if not saved:
        say("Nobody is saved. `storybook cast save RUN --as NAME` saves a character of a book.")
        return
    table = Table("name", "called", "look", "voice", "book")
    for it in saved:
        who = it.member
        table.add_row(it.name, who.name, who.card, who.voice, it.run_id[:SHORT_ID])
    console().print(table)


@cast_command.command("forget")
@click.argument("name", metavar="NAME")
@pass_options
def forget_command(options: GlobalOptions, name: str) -> None:
    """Save a character no more; books that it is in keep it."""

    async def ask(server: ServerClient, run_id: RunId) -> None:
        await server.release_character(name)

    name = composed(name)
    runs = [it.run_id for it in _saved(options, name)]
    if not runs:
        raise Failure(f"nobody is saved as {name!r}; `storybook cast list` shows those there are")
    for run_id in runs:
        _, was_asked = change_run(options, run_id, ask, releasing(name, WHO))
        if was_asked:
            break  # the server sees to all of them
    say(f"{name} is saved no more.")


def _saved(options: GlobalOptions, name: str = "") -> list[SavedCharacter]:
    async def read() -> list[SavedCharacter]:
        async with open_data(options) as reader:
            return await (reader.saved_as(name) if name else reader.saved_characters())

    return run_async(read)


def _checked(name: str) -> str:
    try:
        return checked_name(name)
    except InvalidRequest as invalid:
        raise click.BadParameter(invalid.faults[0].msg, param_hint="--as") from invalid


def _told(it: SavedCharacter) -> dict[str, str]:
    who = it.member
    return {
        "name": it.name,
        "character": who.name,
        "kind": who.kind,
        "card": who.card,
        "voice": who.voice,
        "run_id": it.run_id,
    }
