"""`storybook serve --home`: the house's network is opened, and its devices are told how to come in.

The family's tablets have one token between them, which makes books and deletes none. Of all others
only a hash is kept; of this one the secret is, beside the keys, since each new tablet is shown it.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Final
from urllib.parse import quote

from rich.text import Text

from storybook.access import AccessRefused, Tokens, TokenScope
from storybook.cli.called_as import say
from storybook.cli.failure import Failure
from storybook.cli.listen_errors import explain
from storybook.cli.options import GlobalOptions
from storybook.cli.output import console
from storybook.clock import SystemClock
from storybook.home.files import TOKEN, write_private
from storybook.home.identity import HomeIdentity, IdentityUnreadable
from storybook.home.names import machine_names
from storybook.http.home import HomeNetwork
from storybook.http.server import listen
from storybook.qr_code import qr_lines
from storybook.stores.sqlite.access import AccessUnreadable, append_access, read_access

FAMILY: Final = "home"
"""The name of the token."""
HOST: Final = "0.0.0.0"
ADD_ADMIN: Final = "`storybook token add parents --scope admin`"
WHITE_ON_BLACK: Final = "#ffffff on #000000"


@contextmanager
def home_network(options: GlobalOptions, port: int | None) -> Iterator[HomeNetwork]:
    """The house's network, opened and not served yet; closed at the end. Raises `Failure`."""
    home, server = options.settings.home, options.settings.server
    listening = _listening(home.port if port is None else port)
    trusting = _trusting(0 if port == 0 else home.trust_port)
    try:
        names = partial(machine_names, server.trusted_hosts)
        identity = HomeIdentity(options.folder.home, names, SystemClock().now)
        _family_token(options)
        network = HomeNetwork(identity, listening, trusting, server.base_path)
        network.tell = partial(_tell, options, network)
        yield network
    except (IdentityUnreadable, AccessUnreadable, AccessRefused) as error:
        raise Failure(str(error)) from error
    finally:
        for it in (*listening, *trusting):
            it.close()


def _listening(port: int) -> list[socket.socket]:
    """Raises `Failure`."""
    try:
        return _everywhere(port)
    except OSError as error:
        it = explain(HOST, error)
        mend = it.mend.replace("storybook serve", "storybook serve --home")
        raise Failure(f"cannot listen at port {port} of the house: {it.why}; {mend}") from error


def _trusting(port: int) -> list[socket.socket]:
    """Where the trust page is. It is asked for once by each device: any port will do."""
    try:
        return _everywhere(port)
    except OSError as error:
        say(f"The trust page takes another port: at {port}, {explain(HOST, error).why}.", err=True)
        return _everywhere(0)


def _everywhere(port: int) -> list[socket.socket]:
    """At one port of all addresses; of IPv6 where the machine has it. Two sockets rather than one
    for both: an address of IPv4 stays what it is, in limits and in the log. Raises `OSError`."""
    first = listen(HOST, port)
    with suppress(OSError):
        return [first, listen("::", first.getsockname()[1])]
    return [first]


# ------------------------------------------------------------------------------------- the token


def _family_token(options: GlobalOptions) -> str:
    """The secret of the family's token, which is made if it does not hold. Raises `AccessRefused`
    if it is there and was made by somebody else."""
    tokens, now = Tokens(read_access(options.folder.access)), SystemClock().now()
    kept = kept_token(options)
    caller = tokens.by_secret(kept, now) if kept else None
    if caller is not None and caller.name == FAMILY:
        return kept
    try:
        secret, added = tokens.add(FAMILY, TokenScope.CREATE, None, now)
    except AccessRefused as error:
        mend = f"`storybook token revoke {FAMILY}` ends it, and the next start makes another one"
        raise AccessRefused(
            f"{error}; its secret is not in {options.folder.home / TOKEN}: {mend}"
        ) from error
    write_private(options.folder.home / TOKEN, secret.encode())
    append_access(options.folder.access, added, now)
    return secret


def kept_token(options: GlobalOptions) -> str:
    """The secret as it is kept; empty if none is."""
    try:
        return (options.folder.home / TOKEN).read_text("ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return ""


# ------------------------------------------------------------------------------- what is told


def _tell(options: GlobalOptions, network: HomeNetwork) -> None:
    """Say how the devices of the house come in."""
    say(f"In the house it is at {network.address}, or at {network.local_address}")
    authority = network.identity.authority
    say(f"Once on each device: {network.trust_address} tells how it comes to trust this server.")
    say(f"Compare there (SHA-256): {authority.fingerprint}")
    _show_code(network.trust_address)
    token = kept_token(options)
    if console().is_terminal:
        say("After that this code opens it, signed in to make books:")
        _show_code(f"{network.address}#token={quote(token, safe='')}")
    else:
        kept = options.folder.home / TOKEN
        say(f"The code that signs a tablet in is shown in a terminal alone; its token is in {kept}")
    say(f"Who deletes books and makes links has a token of his own: {ADD_ADMIN}")


def _show_code(address: str) -> None:
    """As a QR code, where there is a terminal that can show it."""
    screen = console()
    lines = qr_lines(address)
    if not screen.is_terminal or not screen.encoding.lower().startswith("utf"):
        return
    if screen.width < len(lines[0]):
        say(f"(This terminal is too narrow for the code: it takes {len(lines[0])} columns.)")
        return
    for line in lines:
        screen.print(Text(line, WHITE_ON_BLACK), no_wrap=True)
