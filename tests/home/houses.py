"""A house: a machine that is called so and has these addresses, and what its server shows."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Final

from storybook.home.authority import Authority
from storybook.home.identity import HomeIdentity
from storybook.home.names import ServerNames, names_of
from tests.clocks import ManualClock

ADDRESS: Final = "192.168.0.10"
DAY: Final = 24 * 3600.0


class House:
    """`identity` as it is opened on `folder`; the machine may be given other names, the clock be
    moved. It begins at this moment: OpenSSL, which judges what is shown, has no clock to be set."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, ManualClock(time.time_ns() // 1_000)
        self.machine, self.addresses = "Books-PC", [ADDRESS]
        self.identity = self.opened()

    def names(self) -> ServerNames:
        return names_of(self.machine, self.addresses)

    def opened(self) -> HomeIdentity:
        """As by another start."""
        return HomeIdentity(self.folder, self.names, self.clock.now)


def trusting(authority: Authority | None) -> ssl.SSLContext:
    """A client that trusts an authority, or nobody, as strictly as there is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    if authority is not None:
        context.load_verify_locations(cadata=authority.certificate_pem().decode())
    return context


def shaken(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> bytes:
    """Shake hands over a real socket, as a client that asks for `name`; what it was shown. Raises
    `ssl.SSLError`."""
    with (
        serving_hands(server) as port,
        socket.create_connection(("127.0.0.1", port)) as plain,
        client.wrap_socket(plain, server_hostname=name) as secure,
    ):
        shown = secure.getpeercert(binary_form=True)
        assert shown is not None
        return shown


@contextmanager
def serving_hands(server: ssl.SSLContext) -> Iterator[int]:
    """A server that shakes one hand; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def shake() -> None:
            connection, _ = listening.accept()
            try:
                with server.wrap_socket(connection, server_side=True) as secure:
                    secure.recv(1)
            except OSError:
                connection.close()  # it was refused, which the client tells

        thread = Thread(target=shake)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()
