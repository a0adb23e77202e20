"""Filling the slots of a phrasing for one request.

A slot is `{name}` or `{name:particle}`, the particle in either of its forms: `{a:는}` becomes 곰은.
{a} is the hero, {b} the second character, {rest} all others, {team} all of them in a title,
{count} how many they are; {a_step} is how the hero moves. {era}, {place} and {topic} are the
person's words, and the rest is scenery. The last word of a slot's value alone is `{tree_noun}`.
A spoken line is written `"a:안녕!"`: who speaks, then what. To an elder the hero speaks politely
(존댓말), in the words of `polite.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from storybook.book import Dialogue
from storybook.composer.arcs import table
from storybook.korean.particles import Ending, ending_of, with_particle
from storybook.lexicon import Character, Word
from storybook.lexicon.parts import TELLER, is_age
from storybook.lexicon.people import sounds_like_name
from storybook.lexicon.words import is_known_kind

_SLOT: Final = re.compile(r"\{(\w+?)(?::([^{}]+))?\}")
_NAMED: Final = re.compile(r"(?=\{[ab](?:[:}]|_step))")
_SPOKEN: Final = re.compile(r'"([ab]):([^"]*)"')
_PARTICLES: Final = "을|이|은|으로|과|도|에도|에는|에|만|의|로|를|가|는|와|까지|"
_ONE: Final = "하나"
"""A name that with 도 after it would read as "not one" (하나도)."""
_NOUN: Final = "_noun"
_OURS: Final = re.compile(
    r"우리\s(?:집\s)?(?:큰\s?|작은\s?)?(?:아들|아드님|아들내미|딸|따님|딸내미|딸아이|손자|손녀|손주|조카|아이|아기|"
    r"애|애기|아가|막내|첫째|둘째|셋째|꼬맹이|공주님?|왕자님?)$"
)
_SCHOOL_YEAR: Final = re.compile(r"(?<!\S)초(?:등)?\s?([1-6])(?:학년)?(?!\S)")
_MONTHS: Final = re.compile(r"(\d개월)(?=$|\s)(?! 된)")
_YEARS: Final = re.compile(r"(?<!\S)(한|두|세|네|다섯|여섯|일곱|여덟|아홉|열|\d+)(살)(?!\S)")
"""How parents write whom a book is for, and how a book says it: 초1 is 초등학교 1학년, 32개월 is
32개월 된."""
_VOCATIVES: Final = ("야", "아")
_HONOURED: Final = ("님", "할머니", "할아버지")
"""Ends of names after which one says 께 and not 에게."""


def filled(phrasing: str, words: Mapping[str, str]) -> str:
    """The phrasing with every slot filled from `words`."""
    return _SLOT.sub(lambda slot: _fill(slot[1], slot[2] or "", words), phrasing)


def spoken(text: str, speakers: Mapping[str, str]) -> tuple[str, tuple[Dialogue, ...]]:
    """Take the speakers' marks out of a text: what is printed, and who says which line."""
    dialogues = tuple(Dialogue(speakers[mark], line) for mark, line in _SPOKEN.findall(text))
    return _SPOKEN.sub(lambda line: f'"{line[2]}"', text), dialogues


def polite(text: str) -> str:
    """A phrasing, its slots still open, in which the hero speaks to an elder."""
    lines: dict[str, str] = _politeness()["spoken"]

    def said(line: re.Match[str]) -> str:
        return f'"a:{lines.get(line[2], line[2])}"' if line[1] == "a" else line[0]

    return _SPOKEN.sub(said, text)


def embodied(text: str, kind: Word) -> str:
    """A phrasing, its slots still open, of somebody who may have fins for hands and swim."""
    bodies = _bodies()
    body = bodies["kinds"].get(kind.en)
    if body is None:
        return text
    for deed, swum in bodies["deeds"].items():
        text = re.sub(rf"(?<![가-힣]){deed}", swum, text)
    limbs: dict[str, str] = bodies["limbs"][body]
    names = "|".join(sorted(limbs, key=len, reverse=True))
    limb = re.compile(rf"(?<![가-힣])({names})({_PARTICLES})(?![가-힣])")
    return limb.sub(lambda found: with_particle(limbs[found[1]], found[2]), text)


def embodied_by(phrasing: str, kinds: Mapping[str, Word]) -> str:
    """A phrasing in which hero and second, of these `kinds` by their slots, each move and are
    touched as their bodies can be: what stands after a name is told of its bearer, and what stands
    before all names of both."""
    before, *told = _NAMED.split(phrasing)
    if all(map(swims, kinds.values())):
        before = embodied(before, next(iter(kinds.values())))
    return before + "".join(
        embodied(part, kinds[part[1]]) if part[1] in kinds else part for part in told
    )


def swims(kind: Word) -> bool:
    """Whether a kind lives in water and is never told of as standing on its legs."""
    return kind.en in _bodies()["kinds"]


def is_elder(name: str) -> bool:
    """Whether a name is that of somebody to whom a child speaks politely (토끼 할아버지)."""
    return name.split()[-1].endswith(tuple(_politeness()["elders"]))


def listed(names: Sequence[str]) -> str:
    """Names as a list, ready for a particle: 곰, 곰과 여우, 곰과 여우, 그리고 새."""
    if len(names) < 3:
        return joined(names)
    if len(names) == 3:
        return f"{joined(names[:2])}, 그리고 {names[2]}"
    return f"{', '.join(names[:-1])}, 그리고 {names[-1]}"


def joined(names: Sequence[str]) -> str:
    """Names joined by 와/과: 곰과 여우와 새."""
    return " ".join([*(with_particle(name, "와") for name in names[:-1]), *names[-1:]])


def introduced(character: Character) -> str:
    """A character at its first mention: 호기심 많은 토끼 토토. Whose child somebody is only the one
    who asked for the book says: 우리 아들 태오 is 태오."""
    is_said = character.kind.ko in character.name or character.name == TELLER
    noun = "" if is_said else _OURS.sub("", character.kind.ko).strip()
    told = " ".join(part for part in (character.description, noun, character.name) if part)
    told = _YEARS.sub(r"\1 \2", _SCHOOL_YEAR.sub(r"초등학교 \1학년", told))
    return _MONTHS.sub(r"\1 된", told)


def familiar(character: Character) -> str:
    """A name as stories say it: 서연이 for a child called 서연, so that 는 and 가 follow; any other
    as it is, as a word that no list knows and that is built like no name (웜뱃)."""
    name, kind = character.name, character.kind
    is_said = kind.ko not in name or is_age(character.description)
    is_called = is_said or sounds_like_name(name)
    is_given = kind.motif in ("child", "girl", "boy") and is_called and not is_known_kind(name)
    is_hangul = re.fullmatch("[가-힣]{2}", name) is not None
    closed = is_hangul and ending_of(name) is not Ending.OPEN
    return f"{name}이" if is_given and closed else name


def called(name: str) -> str:
    """A name as one calls it: 곰아, 토끼야, but 할머니 and Tom, and 민준아 for 민준이."""
    if name.endswith(_respected()) or not "가" <= name[-1] <= "힣":
        return name
    stem = name.removesuffix("이")
    is_pet_form = stem not in ("", name) and ending_of(stem) is not Ending.OPEN
    if is_pet_form and not is_known_kind(name.split()[-1]):
        return with_particle(stem, "야")
    return with_particle(name, "야")


def _fill(name: str, form: str, words: Mapping[str, str]) -> str:
    value = words[name] if name in words else words[name.removesuffix(_NOUN)].split()[-1]
    if form in _VOCATIVES:
        return called(value)
    if form == "에게" and value.endswith(_HONOURED):
        return f"{value}께"
    if form == "도" and value.split()[-1] == _ONE:
        return f"{value} 역시"
    return with_particle(value, form) if form else value


@cache
def _bodies() -> dict[str, Any]:
    return table("bodies")


@cache
def _politeness() -> dict[str, Any]:
    return table("polite")


@cache
def _respected() -> tuple[str, ...]:
    return tuple(table("openings")["names"]["respected"])
