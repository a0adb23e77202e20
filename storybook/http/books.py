"""Books to be taken along, in each of the formats, and which of them can be made here.

A copy is made when it is asked for first, and kept. One that takes long is answered by 202 and how
far it is, until it is there.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

import msgspec
from litestar import route
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Scope

from storybook.access import Caller
from storybook.application import Application
from storybook.book import RunId
from storybook.export.formats import FORMATS, BadChoice, BookFormat, format_named
from storybook.export.keeping import BookCopy
from storybook.export.making import CopyOrder, CopyProgress
from storybook.http.addresses import Addresses
from storybook.http.errors import Invalid
from storybook.http.media import RUN_PATH, answer_artifact
from storybook.http.requests import (
    READ,
    addresses,
    edition_in,
    language_in,
    query,
    run_id_in,
    sent_path,
    shown_under,
)
from storybook.http.responses import RawResponse, json_response
from storybook.projections.runs import STATES
from storybook.request import RequestFault
from storybook.run import NoSuchRun

COME_BACK_SECONDS: Final = 2
"""How soon it is worth asking how far a film is."""
MISSING_HEADER: Final = b"storybook-missing"
"""Says what a book that is not whole is without, as `detail` says it to who wants it whole."""
PARTIAL: Final = {"0": False, "false": False, "1": True, "true": True}


class FormatState(msgspec.Struct, frozen=True):
    """A format, and where a book is found in it. `option` is the query's parameter for one of the
    `choices`, the first of which is meant by none; `takes_long` says that 202 may be answered.
    Unless it is `ready`, `why` not and the `mend` are told."""

    format: str
    url: str
    media_type: str
    option: str
    choices: tuple[str, ...]
    takes_long: bool
    ready: bool
    why: str
    mend: str


class BookFormats(msgspec.Struct, frozen=True):
    """The formats that a book can be taken along in."""

    formats: list[FormatState]


class BookCalls:
    """The handlers, over a running service."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def routes(self) -> list[HTTPRouteHandler]:
        paths = [f"{RUN_PATH}/book.{it}" for it in FORMATS]
        return [
            route(paths, http_method=READ)(self.book),
            route(f"{RUN_PATH}/formats", http_method=READ)(self.formats),
        ]

    async def book(self, scope: Scope) -> ASGIApp:
        """A book in a format, or how far it is."""
        order = _order_in(scope)
        try:
            copy, found = await self._application.copies.ask(order)
        except BadChoice as error:
            raise _invalid(error.option, str(error)) from error
        if isinstance(found, CopyProgress):
            return _not_yet(scope, found)
        store = self._application.artifacts
        headers = [(b"content-disposition", disposition_of(copy).encode())]
        if copy.book.missing:
            headers.append((MISSING_HEADER, copy.book.missing.encode()))
        return answer_artifact(
            scope, order.run_id, found.artifact, store, headers, token=found.token
        )

    async def formats(self, scope: Scope) -> RawResponse:
        """In which formats there can be a book of a run."""
        run_id = run_id_in(scope)
        if self._application.projections.row(STATES, run_id) is None:
            raise NoSuchRun
        caller: Caller | None = scope.get("user")
        has_link = caller is not None and caller.run_id is not None
        named = addresses(scope)
        states = [_state(it, run_id, named, tells_mend=not has_link) for it in FORMATS.values()]
        return json_response(BookFormats(states))


def _order_in(scope: Scope) -> CopyOrder:
    """What is asked for. Raises `BadRequest` and `Invalid`."""
    format_ = format_named(scope["path"].rpartition(".")[2])
    parameters = query(scope)
    partial = parameters.get("partial", "0")
    if partial not in PARTIAL:
        raise _invalid("partial", f"expected 1 or 0, found {partial[:40]!r}")
    choice = parameters.get(format_.option, "")
    if not choice and format_.option in parameters:
        raise _invalid(format_.option, f"expected one of {', '.join(format_.choices)}, found ''")
    return CopyOrder(
        run_id_in(scope),
        format_,
        choice,
        language_in(scope) or "",
        edition_in(scope),
        PARTIAL[partial],
    )


def _invalid(option: str, message: str) -> Invalid:
    return Invalid([RequestFault(("query", option), message, "choice")])


def _not_yet(scope: Scope, progress: CopyProgress) -> RawResponse:
    asked = scope["query_string"].decode("latin-1")
    here = shown_under(scope) + sent_path(scope) + (f"?{asked}" if asked else "")
    headers = [
        (b"location", quote(here, safe="/?&=%~:@!$'()*+,;", encoding="latin-1").encode()),
        (b"retry-after", b"%d" % COME_BACK_SECONDS),
    ]
    return json_response(progress, status=202, headers=headers)


def disposition_of(copy: BookCopy) -> str:
    """The header that gives a file its name, as RFC 6266 has it: in UTF-8 for all who read that,
    and without the title for the others."""
    plain = f"book.{copy.format.name}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(copy.file_name, safe='')}"


def _state(
    format_: BookFormat, run_id: RunId, named: Addresses, *, tells_mend: bool
) -> FormatState:
    return FormatState(
        format_.name,
        f"{named.run(run_id)}/book.{format_.name}",
        format_.media_type.partition(";")[0],
        format_.option,
        format_.choices,
        format_.is_long,
        not format_.missing,
        format_.why_not,
        format_.mend if tells_mend else "",
    )
