"""`storybook export-log`: the whole log as JSON lines."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

import anyio.to_thread
import msgspec
import rich_click as click

from storybook.cli.called_as import say
from storybook.cli.data_reader import open_data
from storybook.cli.errors import run_async, told_of
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import print_json
from storybook.cli.progress_bar import counting_bar
from storybook.stores.sqlite.transfer import export_lines
from storybook.system import sync_file


class ExportReport(msgspec.Struct, frozen=True):
    """What `export-log FILE --json` prints."""

    file: str
    lines: int
    bytes: int


@click.command("export-log")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; needs a FILE.")
@pass_options
def export_log_command(options: GlobalOptions, file: Path | None, as_json: bool) -> None:
    """Write the log as JSON lines: for another machine, version or store.

    To FILE, which is there when it is whole, or to standard output; also beside a running server.
    Every event and every answered command, positions, digests and data as they are. Pictures and
    recordings are not in it: `storybook backup` has those.
    """
    options.start_logging()
    if file is None:
        if as_json:
            raise click.UsageError("--json needs a FILE: without one the log is printed")
        run_async(lambda: _export(options, sys.stdout.buffer, shown=not sys.stdout.isatty()))
        return
    report = run_async(lambda: _to_file(options, file.resolve(), not as_json))
    if as_json:
        print_json(report)
    else:
        say(f"Exported {report.lines:,} lines to {report.file}; `storybook import-log` reads them.")


async def _to_file(options: GlobalOptions, file: Path, shown: bool) -> ExportReport:
    temporary = file.with_name(f".{file.name}.writing")
    try:
        with told_of(file), temporary.open("wb") as out:
            lines = await _export(options, out, shown)
            out.flush()
            sync_file(out.fileno())
            size = out.tell()
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    return ExportReport(str(file), lines, size)


async def _export(options: GlobalOptions, out: BinaryIO, shown: bool) -> int:
    async with open_data(options):  # a folder without a log is told
        return await anyio.to_thread.run_sync(_write, options.folder.log, out, shown)


def _write(log: Path, out: BinaryIO, shown: bool) -> int:
    with counting_bar("Exporting", "events", shown=shown) as step:
        count = 0
        for line in export_lines(log, step):
            out.write(line)
            count += 1
        out.flush()
        return count
