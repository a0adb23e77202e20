"""`storybook rebuild`: the views are made anew from the log, which is only read."""

from __future__ import annotations

import anyio.to_thread
import rich_click as click

from storybook.cli.called_as import say
from storybook.cli.data_reader import open_data
from storybook.cli.errors import run_async
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import duration, print_json
from storybook.cli.progress_bar import counting_bar
from storybook.evidence import require_evidence
from storybook.projections.rebuild import chosen, rebuild


def _projections(
    ctx: click.Context, parameter: click.Parameter, names: tuple[str, ...]
) -> tuple[str, ...]:
    try:
        chosen(names)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return names


@click.command("rebuild")
@click.argument("names", nargs=-1, metavar="[NAME]...", callback=_projections)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
@pass_options
def rebuild_command(options: GlobalOptions, names: tuple[str, ...], as_json: bool) -> None:
    """Compute the views anew from the log: those that are named, or all.

    The new ones are made beside the old ones and swapped in when they are whole; a running server
    goes on serving.
    """
    options.start_logging()

    async def main() -> None:
        await anyio.to_thread.run_sync(require_evidence, options.folder)
        async with open_data(options) as reader:
            with counting_bar("Replaying the log", "events", shown=not as_json) as step:
                report = await rebuild(options.folder.projections, reader.log, step, names)
        if as_json:
            print_json(report)
        else:
            say(
                f"Rebuilt from {report.events:,} events in {duration(report.seconds)} "
                f"({report.events_per_second:,.0f} a second), up to position {report.position}."
            )

    run_async(main)
