"""What is a name, and what is left of one when an ending is taken off it.

Names end like particles: 뽀로로 in 로, 타요 in 요, 콩순이 in 이, 하랑 in 랑. So an ending is taken
off only where what remains can be a name. The strongest evidence is the agreement of particles: 가
follows a vowel, so that in 콩순이가 the 이 is the name's; 은 follows a consonant, so that 지은 has
none. Where it does not decide (콩순 + 이요 or 콩순이 + 요), words that are known go first
(`names.toml` and the lexicon's kinds), and after them what names are made of: an ending stays if
it leaves one syllable, if it is half of a repeated syllable (뽀로로), and 이 stays after what given
names do not end in (초롱이).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Final, NamedTuple

from storybook.korean.particles import Ending, ending_of
from storybook.languages.ko.spoken.field_rules import NOUNS_IN_I
from storybook.lexicon.words import is_known_kind

Pairs = Sequence[tuple[str, str]]
"""Endings: after a consonant, after a vowel; "" for none."""

_I: Final = "이"
_NAMES_IN_I: Final = ("돌이", "순이")
"""Ends of names as long as 초코순이; nouns that end so are their own (돌)."""
_GOAL_TOLD: Final = "로요"
"""아폴로요 is rather 아폴로 and 요."""
_STANDS_AFTER_ANY: Final = "요"
"""토끼요, and often 곰요."""


class Names(NamedTuple):
    """The data: known names, and what names are made of."""

    children: frozenset[str]
    others: frozenset[str]
    families: frozenset[str]
    firsts: frozenset[str]
    lasts: frozenset[str]
    before_i: frozenset[str]


class _Cut(NamedTuple):
    """What is left of a word, and the ending that was taken off it."""

    stem: str
    ending: str


@cache
def names() -> Names:
    """The whole of `names.toml`, read once."""
    data = tomllib.loads(files(__package__).joinpath("names.toml").read_text("utf-8"))
    known = {kind: frozenset(words.split()) for kind, words in data["known"].items()}
    made_of = {part: frozenset(words.split()) for part, words in data["made_of"].items()}
    children = known.pop("children")
    return Names(
        children,
        frozenset[str]().union(*known.values()),
        made_of["family"],
        made_of["first"],
        made_of["last"],
        made_of["before_i"],
    )


def is_name(word: str) -> bool:
    """Whether a word is known: a child's name, a hero, a pet, or a kind of character."""
    return word in names().children or word in names().others or is_known_kind(word)


def name_before(word: str, endings: Pairs) -> str:
    """`word` without the one of these endings that is no part of the name; "" if it has none."""
    if is_name(word):
        return ""
    cuts = list(_agreeing(word, endings))
    known = sorted((cut.stem for cut in cuts if is_name(cut.stem)), key=len, reverse=True)
    possible = (cut.stem for cut in cuts if _may_be_name(cut))
    return without_i(next(chain(known, possible), ""))


def without_i(name: str) -> str:
    """A child's name without the 이 that is spoken after it: 민준이 is 민준, 콩순이 stays."""
    plain = name.removesuffix(_I)
    return plain if plain in names().children and not is_name(name) else name


def _agreeing(word: str, endings: Pairs) -> Iterator[_Cut]:
    """The word without each ending that it has and that agrees with what stands before it."""
    for after_consonant, after_vowel in endings:
        for ending in dict.fromkeys((after_consonant, after_vowel)):
            stem = word.removesuffix(ending)
            if stem in ("", word):
                continue
            end = ending_of(stem)
            follows_any = after_consonant == after_vowel or ending == _STANDS_AFTER_ANY
            follows_rieul = ending.startswith("로") and end is Ending.RIEUL
            is_form = ending == (after_vowel if end is Ending.OPEN else after_consonant)
            if follows_any or follows_rieul or is_form:
                yield _Cut(stem, ending)


def _may_be_name(cut: _Cut) -> bool:
    """Whether what is left of an unknown word can be a name."""
    stem, ending = cut
    is_syllable = len(stem) < 2
    is_open = ending_of(ending[0]) is Ending.OPEN  # 최고은은 has 은 twice, and repeats nothing
    is_half = is_open and stem[-1] == ending[0] and stem[-2:-1] != ending[0]
    is_unlikely = ending == _GOAL_TOLD or (ending[0] == _I and _keeps_i(stem))
    return not (is_syllable or is_half or is_unlikely)


def _keeps_i(stem: str) -> bool:
    """Whether an 이 after an unknown word is a part of the name: 초롱이, but 하랑 and 라푼젤."""
    if _is_given_name(stem) or (stem[:1] in names().families and _is_given_name(stem[1:])):
        return False
    is_repeated = len(stem) % 2 == 0 and stem[: len(stem) // 2] == stem[len(stem) // 2 :]
    is_short_for_a_name = len(stem) == 2 and stem[-1] in names().before_i
    return is_repeated or is_short_for_a_name or f"{stem}{_I}".endswith((*NOUNS_IN_I, *_NAMES_IN_I))


def _is_given_name(stem: str) -> bool:
    """Whether it is made like a given name: two syllables that such names have in these places."""
    return len(stem) == 2 and stem[0] in names().firsts and stem[1] in names().lasts
