"""Characters beyond their own book: shown, given a picture, saved for other books, released.

A character is read from its run, and what becomes of it is an event of that run: forgetting the run
takes all of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec

from storybook.book import CastMember, ReferencePicture, RunId
from storybook.commands import Decide
from storybook.events.catalog import Event
from storybook.projections.characters import SavedCharacter
from storybook.request import InvalidRequest, RequestFault, clean_word, composed
from storybook.run import (
    NoSuchRun,
    Refused,
    Run,
    give_cast_picture,
    release_character,
    save_character,
)
from storybook.stages.casting import cast_of
from storybook.stages.references import cover_of
from storybook.stores.artifacts import ArtifactStore

MAX_NAME_CHARACTERS: Final = 40
"""A name to call somebody by."""
NAMED_DIGITS: Final = 16
"""Of a picture's digest in its name: no two pictures of a book have as many in common."""
_PARTING: Final = frozenset(',，、;；/&+·|()（）:：<>{}[]\\"`')
"""Signs that part a list of characters, or could be taken for more than a name."""


class NoSuchCharacter(Refused):
    """Nobody of that name is in the run, or saved."""


def named(members: Sequence[CastMember], name: str) -> CastMember:
    """The character of a run that is meant; the only one if the name is empty. Raises
    `NoSuchCharacter`."""
    name = composed(name)
    there = ", ".join(it.name for it in members) or "nobody yet"
    if not name and len(members) == 1:
        return members[0]
    found = next((it for it in members if it.name == name), None)
    if found is None:
        what = f"no character {name!r} in this book" if name else "say which character is meant"
        raise NoSuchCharacter(f"{what}; it has {there}")
    return found


def saving(character: str, name: str, saved_by: str = "") -> Decide:
    """The decision that saves a run's character (the only one if it is not named) as `name`, with
    the picture that was given of it or the book's cover. Raises `InvalidRequest`."""
    name = checked_name(name)

    def decide(run: Run | None) -> list[Event]:
        member = shown_by_cover(named(_members(run), character), run)
        return save_character(run, name, member, saved_by)

    return decide


def releasing(name: str, released_by: str = "") -> Decide:
    """The decision that no request can name a run's character so any more."""
    return partial(release_character, name=name, released_by=released_by)


def giving(character: str, picture: ReferencePicture, given_by: str = "") -> Decide:
    """The decision that a picture shows a run's character."""
    return lambda run: give_cast_picture(run, named(_members(run), character), picture, given_by)


def picture_name(sha256: str) -> str:
    """What a character's picture is called among a run's files."""
    return f"cast_{sha256[:NAMED_DIGITS]}.png"


async def keep_picture(run_id: RunId, png: bytes, store: ArtifactStore) -> ReferencePicture:
    """Keep a picture among a run's files, under a name that its digest gives it. Raises
    `CannotKeep`."""
    digest = hashlib.sha256(png).hexdigest()
    name = picture_name(digest)
    kept = await store.put(run_id, name, png)
    return ReferencePicture(name, digest, kept.size)


def heroes_of(names: Sequence[str], saved: Sequence[SavedCharacter]) -> tuple[CastMember, ...]:
    """The characters that a request names, as they come into its book. Raises `InvalidRequest`."""
    known = {it.name: it for it in saved}
    faults = [
        RequestFault(
            ("cast", i), f"nobody is saved as {name!r}{_those(saved)}", "no_such_character"
        )
        for i, name in enumerate(names)
        if name not in known
    ]
    if faults:
        raise InvalidRequest(faults)
    return tuple(as_hero(it.member, it.run_id, it.name) for it in map(known.__getitem__, names))


def _those(saved: Sequence[SavedCharacter]) -> str:
    return f"; there are {', '.join(it.name for it in saved)}" if saved else "; nobody is saved yet"


def as_hero(member: CastMember, origin: RunId, saved_as: str = "") -> CastMember:
    """A character of a run as it comes into another book: its pictures stay where they are."""
    pictures = tuple(
        picture if picture.run_id else msgspec.structs.replace(picture, run_id=origin)
        for picture in member.pictures
    )
    return msgspec.structs.replace(member, pictures=pictures, saved_as=saved_as, origin=origin)


def shown_by_cover(member: CastMember, run: Run | None) -> CastMember:
    """The character with its book's cover as its picture, unless it has one."""
    cover = cover_of(run) if run is not None else None
    if member.pictures or cover is None:
        return member
    return msgspec.structs.replace(member, pictures=(cover,))


def checked_name(name: str) -> str:
    """A name to save somebody under. Raises `InvalidRequest`."""
    name = clean_word(("name",), name)
    if len(name) > MAX_NAME_CHARACTERS:
        found = f"expected at most {MAX_NAME_CHARACTERS} characters, found {len(name)}"
        raise InvalidRequest([RequestFault(("name",), found, "string_too_long")])
    if signs := sorted(_PARTING.intersection(name)):
        found = f"expected a name without {' '.join(signs)}"
        raise InvalidRequest([RequestFault(("name",), found, "name_sign")])
    return name


def _members(run: Run | None) -> tuple[CastMember, ...]:
    if run is None:
        raise NoSuchRun
    return cast_of(run)
