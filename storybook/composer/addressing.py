"""How one hero of a book speaks to the other: 너, or what a younger one says.

A younger brother says 형 and a younger sister 언니 where the elder one says 너, and grown-ups among
themselves say each other's names. What a child says to a grown-up stands in the storylines.
"""

from __future__ import annotations

import re
from typing import Final

from storybook.composer.casting import is_elder
from storybook.korean.particles import with_particle
from storybook.lexicon import Character
from storybook.lexicon.words import folk_of

ELDER_SIBLINGS: Final = ("형", "누나", "언니", "오빠")
_COUNTED: Final = (
    "개|명|마리|번|살|시|시간|장|칸|걸음|바퀴|사람|조각|켤레|송이|쪽|층|가지|그릇|밤|식구"
    "|모서리|귀퉁이"
)
"""What one counts four of: 네 개."""
_YOU: Final = re.compile(
    r"(?<![가-힣])(?:네가|너가|니가|넌|널|네게|"
    rf"네(?= (?!(?:{_COUNTED})(?![가-힣]{{2}}))[가-힣{{])|"
    r"너(?P<particle>는|도|를|랑|한테|에게|만|밖에|부터|처럼|보다|까지|야|였|구나|네)?)"
    r"(?=[^가-힣]|$|(?<=였)[가-힣])"
)
_PARTICLES: Final = {
    "네가": "가",
    "너가": "가",
    "니가": "가",
    "넌": "는",
    "널": "를",
    "네게": "에게",
}
_STEMS: Final = {
    "야": ("이야", "야"),
    "였": ("이었", "였"),
    "구나": ("이구나", "구나"),
    "네": ("이네", "네"),
}
"""What follows a noun that ends in a consonant, or in a vowel."""


def said_to(who: Character, speaker: Character) -> str:
    """What somebody is called by who may not say 너: 언니, or a grown-up's name; empty where 너 is
    what one says."""
    if sibling := _sibling(who):
        return sibling if not _sibling(speaker) and not is_elder(speaker) else ""
    are_grown = is_elder(who) and is_elder(speaker)
    return who.name if are_grown and folk_of(who.kind) == "person" else ""


def addressed(line: str, other: str, called: str, *, is_said: bool) -> str:
    """A spoken line, its slots still open, in which the one of slot `other` is `called` so; where
    it `is_said` to that one, also for 너."""
    line = re.sub(rf"\{{{other}(?::([^{{}}]+))?\}}", lambda it: _with(called, it[1] or ""), line)
    return _YOU.sub(lambda it: _you(it, called), line) if is_said else line


def _sibling(who: Character) -> str:
    """What a younger sibling calls somebody: 형 for 2학년 형 지호 and for 형 토끼."""
    words = (who.kind.ko.split()[-1], *who.name.split())
    return next((word for word in words if word in ELDER_SIBLINGS), "")


def _with(called: str, form: str) -> str:
    return called if form in ("", "야", "아") else with_particle(called, form)


def _you(found: re.Match[str], called: str) -> str:
    particle = found["particle"] or _PARTICLES.get(found[0], "")
    if particle in _STEMS:
        closed = with_particle(called, "은").endswith("은")
        return called + _STEMS[particle][0 if closed else 1]
    return with_particle(called, particle) if particle else called
