"""`storybook repair`: lost or damaged files of a book are made again.

If a process serves this data folder it is asked over HTTP; if none does, the log is opened here and
the engines of the settings work in this process.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import anyio
import rich_click as click

from storybook.book import RunId
from storybook.cli.called_as import say
from storybook.cli.data_reader import open_data
from storybook.cli.errors import run_async
from storybook.cli.event_text import engine_name
from storybook.cli.failure import Failure
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import SHORT_ID, WHO, print_json
from storybook.cli.server_client import ServerClient
from storybook.clock import SystemClock
from storybook.commands import Commands
from storybook.events.log import LogLocked
from storybook.repair import DamagedFile, Repair, RepairOutcome, Repairs
from storybook.stages.devices import Devices
from storybook.stages.engine_places import EnginePlaces
from storybook.stages.registry import choose_engines
from storybook.stores.files import FileArtifactStore
from storybook.stores.sqlite.log import SqliteLog

LOOK_SECONDS: Final = 0.3
"""How often the server is asked how far it is: a picture takes seconds."""


@click.command("repair")
@click.argument("run", metavar="RUN")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
@pass_options
def repair_command(options: GlobalOptions, run: str, as_json: bool) -> None:
    """Make lost or damaged files of a book again, in place.

    Each file is made from what the log says that it was made from, by the engine that is in force
    now; where another one made it, that is said before. Text, status and everything else stay. What
    retention has removed is not made again. Exit code 1 if a file could not be made.
    """
    options.start_logging()
    repair = run_async(lambda: _repair(options, run, _Teller(silent=as_json)))
    if as_json:
        print_json(repair)
    if failed := sum(it.outcome is RepairOutcome.FAILED for it in repair.files):
        raise Failure(f"{failed} of {len(repair.files)} damaged files could not be made again")


async def _repair(options: GlobalOptions, text: str, teller: _Teller) -> Repair:
    async with open_data(options) as reader:
        run_id = await reader.find(text)
    try:
        async with _repairs_here(options) as repairs:
            repair = await repairs.look(run_id)
            teller.begin(repair)
            await repairs.mend(repair, WHO, lambda: teller.tell(repair))
            return repair
    except LogLocked:
        holder = options.holder()
        if holder is None:  # it has just ended
            raise
        return await _repair_there(ServerClient.beside(holder, options.folder), run_id, teller)


@asynccontextmanager
async def _repairs_here(options: GlobalOptions) -> AsyncIterator[Repairs]:
    """What repairs a book in this process, without a server or a runner."""
    clock, settings = SystemClock(), options.settings
    devices = Devices(settings.devices.roomy, settings.devices.patience_seconds)
    async with SqliteLog.open(options.folder.log, clock=clock.now) as log:
        engines = await choose_engines(settings, options.folder.path)
        try:
            yield Repairs(
                log,
                Commands(log),
                engines,
                FileArtifactStore(options.folder.outputs),
                places=EnginePlaces(devices, clock),
                timeout_seconds=settings.limits.stage_timeout_seconds,
            )
        finally:
            with anyio.CancelScope(shield=True):
                await engines.close()


async def _repair_there(server: ServerClient, run_id: RunId, teller: _Teller) -> Repair:
    repair = await server.repair_run(run_id)
    teller.begin(repair)
    while not repair.has_ended:
        await anyio.sleep(LOOK_SECONDS)
        repair = await server.repair_of(run_id)
        if not repair.looked_at:
            raise Failure(
                "the server was started anew and knows nothing of this repair; what it had made "
                f"again is there: `storybook repair {run_id[:SHORT_ID]}` repairs the rest"
            )
        teller.tell(repair)
    return repair


class _Teller:
    """Tells what is damaged, before anything is done, and then what became of each file, once."""

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent
        self._told: set[str] = set()

    def begin(self, repair: Repair) -> None:
        if not repair.files:
            self._say(
                f"Nothing to repair: all {repair.looked_at} files of the book "
                f"{repair.run_id[:SHORT_ID]} are as they were recorded."
            )
        for file in repair.files:
            self._say(f"{file.name} {file.damage}; {_who(file)}")

    def tell(self, repair: Repair) -> None:
        for file in repair.files:
            if file.name not in self._told and (said := _outcome(file)):
                self._told.add(file.name)
                self._say(said)

    def _say(self, line: str) -> None:
        if not self._silent:
            say(line)


def _who(file: DamagedFile) -> str:
    now = engine_name(file.engine)
    if not file.is_made_by_another:
        return f"{now} makes it again"
    before = f"{engine_name(file.made_by)} made it" if file.made_by else "nobody knows who made it"
    return f"{before}, {now} makes it now: it will be another"


def _outcome(file: DamagedFile) -> str:
    match file.outcome:
        case RepairOutcome.DONE:
            same = (
                "the same as before" if file.is_same else "not the same as before, and recorded so"
            )
            return f"✓ {file.name} is there again, {same}"
        case RepairOutcome.FAILED:
            return f"✗ {file.name} could not be made: {file.why}"
    return ""
