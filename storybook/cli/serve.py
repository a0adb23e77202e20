"""`storybook serve`: the HTTP API, and the making of what it is asked for."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import rich_click as click
from anyio import to_thread

from storybook.application import Application
from storybook.bootstrap import open_application
from storybook.cli.called_as import as_called, say
from storybook.cli.engine_lines import missing_lines
from storybook.cli.errors import run_until_stopped
from storybook.cli.failure import Failure
from storybook.cli.listen_errors import explain
from storybook.cli.options import GlobalOptions, accept_loss_option, pass_options
from storybook.events.log import LogLocked, LogUnavailable
from storybook.http.server import ServerBroken, listen, serve, tune_process
from storybook.projections.library import ended_runs
from storybook.retention import unset_notice
from storybook.service_manager import READY, STOPPING, notify
from storybook.settings import SettingsError
from storybook.stopping import StopRequest, cancelled_by
from storybook.stores.server_secret import remove_server_secret, write_server_secret
from storybook.stores.sqlite.holder import Holder
from storybook.stores.sqlite.log import SqliteLog
from storybook.stores.sqlite.verify import Anchor, head_of
from storybook.system import is_loopback
from storybook.telemetry.logs import start_logging
from storybook.webhooks.service import webhook_secrets

if TYPE_CHECKING:
    from storybook.http.home import HomeNetwork

logger = logging.getLogger(__name__)


@click.command("serve")
@click.option("--host", help="Where to listen. 127.0.0.1 if not set: this machine only.")
@click.option("--port", type=click.IntRange(0, 65_535), help="8000 if not set; 0 takes a free one.")
@click.option(
    "--insecure", is_flag=True, help="Let everybody in who reaches another host, without tokens."
)
@click.option(
    "--home",
    "at_home",
    is_flag=True,
    help="Open it to the tablets of the house: HTTPS at port 8443, with a token, as a QR code.",
)
@accept_loss_option
@pass_options
def serve_command(
    options: GlobalOptions,
    host: str | None,
    port: int | None,
    insecure: bool,
    at_home: bool,
    accept_loss: bool,
) -> None:
    """Serve the HTTP API, and make the books that are asked for.

    Goes on with books that an earlier process left unfinished. Ctrl-C stops it: work in hand gets
    a moment to finish, and what doesn't is taken up again at the next start.
    """
    if at_home and (host or insecure):
        raise click.UsageError("--home opens the whole house, with a token: name it alone")
    _start_logging(options)
    _note(options, f"Starting on {options.folder} …")
    server = options.settings.server
    holder = options.holder() if options.folder.can_be_written else None
    if holder is not None:  # said before the port is tried, which it probably has too
        raise Failure(_taken(options, holder))
    _require_secret(options)
    if at_home:
        from storybook.cli.home import home_network  # 30 ms that no other server needs

        with home_network(options, port) as home:
            _run(partial(_serve, options, home.listening, home, accept_loss))
    else:
        host = host or server.host
        _require_tokens(options, host, insecure)
        with _listening(host, server.port if port is None else port) as listening:
            _run(partial(_serve, options, listening, None, accept_loss))
    _note(options, "Stopped.")


def _run(serving: Callable[[StopRequest], Awaitable[None]]) -> None:
    with suppress(KeyboardInterrupt):  # before it had taken over the signals
        run_until_stopped(serving)


def _start_logging(options: GlobalOptions) -> None:
    told = options.settings.logging
    level = logging.getLevelNamesMapping()[told.level.upper()]
    if options.verbose:
        level = min(level, logging.INFO)
    start_logging(level, as_json=_is_for_programs(options))


def _is_for_programs(options: GlobalOptions) -> bool:
    told = options.settings.logging.format
    return told == "json" or (told == "auto" and not sys.stderr.isatty())


def _note(options: GlobalOptions, text: str) -> None:
    """Say on stderr how things stand: as a line of JSON where all others there are."""
    if _is_for_programs(options):
        logger.info("%s", as_called(text))
    else:
        say(text, err=True)


async def _serve(
    options: GlobalOptions,
    listening: socket.socket,
    home: HomeNetwork | None,
    accept_loss: bool,
    stop: StopRequest,
) -> None:
    application: Application | None = None
    try:
        async with (
            cancelled_by(stop) as opening,
            open_application(
                options.settings, options.folder.path, accept_loss=accept_loss, stop=stop
            ) as application,
        ):
            head = await to_thread.run_sync(_head, options)
            notice = await _notice(options, application)
            opening.cancel()  # from here on the server ends by itself
            try:
                ready = partial(_is_ready, options, application, home, head, notice)
                await serve(application, listening, ready, stop, home)
            except ServerBroken as error:
                raise Failure(str(error)) from error
            notify(STOPPING)
            _note(options, "Stopping …")
    except LogLocked as error:
        holder = options.holder()
        raise Failure(_taken(options, holder) if holder is not None else str(error)) from error
    if application is None:
        return  # stopped before it was open
    remove_server_secret(options.folder.server_secret)
    assert isinstance(application.log, SqliteLog)
    if (end := application.log.end) is not None:
        _tell(str(Anchor(*end)))


async def _notice(options: GlobalOptions, application: Application) -> str:
    """What is to be known of retention."""
    if options.folder.created_by.exists():
        return ""
    ended = await application.projections.ask(ended_runs)
    return unset_notice(ended, application.settings.retention, application.clock.now())


def _head(options: GlobalOptions) -> str:
    """Where the log ends, as `storybook verify --anchor` takes it."""
    try:
        return str(head_of(options.folder.log))
    except LogUnavailable as error:
        return f"nobody knows where: {error}"


def _tell(head: str) -> None:
    """Whoever keeps what a server prints (a journal, a collector) keeps anchors of its log."""
    logger.info("the log ends at %s", head)
    say(f"The log ends at {head}")


def _is_ready(
    options: GlobalOptions,
    application: Application,
    home: HomeNetwork | None,
    head: str,
    notice: str,
    url: str,
) -> None:
    assert isinstance(application.log, SqliteLog)
    may_write = options.folder.can_be_written
    if may_write:
        application.access.local_secret = write_server_secret(options.folder.server_secret)
        application.log.announce(url)
    tune_process()
    say(f"Storybook serves {url}  (API: {url}/docs, data: {options.folder})")
    if may_write:
        for line in missing_lines(application.engines.told()):
            say(line)
    else:
        say("The folder can only be read: books are shown, and none are made.")
    if notice:
        say(f"! {notice}.")
    if home is not None:
        home.tell()
    _tell(head)
    say("Ctrl-C stops it.")
    notify(READY)


def _require_tokens(options: GlobalOptions, host: str, insecure: bool) -> None:
    """Let nobody else in by mistake."""
    if options.folder.access.exists():
        return
    if options.settings.server.is_behind_a_proxy:
        say("Whoever reaches the proxy may read and make books: there are no tokens.", err=True)
    if is_loopback(host):
        return
    if not insecure:
        raise Failure(
            f"{host} is reached from other machines, and whoever reaches it may read and make "
            "books: make a token with `storybook token add NAME --scope admin`, or say --insecure"
        )
    logger.warning("--insecure: whoever reaches %s may use this server; it has no tokens", host)


def _require_secret(options: GlobalOptions) -> None:
    """Say what is wrong with it before anything is opened."""
    webhooks = options.settings.webhooks
    if webhooks.allowed_hosts:
        try:
            webhook_secrets(webhooks, options.environ)
        except SettingsError as error:
            raise click.UsageError(str(error)) from error


def _listening(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except (OSError, UnicodeError) as error:
        it = explain(host, error)
        raise Failure(f"cannot listen at {host} port {port}: {it.why}; {it.mend}") from error


def _taken(options: GlobalOptions, holder: Holder) -> str:
    return (
        f"{options.folder} is taken by {holder}: use that one, stop it, or name another folder "
        "with --data"
    )
