"""Realms: what is out of doors where a request's place is no village.

On Mars, under the sea, in the sky, in a pencil case there is no persimmon tree and no brook. A
**realm** says what there is instead, and what of a storyline does not belong there. The table is
`realms.toml`; a place in no realm is a village, as storylines are written.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import msgspec

from storybook.composer.arcs import table
from storybook.lexicon import find_place

WATER: Final = "water"
OUTDOORS: Final = (
    *("garden", "yard", "patch", "playground", "hillside", "stream", "gate", "beach", "market"),
    *("shore", "ferns", "road"),
)
"""The places of storylines that a realm has its own of."""
_CLOSED: Final = ("마을", "동네")
"""What a place ends in that is a village whatever it is called after: 숲속 마을, 바닷가 마을."""


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is there instead: Korean noun, English look."""

    ko: str
    en: str


class Realm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a place is, and what is there. realms.toml says what each part of it is."""

    words: dict[str, str]
    parts: dict[str, Form]
    places: dict[str, Form] = {}
    here: bool = False
    since: str = ""
    lacks: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()

    def strangers(self, text: str) -> int:
        """How many kinds of what a text names do not belong."""
        return sum(bool(it.search(text)) for it in _patterns(self.strange))


@cache
def realms() -> dict[str, Realm]:
    """Every realm by its name."""
    return msgspec.convert(table("realms"), dict[str, Realm])


@cache
def realm_of(place: str) -> tuple[str, str]:
    """The realm of a request's place, and how that looks; both empty where it is a village."""
    text = place.strip()
    if text.endswith(_CLOSED):
        return "", ""
    found = [
        (match.end(), match.end() - match.start(), name, looks)
        for name, realm in realms().items()
        for word, looks in realm.words.items()
        if (match := _at_the_end_of_a_word(word, text))
    ]
    if not found:
        return "", ""
    _, _, name, looks = max(found)
    return name, looks or find_place(text).en


def _at_the_end_of_a_word(word: str, text: str) -> re.Match[str] | None:
    """Where a place names a word: one of a syllable alone, a longer one also after another
    (시립도서관)."""
    before = r"(?<![가-힣])" if len(word) < 2 else ""
    matches = re.finditer(rf"{before}{re.escape(word)}(?:이|가|에|의|에서)?(?![가-힣])", text)
    return next(reversed([*matches]), None)


@cache
def _patterns(strange: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rf"(?<![가-힣]){it}") for it in strange)
