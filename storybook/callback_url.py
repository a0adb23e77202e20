"""The address that is told what becomes of a book, as a request may name it.

The form is narrow on purpose: what is checked here is taken apart again where it is sent, by a
library with a reading of its own, and an address that two read differently leads past a check. A
user, a password or a query would be a secret in an event that is kept for ever.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

MAX_CALLBACK_CHARACTERS: Final = 500
"""An address is a place, not a message."""

_PORT: Final = (
    r"[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
)
CALLBACK_PATTERN: Final = (
    r"https?://"
    r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)"
    rf"(:({_PORT}))?"
    r"(/([A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?"
)
"""What a callback URL is, as a regular expression of Python and of JSON Schema; host and port are
its first and third group."""
_CALLBACK: Final = re.compile(CALLBACK_PATTERN)
_USER: Final = re.compile(r"[^/]*//[^/?#]*@")


def callback_fault(url: str) -> str | None:
    """What is wrong with an address, for people and without repeating it; None if nothing is."""
    if len(url) > MAX_CALLBACK_CHARACTERS:
        return f"expected at most {MAX_CALLBACK_CHARACTERS} characters, found {len(url)}"
    if _USER.match(url):
        return "expected no user or password: what is sent is signed, and the address is recorded"
    if "?" in url or "#" in url:
        return "expected no query and no fragment: put what they say into the path"
    if not _CALLBACK.fullmatch(url):
        return "expected an address such as https://books.example/done, in ASCII"
    return None


def host_of(url: str) -> tuple[str, str]:
    """Host (in small letters, IPv6 in brackets) and port (empty if none is named) of an address
    that has no fault."""
    found = _CALLBACK.fullmatch(url)
    assert found is not None
    return found[1].lower(), found[3].removeprefix(":") if found[3] else ""


def is_allowed_host(url: str, allowed: Collection[str]) -> bool:
    """Whether an address without fault leads to one of the hosts, each with or without a port: one
    without is any port of it."""
    host, port = host_of(url)
    known = {it.strip().lower() for it in allowed}
    return host in known or (port != "" and f"{host}:{port}" in known)
