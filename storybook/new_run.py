"""A book that somebody asks for, checked: the same for every way in.

`check_new_run` turns plain values, as JSON has them, into a `NewRun`, or raises `InvalidRequest`
with every fault that is found (`storybook.request`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from storybook.book import FEWEST_PAGES, MOST_PAGES, BasedOn, CastMember, StoryRequest, TtsConfig
from storybook.lexicon.heroes import named_among
from storybook.request import (
    DEFAULT_LANGUAGE,
    DEFAULT_PAGE_COUNT,
    PACED,
    SAYS_NOTHING,
    SEED_RANGE,
    WORDS,
    CheckedFields,
    InvalidRequest,
    pace_for,
    says_something,
    value_or,
)

OF_THE_ORIGIN: Final = (*WORDS, "read_aloud", "tts", "page_count", "language", "age", "style")
"""What a request leaves to the book whose text it keeps, where it does not say it itself."""


class NewRun(msgspec.Struct, frozen=True):
    """A book that somebody asks for, checked. `tts` is None if it is not to be read aloud;
    `page_count` is from 5 to 13, the cover included. Without a `seed` one is drawn by chance.
    `callback_url` is told what becomes of the book, nobody if it is empty. `style` is how it is to
    be painted, empty if that is the illustrator's to say; `cast` are the names of saved characters
    that come back in it. `age` is one of `AGES`, or "" if nothing is said of it. `based_on` is the
    book that it is made from; what the request leaves to that one is `unsaid`, by the names of
    `check_new_run`, until it is `filled`."""

    request: StoryRequest
    tts: TtsConfig | None
    page_count: int
    language: str
    seed: int | None = None
    callback_url: str = ""
    style: str = ""
    cast: tuple[str, ...] = ()
    age: str = ""
    based_on: BasedOn | None = None
    unsaid: frozenset[str] = frozenset()


def filled(asked: NewRun, by: NewRun) -> NewRun:
    """The request with all that it leaves unsaid as another one has it, whose text it keeps: its
    words are read as they were there."""
    left = asked.unsaid
    words = {name: getattr(by.request, name) for name in WORDS if name in left}
    language = by.language if "language" in left else asked.language
    age = by.age if "age" in left else asked.age
    tts = asked.tts
    if tts is not None:
        pace = {it: usual for it, usual in zip(PACED, pace_for(age), strict=True) if it in left}
        tts = msgspec.structs.replace(tts, lang=tts.lang or language, **pace)
        if "tts" in left:
            tts = by.tts or (None if "read_aloud" in left else tts)
    return msgspec.structs.replace(
        asked,
        request=msgspec.structs.replace(asked.request, **words, reading=by.request.reading),
        tts=tts,
        page_count=by.page_count if "page_count" in left else asked.page_count,
        language=language,
        style=by.style if "style" in left else asked.style,
        age=age,
        unsaid=frozenset(),
    )


def with_heroes(
    asked: NewRun, heroes: Sequence[CastMember]
) -> tuple[NewRun, tuple[CastMember, ...]]:
    """The request in whose words and voices saved characters stand, and these characters as they
    are called there."""
    text, named = named_among(asked.request.characters, heroes)
    request = msgspec.structs.replace(asked.request, characters=text)
    return msgspec.structs.replace(asked, request=request, tts=with_voices(asked.tts, named)), named


def with_voices(tts: TtsConfig | None, heroes: Sequence[CastMember]) -> TtsConfig | None:
    """How a book is read aloud where heroes have voices of their own, unless it says others. Where
    voices are cast, those that heroes bring are for that to see."""
    if tts is None or not heroes or tts.is_cast:
        return tts
    voices = {it.name: it.voice for it in heroes if it.voice} | tts.character_voices
    return msgspec.structs.replace(tts, character_voices=voices)


def check_new_run(asked: Mapping[str, Any]) -> NewRun:
    """What `asked` says, checked; names that are not known are ignored.

    It has the four words (`WORDS`), and perhaps `read_aloud` (default true), `tts` (members of
    `TtsConfig`), `page_count`, `language`, `age`, `seed`, `callback_url`, `style`, `cast` (names
    of saved characters; nobody else needs to be named then) and `based_on` (members of `BasedOn`;
    of what comes with the text nothing needs to be said then). Raises `InvalidRequest`.
    """
    checked = CheckedFields()
    based_on = checked.based_on(asked.get("based_on"), ("based_on",))
    heroes = checked.cast(asked.get("cast"), ("cast",))
    nobody_else = {"characters"} if heroes and asked.get("characters") is None else set()
    unsaid: frozenset[str] = frozenset()
    if based_on is not None and based_on.keep.has_text:
        unsaid = _unsaid(asked)
    left = unsaid | nobody_else
    words = {name: "" if name in left else checked.word(asked, name) for name in WORDS}
    is_read_aloud = checked.flag(value_or(asked, "read_aloud", True), ("read_aloud",))
    pages = value_or(asked, "page_count", DEFAULT_PAGE_COUNT)
    page_count = checked.whole(pages, (FEWEST_PAGES, MOST_PAGES), ("page_count",))
    language = ""
    if "language" not in unsaid:
        language = checked.language(value_or(asked, "language", DEFAULT_LANGUAGE), ("language",))
    age = checked.age(asked.get("age"), ("age",))
    tts = checked.tts(asked.get("tts"), language, age)
    seed = asked.get("seed")
    if seed is not None:
        seed = checked.whole(seed, SEED_RANGE, ("seed",))
    url = checked.callback_url(asked.get("callback_url"), ("callback_url",))
    style = asked.get("style")
    style = "" if style is None or style == "" else checked.filled_text(style, ("style",))
    if not checked.faults and not left and not any(map(says_something, words.values())):
        for name in WORDS:
            checked.fault((name,), "expected words that a story can tell of", SAYS_NOTHING)
    if checked.faults:
        raise InvalidRequest(checked.faults)
    return NewRun(
        msgspec.convert(words, StoryRequest),
        tts if is_read_aloud else None,
        page_count,
        language,
        seed,
        url,
        style,
        heroes,
        age,
        based_on,
        unsaid,
    )


def _unsaid(asked: Mapping[str, Any]) -> frozenset[str]:
    """What a request leaves to the book whose text it keeps."""
    tts = asked.get("tts")
    told = tts if isinstance(tts, Mapping) else {}
    left = [it for it in OF_THE_ORIGIN if asked.get(it) is None or (it, asked[it]) == ("age", "")]
    return frozenset([*left, *(it for it in PACED if told.get(it) is None)])
