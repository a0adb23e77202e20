"""`storybook backup`: log, files and the rest of a data folder, while it is worked in."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import rich_click as click

from storybook.cli.called_as import say
from storybook.cli.errors import run_async, told_of
from storybook.cli.failure import Failure
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import SHORT_ID, print_json, size
from storybook.cli.progress_bar import counting_bar
from storybook.clock import SystemClock
from storybook.stores.backup.contents import opened
from storybook.stores.backup.making import BackupReport, make_backup
from storybook.stores.backup.restoring import RestoreReport, check_backup
from storybook.stores.backup.target import writing
from storybook.stores.files import FileArtifactStore
from storybook.system import to_type

NAMED_RUNS: Final = 3
"""Runs whose repair is spelled out; the lines name all."""


@click.command("backup")
@click.argument("backup", metavar="FOLDER|FILE.tar", type=click.Path(path_type=Path))
@click.option("--verify", is_flag=True, help="Check every digest of the backup there; make none.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_options
def backup_command(options: GlobalOptions, backup: Path, verify: bool, as_json: bool) -> None:
    """Back up the data folder, also beside a running server.

    The log as it is at one moment, every picture and recording that it names, their digests
    checked, and tokens and webhooks. Into a folder that has a backup, only what is new is copied,
    and what the log no longer names is removed. Until all is there, the old backup stays whole.
    Exit code 1 if files of books could not be had, too: a line each; everything else is backed up.
    """
    options.start_logging()
    if verify:
        _tell_check(run_async(lambda: _check(backup, not as_json)), as_json)
    else:
        _tell(run_async(lambda: _back_up(options, backup, not as_json)), as_json)


async def _back_up(options: GlobalOptions, backup: Path, shown: bool) -> BackupReport:
    folder = options.folder
    if not folder.log.exists() or not folder.log.stat().st_size:
        raise Failure(f"there is no log in {folder}, so there is nothing to back up")
    store, now = FileArtifactStore(folder.outputs), SystemClock().now()
    with (
        counting_bar("Backing up", "files", shown=shown) as step,
        told_of(backup),
        writing(backup, folder) as target,
    ):
        return await make_backup(folder, store, target, now, step)


async def _check(backup: Path, shown: bool) -> RestoreReport:
    with (
        counting_bar("Checking the backup", "files", shown=shown) as step,
        told_of(backup),
        opened(backup) as contents,
    ):
        return await check_backup(backup, contents, step)


def _tell(report: BackupReport, as_json: bool) -> None:
    if as_json:
        print_json(report)
    else:
        for line in report.missing:
            say(f"file {line}")
        removed = f", {report.removed:,} removed" if report.removed else ""
        say(
            f"Backed up {report.events:,} events and {report.files - len(report.missing):,} files "
            f"in {report.backup}: {report.copied:,} copied ({size(report.bytes)}){removed}."
        )
        say(f"  head {report.head}")
    if report.missing:
        raise Failure(
            f"{files_lost(report.missing)} lost, and not in the backup{mend(report.missing)}"
        )


def _tell_check(report: RestoreReport, as_json: bool) -> None:
    wrong = report.wrong
    if as_json:
        print_json(report)
    else:
        for line in wrong:
            say(line)
    if wrong:
        raise Failure(
            f"{len(wrong)} fault{'s' * (len(wrong) > 1)} found in the backup; it can be restored "
            "without what is named. Make a new one in another folder, and keep this one until then"
        )
    if not as_json:
        say(f"The backup is whole: {report.events:,} events, {report.files:,} files.")
        say(f"  head {report.head}")


def files_lost(missing: list[str]) -> str:
    """How many files are."""
    return f"{len(missing)} file{'s are' if len(missing) > 1 else ' is'}"


def mend(missing: list[str], folder: str = "") -> str:
    """What brings missing files back, in the data folder of the command or in another one."""
    runs = list(dict.fromkeys(it.split("/")[0] for it in missing))
    program = f"storybook --data {to_type([folder])}" if folder else "storybook"
    named = ", ".join(f"`{program} repair {run[:SHORT_ID]}`" for run in runs[:NAMED_RUNS])
    more = " and so on" if len(runs) > NAMED_RUNS else ""
    return f"; let them be made again, once their book has ended: {named}{more}"
