"""Changes a run, for the commands that do.

A log has one writer. If a process serves this data folder it is asked over HTTP; if none does, the
log is opened for a moment and the decision appended here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio.to_thread

from storybook.book import RunId
from storybook.cli.data_reader import open_data
from storybook.cli.errors import run_async
from storybook.cli.options import GlobalOptions, ServerElsewhere
from storybook.cli.server_client import REMOTE_PATIENCE_SECONDS, ServerClient
from storybook.clock import SystemClock
from storybook.commands import Commands, Decide
from storybook.events.log import LogLocked
from storybook.evidence import require_evidence
from storybook.stores.sqlite.log import SqliteLog

Ask = Callable[[ServerClient, RunId], Awaitable[None]]


def change_run(options: GlobalOptions, text: str, ask: Ask, decide: Decide) -> tuple[RunId, bool]:
    """Carry out a decision; returns the run, and whether a server was asked to."""

    async def change(log: SqliteLog, run_id: RunId) -> None:
        await Commands(log).execute(run_id, decide)

    return change_log(options, text, ask, change)


def change_log(
    options: GlobalOptions,
    text: str,
    ask: Ask,
    change: Callable[[SqliteLog, RunId], Awaitable[None]],
) -> tuple[RunId, bool]:
    """Ask a server to change a run, or change it here, in the log; returns the run, and whether a
    server was asked to."""
    options.start_logging()
    if options.server is not None:
        return _change_elsewhere(options.server, text, ask), True

    async def main() -> tuple[RunId, bool]:
        async with open_data(options) as reader:
            run_id = await reader.find(text)
        try:
            if options.holder() is None:
                await anyio.to_thread.run_sync(require_evidence, options.folder)
            async with SqliteLog.open(options.folder.log, clock=SystemClock().now) as log:
                await change(log, run_id)
            return run_id, False
        except LogLocked:
            await _ask(options, ask, run_id)
            return run_id, True

    return run_async(main)


def _change_elsewhere(named: ServerElsewhere, text: str, ask: Ask) -> RunId:
    from storybook.cli import remote

    server = ServerClient(named.url, named.token, REMOTE_PATIENCE_SECONDS)

    async def main() -> RunId:
        async with server.asking() as client:
            run_id = await remote.find(client, text)
        await ask(server, run_id)
        return run_id

    return run_async(main)


async def _ask(options: GlobalOptions, ask: Ask, run_id: RunId) -> None:
    holder = options.holder()
    if holder is None:  # it has just ended
        raise LogLocked("the process that held this data folder has just ended; try again")
    await ask(ServerClient.beside(holder, options.folder), run_id)
