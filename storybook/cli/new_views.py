"""The views of a log that has just come from elsewhere: the first start finds them made."""

from __future__ import annotations

from storybook.cli.progress_bar import counting_bar
from storybook.data_folder import DataFolder
from storybook.projections.rebuild import rebuild
from storybook.stores.sqlite.log import SqliteLog


async def make_views(folder: DataFolder, shown: bool) -> None:
    """Compute all views of a data folder from its log."""
    async with SqliteLog.read_only(folder.log) as log:
        with counting_bar("Replaying the log", "events", shown=shown) as step:
            await rebuild(folder.projections, log, step)
