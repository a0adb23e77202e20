"""`storybook serve`: the HTTP API, and the making of what it is asked for."""

from __future__ import annotations

import socket
from functools import partial

import rich_click as click

from storybook.application import Application
from storybook.bootstrap import open_application
from storybook.cli.address import trouble
from storybook.cli.edge import run_until_stopped
from storybook.cli.failure import Failure
from storybook.cli.place import Place, pass_place
from storybook.events.log import LogLocked
from storybook.http.server import ServerBroken, listen, serve, tune_process
from storybook.stopping import StopRequest, cancelled_by
from storybook.stores.sqlite.holder import Holder
from storybook.stores.sqlite.log import SqliteLog


@click.command("serve")
@click.option("--host", help="Where to listen. 127.0.0.1 if not set: this machine only.")
@click.option("--port", type=click.IntRange(0, 65_535), help="8000 if not set; 0 takes a free one.")
@pass_place
def serve_command(place: Place, host: str | None, port: int | None) -> None:
    """Serve the HTTP API, and make the books that are asked for.

    Goes on with books that an earlier process left unfinished. Ctrl-C stops it: work in hand gets
    a moment to finish, and what doesn't is taken up again at the next start.
    """
    place.start_logging()
    server = place.settings.server
    holder = place.holder()
    if holder is not None:  # said before the port is tried, which it probably has too
        raise Failure(_taken(place, holder))
    listening = _listening(host or server.host, server.port if port is None else port)
    try:
        run_until_stopped(partial(_serve, place, listening))
    except KeyboardInterrupt:  # before it had taken over the signals
        pass
    finally:
        listening.close()
    click.echo("Stopped.", err=True)


async def _serve(place: Place, listening: socket.socket, stop: StopRequest) -> None:
    try:
        async with (
            cancelled_by(stop) as opening,
            open_application(place.settings, place.folder.path, stop=stop) as application,
        ):
            opening.cancel()  # from here on the server ends by itself
            try:
                await serve(application, listening, partial(_is_ready, place, application), stop)
            except ServerBroken as error:
                raise Failure(str(error)) from error
            click.echo("Stopping …", err=True)
    except LogLocked as error:
        holder = place.holder()
        raise Failure(_taken(place, holder) if holder is not None else str(error)) from error


def _is_ready(place: Place, application: Application, url: str) -> None:
    assert isinstance(application.log, SqliteLog)
    application.log.announce(url)
    tune_process()
    click.echo(f"Storybook serves {url}  (API: {url}/docs, data: {place.folder})")
    click.echo("Ctrl-C stops it.")


def _listening(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except (OSError, UnicodeError) as error:
        it = trouble(host, error)
        raise Failure(f"cannot listen at {host} port {port}: {it.why}; {it.mend}") from error


def _taken(place: Place, holder: Holder) -> str:
    return (
        f"{place.folder} is taken by {holder}: use that one, stop it, or name another folder "
        "with --data"
    )
