"""`storybook serve`: the HTTP API, and the making of what it is asked for."""

from __future__ import annotations

import logging
import socket
from functools import partial

import rich_click as click
from anyio import to_thread

from storybook.application import Application
from storybook.bootstrap import open_application
from storybook.cli.called_as import say
from storybook.cli.engine_lines import missing_lines
from storybook.cli.errors import run_until_stopped
from storybook.cli.failure import Failure
from storybook.cli.listen_errors import explain
from storybook.cli.options import GlobalOptions, accept_loss_option, pass_options
from storybook.events.log import LogLocked, LogUnavailable
from storybook.http.server import ServerBroken, listen, serve, tune_process
from storybook.stopping import StopRequest, cancelled_by
from storybook.stores.server_secret import remove_server_secret, write_server_secret
from storybook.stores.sqlite.holder import Holder
from storybook.stores.sqlite.log import SqliteLog
from storybook.stores.sqlite.verify import Anchor, head_of
from storybook.system import is_loopback

logger = logging.getLogger(__name__)


@click.command("serve")
@click.option("--host", help="Where to listen. 127.0.0.1 if not set: this machine only.")
@click.option("--port", type=click.IntRange(0, 65_535), help="8000 if not set; 0 takes a free one.")
@click.option(
    "--insecure", is_flag=True, help="Let everybody in who reaches another host, without tokens."
)
@accept_loss_option
@pass_options
def serve_command(
    options: GlobalOptions, host: str | None, port: int | None, insecure: bool, accept_loss: bool
) -> None:
    """Serve the HTTP API, and make the books that are asked for.

    Goes on with books that an earlier process left unfinished. Ctrl-C stops it: work in hand gets
    a moment to finish, and what doesn't is taken up again at the next start.
    """
    options.start_logging()
    say(f"Starting on {options.folder} …", err=True)
    server = options.settings.server
    holder = options.holder() if options.folder.can_be_written else None
    if holder is not None:  # said before the port is tried, which it probably has too
        raise Failure(_taken(options, holder))
    host = host or server.host
    _require_tokens(options, host, insecure)
    listening = _listening(host, server.port if port is None else port)
    try:
        run_until_stopped(partial(_serve, options, listening, accept_loss))
    except KeyboardInterrupt:  # before it had taken over the signals
        pass
    finally:
        listening.close()
    say("Stopped.", err=True)


async def _serve(
    options: GlobalOptions, listening: socket.socket, accept_loss: bool, stop: StopRequest
) -> None:
    try:
        async with (
            cancelled_by(stop) as opening,
            open_application(
                options.settings, options.folder.path, accept_loss=accept_loss, stop=stop
            ) as application,
        ):
            head = await to_thread.run_sync(_head, options)
            opening.cancel()  # from here on the server ends by itself
            try:
                ready = partial(_is_ready, options, application, head)
                await serve(application, listening, ready, stop)
            except ServerBroken as error:
                raise Failure(str(error)) from error
            say("Stopping …", err=True)
    except LogLocked as error:
        holder = options.holder()
        raise Failure(_taken(options, holder) if holder is not None else str(error)) from error
    remove_server_secret(options.folder.server_secret)
    assert isinstance(application.log, SqliteLog)
    if (end := application.log.end) is not None:
        _tell(str(Anchor(*end)))


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


def _is_ready(options: GlobalOptions, application: Application, head: str, url: str) -> None:
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
    _tell(head)
    say("Ctrl-C stops it.")


def _require_tokens(options: GlobalOptions, host: str, insecure: bool) -> None:
    """Let nobody else in by mistake."""
    if is_loopback(host) or options.folder.access.exists():
        return
    if not insecure:
        raise Failure(
            f"{host} is reached from other machines, and whoever reaches it may read, make and "
            "delete books: make a token with `storybook token add`, or say --insecure"
        )
    say(f"--insecure: whoever reaches {host} may use this server; it has no tokens.", err=True)


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
