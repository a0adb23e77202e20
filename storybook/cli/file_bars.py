"""Progress bars of files that come or are read through, one for each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import rich_click as click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from storybook.stages.models.index import ModelFile
from storybook.stages.models.ledger import Step


class Bars:
    """Progress bars on stderr, one for each file, on a terminal only."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def bringing(self, file: ModelFile) -> Step:
        return self.step(file.path)

    def checking(self, file: ModelFile) -> Step:
        return self.step(f"checking {file.path}")

    def step(self, what: str) -> Step:
        """A bar, which goes away when it is full."""
        task = self._progress.add_task(what, total=None, visible=False)

        def step(done: int, total: int) -> None:
            self._progress.update(task, completed=done, total=total or None, visible=done != total)

        return step

    def print(self, line: str) -> None:
        """A line, above the bars where there are any."""
        if self._progress.disable:
            click.echo(line)
        else:
            self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def file_bars(*, shown: bool) -> Iterator[Bars]:
    """Bars for as long as this is open; none are drawn where they are not `shown`, or on no
    terminal."""
    err = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, disable=not (shown and err.is_terminal)) as progress:
        yield Bars(progress)
