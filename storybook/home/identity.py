"""Authority and certificate as they are kept, and made anew in time.

The files are in a folder of the data folder, which only its user may read; each has a key and its
certificate in one, so that the two are always of one making.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

from storybook.home.authority import (
    RENEWAL_DAYS,
    Authority,
    NotOurs,
    ServerCertificate,
    new_authority,
)
from storybook.home.files import AUTHORITY, CERTIFICATE, make_private, write_private
from storybook.home.names import ServerNames


class IdentityUnreadable(Exception):
    """What is kept cannot be used; the message says what to do."""


class HomeIdentity:
    """What a server at home is, as whom it shows itself. `folder` is where it is kept, `find_names`
    tells this machine's names as they are now, `now` the time (microseconds since 1970).

    Opening makes what is missing. Raises `IdentityUnreadable` and `OSError`.
    """

    def __init__(
        self, folder: Path, find_names: Callable[[], ServerNames], now: Callable[[], int]
    ) -> None:
        self._folder, self._find_names, self._now = folder, find_names, now
        self.names = find_names()
        """As they were at the last look."""
        make_private(folder)
        self.authority = self._open_authority()
        self._kept = self._kept_certificate()
        self._hosts: frozenset[str] = frozenset()
        self.renew()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        """What connections are made with. It stays the same; `show` gives it what was made anew."""
        self.context.set_alpn_protocols(["http/1.1"])
        self.show()

    def hosts(self) -> frozenset[str]:
        """The names and addresses that the server answers for: those that it shows."""
        return self._hosts

    def renew(self) -> str:
        """Look whether another certificate is needed, and make it; returns why, in words, or an
        empty text. Raises `OSError`."""
        self.names = self._find_names()
        if why := self._lacks():
            if self.authority.ends_within(RENEWAL_DAYS, self._now()):
                self.authority = self._new_authority()
            made = self.authority.issue(self.names, self._now())
            write_private(self._folder / CERTIFICATE, made.pem())
            self._kept = made
        return why

    def show(self) -> None:
        """Let new connections have the certificate as it is now."""
        self.context.load_cert_chain(self._folder / CERTIFICATE)
        self._hosts = self.certificate.names().all

    @property
    def certificate(self) -> ServerCertificate:
        """As it was made last."""
        assert self._kept is not None  # opening has made one
        return self._kept

    def _lacks(self) -> str:
        if self.authority.ends_within(RENEWAL_DAYS, self._now()):
            return f"the authority ends on {self.authority.ends_at:%Y-%m-%d}"
        if self._kept is None:
            return "there is none"
        return self._kept.lacks(self.authority, self.names, self._now())

    def _open_authority(self) -> Authority:
        try:
            return read_authority(self._folder)
        except FileNotFoundError:
            return self._new_authority()

    def _new_authority(self) -> Authority:
        machine = self.names.local.removesuffix(".local")
        made = new_authority(machine, self._now())
        write_private(self._folder / AUTHORITY, made.pem())
        return made

    def _kept_certificate(self) -> ServerCertificate | None:
        """None also for one that cannot be used: another one costs nothing."""
        try:
            return read_certificate(self._folder)
        except (FileNotFoundError, NotOurs):
            return None


def read_authority(folder: Path) -> Authority:
    """Raises `FileNotFoundError`, other `OSError`, and `IdentityUnreadable`."""
    file = folder / AUTHORITY
    try:
        return Authority.from_pem(file.read_bytes())
    except NotOurs as error:
        raise IdentityUnreadable(
            f"{file} cannot be used: {error}; put it back from a backup, or move it away: another "
            "authority is made then, which each device has to be told to trust anew"
        ) from error


def read_certificate(folder: Path) -> ServerCertificate:
    """Raises `FileNotFoundError`, other `OSError`, and `NotOurs`."""
    return ServerCertificate.from_pem((folder / CERTIFICATE).read_bytes())
