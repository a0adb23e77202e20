"""Books that are based on others: what is asked for, what is kept, and which files are shared.

What a book keeps of its **origin** stands in its own events, and files have a name in its own
folder: nothing of it is lost when the origin is changed, loses its files, or is forgotten.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import anyio
import msgspec

from storybook.book import (
    Artifact,
    BasedOn,
    CastMember,
    KeptPart,
    RunId,
    TtsConfig,
    is_same_language,
)
from storybook.characters import as_hero, picture_name, shown_by_cover
from storybook.editions import NoSuchEdition
from storybook.engines import VoiceSound
from storybook.events.catalog import ArtifactRemade, Event, StageCompleted
from storybook.events.log import START, EventLog, Recorded
from storybook.languages.known import language_of, names_in, voiced
from storybook.new_run import NewRun, filled, with_heroes
from storybook.repair import makers_of
from storybook.request import WORDS, InvalidRequest, Loc, RequestFault, any_seed
from storybook.run import (
    ForgottenRun,
    Making,
    NoSuchRun,
    Refused,
    Run,
    edition_to_keep,
    kept_content,
    kept_files,
    read_whole,
    request_run,
)
from storybook.stages.casting import cast_of
from storybook.stages.voice_casting import with_casting
from storybook.stores.artifacts import ArtifactStore, NoSuchArtifact
from storybook.stores.integrity import Integrity

logger = logging.getLogger(__name__)


class Origin(msgspec.Struct, frozen=True):
    """What a book is to be based on: which edition (its number is told), and how its files were
    made, by their names."""

    based_on: BasedOn
    edition: Run
    makings: Mapping[str, Making]

    @property
    def heroes(self) -> tuple[CastMember, ...]:
        """Its characters as they come into the new book, with pictures that are still its own."""
        members = cast_of(self.edition)
        if self.based_on.keep is KeptPart.CAST:
            members = tuple(shown_by_cover(it, self.edition) for it in members)
        return tuple(as_hero(it, self.based_on.run_id) for it in members)


class SharedFile(msgspec.Struct, frozen=True):
    """A file that the new book has of a run, as it is called there (`name`) and as the new book's
    own. Without one that is not needed the book can be made, too."""

    of: RunId
    name: str
    artifact: Artifact
    is_needed: bool


# ------------------------------------------------------------------------------ what is asked for


class NoSuchOrigin(NoSuchRun):
    """There is no book of the run id that a request wants its own to be based on."""

    def __init__(self, run_id: RunId) -> None:
        Refused.__init__(self, f"there is no book {run_id} that this one could be based on")


class ForgottenOrigin(ForgottenRun):
    """The book that another one is to be based on was forgotten."""

    def __init__(self, run_id: RunId) -> None:
        what = f"the book {run_id} was forgotten; nothing of it is left that could be kept"
        Refused.__init__(self, what)


def origin_of(based_on: BasedOn, recorded: Sequence[Recorded]) -> Origin:
    """The book that a request names, from its events. Raises `NoSuchOrigin`, `ForgottenOrigin`,
    `NoSuchEdition`, `Refused` where it cannot be kept now, and `RunParked`."""
    try:
        run = read_whole(recorded)
    except ForgottenRun as error:
        raise ForgottenOrigin(based_on.run_id) from error
    if run is None:
        raise NoSuchOrigin(based_on.run_id)
    edition = edition_to_keep(run, based_on)
    if edition is None:
        raise NoSuchEdition(based_on.edition, run.edition)
    known = msgspec.structs.replace(based_on, edition=edition.edition)
    return Origin(known, edition, _makings(recorded))


def _makings(recorded: Sequence[Recorded]) -> dict[str, Making]:
    events = [it.event for it in recorded]
    makers = makers_of(events)
    made_from = {
        it.artifact.name: it.made_from
        for it in events
        if isinstance(it, StageCompleted | ArtifactRemade) and it.artifact is not None
    }
    return {name: Making(makers.get(name), it) for name, it in made_from.items()}


def with_origin(asked: NewRun, origin: Origin) -> NewRun:
    """The request with what it leaves to the book that it is based on. Raises `InvalidRequest` if
    it says otherwise what is kept."""
    it = origin.edition
    based_on, keep = origin.based_on, origin.based_on.keep
    if not keep.has_text:
        return msgspec.structs.replace(asked, based_on=based_on)
    before = NewRun(
        it.request, it.tts, it.page_count, it.language, it.seed, style=it.style, age=it.age
    )
    whole = msgspec.structs.replace(filled(asked, before), based_on=based_on)
    if faults := list(_faults(whole, before, keep)):
        raise InvalidRequest(faults)
    return msgspec.structs.replace(whole, language=before.language)


def _faults(asked: NewRun, before: NewRun, keep: KeptPart) -> Iterator[RequestFault]:
    for name in WORDS:
        yield from _kept((name,), getattr(asked.request, name), getattr(before.request, name))
    yield from _kept(("page_count",), asked.page_count, before.page_count)
    yield from _kept(("age",), asked.age, before.age)
    if not is_same_language(asked.language, before.language):
        yield from _kept(("language",), asked.language, before.language)
    elif asked.tts is not None and not is_same_language(asked.tts.lang, before.language):
        found = f"expected {before.language}, the language of the book; found {asked.tts.lang}"
        yield RequestFault(("tts", "lang"), found, "language_mismatch")
    if asked.cast:
        yield RequestFault(("cast",), "the characters come with the text; name nobody", "kept")
    if keep is KeptPart.PICTURES:
        yield from _kept(("style",), asked.style, before.style)
        if asked.seed is not None:
            yield from _kept(("seed",), asked.seed, before.seed)


def _kept(loc: Loc, asked: object, before: object) -> Iterator[RequestFault]:
    if asked != before:
        what = f"expected {before!r}, as the book has it that is kept, or nothing; found {asked!r}"
        yield RequestFault(loc, what, "kept")


class WantedBook(msgspec.Struct, frozen=True):
    """A request that is ready to become a book: complete, with the characters that come into it.
    `characters_asked` is what was asked for beside those that are named in its words."""

    asked: NewRun
    heroes: tuple[CastMember, ...] = ()
    characters_asked: str = ""
    origin: Origin | None = None

    @property
    def has_text(self) -> bool:
        """Whether its text is kept from the book that it is based on."""
        return self.origin is not None and self.origin.based_on.keep.has_text

    def decision(self, had: frozenset[str] = frozenset()) -> Callable[..., list[Event]]:
        """The decision that asks for it. `had` are the names of the files that it shares."""
        asked, origin, tts = self.asked, self.origin, _tts_of(self.asked)
        seed = any_seed() if asked.seed is None else asked.seed
        variations: Mapping[int, int] = {}
        kept: list[Event] = []
        if origin is not None:
            keep = origin.based_on.keep
            kept = kept_content(origin.edition, keep, tts, origin.makings)
            if keep is KeptPart.PICTURES:  # a picture that is made again is to be the same
                seed, variations = origin.edition.seed, origin.edition.variations
        return partial(
            request_run,
            request=asked.request,
            seed=seed,
            tts=tts,
            page_count=asked.page_count,
            language=asked.language,
            callback_url=asked.callback_url,
            style=asked.style,
            cast=[_with_own_pictures(it, had) for it in self.heroes],
            characters_asked=self.characters_asked,
            age=asked.age,
            based_on=asked.based_on,
            variations=variations,
            kept=kept,
        )


def wanted_book(
    asked: NewRun, saved: tuple[CastMember, ...], origin: Origin | None = None
) -> WantedBook:
    """What becomes of a request with `saved` characters and an origin. Raises `InvalidRequest`."""
    if origin is None:
        return _told_by(asked, saved, None)
    whole, heroes = with_origin(asked, origin), origin.heroes
    if not origin.based_on.keep.has_text:
        known = {it.name for it in heroes}
        others = tuple(it for it in saved if it.name not in known)
        return _told_by(whole, (*heroes, *others), origin)
    return WantedBook(whole, heroes, "", origin)


def with_voices_cast(
    wanted: WantedBook, sounds: Sequence[VoiceSound], known: Mapping[str, str]
) -> WantedBook:
    """What is asked for, with the voices that are cast, where they are to be. `sounds` are what the
    narrator's voices sound like; `known` are voices that characters of these names had before.
    Whoever comes from another book has the voice of there, if that can be."""
    asked, origin, heroes = wanted.asked, wanted.origin, wanted.heroes
    before = origin.edition.tts if origin is not None else None
    known = {
        **known,
        **(before.casting if before is not None else {}),
        **{it.name: it.voice for it in heroes if it.voice},
    }
    tts = with_casting(asked.tts, asked.request, sounds, known)
    asked = msgspec.structs.replace(asked, tts=tts)
    if origin is not None and origin.based_on.keep.has_text:
        heroes = _heard(heroes, asked)
    return msgspec.structs.replace(wanted, asked=asked, heroes=heroes)


def _heard(heroes: tuple[CastMember, ...], asked: NewRun) -> tuple[CastMember, ...]:
    """Those who come with the text speak as it is read aloud."""
    tts = _tts_of(asked)
    if tts is None:
        return heroes
    names = names_in(language_of(asked.language), asked.request)
    voices = {it.name: tts.voice_of(names.get(it.name, it.name)) for it in heroes}
    return tuple(msgspec.structs.replace(it, voice=voices[it.name]) for it in heroes)


def _tts_of(asked: NewRun) -> TtsConfig | None:
    return voiced(language_of(asked.language), asked.request, asked.tts)


def _told_by(asked: NewRun, heroes: tuple[CastMember, ...], origin: Origin | None) -> WantedBook:
    if not heroes:
        return WantedBook(asked, origin=origin)
    whole, named = with_heroes(asked, heroes)
    return WantedBook(whole, named, asked.request.characters, origin)


# ------------------------------------------------------------------------------------- the files


def shared_files(origin: Origin) -> list[SharedFile]:
    """The files that the new book has of its origin: kept pictures, and those that show who is in
    it, wherever they come from."""
    of = origin.based_on.run_id
    kept = kept_files(origin.edition, origin.based_on.keep)
    return [
        *(SharedFile(of, old.name, new, is_needed=True) for new, old in kept),
        *(
            SharedFile(
                RunId(it.run_id),
                it.name,
                Artifact(picture_name(it.sha256), it.media_type, it.size, it.sha256),
                is_needed=False,
            )
            for it in {it.sha256: it for who in origin.heroes for it in who.pictures}.values()
        ),
    ]


def _with_own_pictures(hero: CastMember, had: frozenset[str]) -> CastMember:
    """A character with those of its pictures that the new book shares. Who was saved has them where
    they were."""
    if hero.saved_as:
        return hero
    pictures = tuple(
        msgspec.structs.replace(it, name=name, run_id="")
        for it in hero.pictures
        if (name := picture_name(it.sha256)) in had
    )
    return msgspec.structs.replace(hero, pictures=pictures)


async def share_files(run_id: RunId, origin: Origin, store: ArtifactStore) -> frozenset[str]:
    """Give a book that no event names yet the files of its origin; the names of those that it has
    then, each with the bytes that were recorded. Raises `Refused` where a picture that is to be
    kept is lost, and `ArtifactError`: then it has none."""
    had: set[str] = set()
    try:
        for it in shared_files(origin):
            why = await _share(run_id, it, store)
            if not why:
                had.add(it.artifact.name)
            elif it.is_needed:
                raise Refused(
                    f"{it.name} of the book that it is to be based on {why}: "
                    f"`storybook repair {it.of}` makes it again"
                )
            else:
                logger.info(
                    "a character comes without its picture: %s of %s %s", it.name, it.of, why
                )
    except BaseException:
        with anyio.CancelScope(shield=True):
            await store.settle_shared(run_id, is_named=False)
        raise
    return frozenset(had)


async def _share(run_id: RunId, it: SharedFile, store: ArtifactStore) -> str:
    """Share a file; what is wrong with it, as words that go on after its name."""
    try:
        await store.share(it.of, it.name, run_id, it.artifact.name)
    except NoSuchArtifact as error:
        return error.why
    damage = await Integrity(store).damage(run_id, it.artifact)
    if damage:
        await store.remove(run_id, [it.artifact.name])
    return damage


async def finish_sharing(log: EventLog, store: ArtifactStore) -> None:
    """Remove what a process that died had shared for a book that was then not asked for. Before
    anything is asked for."""
    for run_id in await store.unnamed():
        is_named = bool(await log.read_run(run_id, START, 1))
        await store.settle_shared(run_id, is_named=is_named)
