"""The kinds and traits of the first reading, as they were: never edited.

Everything in here is what `storybook.lexicon.words` was when it read requests for the last time in
this way; `kinds.toml` is what it knew.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from storybook.lexicon.words import DEFAULT_KIND_EN, Folk, Word

_PARTICLES: Final = (
    "에서는|에서도|에서|에는|에도|에|은|는|이|가|을|를|와|과|의|도|만|"
    "랑|이랑|하고|님|으로|로|들|들은|들이"
)
_YOUNG: Final = "(?:아기|꼬마|새끼|왕)?"
_YOUNG_EN: Final = re.compile(r"\b(?:baby|kid|toddler|friend)\b", re.IGNORECASE)
_HANGUL: Final = re.compile("[가-힣]")


class _Match(msgspec.Struct, frozen=True):
    start: int
    end: int
    word: Word


@cache
def data() -> dict[str, Any]:
    """The whole of `kinds.toml`, read once."""
    return tomllib.loads(files(__package__).joinpath("kinds.toml").read_text("utf-8"))


def find_kind(text: str) -> Word:
    """What sort of character `text` names; an unknown one looks like a child."""
    found = _find(_YOUNG_EN.sub(" ", text)) or _find(text)
    return found or Word(text.strip(), DEFAULT_KIND_EN, "child")


def find_traits(description: str) -> tuple[str, ...]:
    """The English adjectives for a description, in its order; others drop."""
    traits: dict[str, str] = data()["traits"]
    spans: list[tuple[int, int, str]] = []
    for ko in sorted(traits, key=len, reverse=True):
        for found in re.finditer(rf"(?<![가-힣]){re.escape(ko)}(?![가-힣])", description):
            if not any(a < found.end() and found.start() < b for a, b, _ in spans):
                spans.append((*found.span(), traits[ko]))
    for en in dict.fromkeys(traits.values()):
        for found in re.finditer(rf"\b{re.escape(en)}\b", description.lower()):
            spans.append((*found.span(), en))
    return tuple(dict.fromkeys(en for _, _, en in sorted(spans)))


def is_known_kind(text: str) -> bool:
    """Whether `text` is, as a whole, the Korean or English name of a kind."""
    name = text.casefold()
    grown = re.sub(f"^{_YOUNG}", "", name)
    return name in _kind_names() or (grown != "" and grown in _kind_names())


def folk_of(kind: Word) -> Folk:
    """Whether a kind is an animal, a person, or a being such as a robot or a cloud."""
    folk: Folk = _folk_by_en().get(kind.en, "person")
    return folk


def _find(given: str) -> Word | None:
    text = unicodedata.normalize("NFC", given)
    korean: list[_Match] = []
    english: list[_Match] = []
    for match in _matches(text):
        (korean if _HANGUL.search(text[match.start : match.end]) else english).append(match)
    if korean:
        return max(korean, key=lambda match: (match.end, match.end - match.start)).word
    if english:
        return max(english, key=lambda match: (match.end - match.start, -match.start)).word
    return None


def _matches(text: str) -> Iterator[_Match]:
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = text
    for pattern, entry in _patterns():
        for found in pattern.finditer(lowered):
            spelled = text[found.start(1) : found.end(1)]
            ko = spelled if _HANGUL.search(spelled) else entry.ko
            yield _Match(found.start(1), found.end(1), msgspec.structs.replace(entry, ko=ko))


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Word], ...]:
    return tuple(
        (re.compile(_spellings(entry)), Word(entry["ko"][0], entry["en"], entry["motif"]))
        for entry in data()["kind"]
    )


def _spellings(entry: dict[str, Any]) -> str:
    english = [re.sub(r"^(an?|the) ", "", entry["en"]), *entry.get("also", ())]
    latin = [re.escape(en.lower()) for en in english if en.isascii()]
    signs = [re.escape(sign) for sign in english if not sign.isascii()]
    syllables = [re.escape(ko) for ko in entry["ko"] if len(ko) < 2]
    words = [re.escape(ko) for ko in entry["ko"] if len(ko) >= 2]
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
