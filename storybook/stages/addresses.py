"""The address of a server: what of it may be shown, and what can be wrong with the way there.

An address in the settings may have a user and password in it, or a token in its query. Its **URL**
is the rest, which is asked and shown.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_HOST_AND_PORT: Final = re.compile(r"(\[.*\]|[^:]*)(:\d*)?")
_USER_IN_TEXT: Final = re.compile(r"(?<=://)\S*@")
_QUERY_IN_TEXT: Final = re.compile(r"(://[^\s?]*)\?[^\s'\"]*")


class AccessFault(Exception):
    """The operator has to mend the way to a server. Neither `why` nor `mend` has a secret."""

    def __init__(self, why: str, mend: str) -> None:
        super().__init__(f"{why}. {mend}")
        self.why, self.mend = why, mend


class AddressParts(NamedTuple):
    """An address taken apart; `user` has the password, too. Only `url` may be shown."""

    url: str
    user: str
    query: str


def parts_of(address: str) -> AddressParts:
    """Take an address apart. A password may have signs that should be written as %2F and the like:
    no part of it is taken for the host as long as that can be told."""
    scheme, sign, rest = address.strip().partition("://")
    if not sign:
        scheme, rest = "", scheme
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        user, _, host = authority.rpartition("@")
        place = host + rest[len(authority) :]
    elif _HOST_AND_PORT.fullmatch(authority):
        user, place = "", rest
    else:
        user, _, place = rest.rpartition("@")
    path, _, query = place.partition("#")[0].partition("?")
    return AddressParts(f"{scheme.lower()}{sign}{path.rstrip('/')}", user, query)


def shown_url(address: str) -> str:
    """An address as it may be shown: without user, password and query."""
    return parts_of(address).url


def without_secrets(text: str) -> str:
    """A text without the users, passwords and queries of the addresses in it."""
    return _QUERY_IN_TEXT.sub(r"\1", _USER_IN_TEXT.sub("", text))


def proxy_fault() -> AccessFault:
    """What is wrong when no client can be made because of the proxies in the environment."""
    why = "the proxy that the environment names cannot be used"
    mend = "Correct HTTP_PROXY, HTTPS_PROXY or ALL_PROXY, or name the host in NO_PROXY"
    return AccessFault(why, mend)
