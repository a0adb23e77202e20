"""Finding the known words in free text, Korean or English.

Korean puts the head of a phrase last ("달나라 토끼 마을" is a village), so of the Korean words in a
text the one that ends last counts, the longest of those that end there. A word of one syllable
hides in many others (소 in 소녀, 개 in 무지개): it counts only as a whole word, with or without a
particle after it, and so does a word that is `whole` (지도 in 강아지도). English puts the head
first and says more in a longer phrase ("a village deep in a forest"), so there the longest phrase
counts, at word boundaries. Korean goes before English.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import msgspec

Table = Literal["kind", "place", "era", "season", "prop"]
Folk = Literal["animal", "person", "being"]

DEFAULT_PLACE_EN: Final = "a friendly green meadow by a river"
DEFAULT_ERA_EN: Final = "in a storybook time"
DEFAULT_KIND_EN: Final = "child"


class Word(msgspec.Struct, frozen=True):
    """A known word: the Korean as it was spelled, the English phrase, the painter's motif."""

    ko: str
    en: str
    motif: str


class _Match(msgspec.Struct, frozen=True):
    start: int
    end: int
    word: Word


_PARTICLES: Final = (
    "에서는|에서도|에서|에는|에도|에|은|는|이|가|을|를|와|과|의|도|만|"
    "랑|이랑|하고|님|으로|로|들|들은|들이"
)
_YOUNG: Final = "(?:아기|꼬마|새끼|왕)?"
_HANGUL: Final = re.compile("[가-힣]")
_YEAR: Final = re.compile(r"(?<!\d)(\d{1,5})\s*년대?(?!\s*[전후뒤])")
_BARE_YEAR: Final = re.compile(r"(?<![\d.])([12]\d{3})(?![\d.])")
_YEARS_AGO: Final = re.compile(r"\d+\s*[만천백]*\s*년\s*전")
_YEARS_AHEAD: Final = re.compile(r"\d+\s*[만천백]*\s*년\s*[후뒤]")
LAST_OLD_YEAR: Final = 1909
FIRST_FUTURE_YEAR: Final = 2040


@cache
def data() -> dict[str, Any]:
    """The whole of `words.toml`, read once."""
    return tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))


def find_place(text: str) -> Word:
    """The place that `text` names; an unknown one looks like a friendly meadow."""
    return _find("place", text) or Word(text.strip(), DEFAULT_PLACE_EN, "river")


def find_era(text: str) -> Word:
    """The era that `text` names, by word or by year ("1592년", "2050년", "100년 후")."""
    return _era_of_years(text) or _find("era", text) or Word(text.strip(), DEFAULT_ERA_EN, "modern")


def find_season(text: str) -> Word | None:
    """The season that `text` names, also by its weather or feasts ("눈 덮인 산골", "추석")."""
    return _find("season", text)


_YOUNG_EN: Final = re.compile(r"\b(?:baby|kid|toddler|friend)\b", re.IGNORECASE)
"""English words for a child that stand before other kinds as well: a baby fox is a fox."""


def find_kind(text: str) -> Word:
    """What sort of character `text` names; an unknown one looks like a child."""
    found = _find("kind", _YOUNG_EN.sub(" ", text)) or _find("kind", text)
    return found or Word(text.strip(), DEFAULT_KIND_EN, "child")


def find_props(text: str) -> tuple[Word, ...]:
    """The different things in `text` that can lie or stand about, in the order of the text."""
    found: dict[str, Word] = {}
    end = 0
    for match in sorted(_matches("prop", text), key=lambda match: (match.start, -match.end)):
        if match.end > end:  # not a word within a longer one: the flag in "halves of a flag"
            found.setdefault(match.word.motif, match.word)
            end = match.end
    return tuple(found.values())


def find_traits(description: str) -> tuple[str, ...]:
    """The English adjectives for a Korean or English description, in its order; others drop."""
    korean, english = _trait_patterns()
    spans: list[tuple[int, int, str]] = []
    for pattern, en in korean:
        for found in pattern.finditer(description):
            if not any(a < found.end() and found.start() < b for a, b, _ in spans):
                spans.append((*found.span(), en))
    for pattern, en in english:
        spans += [(*found.span(), en) for found in pattern.finditer(description.lower())]
    return tuple(dict.fromkeys(en for _, _, en in sorted(spans)))


@cache
def _trait_patterns() -> tuple[list[tuple[re.Pattern[str], str]], ...]:
    """Of the Korean words, the longest first, and of the English ones."""
    traits: dict[str, str] = data()["traits"]
    korean = [
        (re.compile(rf"(?<![가-힣]){re.escape(ko)}(?![가-힣])"), traits[ko])
        for ko in sorted(traits, key=len, reverse=True)
    ]
    words = dict.fromkeys(traits.values())
    return korean, [(re.compile(rf"\b{re.escape(en)}\b"), en) for en in words]


def is_known_kind(text: str) -> bool:
    """Whether `text` is, as a whole, the Korean or English name of a kind."""
    name = text.casefold()
    grown = re.sub(f"^{_YOUNG}", "", name)
    return name in _kind_names() or (grown != "" and grown in _kind_names())


def folk_of(kind: Word) -> Folk:
    """Whether a kind is an animal, a person, or a being such as a robot or a cloud."""
    folk: Folk = _folk_by_en().get(kind.en, "person")
    return folk


def is_thing(kind: Word) -> bool:
    """Whether a kind is a thing that only eyes and a mouth make somebody (a shoe, a clock)."""
    return kind.en in _things()


def _find(table: Table, given: str) -> Word | None:
    text = unicodedata.normalize("NFC", given)
    korean: list[_Match] = []
    english: list[_Match] = []
    for match in _matches(table, text):
        (korean if _HANGUL.search(text[match.start : match.end]) else english).append(match)
    if korean:
        return max(korean, key=lambda match: (match.end, match.end - match.start)).word
    if english:
        return max(english, key=lambda match: (match.end - match.start, -match.start)).word
    return None


def _matches(table: Table, given: str) -> Iterator[_Match]:
    text = unicodedata.normalize("NFC", given)
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters grow when lowered, and positions would be off
        lowered = text
    for pattern, entry in _patterns(table):
        for found in pattern.finditer(lowered):
            spelled = text[found.start(1) : found.end(1)]
            ko = spelled if _HANGUL.search(spelled) else entry.ko
            yield _Match(found.start(1), found.end(1), msgspec.structs.replace(entry, ko=ko))


@cache
def _patterns(table: Table) -> tuple[tuple[re.Pattern[str], Word], ...]:
    """One pattern for each entry; group 1 is the word. Longer spellings come first in each."""
    return tuple(
        (re.compile(_spellings(entry)), Word(entry["ko"][0], entry["en"], entry["motif"]))
        for entry in data()[table]
    )


def _spellings(entry: dict[str, Any]) -> str:
    english = [re.sub(r"^(an?|the) ", "", entry["en"]), *entry.get("also", ())]
    latin = [re.escape(en.lower()) for en in english if en.isascii()]
    signs = [re.escape(sign) for sign in english if not sign.isascii()]
    least = 10 if entry.get("whole") else 2
    syllables = [re.escape(ko) for ko in entry["ko"] if len(ko) < least]
    words = [re.escape(ko) for ko in entry["ko"] if len(ko) >= least]
    parts = [
        *sorted(words, key=len, reverse=True),
        *signs,
        *(rf"(?<![가-힣]){_YOUNG}{ko}(?=(?:{_PARTICLES})?(?![가-힣]))" for ko in syllables),
        *(rf"(?<![a-z]){en}(?=(?:e?s)?(?![a-z]))" for en in sorted(latin, key=len, reverse=True)),
    ]
    return "(" + "|".join(parts) + ")"


@cache
def _kind_names() -> frozenset[str]:
    return frozenset(
        name.casefold()
        for entry in data()["kind"]
        for name in (*entry["ko"], entry["en"], *entry.get("also", ()))
    )


@cache
def _folk_by_en() -> dict[str, Folk]:
    return {entry["en"]: entry["folk"] for entry in data()["kind"]}


@cache
def _things() -> frozenset[str]:
    return frozenset(entry["en"] for entry in data()["kind"] if entry.get("thing"))


def _era_of_years(text: str) -> Word | None:
    if _YEARS_AGO.search(text):
        return Word(text.strip(), "long ago in old Korea", "ancient")
    if _YEARS_AHEAD.search(text):
        return Word(text.strip(), "in the far future", "future")
    found = _YEAR.search(text) or _BARE_YEAR.search(text)
    if found is None:
        return None
    year = int(found[1])
    if year <= LAST_OLD_YEAR:
        return Word(text.strip(), f"in the old days of the year {year}", "ancient")
    motif = "future" if year >= FIRST_FUTURE_YEAR else "modern"
    return Word(text.strip(), f"in the year {year}", motif)
