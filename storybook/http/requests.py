"""What stands in a request besides its body."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final, cast
from urllib.parse import parse_qsl

import anyio
from litestar.enums import HttpMethod
from litestar.exceptions import InternalServerException
from litestar.types import HTTPScope, Scope

from storybook.access import Caller
from storybook.book import FIRST_EDITION, RunId
from storybook.events.log import MAX_POSITION_DIGITS, Position
from storybook.http.addresses import NO_PREFIX, Addresses
from storybook.http.errors import BadRequest, TooSlow

MAX_EDITION_DIGITS: Final = 9
"""More than any book is changed."""
MAX_POSITION: Final = 10**MAX_POSITION_DIGITS - 1

AS_SENT: Final = "storybook.as_sent"
"""Where in a scope's state the scope is that it was before a proxy's word was believed."""

SHOWN_UNDER: Final = "storybook.shown_under"
"""Where in a scope's state the prefix is that a proxy shows this server under. It is not the root
path of ASGI: Litestar takes that out of a path wherever in it it stands."""
HOUSEHOLD_BITS: Final = 64
"""What one household is given of IPv6 addresses, and can change among as it likes."""

_OF_A_RUN: Final = re.compile(r"/api/runs/([0-9a-f]{32})(/.*)?")

READ: Final[list[HttpMethod]] = [HttpMethod.GET, HttpMethod.HEAD]
"""The methods of a call that only looks."""


def method(scope: Scope) -> str:
    """GET, HEAD, POST …"""
    return cast(HTTPScope, scope)["method"]


def header(scope: Scope, name: bytes) -> str | None:
    """A header's value; `name` in lower case."""
    for key, value in scope["headers"]:
        if key == name:
            return value.decode("latin-1")
    return None


def query(scope: Scope) -> dict[str, str]:
    """The query's parameters; of one given twice, the last."""
    text = scope["query_string"].decode("latin-1")
    return dict(parse_qsl(text, keep_blank_values=True)) if text else {}


def last_event_id(scope: Scope) -> Position | None:
    """The position that a client has seen everything up to; None if it names none.

    The header, which EventSource sends when it comes back, wins over `?last_event_id=`, which
    stays in the address that it was opened with. Raises `BadRequest`, whichever is wrong.
    """
    texts = (header(scope, b"last-event-id"), query(scope).get("last_event_id"))
    positions = [position_in("Last-Event-ID", text) for text in texts if text]
    return positions[0] if positions else None


def position_in(name: str, text: str) -> Position:
    """A position from text. Raises `BadRequest`."""
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_POSITION_DIGITS):
        raise BadRequest(
            f"{name} is to be a position in the log (0 or greater), found {text[:40]!r}"
        )
    return Position(int(text))


def edition_in(scope: Scope) -> int | None:
    """`?edition=`, None if it is not there. Raises `BadRequest`."""
    text = query(scope).get("edition")
    return edition_number(text) if text is not None else None


def language_in(scope: Scope) -> str | None:
    """`?language=`, None if it is not there or empty."""
    has_one = b"language=" in scope["query_string"]
    return (query(scope).get("language") or None) if has_one else None


def edition_number(text: str) -> int:
    """The number of an edition from text. Raises `BadRequest`."""
    is_number = text.isascii() and text.isdigit() and len(text) <= MAX_EDITION_DIGITS
    if not is_number or int(text) < FIRST_EDITION:
        raise BadRequest(f"an edition is to be a number (1 or greater), found {text[:40]!r}")
    return int(text)


def limit_in(parameters: dict[str, str], default: int, most: int) -> int:
    """`?limit=`, from 1 to `most`. Raises `BadRequest`."""
    text = parameters.get("limit", str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= most):
        raise BadRequest(f"limit is to be a number from 1 to {most}, found {text[:40]!r}")
    return int(text)


def sent_path(scope: Scope) -> str:
    """The path as it was sent, without the query: encoded, so that it is one line of ASCII."""
    return scope["raw_path"].decode("ascii", "backslashreplace")


@contextmanager
def reading_body(seconds: float) -> Iterator[None]:
    """Reads a body within a time; a client that leaves halfway is no fault of the server.

    Raises `BadRequest` or `TooSlow`."""
    try:
        with anyio.fail_after(seconds):
            yield
    except TimeoutError as error:
        raise TooSlow(seconds) from error
    except InternalServerException as error:  # all that Litestar's reading raises it for
        raise BadRequest("the body broke off before its end") from error


def run_id_in(scope: Scope) -> RunId:
    """The `{run_id}` of the path."""
    return RunId(scope["path_params"]["run_id"])


def as_sent(scope: Scope) -> Scope:
    """What the connection itself says of a request, whatever proxies say."""
    return cast(Scope, scope["state"].get(AS_SENT, scope)) if "state" in scope else scope


def shown_under(scope: Scope) -> str:
    """The prefix that a proxy shows this server under, as `/story`; "" if it shows it as it is."""
    return cast(str, scope["state"].get(SHOWN_UNDER, "")) if "state" in scope else ""


def addresses(scope: Scope) -> Addresses:
    """The addresses as whoever sent the request sees them."""
    return Addresses(prefix) if (prefix := shown_under(scope)) else NO_PREFIX


def note_run(scope: Scope, run_id: RunId) -> None:
    """Have it known which run a request has made."""
    cast(dict[str, Any], scope)["storybook_run"] = run_id


def run_of(scope: Scope) -> str:
    """The run that a request is about, or has made; empty if it is about none."""
    return run_in_path(scope["path"]) or str(scope.get("storybook_run", ""))


def run_in_path(path: str) -> RunId | None:
    """The run that a path is about; for the doors, which stand before the router."""
    found = _OF_A_RUN.fullmatch(path)
    return RunId(found[1]) if found is not None else None


def client_host(scope: Scope) -> str:
    """The address of who sent a request, as far as it is known, without its port."""
    client = scope["client"]
    return client[0] if client else ""


def client_key(scope: Scope) -> str:
    """Who asks, for limits: the token's name, or else the address. No name can be taken for an
    address. Who has a link to a book has no token, and takes nothing of what its signer has."""
    caller: Caller | None = scope.get("user")
    if caller is None or caller.run_id is not None:
        return client_household(scope)
    return f"token {caller.name}"


def client_household(scope: Scope) -> str:
    """The address of who sent a request; the addresses of one household are one."""
    return _household(client_host(scope))


@lru_cache(maxsize=4_096)
def _household(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return host
    return str(ipaddress.ip_network((address, HOUSEHOLD_BITS), strict=False))
