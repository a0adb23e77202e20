"""`storybook verify`: is everything in order. Only reads, also beside a running server."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

import anyio.to_thread
import msgspec
import rich_click as click
from rich.console import Console
from rich.text import Text

from storybook.book import Artifact, RunId
from storybook.cli.archives import key_of, verify_archive
from storybook.cli.called_as import say
from storybook.cli.data_reader import has_log, open_data
from storybook.cli.errors import run_async
from storybook.cli.failure import Failure
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import SHORT_ID, console, print_json
from storybook.cli.parked import find_parked
from storybook.cli.progress_bar import counting_bar
from storybook.events.log import START, EventLog, LogUnavailable, Position
from storybook.events.parked import ParkedRun
from storybook.evidence import look_for_evidence
from storybook.projections.rebuild import differences
from storybook.stores.artifacts import ArtifactStore, CannotRead
from storybook.stores.files import FileArtifactStore
from storybook.stores.integrity import Integrity
from storybook.stores.named_files import NamedFiles
from storybook.stores.sqlite.chain import GENESIS
from storybook.stores.sqlite.log import SqliteLog
from storybook.stores.sqlite.verify import Anchor, head_of, verify_log

PAGE: Final = 1_000
"""Events read at once while the files that they speak of are gathered."""

NAMED_RUNS: Final = 3
"""Runs whose repair is spelled out; the lines of the faults name all."""


class Verdict(msgspec.Struct, frozen=True):
    """What `verify --json` prints. `head` is worth noting down: later it shows a cut-off log."""

    faults: list[str]
    events: int
    files: int
    head: str


def _anchor(ctx: click.Context, parameter: click.Parameter, text: str | None) -> Anchor | None:
    try:
        return Anchor.parse(text) if text is not None else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command("verify")
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--anchor",
    callback=_anchor,
    metavar="POSITION:DIGEST",
    help="A head noted down earlier; shows whether the log's end was cut off since.",
)
@click.option(
    "--key",
    callback=key_of,
    metavar="KEY",
    help="Of FILE: the public key that is to have signed it, as `storybook doctor` shows it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_options
def verify_command(
    options: GlobalOptions,
    file: Path | None,
    anchor: Anchor | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Check that nothing is damaged: log, views and files, or one exported archive.

    With FILE, the archive of a book (`storybook export --format zip`), no data folder is needed:
    all that is in it is held against its manifest, and that against its signature. It is 'whole',
    or 'whole, by key …'; who has that key says `storybook doctor` there.

    The log's file, its digest chain event by event, whether this version can read it, the views
    against a replay, and the SHA-256 of every picture and recording. Only reads. Beside a running
    server, what comes while it runs is not looked at. Each fault is a line, and the exit code then
    is 1.
    """
    options.start_logging()
    if file is not None:
        if anchor is not None:
            raise click.UsageError("--anchor is of a log: leave FILE out.")
        verify_archive(options, file, key, as_json=as_json)
        return
    if key is not None:
        raise click.UsageError("--key is of an archive: name its FILE.")
    if not has_log(options):
        raise Failure(f"there is no log in {options.folder}")
    verdict = run_async(partial(_verify, options, anchor, as_json))
    if as_json:
        print_json(verdict)
    elif verdict.faults:
        for fault in verdict.faults:
            say(fault)
    else:
        _print_whole(console(), verdict)
    if verdict.faults:
        count = len(verdict.faults)
        mend = _mend_log(verdict.faults) + _mend_files(verdict.faults)
        raise Failure(f"{count} fault{'s' * (count > 1)} found{mend}")


def _mend_log(faults: list[str]) -> str:
    """What brings the log back, if it is at fault."""
    if not any(it.startswith("log: ") for it in faults):
        return ""
    return (
        "; stop the server, and put the log back from a backup, with the files of that day: "
        "`storybook restore BACKUP NEWFOLDER`"
    )


def _mend_files(faults: list[str]) -> str:
    """What brings files back, if any of them is at fault."""
    runs = sorted({it.split()[1].split("/")[0] for it in faults if it.startswith("file ")})
    if not runs:
        return ""
    named = ", ".join(f"`storybook repair {run}`" for run in runs[:NAMED_RUNS])
    more = " and so on" if len(runs) > NAMED_RUNS else ""
    return f"; restore the files from a backup, or let them be made again: {named}{more}"


def _print_whole(out: Console, verdict: Verdict) -> None:
    out.print(
        Text.assemble(
            ("✓ ", "green"),
            f"Nothing is damaged: {verdict.events:,} events, the views, {verdict.files:,} files.",
        )
    )
    out.print(Text(f"  head {verdict.head}", "dim"), soft_wrap=True)


async def _verify(options: GlobalOptions, anchor: Anchor | None, quiet: bool) -> Verdict:
    faults = await anyio.to_thread.run_sync(_verify_log, options, anchor, not quiet)
    head = await anyio.to_thread.run_sync(_head, options.folder.log)
    holder = options.holder()
    if holder is not None and not quiet:
        say(
            f"What comes after event {head.position} is not looked at; "
            f"the log goes on being written by {holder}.",
            err=True,
        )
    parked = await _parked(options, head.position)
    files, is_damaged = 0, bool(faults)
    faults += map(str, parked.values())  # each says itself what to do; a backup may be the worst
    if not is_damaged:  # a damaged log says nothing about views and files
        async with open_data(options) as reader:
            faults += await differences(options.folder.projections, reader.log)
            named = await _named(reader.log, head.position, parked)
        files = len(named)
        store = FileArtifactStore(options.folder.outputs)
        faults += await _verify_files(store, named, not quiet)
    return Verdict(faults, head.position, files, str(head))


def _verify_log(options: GlobalOptions, anchor: Anchor | None, shown: bool) -> list[str]:
    missing = look_for_evidence(options.folder)
    faults = [f"log: {it}" for it in missing.sentences] if missing is not None else []
    if options.folder.log.exists():
        with counting_bar("Checking the log", "events", shown=shown) as step:
            faults += [f"log: {it}" for it in verify_log(options.folder.log, step, anchor)]
    return faults


def _head(path: Path) -> Anchor:
    try:
        return head_of(path)
    except LogUnavailable:  # a fault that is told already
        return Anchor(START, GENESIS)


async def _parked(options: GlobalOptions, head: Position) -> dict[RunId, ParkedRun]:
    try:
        async with SqliteLog.read_only(options.folder.log) as log:
            return await find_parked(log, head)
    except LogUnavailable:  # the log's own check has said so
        return {}


async def _named(
    log: EventLog, head: Position, parked: Mapping[RunId, ParkedRun]
) -> list[tuple[RunId, Artifact]]:
    """Every file that the log says is there, as far as it can be read."""
    named, cursor = NamedFiles(), START
    while cursor < head and (page := await log.read(cursor, PAGE)):
        for it in page:
            stands = parked.get(it.run_id)
            if it.position < (stands.position if stands is not None else head + 1):
                named.tell(it.run_id, it.type, it.schema, it.data)
        cursor = page[-1].position
    return named.all()


async def _verify_files(
    store: ArtifactStore, named: list[tuple[RunId, Artifact]], shown: bool
) -> list[str]:
    faults, integrity = [], Integrity(store)
    with counting_bar("Checking the files", "files", shown=shown) as step:
        for done, (run_id, artifact) in enumerate(named, start=1):
            file = f"file {run_id[:SHORT_ID]}/{artifact.name}"
            try:
                if damage := await integrity.damage(run_id, artifact):
                    faults.append(f"{file} {damage}")
            except CannotRead as error:
                faults.append(f"{file}: {error}")
            step(done, len(named))
    return faults
