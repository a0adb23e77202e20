"""`storybook doctor`: what is ready here, and what to do about what is not.

Each **check** looks at one thing. It is `ok`, worth `knowing`, or `bad`: then books cannot be made
or served here as the settings want it, and the exit code is 1.
"""

from __future__ import annotations

import enum
import os
import platform
import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec
import rich_click as click
from rich.table import Table
from rich.text import Text

from storybook import __version__
from storybook.book import Role
from storybook.cli.address import trouble
from storybook.cli.edge import run
from storybook.cli.failure import Failure
from storybook.cli.output import console, print_json, size
from storybook.cli.parked import find_parked
from storybook.cli.place import Place, pass_place
from storybook.events.log import LogUnavailable
from storybook.events.parked import ParkedRun
from storybook.evidence import look_for_evidence
from storybook.settings import Settings
from storybook.stages.registry import EngineReport, choose_engines
from storybook.stores.sqlite.connection import open_reader
from storybook.stores.sqlite.log import SqliteLog
from storybook.stores.sqlite.migrations import NewerDatabase, check_not_newer
from storybook.stores.sqlite.verify import head_of
from storybook.system import available_memory

WAL_FIXED_IN: Final = (3, 51, 3)
"""SQLite up to 3.51.2 can damage a WAL that two connections write or checkpoint at once."""
BOOK_BYTES: Final = 25_000_000
"""A book's files, generously: pictures of 2 MB, audio of 1 MB, the exported page."""
LOW_DISK_BYTES: Final = 40 * BOOK_BYTES
MOST_NAMED: Final = 10
"""Of languages, voices and lengths; of more, a line says only how many there are."""
LOW_MEMORY_BYTES: Final = 1_000_000_000
"""What the painter, the narrator and a server need together, with some air."""


class Grade(enum.StrEnum):
    OK = "ok"
    KNOWING = "knowing"
    BAD = "bad"


class Finding(msgspec.Struct, frozen=True):
    """What a check found: `name` is what was looked at, `mend` what to do, if anything."""

    name: str
    grade: Grade
    found: str
    mend: str = ""


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_place
def doctor_command(place: Place, as_json: bool) -> None:
    """Say what is ready here, and what to do about what is not.

    Changes nothing, and works beside a running server. The exit code is 1 if something keeps books
    from being made or served.
    """
    place.start_logging()
    findings = [finding for check in CHECKS for finding in check(place)]
    if as_json:
        for finding in findings:
            print_json(finding)
    else:
        console().print(_table(findings))
    bad = [finding.name for finding in findings if finding.grade is Grade.BAD]
    if bad:
        raise Failure(f"to be mended: {', '.join(bad)}")


_MARKS: Final = {
    Grade.OK: Text("✓", "green"),
    Grade.KNOWING: Text("!", "yellow"),
    Grade.BAD: Text("✗", "red"),
}


def _table(findings: list[Finding]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for it in findings:
        found = Text.assemble(it.found, *([("\n→ " + it.mend, "bold")] if it.mend else []))
        table.add_row(_MARKS[it.grade], it.name, found)
    return table


# ------------------------------------------------------------------------------------------- checks


def _versions(place: Place) -> Iterator[Finding]:
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    yield Finding(
        "storybook", Grade.OK, f"{__version__} on Python {platform.python_version()}, {machine}"
    )
    if sqlite3.sqlite_version_info >= WAL_FIXED_IN:
        yield Finding("SQLite", Grade.OK, sqlite3.sqlite_version)
        return
    yield Finding(
        "SQLite",
        Grade.OK,
        f"{sqlite3.sqlite_version}; before 3.51.3 two connections that write at once can damage a "
        "WAL, which cannot happen here: one connection writes",
    )


def _settings(place: Place) -> Iterator[Finding]:
    try:
        place.settings  # noqa: B018 - they are read now
    except click.UsageError as error:
        mend = "Nothing runs until it is mended."
        yield Finding("settings", Grade.BAD, _without_prefix(error), mend)
    else:
        yield Finding("settings", Grade.OK, "can be used")


def _engines(place: Place) -> Iterator[Finding]:
    if _settings_of(place) is None:
        return

    async def report() -> list[EngineReport]:
        engines = await choose_engines(place.settings, place.folder.path)
        try:
            return await engines.report()
        finally:
            await engines.close()

    try:
        reports = run(report)
    except click.UsageError as error:
        yield Finding(
            "engines", Grade.BAD, _without_prefix(error), "Name one of those that are known."
        )
        return
    for it in reports:
        name = " ".join(word for word in (it.engine, it.version, it.model) if word)
        if it.ready:
            yield Finding(it.role, Grade.OK, f"{name} on {it.device}, ready{_abilities(it)}")
        else:
            # Books are made without speech to text; without the others they are not.
            grade = Grade.KNOWING if it.role is Role.TRANSCRIBER else Grade.BAD
            yield Finding(it.role, grade, f"{name}: {it.why}", it.mend)


def _abilities(it: EngineReport) -> str:
    """What an engine is bound to, where it is: its languages, voices and lengths of books."""
    told = (
        (it.languages, "language"),
        (it.voices, "voice"),
        (it.page_counts, "length"),
    )
    return "".join(f"; {_counted(names, what)}" for names, what in told if names)


def _counted(names: Sequence[object], what: str) -> str:
    if len(names) > MOST_NAMED:
        return f"{len(names)} {what}s"
    unit = " pages" if what == "length" else ""
    return f"{what}{'s' if len(names) > 1 else ''} {', '.join(map(str, names))}{unit}"


def _folder(place: Place) -> Iterator[Finding]:
    folder = place.folder.path
    there = next(it for it in (folder, *folder.parents) if os.path.lexists(it))
    if not there.is_dir():
        found = f"{folder} cannot be made: {there} is no folder"
        mend = "Move that away, or name another folder with --data."
        yield Finding("data folder", Grade.BAD, found, mend)
        return
    if not os.access(there, os.W_OK | os.X_OK):
        mend = "Change its permissions, or name another folder with --data."
        yield Finding("data folder", Grade.BAD, f"{there} cannot be written", mend)
        return
    yield Finding("data folder", Grade.OK, f"{folder}{'' if there == folder else ' (to be made)'}")
    yield _disk(there)


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    found = f"{size(free)} free, room for about {free // BOOK_BYTES:,} books"
    if free < BOOK_BYTES:
        return Finding("disk", Grade.BAD, found, "Make room, or name another folder with --data.")
    if free < LOW_DISK_BYTES:
        return Finding("disk", Grade.KNOWING, found, "Set [retention] keep_days, or make room.")
    return Finding("disk", Grade.OK, found)


def _memory(place: Place) -> Iterator[Finding]:
    found = available_memory()
    if found is None:
        yield Finding("memory", Grade.OK, "this system does not tell how much is free")
    elif found < LOW_MEMORY_BYTES:
        mend = "Stop something else, if books fail for want of it."
        yield Finding("memory", Grade.KNOWING, f"{size(found)} available", mend)
    else:
        yield Finding("memory", Grade.OK, f"{size(found)} available")


def _log(place: Place) -> Iterator[Finding]:
    holder = place.holder()
    who = f"; written by {holder}" if holder else "; no process writes it now"
    missing = look_for_evidence(place.folder)
    if missing is not None:
        mend = "Put it back from a backup; `storybook serve` says what else can be done."
        yield Finding("log", Grade.BAD, "; ".join(missing.sentences), mend)
        return
    if not place.folder.log.exists():
        yield Finding("log", Grade.OK, "none yet; the first book begins it")
        return
    try:
        with closing(open_reader(place.folder.log)) as db:
            check_not_newer(db, "log")
        head = head_of(place.folder.log)
    except (sqlite3.Error, NewerDatabase, LogUnavailable) as error:
        yield Finding("log", Grade.BAD, str(error), "Run `storybook verify`.")
        return
    yield Finding(
        "log", Grade.OK, f"{head.position:,} events, {size(place.folder.log.stat().st_size)}{who}"
    )


def _parked(place: Place) -> Iterator[Finding]:
    async def find() -> list[ParkedRun]:
        async with SqliteLog.read_only(place.folder.log) as log:
            return list((await find_parked(log, await log.head())).values())

    if not place.folder.log.exists():
        return
    try:
        found = run(find)
    except Failure:  # the log's own check says it
        return
    for it in found:
        yield Finding("parked run", Grade.BAD, it.what, f"{it.mend}.")


def _port(place: Place) -> Iterator[Finding]:
    settings = _settings_of(place)
    if settings is None:
        return
    server = settings.server
    at = f"{server.host}:{server.port}"
    holder = place.holder()
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    try:
        with socket.create_server((server.host, server.port), family=family):
            yield Finding("port", Grade.OK, f"{at} is free")
    except (OSError, UnicodeError) as error:
        if holder is not None and holder.url:
            yield Finding("port", Grade.OK, f"{holder.url} is served by process {holder.pid}")
        else:
            it = trouble(server.host, error)
            mend = f"{it.mend[0].upper()}{it.mend[1:]}."
            yield Finding(it.part, Grade.KNOWING, f"{at} cannot be had: {it.why}", mend)


def _without_prefix(error: click.UsageError) -> str:
    """A fault in the settings in a row that says that it is one."""
    return error.message.removeprefix("settings: ")


def _settings_of(place: Place) -> Settings | None:
    """The settings, None if they cannot be used, which a check of its own tells."""
    try:
        return place.settings
    except click.UsageError:
        return None


CHECKS: Final[tuple[Callable[[Place], Iterator[Finding]], ...]] = (
    _versions,
    _settings,
    _engines,
    _folder,
    _memory,
    _log,
    _parked,
    _port,
)
"""In the order in which they are told."""
