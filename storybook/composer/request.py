"""What a person typed, made fit to stand in a sentence.

Nothing that a person types may break a sentence, a spoken line or a page's length. So only
letters, digits, hyphens, apostrophes within words and single spaces are kept, a long text is cut
down to its last words (Korean puts the noun last), and a text of which nothing is left gets a
friendly default. An emoji stands for its Korean word, unless it only adorns one.
"""

from __future__ import annotations

import random
import re
import unicodedata
from functools import cache
from typing import Any, Final

from storybook.composer.arcs import table
from storybook.lexicon import find_era, find_place
from storybook.lexicon.emoji import spelled
from storybook.lexicon.words import DEFAULT_ERA_EN

MAX_ERA: Final = 20
MAX_PLACE: Final = 20
MAX_TOPIC: Final = 16
NEAR: Final = "근처"

_UNWANTED: Final = re.compile(r"[^\w\s\-’]|_|(?<!\w)’|’(?!\w)")
_APOSTROPHES: Final = re.compile(r"(?<=\w)['’](?=\w)")
_LOCATIVES: Final = re.compile(r"(?<=\S\S)(?:에서|에)$")
_TEMPORALS: Final = re.compile(r"(?<=\S)(?:에는|에)$")
_SENTENCE: Final = re.compile(r"\?|\s\S*(?:요|다|까|니|나)[\s.!]*$")


def era_words(era: str) -> str:
    """The era as it stands in the text."""
    text = _TEMPORALS.sub("", clean(era, MAX_ERA))
    if text.isascii() and not any(letter.isdigit() for letter in text):
        text = find_era(text).ko
    if text in _openings()["dynasties"]["names"]:
        return f"{text} 시대"
    return text or _openings()["defaults"]["era"]


def place_words(place: str) -> str:
    """The place as it stands in the text, with no particle after it."""
    text = _LOCATIVES.sub("", clean(place, MAX_PLACE))
    if text.isascii():
        text = _english_place(text) or find_place(text).ko
    return text or _openings()["defaults"]["place"]


def _english_place(text: str) -> str:
    """The Korean for an English place that is known more closely than by the lexicon."""
    known: dict[str, str] = _openings()["english_places"]
    return next((known[word] for word in reversed(text.lower().split()) if word in known), "")


def home_words(place: str) -> str:
    """Where somebody lives whose story happens at `place`: near the market, in the mountains."""
    homes = _openings()["homes"]
    if place.split()[-1] in homes["near"]:
        return f"{place} {NEAR}"
    return str(homes["called"].get(place, place))


def topic_words(topic: str) -> str:
    """The topic as it stands in the text."""
    return clean(topic, MAX_TOPIC) or _openings()["defaults"]["topic"]


def is_sentence(topic: str) -> bool:
    """Whether a topic is a question or a statement rather than a noun."""
    return bool(_SENTENCE.search(topic))


def clean(text: str, limit: int) -> str:
    """Letters, digits, hyphens and single spaces of `text`; its last words up to `limit`."""
    plain = _APOSTROPHES.sub("’", spelled(unicodedata.normalize("NFC", text)))
    words = _UNWANTED.sub(" ", plain).split()
    words = [word for word in words if word.strip("-")]
    while len(words) > 1 and len(" ".join(words)) > limit:
        words.pop(0)
    return " ".join(words)[:limit].strip(" -")


def opening(kind: str, era: str, place_motif: str, rng: random.Random) -> str:
    """The first sentence, with {place} and {intro} still to fill. `kind` is `plain` or `family`."""
    openings = _openings()
    school = place_motif == "school" and kind == "plain"
    sentence = rng.choice(openings["sentence"]["school" if school else kind])
    when = rng.choice(whens(era))
    return str(sentence.replace("{when}", when.replace("{era}", era)))


def is_time(era: str) -> bool:
    """Whether words are known to name a time."""
    openings = _openings()
    is_sign = any(sign in era for sign in openings["signs"]["as_it_is"])
    return era in openings["known"] or is_sign or find_era(era).en != DEFAULT_ERA_EN


def whens(era: str) -> list[str]:
    """How a book may tell its time."""
    openings = _openings()
    phrases, signs = openings["when"], openings["signs"]
    motif = find_era(era).motif
    if era in openings["known"]:
        return list(openings["known"][era])
    if any(sign in era for sign in signs["prehistoric"]):
        return list(phrases["prehistoric"])
    if any(sign in era for sign in signs["as_it_is"]):
        return list(phrases["as_it_is"])
    if any(letter.isdigit() for letter in era):
        return list(phrases["year"])
    return list(phrases[motif])


@cache
def _openings() -> dict[str, Any]:
    return table("openings")
