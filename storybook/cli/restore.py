"""`storybook restore`: a new data folder from a backup, or from a copy of one."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from storybook.cli.backup import files_lost, mend
from storybook.cli.called_as import say
from storybook.cli.errors import run_async, told_of
from storybook.cli.failure import Failure
from storybook.cli.new_views import make_views
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import print_json
from storybook.cli.progress_bar import counting_bar
from storybook.data_folder import DataFolder
from storybook.stores.backup.contents import opened
from storybook.stores.backup.restoring import RestoreReport, restore


@click.command("restore")
@click.argument("backup", type=click.Path(exists=True, path_type=Path))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_options
def restore_command(options: GlobalOptions, backup: Path, folder: Path, as_json: bool) -> None:
    """Make a new data folder of a backup, everything in it checked.

    BACKUP is what `storybook backup` has made, or a copy of a data folder, also one that was made
    while books were made in it. FOLDER must have no log. The digest chain of the log and the
    SHA-256 of every file are checked. Exit code 1 if files of books are missing: a line each, and
    everything else is there; `storybook repair` makes them again.
    """
    options.start_logging()
    report = run_async(lambda: _restore(backup, folder.absolute(), not as_json))
    if as_json:
        print_json(report)
    else:
        for line in report.wrong:
            say(line)
        say(
            f"Restored {report.events:,} events and {report.files:,} files: use them with "
            f"--data {report.folder}"
        )
        say(f"  head {report.head}")
    if report.missing:
        raise Failure(
            f"{files_lost(report.missing)} not in the backup{mend(report.missing, report.folder)}"
        )
    if report.faults:
        raise Failure("the backup is damaged; what is named was not restored")


async def _restore(backup: Path, folder: Path, shown: bool) -> RestoreReport:
    with (
        counting_bar("Restoring", "files", shown=shown) as step,
        told_of(folder),
        opened(backup) as contents,
    ):
        report = await restore(backup, contents, DataFolder(folder), step)
    await make_views(DataFolder(folder), shown)
    return report
