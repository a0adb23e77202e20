"""`storybook doctor`: what is ready here, and what to do about what is not.

Each **check** looks at one thing. It is `ok`, worth `knowing`, `missed` (what the settings ask for
cannot be used), or `bad` (books cannot be made or served here). After one of the last two the exit
code is 1.
"""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

import rich_click as click
from rich.table import Table
from rich.text import Text

from storybook import __version__
from storybook.access import Tokens
from storybook.cli.book_checks import format_findings, kept_finding
from storybook.cli.called_as import as_called
from storybook.cli.data_checks import (
    evidence_findings,
    folder_findings,
    log_findings,
    parked_findings,
    parked_runs,
)
from storybook.cli.data_reader import open_data
from storybook.cli.engine_lines import OF_BOOKS, engine_words, is_missed, lack
from storybook.cli.errors import run_async
from storybook.cli.failure import Failure
from storybook.cli.findings import Finding, Grade
from storybook.cli.home_checks import home_findings
from storybook.cli.key_checks import key_findings
from storybook.cli.listen_errors import explain
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import console, print_json, size
from storybook.clock import SystemClock
from storybook.export.formats import FORMATS
from storybook.export.keeping import StoredCopy, stored_copies
from storybook.projections.library import EndedRun
from storybook.retention import kept_by, unset_notice
from storybook.settings import Settings, SettingsError
from storybook.stages.candidates import EngineReport
from storybook.stages.registry import choose_engines
from storybook.stores.artifacts import ArtifactError
from storybook.stores.files import FileArtifactStore
from storybook.stores.sqlite.access import AccessUnreadable, read_access
from storybook.stores.sqlite.connection import SQLITE_VERSION
from storybook.system import available_memory, is_loopback
from storybook.webhooks.service import webhook_secrets

WAL_FIXED_IN: Final = (3, 51, 3)
"""SQLite up to 3.51.2 can damage a WAL that two connections write or checkpoint at once."""
MOST_NAMED: Final = 10
"""Of languages, voices, lengths and ages; of more, a line says only how many there are."""
LOW_MEMORY_BYTES: Final = 1_000_000_000
"""What the painter, the narrator and a server need together, with some air."""

ADD_TOKEN: Final = "`storybook token add NAME --scope admin`"


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_options
def doctor_command(options: GlobalOptions, as_json: bool) -> None:
    """Say what is ready here, and what to do about what is not.

    Changes nothing, and works beside a running server. The exit code is 1 if something keeps books
    from being made or served, or if the settings ask for what cannot be used.
    """
    options.start_logging()
    findings = [finding for check in CHECKS for finding in check(options)]
    if as_json:
        for finding in findings:
            print_json(finding)
    else:
        console().print(_table(findings))
    if bad := [finding.name for finding in findings if finding.grade.is_to_be_mended]:
        raise Failure(f"to be mended: {', '.join(bad)}")


_MARKS: Final = {
    Grade.OK: Text("✓", "green"),
    Grade.KNOWING: Text("!", "yellow"),
    Grade.MISSED: Text("!", "bold red"),
    Grade.BAD: Text("✗", "red"),
}


def _table(findings: list[Finding]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for it in findings:
        found = Text.assemble(
            it.found, *([("\n→ " + as_called(it.mend), "bold")] if it.mend else [])
        )
        table.add_row(_MARKS[it.grade], it.name, found)
    return table


# ------------------------------------------------------------------------------------------- checks


def _versions(options: GlobalOptions) -> Iterator[Finding]:
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    version = ".".join(map(str, SQLITE_VERSION))
    yield Finding(
        "storybook", Grade.OK, f"{__version__} on Python {platform.python_version()}, {machine}"
    )
    if SQLITE_VERSION >= WAL_FIXED_IN:
        yield Finding("SQLite", Grade.OK, version)
        return
    yield Finding(
        "SQLite",
        Grade.OK,
        f"{version}; before 3.51.3 two connections that write at once can damage a "
        "WAL, which cannot happen here: one connection writes",
    )


def _settings(options: GlobalOptions) -> Iterator[Finding]:
    try:
        options.settings  # noqa: B018 - they are read now
    except click.UsageError as error:
        mend = "Nothing runs until it is mended."
        yield Finding("settings", Grade.BAD, _without_prefix(error), mend)
    else:
        yield Finding("settings", Grade.OK, "can be used")


def _engines(options: GlobalOptions) -> Iterator[Finding]:
    if _settings_of(options) is None:
        return

    async def report() -> list[EngineReport]:
        engines = await choose_engines(options.settings, options.folder.path)
        try:
            await engines.try_out()
            return await engines.report()
        finally:
            await engines.close()

    try:
        reports = run_async(report)
    except click.UsageError as error:
        yield Finding(
            "engines", Grade.BAD, _without_prefix(error), "Name one of those that are known."
        )
        return
    for it in reports:
        if it.why:
            yield Finding(it.role, _grade(it), lack(it), it.mend)
        else:
            found = f"{engine_words(it)} on {it.device}, ready{_abilities(it)}"
            yield Finding(it.role, Grade.OK, "; ".join((found, *it.notes)))


def _grade(it: EngineReport) -> Grade:
    """How bad it is that something is the matter with a role."""
    if not it.ready and it.role in OF_BOOKS:
        return Grade.BAD
    return Grade.MISSED if is_missed(it) else Grade.KNOWING


def _abilities(it: EngineReport) -> str:
    """What an engine is bound to, where it is (its languages, voices, lengths and ages of books),
    and what not every one can."""
    told = (
        (it.languages, "language"),
        (it.voices, "voice"),
        (it.page_counts, "length"),
        (it.styles, "style"),
        (it.ages, "age"),
    )
    bounds = "".join(f"; {_counted(names, what)}" for names, what in told if names)
    abilities = {"rewrites pages": it.rewrites, "translates": it.translates}
    return bounds + "".join(f"; {what}" for what, is_so in abilities.items() if is_so)


def _counted(names: Sequence[object], what: str) -> str:
    if len(names) > MOST_NAMED:
        return f"{len(names)} {what}s"
    unit = " pages" if what == "length" else ""
    return f"{what}{'s' if len(names) > 1 else ''} {', '.join(map(str, names))}{unit}"


def _data(options: GlobalOptions) -> Iterator[Finding]:
    yield from folder_findings(options.folder)


def _memory(options: GlobalOptions) -> Iterator[Finding]:
    found = available_memory()
    if found is None:
        yield Finding("memory", Grade.OK, "this system does not tell how much is free")
    elif found < LOW_MEMORY_BYTES:
        mend = "Stop something else, if books fail for want of it."
        yield Finding("memory", Grade.KNOWING, f"{size(found)} available", mend)
    else:
        yield Finding("memory", Grade.OK, f"{size(found)} available")


def _log(options: GlobalOptions) -> Iterator[Finding]:
    yield from log_findings(options.folder)
    yield from evidence_findings(options.folder)
    if not options.folder.log.exists():
        return
    with suppress(Failure):  # the log's own finding says it
        yield from parked_findings(run_async(partial(parked_runs, options.folder)))


def _retention(options: GlobalOptions) -> Iterator[Finding]:
    """What is kept, and what the default would take in a folder where it does not hold."""
    settings = _settings_of(options)
    if settings is None or not options.folder.log.exists():
        return
    is_new = options.folder.created_by.exists()

    async def kept() -> tuple[list[EndedRun], list[StoredCopy]]:
        async with open_data(options) as reader:
            ended = await reader.ended_runs()
        store = FileArtifactStore(options.folder.outputs)
        return ended, [copy for it in ended for copy in await stored_copies(store, it.run_id)]

    with suppress(Failure, ArtifactError):  # the finding of the log, or of the folder, says it
        ended, copies = run_async(kept)
        yield kept_finding(ended, copies, kept_by(settings.retention, by_default=is_new))
        found = unset_notice(ended, settings.retention, SystemClock().now())
        if found and not is_new:
            yield Finding("retention", Grade.KNOWING, found, "Set it to what is to stay; 0 is all.")


def _formats(options: GlobalOptions) -> Iterator[Finding]:
    """In which formats books can be taken along."""
    yield from format_findings(FORMATS.values())


def _port(options: GlobalOptions) -> Iterator[Finding]:
    settings = _settings_of(options)
    if settings is None:
        return
    server = settings.server
    at = f"{server.host}:{server.port}"
    holder = options.holder()
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    try:
        with socket.create_server((server.host, server.port), family=family):
            yield Finding("port", Grade.OK, f"{at} is free")
    except (OSError, UnicodeError) as error:
        if holder is not None and holder.url:
            yield Finding("port", Grade.OK, f"{holder.url} is served by process {holder.pid}")
        else:
            it = explain(server.host, error)
            mend = f"{it.mend[0].upper()}{it.mend[1:]}."
            yield Finding(it.part, Grade.KNOWING, f"{at} cannot be had: {it.why}", mend)


def _access(options: GlobalOptions) -> Iterator[Finding]:
    """Who may use the server."""
    settings = _settings_of(options)
    if settings is None:
        return
    host, now = settings.server.host, SystemClock().now()
    try:
        tokens = Tokens(read_access(options.folder.access))
    except AccessUnreadable as error:
        yield Finding("access", Grade.BAD, f"{error}", "Nobody is let in until it is mended.")
        return
    if tokens.all:
        holding = sum(it.holds(now) for it in tokens.all)
        found = f"{holding} valid token{'s' * (holding != 1)}"
        yield Finding("access", Grade.OK, found)
    elif not is_loopback(host):
        found = f"whoever reaches {host} may read and make books: there are no tokens"
        mend = f"Make one with {ADD_TOKEN}; without, `serve` wants --insecure."
        yield Finding("access", Grade.MISSED, found, mend)
    elif settings.server.is_behind_a_proxy:
        found = "whoever reaches the proxy may read and make books: there are no tokens"
        yield Finding("access", Grade.MISSED, found, f"Make one with {ADD_TOKEN}.")
    else:
        yield Finding("access", Grade.OK, "this machine alone; no tokens are needed")


def _home(options: GlobalOptions) -> Iterator[Finding]:
    """As whom the server shows itself in the house."""
    settings = _settings_of(options)
    if settings is not None:
        yield from home_findings(options.folder.home, settings)


def _signing(options: GlobalOptions) -> Iterator[Finding]:
    """As whom this installation signs what is exported."""
    yield from key_findings(options.folder.keys)


def _webhooks(options: GlobalOptions) -> Iterator[Finding]:
    """Whether what is told can be signed, where anybody may be told."""
    settings = _settings_of(options)
    if settings is None or not settings.webhooks.allowed_hosts:
        return
    try:
        webhook_secrets(settings.webhooks, options.environ)
    except SettingsError as error:
        mend = "`serve` does not start without. The variable is looked for where a command runs."
        yield Finding("webhooks", Grade.MISSED, f"{error}".removeprefix("settings: "), mend)
    else:
        hosts = ", ".join(settings.webhooks.allowed_hosts)
        yield Finding("webhooks", Grade.OK, f"are signed; may go to {hosts}")


def _without_prefix(error: click.UsageError) -> str:
    """A fault in the settings in a row that says that it is one."""
    return error.message.removeprefix("settings: ")


def _settings_of(options: GlobalOptions) -> Settings | None:
    """The settings, None if they cannot be used, which a check of its own tells."""
    try:
        return options.settings
    except click.UsageError:
        return None


CHECKS: Final[tuple[Callable[[GlobalOptions], Iterator[Finding]], ...]] = (
    _versions,
    _settings,
    _engines,
    _data,
    _memory,
    _log,
    _retention,
    _formats,
    _port,
    _access,
    _home,
    _signing,
    _webhooks,
)
"""In the order in which they are told."""
