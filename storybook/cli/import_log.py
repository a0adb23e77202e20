"""`storybook import-log`: a log from JSON lines."""

from __future__ import annotations

from pathlib import Path

import anyio.to_thread
import msgspec
import rich_click as click

from storybook.cli.called_as import say
from storybook.cli.errors import run_async
from storybook.cli.new_views import make_views
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import print_json
from storybook.cli.progress_bar import counting_bar
from storybook.stores.sqlite.transfer import import_lines
from storybook.stores.sqlite.verify import Anchor


class ImportReport(msgspec.Struct, frozen=True):
    """What `import-log --json` prints."""

    folder: str
    events: int
    head: str


@click.command("import-log")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_options
def import_log_command(options: GlobalOptions, file: str, as_json: bool) -> None:
    """Read a log that was exported into a data folder that has none.

    FILE is what `storybook export-log` has written; `-` is standard input. The digest chain and all
    else that `storybook verify` looks at is checked before the log takes its place. Pictures and
    recordings are not in it: copy them beside it, or let `storybook repair` make them again.
    """
    options.start_logging()
    head = run_async(lambda: _import(options, file, not as_json))
    report = ImportReport(str(options.folder), head.position, str(head))
    if as_json:
        print_json(report)
    else:
        say(f"Imported {head.position:,} events into {options.folder}, and verified them.")
        say(f"  head {head}")


async def _import(options: GlobalOptions, file: str, shown: bool) -> Anchor:
    head = await anyio.to_thread.run_sync(_read, options, file, shown)
    await make_views(options.folder, shown)
    return head


def _read(options: GlobalOptions, file: str, shown: bool) -> Anchor:
    with (
        click.open_file(file, "rb") if file == "-" else Path(file).open("rb") as lines,
        counting_bar("Importing", "events", shown=shown) as step,
    ):
        return import_lines(lines, options.folder.log, step)
