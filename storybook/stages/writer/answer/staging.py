"""What a model says of a page's scene beside looks and sentence: where, one action, the things.

    "where": "inside a cosy kitchen", "things": ["a round table"],
    "action": {"who": "토끼", "does": "gives", "what": "a red apple", "whom": "호랑이"}

What of it cannot be (a stranger, an unknown verb) is left out; an older answer without it says
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from storybook.lexicon.scenes import verbs
from storybook.scene import SceneAction, SceneThing

NOTHING: Final = "nothing"
"""What somebody does on a page of no action, as a cover mostly is."""
DEEDS: Final = (
    NOTHING,
    *("gives", "shows", "holds", "carries", "hugs", "holds_hands", "hides_behind", "hides_in"),
    *("looks_at", "listens_to", "points_at", "touches", "climbs", "crosses", "goes_into"),
    *("runs_to", "runs_from", "follows", "rides", "sits_on", "sits_by", "sleeps_in", "covers"),
    *("whispers_to", "calls", "turns_from", "brushes_with", "washes_with", "eats", "feeds"),
    *("cooks", "picks_up", "puts_in", "opens", "draws", "reads", "builds", "mends", "plants"),
    *("throws", "plays_with", "helps", "shares", "waves_to"),
)
"""What models may have somebody do: verbs of the lexicon that they tell apart."""
MOST_THINGS: Final = 2
WHERE: Final = re.compile(r"(inside|outside) ([a-z][a-z -]{2,50})")
PLACES: Final = ("inside", "outside")
_PHRASE: Final = re.compile(r"(?:an?|the|some|two|three) [a-z][a-z -]{1,40}")


class Deed(msgspec.Struct, frozen=True):
    """What one of the cast does: a name, one of `DEEDS`, with what, and to whom; `what` is a name
    or an English phrase."""

    who: str = ""
    does: str = NOTHING
    what: str = ""
    whom: str = ""


class Staging(msgspec.Struct, frozen=True):
    """What a model says of one page's scene, as far as it can be: the English of the place, whether
    that is inside, an action in names, and the phrases of things."""

    place: str = ""
    inside: bool = False
    action: SceneAction | None = None
    things: tuple[SceneThing, ...] = ()


def staging_of(where: str, deed: Deed, things: Sequence[str], names: Sequence[str]) -> Staging:
    """What of a model's words can be: about the cast of these `names`."""
    found = WHERE.fullmatch(where.strip().rstrip(".").lower())
    phrases = [it for it in dict.fromkeys(map(_phrase, things)) if it][:MOST_THINGS]
    action, held = _action(deed, names)
    if held and held not in phrases:
        phrases.insert(0, held)
    shown = tuple(SceneThing(f"thing{n}", looks) for n, looks in enumerate(phrases, start=1))
    if action is not None and held:
        named = next(it.name for it in shown if it.looks == held)
        action = msgspec.structs.replace(action, what=named)
    place = (found[2], found[1] == PLACES[0]) if found else ("", False)
    return Staging(*place, action, shown)


def said_of(action: SceneAction, things: Sequence[SceneThing], nouns: Mapping[str, str]) -> str:
    """An action in English, as an image prompt has it."""
    called = {it.name: it.looks for it in things} | {
        name: f"the {it}" for name, it in nouns.items()
    }
    words = {"what": called.get(action.what, ""), "whom": called.get(action.whom, "")}
    return verbs()[action.verb].en.format(**words)


def _action(deed: Deed, names: Sequence[str]) -> tuple[SceneAction | None, str]:
    """An action in which a thing has no name yet, and the phrase of that thing."""
    if deed.does not in DEEDS or deed.does == NOTHING or deed.who not in names:
        return None, ""
    needs = verbs()[deed.does].en
    whom = deed.whom if "{whom}" in needs else ""
    if "{whom}" in needs and (whom not in names or whom == deed.who):
        return None, ""
    if deed.what in names and deed.what != deed.who:
        return SceneAction(deed.who, deed.does, deed.what, whom), ""
    held = _phrase(deed.what)
    return (SceneAction(deed.who, deed.does, held, whom), held) if held else (None, "")


def _phrase(said: str) -> str:
    """An English phrase of a thing; empty if it is none."""
    plain = " ".join(said.lower().strip(" .").split())
    return plain if _PHRASE.fullmatch(plain) else ""
