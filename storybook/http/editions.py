"""The editions of a book: it is changed, all are told, two are compared, one is restored."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import msgspec
from litestar import Request, post, route
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.types import Scope

from storybook.application import Application
from storybook.book import RunId, TtsConfig, split_edition
from storybook.edition_request import check_edition, check_note
from storybook.editions import (
    EditionComparison,
    EditionSummary,
    Files,
    GivenTranslation,
    PageComparison,
    Words,
)
from storybook.events.catalog import PageChange, Problem
from storybook.http.addresses import Addresses
from storybook.http.authorization import caller_name
from storybook.http.client_limits import ClientLimits
from storybook.http.errors import Invalid, NotFound
from storybook.http.requests import (
    READ,
    addresses,
    edition_number,
    reading_body,
    run_id_in,
)
from storybook.http.responses import RawResponse, json_response
from storybook.http.run_request import json_object
from storybook.http.runs import idempotency_key
from storybook.http.shown_files import shown_files
from storybook.http.times import iso_time
from storybook.request import InvalidRequest, RequestFault
from storybook.run import ForgottenRun, NoSuchRun, Refused, Status
from storybook.stages.addresses import without_secrets

EDITIONS_PATH: Final = "/api/runs/{run_id:str}/editions"

FIELDS: Final = {
    "base_edition": "base_edition",
    "pages": "pages",
    "tts_config": "tts",
    "style": "style",
    "note": "note",
    "accept": "accept",
    "add_language": "add_language",
}
"""The body's fields, and what they are called in a request that is checked."""
_NAMES: Final = {asked: field for field, asked in FIELDS.items()}


class EditionCreated(msgspec.Struct, frozen=True):
    """The number of the edition that a change makes."""

    edition: int


class EditionConflict(msgspec.Struct, frozen=True):
    """Why the book cannot be changed so now; `newest` is the number of its newest edition."""

    detail: str
    newest: int


class BookVoices(TtsConfig, frozen=True, omit_defaults=False):
    """How an edition is read aloud; all members are there. `casting` has the voices that characters
    were given where `dialogue_voice` is `cast`; `delivery` is `expressive`, in older books
    `story`, or empty where every pause is the same."""


class EditedPage(msgspec.Struct, frozen=True):
    """What was asked of a page. `seed` is that of its new picture, null if it is none; `language`
    is that of the voice that reads it again, empty for the book's own."""

    page: int
    rewrite: str
    repaint: bool
    seed: int | None
    revoice: bool
    language: str


class EditionState(msgspec.Struct, frozen=True):
    """An edition: who asked for it, when and why, what was to change, and what became of it.

    `pages` is what was asked of pages besides the texts that a person gave, of which `texts` names
    the pages; `tts_config` and `style` are null if they were to stay as they were; `restores` is
    the edition whose content it has again. `files` are addresses of what it has made, `accepted`
    what the check found in its texts and whoever asked took upon themselves. `is_shown` is true of
    the one that readers see; `comparison` leads to how it differs from `base_edition`, and is null
    of the first one and of those that were given up. `add_language` is the language that was added,
    or null, and `translations` are the pages whose text a person gave in one. Times are ISO 8601 in
    UTC.
    """

    edition: int
    base_edition: int | None
    status: Status
    is_shown: bool
    requested_at: str
    requested_by: str
    ended_at: str | None
    note: str
    restores: int | None
    pages: list[EditedPage]
    texts: tuple[int, ...]
    tts_config: BookVoices | None
    style: str | None
    accepted: tuple[Problem, ...]
    files: list[str]
    error: str | None
    comparison: str | None
    add_language: str | None
    translations: tuple[GivenTranslation, ...]


class Editions(msgspec.Struct, frozen=True):
    """The editions of a book, oldest first."""

    editions: list[EditionState]


class FilePair(msgspec.Struct, frozen=True):
    """A file of each of two editions by its address; empty where there is none (yet)."""

    before: str
    after: str


class PageDifference(msgspec.Struct, frozen=True):
    """How a page differs; what is the same in both editions is null. Of a text, all words that are
    `same` or `removed` are the one before, and all that are `same` or `added` the one after.
    `language` is empty for the book's own; a page has an element for each in which it differs."""

    page: int
    text: tuple[Words, ...] | None
    image_prompt: tuple[Words, ...] | None
    picture: FilePair | None
    audio: FilePair | None
    language: str


class VoicePair(msgspec.Struct, frozen=True):
    """How each of two editions is read aloud; null if it is not."""

    before: BookVoices | None
    after: BookVoices | None


class StylePair(msgspec.Struct, frozen=True):
    """The style of each of two editions."""

    before: str
    after: str


class LanguagePair(msgspec.Struct, frozen=True):
    """The languages of each of two editions, the book's own first."""

    before: tuple[str, ...]
    after: tuple[str, ...]


class Comparison(msgspec.Struct, frozen=True):
    """How two editions differ; of the pages those that do."""

    before: int
    after: int
    pages: list[PageDifference]
    tts_config: VoicePair | None
    style: StylePair | None
    languages: LanguagePair | None


class EditionCalls:
    """The handlers, over a running service."""

    def __init__(self, application: Application, limits: ClientLimits) -> None:
        self._application, self._limits = application, limits

    def routes(self) -> list[HTTPRouteHandler]:
        return [
            route(EDITIONS_PATH, http_method=[*READ, HttpMethod.POST])(self.collection),
            route(f"{EDITIONS_PATH}/{{pair:str}}", http_method=READ)(self.compare),
            post(f"{EDITIONS_PATH}/{{edition:str}}/restore", status_code=202)(self.restore),
        ]

    async def collection(self, request: Request[Any, Any, Any]) -> RawResponse:
        """One handler: OPTIONS would tell the methods of the first of a path's handlers alone."""
        if request.method == HttpMethod.POST:
            return await self.change(request)
        return await self.all(request.scope)

    async def change(self, request: Request[Any, Any, Any]) -> RawResponse:
        """Change a finished book."""
        run_id, fields = run_id_in(request.scope), json_object(await self._body(request))
        run = await self._application.commands.load(run_id)
        if run is None:
            raise NoSuchRun
        asked = {name: fields[it] for it, name in FIELDS.items() if it in fields}
        try:
            edition = await self._application.request_edition(
                run_id,
                check_edition(asked, run),
                idempotency_key=idempotency_key(request.scope),
                requested_by=caller_name(request.scope),
                admit=partial(self._limits.take, "runs", request.scope),
            )
        except InvalidRequest as invalid:
            raise _in_body(invalid) from invalid
        except Refused as refused:
            return await self._conflict(run_id, refused)
        return json_response(EditionCreated(edition), status=202)

    async def restore(self, request: Request[Any, Any, Any]) -> RawResponse:
        """Give a book the content again that it had in an edition."""
        scope, run_id = request.scope, run_id_in(request.scope)
        edition = edition_number(scope["path_params"]["edition"])
        body = await self._body(request)
        try:
            note = check_note(json_object(body).get("note") if body else None)
            self._limits.take("runs", scope)
            made = await self._application.restore_edition(
                run_id, edition, note=note, requested_by=caller_name(scope)
            )
        except InvalidRequest as invalid:
            raise _in_body(invalid) from invalid
        except Refused as refused:
            return await self._conflict(run_id, refused)
        return json_response(EditionCreated(made), status=202)

    async def all(self, scope: Scope) -> RawResponse:
        """Every edition of a book."""
        run_id, named = run_id_in(scope), addresses(scope)
        found = await self._application.editions(run_id)
        plain = shown_files(self._application.projections, run_id) or {}
        return json_response(Editions([_state(run_id, it, named, plain) for it in found]))

    async def compare(self, scope: Scope) -> RawResponse:
        """How two editions of a book differ."""
        before, dots, after = str(scope["path_params"]["pair"]).partition("..")
        if not dots:
            raise NotFound("expected two editions to compare, such as 1..2")
        run_id, pair = run_id_in(scope), (edition_number(before), edition_number(after))
        found = await self._application.compare_editions(run_id, *pair)
        plain = shown_files(self._application.projections, run_id) or {}
        return json_response(_comparison(run_id, found, addresses(scope), plain))

    async def _body(self, request: Request[Any, Any, Any]) -> bytes:
        with reading_body(self._application.settings.limits.request_seconds):
            return await request.body()

    async def _conflict(self, run_id: RunId, refused: Refused) -> RawResponse:
        """That the book cannot be changed so, with its newest edition. Raises what is no conflict
        with how it stands."""
        run = await self._application.commands.load(run_id)
        if run is None or isinstance(refused, NoSuchRun | ForgottenRun):
            raise refused
        return json_response(EditionConflict(str(refused), run.edition), status=409)


def _in_body(invalid: InvalidRequest) -> Invalid:
    """The faults of a change as those of the body's fields."""
    return Invalid(
        [
            RequestFault(("body", _NAMES[str(it.loc[0])], *it.loc[1:]), it.msg, it.type)
            for it in invalid.faults
        ]
    )


def _address(run_id: RunId, name: str, named: Addresses, plain: dict[str, str]) -> str:
    base = split_edition(name)[0]
    address = named.picture if base.endswith(".png") else named.audio
    return address(run_id, name, plain.get(base, ""))


def _state(
    run_id: RunId, it: EditionSummary, named: Addresses, plain: dict[str, str]
) -> EditionState:
    has_base = it.base_edition > 0
    compared = named.comparison(run_id, it.base_edition, it.edition)
    return EditionState(
        it.edition,
        it.base_edition if has_base else None,
        it.status,
        it.is_shown,
        iso_time(it.requested_at),
        it.requested_by,
        iso_time(it.ended_at) if it.ended_at is not None else None,
        it.note,
        it.restores or None,
        [_edited(page) for page in it.pages],
        it.texts,
        _voices(it.tts),
        it.style,
        it.accepted,
        [_address(run_id, name, named, plain) for name in it.files],
        without_secrets(it.error) if it.error else it.error,
        compared if has_base and it.can_be_shown else None,
        it.add_language or None,
        it.translations,
    )


def _edited(it: PageChange) -> EditedPage:
    seed = it.seed if it.repaint else None
    return EditedPage(it.page, it.rewrite, it.repaint, seed, it.revoice, it.language)


def _comparison(
    run_id: RunId, found: EditionComparison, named: Addresses, plain: dict[str, str]
) -> Comparison:
    pair = partial(_pair, run_id, named=named, plain=plain)
    return Comparison(
        found.before,
        found.after,
        [_difference(it, pair(it.picture), pair(it.narration)) for it in found.pages],
        VoicePair(*map(_voices, found.tts)) if found.tts is not None else None,
        StylePair(*found.style) if found.style is not None else None,
        LanguagePair(*found.languages) if found.languages is not None else None,
    )


def _voices(tts: TtsConfig | None) -> BookVoices | None:
    return None if tts is None else msgspec.convert(tts, BookVoices, from_attributes=True)


def _difference(
    it: PageComparison, picture: FilePair | None, audio: FilePair | None
) -> PageDifference:
    return PageDifference(it.page, it.text, it.image_prompt, picture, audio, it.language)


def _pair(
    run_id: RunId, files: Files | None, named: Addresses, plain: dict[str, str]
) -> FilePair | None:
    if files is None:
        return None
    return FilePair(
        _address(run_id, files.before, named, plain), _address(run_id, files.after, named, plain)
    )
