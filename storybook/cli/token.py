"""`storybook token`: who may do what at the server."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import rich_click as click
from rich.table import Table

from storybook.access import (
    AccessEvent,
    AccessRefused,
    Token,
    Tokens,
    TokenScope,
)
from storybook.cli.called_as import say
from storybook.cli.failure import Failure
from storybook.cli.options import GlobalOptions, pass_options
from storybook.cli.output import console, print_json
from storybook.clock import MICROSECONDS, SystemClock
from storybook.http.times import iso_time
from storybook.stores.sqlite.access import AccessUnreadable, append_access, read_access

_SPAN: Final = re.compile(r"([1-9][0-9]{0,4})([hdwy])")
_HOURS: Final = {"h": 1, "d": 24, "w": 7 * 24, "y": 365 * 24}


@click.group("token")
def token_command() -> None:
    """Say who may use the server: `add`, `list` and `revoke` tokens.

    From the first token on the server lets nobody in without one, and a change holds within a
    second, also while it runs.
    """


@token_command.command("add")
@click.argument("name", metavar="NAME")
@click.option(
    "--scope",
    type=click.Choice([it.value for it in TokenScope]),
    required=True,
    help="read: look; create: also ask for books; admin: also delete.",
)
@click.option("--expires", metavar="TIME", help="Such as 12h, 30d, 8w or 1y; never if not given.")
@pass_options
def add_command(options: GlobalOptions, name: str, scope: str, expires: str | None) -> None:
    """Make a token, and print its secret, which is shown this once and kept nowhere."""
    now = SystemClock().now()
    ends = None if expires is None else now + _microseconds(expires)
    secret = ""

    def add(tokens: Tokens) -> AccessEvent:
        nonlocal secret
        secret, event = tokens.add(name, TokenScope(scope), ends, now)
        return event

    _change(options, add, now)
    until = f" until {iso_time(ends)}" if ends is not None else ""
    say(f"The token {name} ({scope}){until}; keep it, it is not shown again:", err=True)
    click.echo(secret)


@token_command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_options
def list_command(options: GlobalOptions, as_json: bool) -> None:
    """Show the tokens there were, without their secrets."""
    tokens, now = _read(options).all, SystemClock().now()
    if as_json:
        for it in tokens:
            print_json(_told(it))
        return
    if not tokens:
        say("No tokens: whoever reaches the server may use it. `storybook token add` makes one.")
        return
    table = Table("name", "scope", "added", "expires", "now")
    for it in tokens:
        ends = "never" if it.expires_at is None else iso_time(it.expires_at)
        table.add_row(it.name, it.scope, iso_time(it.added_at), ends, _state(it, now))
    console().print(table)


@token_command.command("revoke")
@click.argument("name", metavar="NAME")
@pass_options
def revoke_command(options: GlobalOptions, name: str) -> None:
    """End a token, with its sessions, its links and the streams that are open with them."""
    _change(options, lambda tokens: tokens.revoke(name), SystemClock().now())
    say(f"The token {name} is revoked.")


def _change(options: GlobalOptions, decide: Callable[[Tokens], AccessEvent], now: int) -> None:
    options.folder.path.mkdir(parents=True, exist_ok=True)
    try:
        append_access(options.folder.access, decide(_read(options)), now)
    except (AccessRefused, AccessUnreadable) as error:
        raise Failure(str(error)) from error


def _read(options: GlobalOptions) -> Tokens:
    try:
        return Tokens(read_access(options.folder.access))
    except AccessUnreadable as error:
        raise Failure(str(error)) from error


def _state(token: Token, now: int) -> str:
    if token.revoked_at is not None:
        return f"revoked {iso_time(token.revoked_at)}"
    return "valid" if token.holds(now) else "expired"


def _told(token: Token) -> dict[str, str | None]:
    def time(moment: int | None) -> str | None:
        return None if moment is None else iso_time(moment)

    return {
        "name": token.name,
        "scope": token.scope,
        "added_at": iso_time(token.added_at),
        "expires_at": time(token.expires_at),
        "revoked_at": time(token.revoked_at),
    }


def _microseconds(text: str) -> int:
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise click.BadParameter(
            f"expected a time such as 12h, 30d, 8w or 1y; found {text!r}", param_hint="--expires"
        )
    return int(found[1]) * _HOURS[found[2]] * 3600 * MICROSECONDS
