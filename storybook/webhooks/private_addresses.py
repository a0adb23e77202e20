"""Which addresses of the internet protocol are anybody's, and which are this network's own.

A name may lead anywhere: who may name an address for webhooks could otherwise have the server call
its neighbours (server-side request forgery), which may trust whoever is inside.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

_NAT64: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""Gateways make of these the IPv4 address in their last 32 bits (RFC 6052, RFC 8215)."""


def is_public(address: str) -> bool:
    """Whether an address is reached over the internet, also through what carries it inside."""
    try:
        return all(_is_global(it) for it in _meant(ip_address(address)))
    except ValueError:  # with a zone (fe80::1%eth0) in a form that is not known
        return False


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    is_site = isinstance(address, IPv6Address) and address.is_site_local
    return address.is_global and not (address.is_multicast or address.is_reserved or is_site)


def _meant(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """The address that packets come to in the end; where it is within another, only that counts
    unless the other is itself one."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if any(address in it for it in _NAT64):
        return [IPv4Address(int(address) & 0xFFFF_FFFF)]
    if address.sixtofour is not None:
        return [address.sixtofour]
    if address.teredo is not None:
        return [*address.teredo]
    return [address]
