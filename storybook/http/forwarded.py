"""What proxies say of a request: who sent it, and by which address it was asked for.

Each proxy adds what it saw: the address of its own client, and scheme, host and prefix that this
client asked for. A **hop** is what one of them wrote. Only what a trusted one wrote is believed:
the hops are walked from the nearest proxy on, as long as each was written by one of the trusted, so
that what a client put into the same headers before is never reached.

`X-Forwarded-*` go before `Forwarded`: nearly all proxies write them, and hand on a `Forwarded` that
a client made up. What cannot be read counts as not said.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from itertools import islice
from typing import Final

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from storybook.http.hosts import is_host
from storybook.http.requests import AS_SENT, SHOWN_UNDER
from storybook.settings import BASE_PATH_PATTERN

logger = logging.getLogger(__name__)

Headers = Iterable[tuple[bytes, bytes]]
Networks = Collection[IPv4Network | IPv6Network]

MOST_HOPS: Final = 20
"""Proxies that are looked at. Nobody has so many, and a header has room for thousands."""
_PREFIX: Final = re.compile(BASE_PATH_PATTERN)
_SCHEMES: Final = ("http", "https")
_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_PAIR: Final = re.compile(rf"\s*({_TOKEN})=({_TOKEN}|{_QUOTED})\s*")
_ELEMENT: Final = re.compile(rf'(?:[^",]|{_QUOTED})+')
_PART: Final = re.compile(rf'(?:[^";]|{_QUOTED})+')


class Hop(msgspec.Struct, frozen=True):
    """What one proxy wrote; what it did not say is empty. `client` is an address, with a port or
    without, or whatever hides it."""

    client: str = ""
    scheme: str = ""
    host: str = ""
    prefix: str = ""


def asked_through(peer: str, headers: Headers, trusted: Networks) -> Hop:
    """Who asks and for what, as far as it may be believed. `peer` is who is connected; what an
    untrusted one says is nothing."""
    client, told = peer, Hop()
    if _is_trusted(peer, trusted):
        for hop in islice(hops_in(headers), MOST_HOPS):
            told = hop
            if (address := _address(hop.client)) is None:
                break  # it hides whom it speaks for
            client = str(address)
            if not _is_trusted(client, trusted):
                break
    return Hop(
        client,
        told.scheme.lower() if told.scheme.lower() in _SCHEMES else "",
        told.host if is_host(told.host) else "",
        told.prefix if _PREFIX.fullmatch(told.prefix) else "",
    )


def hops_in(headers: Headers) -> list[Hop]:
    """What proxies wrote, the nearest first."""
    lines: dict[bytes, str] = {}
    for name, value in headers:
        if name == b"forwarded" or name.startswith(b"x-forwarded-"):
            text = value.decode("latin-1")
            lines[name] = f"{lines[name]},{text}" if name in lines else text
    columns = [_values(lines.get(b"x-forwarded-%b" % it, "")) for it in _COLUMNS]
    return _rows(columns) if any(columns) else _elements(lines.get(b"forwarded", ""))


_COLUMNS: Final = (b"for", b"proto", b"host", b"prefix")


def _values(text: str) -> list[str]:
    """The values of a list, the last first."""
    return [value for it in reversed(text.split(",")) if (value := it.strip())]


def _rows(columns: Sequence[list[str]]) -> list[Hop]:
    """The hops of `X-Forwarded-*`. A proxy that replaces a header where others add to it leaves
    fewer values than there are hops: the first one is that of all the hops before, too."""
    count = max(1, len(columns[0]))
    return [Hop(*(_at(column, at) for column in columns)) for at in range(min(count, MOST_HOPS))]


def _at(column: list[str], at: int) -> str:
    return column[min(at, len(column) - 1)] if column else ""


def _elements(text: str) -> list[Hop]:
    """The hops of `Forwarded` (RFC 7239). A quote that does not end could hide what a proxy added
    after it: then none of it can be read."""
    if re.fullmatch(rf'(?:[^"]|{_QUOTED})*', text) is None:
        return []
    return [_element(it) for it in reversed(_ELEMENT.findall(text)) if it.strip()]


def _element(text: str) -> Hop:
    pairs = [_PAIR.fullmatch(it) for it in _PART.findall(text) if it.strip()]
    found = {it[1].lower(): _unquoted(it[2]) for it in pairs if it is not None}
    if None in pairs or len(found) != len(pairs):
        return Hop()
    return Hop(found.get("for", ""), found.get("proto", ""), found.get("host", ""))


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


@lru_cache(maxsize=4_096)  # the same few, request after request
def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address that may have a port, and brackets where it is IPv6."""
    if found := re.fullmatch(r"\[(.*)\](?::\d+)?|([\d.]+):\d+", text, re.ASCII):
        text = found[1] or found[2] or ""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # On a socket for both, an IPv4 client is shown as ::ffff:10.0.0.1.
    return getattr(address, "ipv4_mapped", None) or address


def _is_trusted(text: str, trusted: Networks) -> bool:
    if not trusted:
        return False
    address = _address(text)
    return address is not None and any(address in it for it in trusted)


# ------------------------------------------------------------------------------------------- ASGI


def behind_proxies(app: ASGIApp, trusted: Iterable[str], base_path: str) -> ASGIApp:
    """The application, which sees each request as whoever sent it: his address as `client`, the
    scheme and `Host` that he asked for, and a `path` without the prefix (`shown_under`).

    What the connection itself said stays in reach (`as_sent`). `base_path` is the prefix whatever
    proxies say; both one that takes it off and one that hands it on are served. The first that is
    not believed is told of in the log."""
    networks = [ip_network(it, strict=False) for it in trusted]
    is_told = False

    async def seen(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal is_told
        if not is_told and scope["type"] == ScopeType.HTTP:
            is_told = _tell_of_unbelieved(scope, networks)
        if scope["type"] == ScopeType.HTTP and (networks or base_path):
            scope = _seen(scope, networks, base_path)
        await app(scope, receive, send)

    return seen


def _tell_of_unbelieved(scope: Scope, networks: Networks) -> bool:
    """Whether somebody says for whom he asks who is none of the trusted; that is then said."""
    peer = scope["client"]
    says = any(name in (b"x-forwarded-for", b"forwarded") for name, _ in scope["headers"])
    if peer is None or not says or _is_trusted(peer[0], networks):
        return False
    logger.warning(
        "%s says for whom it asks (X-Forwarded-For or Forwarded), and is not believed: all that it "
        "hands on counts as its own. If it is your proxy, name it in trusted_proxies in [server]",
        peer[0],
    )
    return True


def _seen(scope: Scope, networks: Networks, base_path: str) -> Scope:
    peer = scope["client"]
    told = asked_through(peer[0] if peer else "", scope["headers"], networks)
    seen = dict(scope)
    prefix = base_path or told.prefix
    seen["state"] = {**scope["state"], AS_SENT: scope, SHOWN_UNDER: prefix}
    if peer and told.client != peer[0]:
        seen["client"] = (told.client, 0)
    if told.scheme:
        seen["scheme"] = told.scheme
    if told.host:
        others = [it for it in scope["headers"] if it[0] != b"host"]
        seen["headers"] = [*others, (b"host", told.host.encode())]
    if prefix:
        seen |= _below(prefix, scope)
    return seen  # type: ignore[return-value]  # the same keys as before, which a dict does not tell


def _below(prefix: str, scope: Scope) -> dict[str, object]:
    """The path after the prefix. It is looked for as it was sent: nobody has to encode it."""
    raw = scope["raw_path"]
    if raw != prefix.encode() and not raw.startswith(prefix.encode() + b"/"):
        return {}
    return {
        "path": scope["path"][len(prefix) :] or "/",
        "raw_path": raw[len(prefix) :] or b"/",
    }
