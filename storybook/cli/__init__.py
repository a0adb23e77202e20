"""The command line: `storybook COMMAND`.

A command's module is imported when the command is used; `--help` of the whole is written from the
table below and imports none of them, nor anything that they need. `options.py` has what the global
options say, `data_reader.py` what commands that only look read, `errors.py` turns errors into
messages and exit codes, `output.py` draws. CONTRIBUTING.md says how to add a command.

Exit codes: 0 it went well; 1 it did not, and the message says why; 2 it was called wrongly; 130 and
143 it was stopped by Ctrl-C or by SIGTERM before it was done.
"""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from pathlib import Path
from typing import Any, Final

import rich_click as click
from click.core import ParameterSource

from storybook import __version__
from storybook.cli.called_as import as_called, program
from storybook.cli.failure import Failure, ToldElsewhere, data_folder, os_failure
from storybook.cli.options import GlobalOptions, ServerElsewhere

COMMANDS: Final[dict[str, str]] = {
    "make": "Make a book from four words: text, pictures and voices.",
    "serve": "Serve the HTTP API, and make the books that are asked for.",
    "list": "List the books, newest first.",
    "show": "Show one book: its text, its files, and how it was made.",
    "watch": "Watch a book being made until it is done.",
    "log": "Print the log: every event, in order.",
    "cancel": "Stop the making of a book; finished pages stay readable.",
    "retry": "Let a failed or cancelled book go on from what is missing.",
    "edit": "Change a finished book: a text, a picture, a voice, or a language beside its own.",
    "editions": "List the editions of a book: who changed what, when, and why.",
    "diff": "Compare two editions of a book: texts word by word, files as pairs.",
    "revert": "Give a book the content again that it had in an edition.",
    "export": "Write a book to be taken along: as a page, an e-book, for printing, as a film.",
    "import": "Take in a book that `storybook export --format zip` has written, here or elsewhere.",
    "pin": "Keep the files of a book for ever, whatever retention removes.",
    "cast": "Save the heroes of a book for others: `save`, `list` and `forget` them.",
    "forget": "Erase a book for ever: its words, its text and its files.",
    "repair": "Make lost or damaged files of a book again, in place.",
    "verify": "Check that nothing is damaged: log, views and files, or one exported archive.",
    "rebuild": "Compute the views anew from the log: those that are named, or all.",
    "backup": "Back up the data folder, also beside a running server.",
    "restore": "Make a new data folder of a backup, everything in it checked.",
    "export-log": "Write the log as JSON lines: for another machine, version or store.",
    "import-log": "Read a log that was exported into a data folder that has none.",
    "models": "List the models that engines can use; `pull` downloads one.",
    "comfyui": "Look at ComfyUI: `check` explains a workflow, `convert` prints its graph.",
    "token": "Say who may use the server: `add`, `list` and `revoke` tokens.",
    "webhooks": "Show who was told what became of books, or have it sent again.",
    "config": "Print the settings in force, and where each came from.",
    "doctor": "Say what is ready here, and what to do about what is not.",
}
"""Each command's line in `--help`; its module in this package has its name, `_` for `-`."""

ELSEWHERE: Final = frozenset({"make", "watch", "show", "list", "cancel", "retry", "edit", "export"})
"""The commands that ask a server elsewhere (`--server`); all others look at a data folder."""

STOPPED_BY_CTRL_C: Final = 130
"""What a shell reads of a command that SIGINT has ended: 128 and the signal's number."""

PANELS: Final = {
    "Make": ["make", "serve"],
    "Look": ["list", "show", "watch", "log", "export", "import"],
    "Change": ["edit", "editions", "diff", "revert"],
    "Steer": ["cancel", "retry", "pin", "cast", "forget"],
    "Equip": ["models", "comfyui", "token", "config"],
    "Keep in order": ["verify", "repair", "rebuild", "webhooks", "doctor"],
    "Keep elsewhere": ["backup", "restore", "export-log", "import-log"],
}


class CommandGroup(click.RichGroup):
    """Lists commands from the table, and imports the one that is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS]  # `list` is the command's module here, once that is imported

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return click.RichCommand(name=name, help=COMMANDS[name]) if name in COMMANDS else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            ctx.fail(f"No such command {args[0]!r}{hint}")
        name, command, rest = super().resolve_command(ctx, args)
        if ctx.params.get("server") and name not in ELSEWHERE:
            those = ", ".join(sorted(ELSEWHERE))
            ctx.fail(
                f"{name} looks at a data folder: leave --server out, and call it where that is. "
                f"With --server work {those}."
            )
        return name, load_command(name) if name and command else command, rest

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Failure as failure:
            _tell(failure)
            ctx.exit(1)
        except BrokenPipeError:  # `storybook log | head` ends quietly, which click does
            raise
        except OSError as error:
            _tell(os_failure(error, data_folder()))
            ctx.exit(1)
        except KeyboardInterrupt:
            ctx.exit(STOPPED_BY_CTRL_C)
        except click.Abort as abort:  # at a question; the other reason is that nobody answers
            ctx.exit(STOPPED_BY_CTRL_C if isinstance(abort.__context__, KeyboardInterrupt) else 1)


def _tell(failure: Failure) -> None:
    text = str(failure) if isinstance(failure, ToldElsewhere) else as_called(str(failure))
    click.echo(f"{click.style('error:', fg='red', bold=True)} {text}", err=True)


def load_command(name: str) -> click.Command:
    """The command itself: `<name>_command` in the module of its name."""
    name = name.replace("-", "_")
    module = importlib.import_module(f"storybook.cli.{name}")
    command: click.Command = getattr(module, f"{name}_command")
    return command


@click.group(
    cls=CommandGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="RUN is the beginning of a run's id (4 characters or more), or `latest`.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    envvar="STORYBOOK_DATA",
    show_envvar=True,
    help="Where books, log and models are kept; ./data if not given.",
)
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    envvar="STORYBOOK_CONFIG",
    show_envvar=True,
    help="The settings; storybook.toml here or in the data folder if not given.",
)
@click.option(
    "--server",
    metavar="URL",
    help="Ask a server elsewhere, such as https://books.example, instead of a data folder.",
)
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What has the token that --server is shown; else STORYBOOK_TOKEN has it.",
)
@click.option("-v", "--verbose", is_flag=True, help="Say more on stderr about what happens.")
@click.version_option(__version__, "--version", message="storybook %(version)s")
@click.pass_context
def cli(
    ctx: click.Context,
    data: Path | None,
    config: Path | None,
    server: str | None,
    token_file: Path | None,
    verbose: bool,
) -> None:
    """Four Korean words become a children's picture book: text, pictures and voices.

    `storybook make` asks for the words, or takes them as options; `storybook make --help` has an
    example.
    """
    environ = {**os.environ, **({"STORYBOOK_DATA": str(data)} if data is not None else {})}
    if server is not None and not server.startswith(("http://", "https://")):
        raise click.UsageError(f"--server is to be an http or https address, found {server!r}.")
    if server is not None and ctx.get_parameter_source("data") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--server asks a server elsewhere, and --data is a folder here.")
    if server is None and token_file is not None:
        raise click.UsageError("--token-file is for --server.")
    token = token_file.read_text("utf-8") if token_file else os.environ.get("STORYBOOK_TOKEN", "")
    elsewhere = ServerElsewhere(server, token.strip()) if server is not None else None
    ctx.obj = GlobalOptions(environ, config, verbose, elsewhere)


cli_panels = [click.RichCommandPanel(name, commands=names) for name, names in PANELS.items()]
for _panel in cli_panels:
    cli.add_panel(_panel)


def leave_closed_folder() -> None:
    """Go on from the root folder where this user may not look into the working folder, as a
    service's user who was started in root's: each process that is started goes there first, and
    would die of it."""
    if not os.access(os.curdir, os.X_OK):
        closed = Path.cwd()
        os.chdir(os.sep)
        click.echo(f"This user may not look into {closed}: going on from {os.sep}", err=True)


def main() -> None:
    """The entry point."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal without some letter prints a question mark, rather than a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    leave_closed_folder()
    cli(prog_name=program())
