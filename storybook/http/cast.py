"""A book's characters, and those that were saved for other books."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Request, route
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Scope

from storybook.application import Application
from storybook.book import (
    Artifact,
    CastMember,
    FigureParameters,
    ReferencePicture,
    RunId,
    split_edition,
)
from storybook.characters import named
from storybook.http.addresses import Addresses
from storybook.http.authorization import caller_name
from storybook.http.client_limits import ClientLimits
from storybook.http.errors import Invalid, NotFound
from storybook.http.media import answer_artifact
from storybook.http.requests import (
    READ,
    addresses,
    method,
    reading_body,
    run_id_in,
)
from storybook.http.responses import RawResponse, json_response
from storybook.http.shown_files import shown_files
from storybook.http.times import iso_time
from storybook.projections.characters import SavedCharacter
from storybook.request import InvalidRequest, RequestFault
from storybook.stages.faces import Face
from storybook.stages.reference_pictures import MAX_BYTES
from storybook.stores.integrity import Integrity

CAST_PATH = "/api/runs/{run_id:str}/cast"
PICTURE_PATH = f"{CAST_PATH}/{{name:str}}/picture"
SAVED_PATH = "/api/cast"


Plain = Callable[[RunId, str], str]
"""Which of a run's files the plain address of one serves, both as the store names them."""


class FaceState(msgspec.Struct, frozen=True):
    """A square piece of a picture: the picture's address, and the middle and the side of the piece
    as shares of the picture's side."""

    picture: str
    x: float
    y: float
    side: float


class CharacterState(msgspec.Struct, frozen=True):
    """A character of a book. `card` is its look in English, word for word in every image prompt;
    `pictures` are addresses of what an illustrator is shown of it; `saved_as` and `origin` say
    from where it came into this book, and are empty if it began here. `face` is its head on the
    book's cover; null where nobody knows where that is."""

    name: str
    kind: str
    called: str
    age: str
    description: str
    card: str
    voice: str
    figure: FigureParameters | None
    pictures: list[str]
    saved_as: str
    origin: str
    face: FaceState | None


class Cast(msgspec.Struct, frozen=True):
    """The characters of a book, in the order in which they were asked for."""

    cast: list[CharacterState]


class SavedState(msgspec.Struct, frozen=True):
    """A character that requests can name, the run that it comes from, and how it was there."""

    name: str
    run_id: RunId
    saved_at: str
    character: CharacterState


class SavedCast(msgspec.Struct, frozen=True):
    """The characters that requests can name, by name."""

    characters: list[SavedState]


class SaveRequest(msgspec.Struct, frozen=True):
    """Which character is to be saved. It need not be named where a run has but one."""

    run_id: str
    character: str = ""


class CastCalls:
    """The handlers, over a running service."""

    def __init__(self, application: Application, limits: ClientLimits) -> None:
        self._application, self._limits = application, limits
        self._integrity = Integrity(application.artifacts)

    def routes(self) -> list[HTTPRouteHandler]:
        return [
            route(CAST_PATH, http_method=READ)(self.cast),
            route(
                PICTURE_PATH,
                http_method=[*READ, HttpMethod.PUT],
                request_max_body_size=MAX_BYTES,
            )(self.pictures),
            route(SAVED_PATH, http_method=READ)(self.saved),
            route(
                f"{SAVED_PATH}/{{name:str}}",
                http_method=[HttpMethod.PUT, HttpMethod.DELETE],
                status_code=200,
            )(self.change),
        ]

    async def cast(self, scope: Scope) -> RawResponse:
        """A run's characters."""
        run_id = run_id_in(scope)
        members = await self._application.cast_of(run_id)
        faces = await self._application.faces_of(run_id)
        return json_response(
            Cast([_state(run_id, it, faces, addresses(scope), self._plain) for it in members])
        )

    async def pictures(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """One handler: OPTIONS would tell the methods of the first of a path's handlers alone."""
        if request.method == HttpMethod.PUT:
            return await self.give(request)
        return await self.picture(request.scope)

    async def give(self, request: Request[Any, Any, Any]) -> RawResponse:
        """Show what a character looks like."""
        scope, run_id, name = request.scope, run_id_in(request.scope), _name_in(request.scope)
        self._limits.take("runs", scope)
        with reading_body(self._application.settings.limits.request_seconds):
            content = await request.body()
        try:
            await self._application.give_cast_picture(run_id, name, content, caller_name(scope))
        except InvalidRequest as invalid:
            raise _in_body(invalid) from invalid
        member = named(await self._application.cast_of(run_id), name)
        faces = await self._application.faces_of(run_id)
        return json_response(_state(run_id, member, faces, addresses(scope), self._plain))

    async def picture(self, scope: Scope) -> ASGIApp:
        """The picture that a character was given, or came with."""
        run_id = run_id_in(scope)
        member = named(await self._application.cast_of(run_id), _name_in(scope))
        if not member.pictures:
            raise NotFound(f"{member.name} was given no picture")
        origin, artifact = _file(run_id, member.pictures[0])
        if damage := await self._integrity.damage(origin, artifact):
            raise NotFound(f"the picture of {member.name} {damage}")
        return answer_artifact(scope, origin, artifact, self._application.artifacts)

    async def saved(self, scope: Scope) -> RawResponse:
        """The characters that requests can name."""
        saved = await self._application.saved_characters()
        books = {it.run_id for it in saved}
        faces = {book: await self._application.faces_of(book) for book in books}
        return json_response(
            SavedCast([_saved(it, faces[it.run_id], addresses(scope), self._plain) for it in saved])
        )

    async def change(self, request: Request[Any, Any, Any]) -> RawResponse:
        """One handler, for the same reason."""
        if method(request.scope) == HttpMethod.PUT:
            return await self.save(request)
        by = caller_name(request.scope)
        await self._application.release_character(_name_in(request.scope), by)
        return RawResponse(b"", status=204, headers=[(b"cache-control", b"no-store")])

    async def save(self, request: Request[Any, Any, Any]) -> RawResponse:
        """Let requests name a character."""
        with reading_body(self._application.settings.limits.request_seconds):
            body = await request.body()
        try:
            asked = msgspec.json.decode(body or b"{}", type=SaveRequest)
        except msgspec.ValidationError as error:
            raise Invalid([RequestFault(("body",), str(error), "validation_error")]) from error
        except msgspec.DecodeError as error:
            why = f"the body is not JSON: {error}"
            raise Invalid([RequestFault(("body",), why, "json_invalid")]) from error
        name, by = _name_in(request.scope), caller_name(request.scope)
        self._limits.take("runs", request.scope)
        try:
            saved = await self._application.save_character(
                name, RunId(asked.run_id), asked.character, by
            )
        except InvalidRequest as invalid:
            raise _in_body(invalid) from invalid
        faces = await self._application.faces_of(saved.run_id)
        return json_response(_saved(saved, faces, addresses(request.scope), self._plain))

    def _plain(self, run_id: RunId, name: str) -> str:
        """The file that is served at the plain address of one of a book's pictures."""
        shown = shown_files(self._application.projections, run_id) or {}
        return shown.get(split_edition(name)[0], name)


def _name_in(scope: Scope) -> str:
    return str(scope["path_params"]["name"])


def _in_body(invalid: InvalidRequest) -> Invalid:
    return Invalid([RequestFault(("body", *it.loc), it.msg, it.type) for it in invalid.faults])


def _saved(
    it: SavedCharacter, faces: Mapping[str, Face], named_as: Addresses, plain: Plain
) -> SavedState:
    character = _state(it.run_id, it.member, faces, named_as, plain)
    return SavedState(it.name, it.run_id, iso_time(it.saved_at), character)


def _state(
    run_id: RunId,
    member: CastMember,
    faces: Mapping[str, Face],
    named_as: Addresses,
    plain: Plain,
) -> CharacterState:
    shown = None
    if (face := faces.get(member.name)) is not None:
        address = _page(run_id, face.picture, named_as, plain)
        shown = FaceState(address, face.x, face.y, face.side)
    picture = f"{named_as.run(run_id)}/cast/{quote(member.name, safe='')}/picture"
    return CharacterState(
        member.name,
        member.kind,
        member.called,
        member.age,
        member.description,
        member.card,
        member.voice,
        member.figure,
        [_address(run_id, it, picture, named_as, plain) for it in member.pictures],
        member.saved_as,
        member.origin,
        shown,
    )


def _address(
    run_id: RunId, picture: ReferencePicture, given: str, named_as: Addresses, plain: Plain
) -> str:
    """Where a picture is to be had: a book's own page where it is one, else with its character."""
    if picture.run_id or picture.name.startswith("cast_"):
        return given
    return _page(run_id, picture.name, named_as, plain)


def _page(run_id: RunId, name: str, named_as: Addresses, plain: Plain) -> str:
    return named_as.picture(run_id, name, plain(run_id, name))


def _file(run_id: RunId, it: ReferencePicture) -> tuple[RunId, Artifact]:
    return RunId(it.run_id or run_id), Artifact(it.name, it.media_type, it.size, it.sha256)
