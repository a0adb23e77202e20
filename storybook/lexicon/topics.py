"""What a topic is: a **frame** of what is done, with which things, where, what is hard about it,
what helps, and what is never said.

Words that mean a topic find its frame. Composer, model writers and the check share it; a topic
without one is none that anybody here knows more of than its word.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from storybook.lexicon.false_friends import is_false_friend

LONG_WORD: Final = 2
"""From this many syllables a word counts inside other words too (용기 in 용기있는)."""
_TAILS: Final = ("", "이", "을", "은", "의", "과", "가", "를", "는", "와", "도", "s")
GAP: Final = "…"
"""Between two parts of a word: 밥…안 먹 is in 밥을 너무 안 먹어요."""
_ENDINGS: Final = (
    "이랑|이|가|을|를|은|는|도|만|의|과|와|랑|하고|에게서?|에서?|한테|부터|까지|으로|로"
)
_PARTICLE: Final = f"(?:들?(?:{_ENDINGS})는?)"
_LITTLE: Final = "(?:안|못|잘|너무|자꾸|왜|꼭|더|다|또|좀|막|맨날|진짜)"
_WHILE: Final = re.compile(r".*[는은]\s?(?:사이|동안|틈)에?\s(?=.*[가-힣]{2})")
"""What happens beside that which a topic is about."""
_FEW: Final = 10
"""As many letters may stand in a gap."""


class TopicFrame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of a topic; `topics.toml` says what each member is."""

    name: str
    words: tuple[str, ...]
    does: str
    things: tuple[str, ...]
    places: tuple[str, ...]
    hard: tuple[str, ...]
    helps: tuple[str, ...]
    feels: tuple[str, ...]
    never: tuple[str, ...]
    because: str
    arcs: tuple[str, ...] = ()
    grave: bool = False
    light: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    """Those of its words that no storyline is about, unless one has it among its own."""
    gives_way_to: tuple[str, ...] = ()
    """The names of topics that are meant instead of this where both are named."""
    mourns: bool = False
    of_people: bool = False

    def said_never(self, text: str) -> str:
        """What a Korean text says that no book about this says; empty if nothing."""
        found = (re.search(pattern, text) for pattern in self.never)
        return next((it[0] for it in found if it is not None), "")

    def weighs_on(self, text: str) -> bool:
        """Whether a text names this as something grave, which no other topic lightens."""
        return self.grave and any(words_in(self.heavy, text))

    @property
    def heavy(self) -> tuple[str, ...]:
        """Its words that mean it whatever else is named."""
        return _heavy()[self.name]


@cache
def frames() -> tuple[TopicFrame, ...]:
    """Every topic that is known."""
    return msgspec.convert(_data()["frame"], tuple[TopicFrame, ...])


def weighs(text: str) -> bool:
    """Whether a text names what weighs on a family, whether or not a frame is about it."""
    words: list[str] = _data()["weighs"]
    return any(words_in(words, text)) or any(frame.weighs_on(text) for frame in frames())


@cache
def _heavy() -> dict[str, tuple[str, ...]]:
    """The words of each frame that are not light, by its name."""
    return {
        frame.name: tuple(word for word in frame.words if word not in frame.light)
        for frame in frames()
    }


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("topics.toml").read_text("utf-8"))


def find_topic(text: str) -> TopicFrame | None:
    """The topic that a person's words mean: a grave one before all others (돌아가신 할머니 is no
    merry grandmother), a light word after all others (공룡 친구 is a dinosaur), then the last, as
    Korean puts what matters last, by its longest word. What it happens beside is not what it is
    about: 할아버지 낮잠 자는 사이에 틀니가 도망갔다."""
    while_ = _WHILE.match(text)
    found = [
        ((frame.weighs_on(text), words is not frame.light, *match), frame)
        for frame in frames()
        for words in (frame.heavy, frame.light)
        for match in words_in(words, text)
        if frame.grave or while_ is None or match[0] > while_.end() + 1
    ]
    named = {frame.name for _, frame in found}
    meant = [it for it in found if not named.intersection(it[1].gives_way_to)]
    return max(meant, key=lambda it: it[0])[1] if meant else None


def grave_of_people(characters: str, place: str) -> TopicFrame | None:
    """What those of whom a book is to tell bear, whatever its topic: 아빠를 잃은 남매 have lost him
    in a book about courage too, and who is in a 소아암 병동 has no cold. Of the dead a place says
    nothing: the sun lives in 하늘나라."""
    for frame in frames():
        said = characters if frame.mourns else f"{characters} {place}"
        if frame.grave and frame.of_people and frame.weighs_on(said):
            return frame
    return None


@cache
def light_words() -> frozenset[str]:
    """Those that mean their topic only where nothing else is named."""
    return frozenset(word for frame in frames() if not frame.grave for word in frame.light)


def words_in(words: Sequence[str], text: str) -> Iterator[tuple[int, int]]:
    """Where each of some words that is in `text` ends, and how long it is. One of a syllable, or of
    Latin letters, must stand alone but for a particle (꿈, 꿈을, but not 꿈틀); one with a space at
    its end has nothing after it; none is where it only looks like itself (주사위 is no 주사)."""
    padded = f" {text.lower()} "
    for word in (it for it in words if it[0] in padded):
        found = [it for it in _found(word, padded) if not is_false_friend(word, padded, *it)]
        if found:
            yield found[-1][1], len(word.rstrip())


def _found(word: str, padded: str) -> Iterator[tuple[int, int]]:
    """Where a word begins and ends, each time that its letters are there."""
    if GAP in word:
        yield from (it.span() for it in _gapped(word).finditer(padded))
        return
    whole = len(word.rstrip()) < LONG_WORD or word.isascii()
    starts = f" {word}" if whole else word
    at = padded.find(starts)
    while at >= 0:
        end = at + len(starts.rstrip())
        if not whole or padded[end:].split(" ")[0] in _TAILS:
            yield at + whole, end
        at = padded.find(starts, at + 1)


@cache
def _gapped(word: str) -> re.Pattern[str]:
    """What finds a word with gaps: its parts in their order, with spaces or without. A gap is a
    particle and 안, 못 and their like, or a few letters up to a space. A first part of one syllable
    begins a word, and has such letters after a particle only: 이를 꼭 닦, but neither 고양이를 닦
    nor 이 책상을 닦.
    """
    first, *rest = (re.escape(part).replace("\\ ", " ?") for part in word.split(GAP))
    alone = len(word.split(GAP)[0]) < LONG_WORD
    letters = f"{_PARTICLE}{'' if alone else '?'} [가-힣 ]{{1,{_FEW}}} (?:안|못)? ?"
    gap = f"(?:{_PARTICLE}? ?(?:{_LITTLE} ?)*|{letters})"
    return re.compile("(?<![가-힣])" * alone + first + "".join(gap + part for part in rest))
