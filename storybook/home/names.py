"""By which names and addresses the devices of a house reach this machine.

Only private ones: an authority that a family's devices trust is to be of no use against anybody
else's site, also if its key is stolen.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

import msgspec

LOCAL: Final = "local"
"""Names under it are asked of the machines themselves (mDNS, RFC 6762)."""
SUFFIXES: Final = ("localhost", LOCAL, "lan", "home", "internal", "home.arpa")
"""Under which a name is of a house: reserved for it (RFC 6761, 6762, 8375; `internal` by ICANN in
2024), or delegated to nobody and given by routers."""
NETWORKS: Final = tuple(
    ipaddress.ip_network(it)
    for it in (
        *("127.0.0.0/8", "::1/128"),
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),  # RFC 1918
        *("169.254.0.0/16", "fc00::/7"),  # RFC 3927, RFC 4193
        "100.64.0.0/10",  # RFC 6598; private networks across houses, such as Tailscale, use it
    )
)
"""Addresses that no machine of the internet has."""
_EVERYWHERE: Final = (
    *("192.0.2.1", "10.255.255.254", "172.31.255.254", "192.168.255.254"),
    *("2001:db8::1", "fd00::1"),
)
"""Where the system would send to, and is asked from which address: first to somewhere in the world
(addresses of documentation, which nobody has), since that way goes the router of the house."""
_DISCARD_PORT: Final = 9
_LABEL: Final = re.compile(r"[^a-z0-9-]+")
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
MAX_LABEL: Final = 63
"""Characters of a name between two dots (RFC 1035)."""


class ServerNames(msgspec.Struct, frozen=True):
    """`hosts` are names, `addresses` are addresses as text; both without those of others than the
    house, and each in the order in which a device had best be told them."""

    hosts: tuple[str, ...]
    addresses: tuple[str, ...]

    @property
    def all(self) -> frozenset[str]:
        """What a browser may have asked for."""
        return frozenset((*self.hosts, *self.addresses))

    @property
    def shown(self) -> str:
        """What a device is told. A number: every device understands it, and a name under `.local`
        not every Android tablet does."""
        outside = (it for it in self.addresses if not ipaddress.ip_address(it).is_loopback)
        return next(outside, self.local)

    @property
    def local(self) -> str:
        """The name under `.local`, which stays when the router gives another address."""
        return next(it for it in self.hosts if it.endswith(f".{LOCAL}"))


def names_of(machine: str, addresses: Iterable[str], more: Iterable[str] = ()) -> ServerNames:
    """The names of a machine that is called so, has these addresses, and is given `more` (names
    and addresses) by its settings. What is not of a house is left out."""
    label = _LABEL.sub("-", machine.lower().split(".")[0]).strip("-")[:MAX_LABEL].rstrip("-")
    given = [it.lower().strip("[]") for it in more]
    hosts = ("localhost", f"{label or 'storybook'}.{LOCAL}", machine.lower(), *given)
    found = ("127.0.0.1", "::1", *addresses, *given)
    return ServerNames(
        tuple(dict.fromkeys(it for it in hosts if is_of_a_house(it))),
        tuple(dict.fromkeys(str(address) for it in found if (address := _private(it)) is not None)),
    )


def is_of_a_house(name: str) -> bool:
    """Whether a name can be one of a machine at home, and of no other."""
    return _NAME.fullmatch(name) is not None and any(
        name == it == "localhost" or name.endswith(f".{it}") for it in SUFFIXES
    )


def machine_names(more: Iterable[str] = ()) -> ServerNames:
    """The names that this machine has now. May take as long as a look-up of its own name does."""
    machine = socket.gethostname()
    return names_of(machine, (*_routed(), *_resolved(machine)), more)


def _routed() -> Iterator[str]:
    """The addresses that this machine would send from. Nothing is sent: UDP has no connections, and
    the system only chooses a way. Docker's networks and the like are on none of these."""
    for target in _EVERYWHERE:
        family = socket.AF_INET6 if ":" in target else socket.AF_INET
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.connect((target, _DISCARD_PORT))
            yield asking.getsockname()[0]


def _resolved(machine: str) -> Iterator[str]:
    """What the system says of its own name: on Windows and macOS all that it has."""
    with suppress(OSError, UnicodeError):
        for *_, address in socket.getaddrinfo(machine, None, type=socket.SOCK_STREAM):
            yield str(address[0])


def _private(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return address if any(address in it for it in NETWORKS) else None
