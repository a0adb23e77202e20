"""What is known of a character beside its name: sex, age and height.

They are read from the word for what it is (소녀, 아빠 곰, 훈장님), from what is said of it (다섯
살, 늙은) and from a given name that only girls or only boys have (민지, 돌쇠). Of whatever stands
further away nothing is taken: who looks for her mother is no mother. Where nobody said anything,
nothing is claimed.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from storybook.lexicon.character import AgeGroup, Character, Sex
from storybook.lexicon.words import DEFAULT_KIND_EN, Word, folk_of, is_known_kind

SEXES: Final[tuple[Sex, ...]] = ("female", "male")
AGE_GROUPS: Final[tuple[AgeGroup, ...]] = ("elder", "baby", "child", "adult")
"""In the order in which their words count: 아기 곰 할아버지 is an elder."""
YEARS: Final[tuple[tuple[int, AgeGroup], ...]] = ((2, "baby"), (19, "child"), (59, "adult"))
"""Up to how many years somebody is what; older ones are elders."""
FULL_NAME: Final = 3
"""Syllables of a family name and a given name."""
GIVEN_NAME: Final = 2
"""Syllables of most given names."""
NAMES_OF_SYLLABLE: Final = 3
"""In how many of the listed names a syllable stands that names are built of."""
PART_GROWN: Final = {"baby": 0.5, "child": 0.7}
"""How tall a young one of a kind is against a grown one."""
_SIZES: Final = ((5.0, "huge"), (1.4, "large"), (0.72, ""), (0.2, "small"), (0.0, "tiny"))
"""From how many times the height of the tallest of the others on."""
_YEARS: Final = re.compile(r"(\d{1,3})\s*(?:살|세)(?![가-힣])")
_NATIVE_YEARS: Final = re.compile(r"(?<![가-힣])([가-힣]{1,4})\s*살(?![가-힣])")
_TENS: Final = {
    "열": 10,
    "스물": 20,
    "스무": 20,
    "서른": 30,
    "마흔": 40,
    "쉰": 50,
    "예순": 60,
    "일흔": 70,
    "여든": 80,
    "아흔": 90,
    "백": 100,
}
_ONES: Final = {
    "": 0,
    "한": 1,
    "두": 2,
    "세": 3,
    "네": 4,
    "다섯": 5,
    "여섯": 6,
    "일곱": 7,
    "여덟": 8,
    "아홉": 9,
}
_PERSON: Final = {"female": ("girl", "girl"), "male": ("boy", "boy")}
"""English and motif of a child of whom no more is known than its name."""
_GROWN: Final = {"female": ("woman", "mother"), "male": ("man", "father")}


def known(who: Character) -> Character:
    """A character with all that its words tell; one that is only known by name becomes a girl or
    a boy if the name says so."""
    words = (*who.name.split(), *who.kind.ko.split())
    sex = _sex(words, who)
    age = _age(words, who)
    kind = _kind(who, sex, age)
    if not age and folk_of(kind) == "person" and kind.motif in ("child", "girl", "boy"):
        age = "child"
    height = _height(kind, age)
    return msgspec.structs.replace(who, kind=kind, sex=sex, age_group=age, height=height)


def sex_of_name(name: str) -> Sex:
    """The sex of whoever is called so, if only girls or only boys are."""
    names, stem = _data()["names"], name.removesuffix("이")
    for sex, listed in zip(SEXES, (_names("girls"), _names("boys")), strict=True):
        if name in listed or (stem and stem in listed):
            return sex
    if name in names["no_names"] or is_known_kind(name):
        return ""
    if len(name) == FULL_NAME and name[0] in _names("family") and (sex := sex_of_name(name[1:])):
        return sex
    for sex, ends in zip(SEXES, (names["girls_end"], names["boys_end"]), strict=True):
        if len(name) > 1 and (name.endswith(tuple(ends)) or stem.endswith(tuple(ends))):
            return sex
    return ""


def is_name(word: str) -> bool:
    """Whether it is a given name that is known, with or without a pet form's 이."""
    stem = word.removesuffix("이")
    known_names = _names("girls") | _names("boys") | _names("either")
    return word in known_names or (stem != word and stem in known_names)


def sounds_like_name(word: str) -> bool:
    """Whether two syllables are a name, or are built as given names are: 민율 for all that no list
    has it, but not 웜뱃."""
    if is_name(word) or len(word) != GIVEN_NAME:
        return is_name(word)
    return word[0] in _syllables(0) and word[1] in _syllables(1) and not is_known_kind(word)


def may_be_name(word: str) -> bool:
    """Whether it is a name, also an unknown one that ends as names do; where a word of another kind
    cannot stand."""
    return is_name(word) or (not is_known_kind(word) and bool(sex_of_name(word)))


def _sex(words: tuple[str, ...], who: Character) -> Sex:
    for word in reversed(words):
        for sex in SEXES:
            if word in _listed("sex", sex):
                return sex
    is_person = folk_of(who.kind) == "person" and who.kind.en in (DEFAULT_KIND_EN, "young child")
    return sex_of_name(who.name.split()[-1]) if is_person or _is_named(who) else ""


def _is_named(who: Character) -> bool:
    """Whether a person of some trade has a name of its own ("의사 민지")."""
    return folk_of(who.kind) == "person" and who.kind.ko not in who.name


def _age(words: tuple[str, ...], who: Character) -> AgeGroup:
    text = f"{who.description} {who.name} {who.kind.ko}"
    if (years := years_in(text)) is not None:
        return next((age for most, age in YEARS if years <= most), "elder")
    for age in AGE_GROUPS:
        if any(word in _listed("age", age) for word in words):
            return age
        if any(f" {said}" in f" {text}" for said in _data()["age_of_description"].get(age, ())):
            return age
    return ""


def years_in(text: str) -> int | None:
    """The age in years that a text tells, in digits or in words; None if it tells none."""
    if told := _YEARS.search(text):
        return int(told[1])
    for told in _NATIVE_YEARS.finditer(text):
        for tens, ten in ({"": 0} | _TENS).items():
            rest = told[1].removeprefix(tens)
            if told[1].startswith(tens) and rest in _ONES and ten + _ONES[rest]:
                return ten + _ONES[rest]
    return None


def _kind(who: Character, sex: Sex, age: AgeGroup) -> Word:
    kind = who.kind
    if kind.en == DEFAULT_KIND_EN and sex and kind.motif == "child":
        table = _GROWN if age in ("adult", "elder") else _PERSON
        en, motif = table[sex]
        return Word(kind.ko, en, motif)
    return kind


def sizes_of(everyone: Sequence[Character]) -> dict[str, str]:
    """How large each is beside the others, as scenes say it: tiny, small, large, huge; empty where
    somebody is as tall as they are, or alone."""
    heights = [who.height for who in everyone]
    found = {}
    for place, who in enumerate(everyone):
        others = [*heights[:place], *heights[place + 1 :]]
        ratio = who.height / max(others, default=who.height)
        found[who.name] = next(size for least, size in _SIZES if ratio >= least)
    return found


def _height(kind: Word, age: AgeGroup) -> float:
    heights = _data()["height"]
    if folk_of(kind) == "person" and kind.en not in heights["kind"]:
        return float(heights["person"][age])
    grown = float(heights["kind"].get(kind.en, heights["usual"]))
    return round(grown * PART_GROWN.get(age, 1.0), 3)


def units() -> dict[str, list[str]]:
    """Units, each with the English kinds that are counted by it."""
    found: dict[str, list[str]] = _data()["unit"]
    return found


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("people.toml").read_text("utf-8"))


@cache
def _syllables(at: int) -> frozenset[str]:
    """First or second syllables of given names that girls and boys have."""
    names = (name for name in (*_names("girls"), *_names("boys")) if len(name) == GIVEN_NAME)
    counted = Counter(name[at] for name in names)
    return frozenset(it for it, names_of in counted.items() if names_of >= NAMES_OF_SYLLABLE)


@cache
def _listed(table: str, key: str) -> frozenset[str]:
    return frozenset(_data()[table][key].split())


@cache
def _names(key: str) -> frozenset[str]:
    return frozenset(_data()["names"][key].split())
