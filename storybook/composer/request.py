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
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from storybook.composer.arcs import table
from storybook.korean.particles import with_particle
from storybook.lexicon import find_era, find_place
from storybook.lexicon.emoji import spelled
from storybook.lexicon.parts import TELLER
from storybook.lexicon.words import DEFAULT_ERA_EN, DEFAULT_PLACE_EN

MAX_ERA: Final = 20
MAX_PLACE: Final = 20
MAX_TOPIC: Final = 16
HOUSE: Final = "집"
NEAR: Final = "근처"
LONG_INTRO: Final = 20
"""Letters of those of whom a book tells."""
_TELLER_FIRST: Final = re.compile(rf"{TELLER}(?:$|[와,]|\s)")
SHORT_WORD: Final = 2
_HOUSES: Final = ("네", "집", "댁", "아파트", "빌라")

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


def dwelling_words(place: str) -> str:
    """Where somebody lives of whom a chosen story tells at `place`: in the house around a room; or
    is for a while, as on a train, at grandmother's and in father's shop."""
    homes = _openings()["homes"]
    if _ends_in(place, (*homes["stays"], *homes["visits"], *homes["rides"])):
        return place
    if school := _school_around(place):
        return school
    if _ends_in(place, (*homes["around"], *homes["near"])):
        is_own = place.split()[0] in homes["own"] or place.split()[0].endswith("네")
        return place if is_own and " " in place else f"{place} {NEAR}"
    for rooms, house in (("school_rooms", "school"), ("rooms", "house")):
        if room := _ends_in(place, homes[rooms]):
            around = place.removesuffix(room).strip()
            if around.endswith(tuple(homes["kin"])):  # 할머니 방
                return f"{around} {HOUSE}"
            if around.endswith(tuple(f" {it}" for it in homes["beside"])):  # 중환자실 앞 복도
                return around
            if _is_known(around):
                return dwelling_words(around)
            is_seen = place in homes["seen"]
            return f"{with_particle(place, '가')} 있는 집" if is_seen else str(homes[house])
    return home_words(place)


def _school_around(place: str) -> str:
    """The school in which a place is (어린이집 놀이방, but not 학교 앞 문방구); empty if none."""
    words = place.split()
    for at, after in enumerate(words[1:], start=1):
        homes = _openings()["homes"]
        if words[at - 1].endswith(tuple(homes["taught"])) and after not in homes["outside"]:
            return " ".join(words[:at])
    return ""


def _is_known(place: str) -> bool:
    """Whether words before a room are a place (우리 집, 토끼네) and do not only describe it."""
    homes = _openings()["homes"]
    lists = (homes[it] for it in ("stays", "visits", "rides", "around", "near", "rooms", "schools"))
    is_ours = place.endswith(_HOUSES) or any(_ends_in(place, it) for it in lists)
    return bool(place) and (is_ours or find_place(place).en != DEFAULT_PLACE_EN)


def _ends_in(place: str, words: Sequence[str]) -> str:
    """The longest of some words that a place ends in, as a word of its own, or, of a long one, as
    the end of another (시립도서관); empty if none."""
    found = (
        word
        for word in words
        if f" {place}".endswith(f" {word}")
        or (len(word) > SHORT_WORD and " " not in word and place.endswith(word))
    )
    return max(found, key=len, default="")


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
    when = rng.choice(_whens(era, openings))
    return str(sentence.replace("{when}", when.replace("{era}", era)))


def beginning(era: str, place: str, intro: str, rng: random.Random) -> str:
    """The first sentence of a chosen story, with {home} and {intro} still to fill; a time of which
    only the word is known gets a sentence of its own. `intro` is who is told of: one who tells it,
    or of whom there is much to say, is not presented like a guest."""
    openings = _openings()
    home = dwelling_words(place)
    when = "today" if era in openings["signs"]["today"] else "then"
    fitting = openings["beginning"][f"{_manner(home)}{when}"]
    is_teller = _TELLER_FIRST.match(intro) is not None
    if is_teller or len(intro) > LONG_INTRO:
        fitting = [it for it in fitting if "{intro:을}" not in it and not it.startswith("여기는")]
    elif home.endswith(NEAR):
        fitting = [it for it in fitting if not it.startswith("여기는")]
    sentence = str(rng.choice(fitting))
    if is_teller:
        sentence = sentence.replace("{intro:이}", "{intro:는}")
    if _is_time(era):
        whens = [it.removeprefix("때는 ") for it in _whens(era, openings)]
        return sentence.replace("{when}", rng.choice(whens).replace("{era}", era))
    return f"{era} 이야기예요. {sentence.removeprefix('{when} ')}".replace("{era}", era)


def _is_time(era: str) -> bool:
    """Whether words are known to name a time."""
    openings = _openings()
    is_sign = any(sign in era for sign in openings["signs"]["as_it_is"])
    return era in openings["known"] or is_sign or find_era(era).en != DEFAULT_ERA_EN


def _manner(home: str) -> str:
    """How one is where one lives, as a book begins: one goes to a school, and rides on a train."""
    homes = _openings()["homes"]
    if home.endswith(NEAR):
        return ""
    for manner in ("ride", "stay", "visit"):
        if _ends_in(home, homes[f"{manner}s"]):
            return f"{manner}_"
    if home.endswith("댁"):
        return "stay_"
    if home.split()[-1] in homes["beside"]:
        return "be_"
    if _ends_in(home, (*homes["around"], *homes["near"])):
        return "visit_"
    is_school = find_place(home).motif == "school" or _ends_in(home, homes["schools"])
    if is_school:
        return "school_"
    is_dwelling = _is_known(home) or home.endswith(tuple(homes["lived_in"]))
    return "" if is_dwelling else "be_"


def _whens(era: str, openings: Mapping[str, Any]) -> list[str]:
    whens, signs = openings["when"], openings["signs"]
    motif = find_era(era).motif
    if era in openings["known"]:
        return list(openings["known"][era])
    if any(sign in era for sign in signs["prehistoric"]):
        return list(whens["prehistoric"])
    if any(sign in era for sign in signs["as_it_is"]):
        return list(whens["as_it_is"])
    if any(letter.isdigit() for letter in era):
        return list(whens["year"])
    return list(whens[motif])


@cache
def _openings() -> dict[str, Any]:
    return table("openings")
