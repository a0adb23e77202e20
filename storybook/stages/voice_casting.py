"""Casting: which of a narrator's voices each character of a book speaks in.

An **expectation** is how somebody should sound, by kind, age, sex and temper
(`voice_casting.toml`): a pitch above all. Whoever is younger is higher: no child is deeper than its
parent, no elder brother higher than the younger one. Of all ways to give everybody a voice of their
own the one is taken that is nearest to what is expected, with any two at least `APART` semitones
from each other, and the narrator from all, as far as the voices reach. A voice that somebody asked
for stays, and the others are cast around it; one that a character had before is had again, unless
it would be taken for somebody else's.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from storybook.book import VOICES, StoryRequest, TtsConfig
from storybook.engines import VoiceSound
from storybook.lexicon import Character, cast, characters_of, find_traits
from storybook.lexicon.by_ear import USUAL_YEARS, are_elders, sex_by_ear, years_of
from storybook.lexicon.words import folk_of

APART: Final = 3.0
"""Semitones between the median pitches of two people who are not taken for one."""
WELL_APART: Final = 6.0
"""From where on more distance is no more help."""
_LOWEST, _HIGHEST = 70.0, 390.0
"""Hertz that are expected of anybody: there is no voice beyond."""
_OTHER_SEX: Final = 5.0
_GIRLS_FOR_BOYS: Final = 2.5
"""Before it breaks, a boy's voice is much like a girl's."""
_CHILDLIKE: Final = 250.0
"""Hertz from where on somebody of no known age sounds as a child does."""
_OTHER_AGE: Final = {"child": 4.0, "": 1.0}
_USUAL_OTHER_AGE: Final = 2.0
_OTHER_TEMPER: Final = 2.0
_GRANDMOTHERS: Final = 8.0
_UPSIDE_DOWN: Final = 30.0
_ELDER_CHILD_HIGHER: Final = 4.0
_CLOSE: Final = 0.8
_TOO_CLOSE: Final = 100.0
"""What a voice costs, in semitones from what is expected: of another sex, age or temper; an old
woman's for who is none; a child's that is deeper than a grown-up's, or than an elder child's; and
one near to another one's."""
_KEPT_IN_MIND: Final = 40
"""Ways to cast those who came first with which it is gone on: far more than make a difference."""
_USUAL_PITCH: Final = {"male": 115.0, "female": 205.0}
"""Of voices that nobody has measured."""
_STEPS_A_YEAR: Final = 0.6
"""Semitones that a child's voice sinks in a year, from what it is at the usual years."""
UNMEASURED: Final = tuple(
    VoiceSound(name, "male" if name.startswith("M") else "female") for name in VOICES
)
"""The ten voices of a narrator that does not say what they sound like."""


class Expectation(msgspec.Struct, frozen=True):
    """How somebody should sound; `sex` and `age` are empty, and `years` is 0, where nobody says
    anything."""

    pitch: float
    sex: str = ""
    age: str = ""
    liveliness: float = 0.5
    years: float = 0.0


def with_casting(
    tts: TtsConfig | None,
    request: StoryRequest,
    sounds: Sequence[VoiceSound] = (),
    known: Mapping[str, str] | None = None,
) -> TtsConfig | None:
    """How a book is read aloud, with the voices that were cast, if that is asked for. Who has been
    cast before keeps the voice, as do those that are `known`."""
    if tts is None or not tts.is_cast:
        return tts
    everyone, known = characters_of(request), {**(known or {}), **tts.casting}
    casting = cast_voices(everyone, tts.narrator_voice, sounds, tts.character_voices, known)
    return replace(tts, casting=casting)


def with_company(
    tts: TtsConfig | None,
    request: StoryRequest,
    company: Sequence[str],
    sounds: Sequence[VoiceSound] = (),
) -> TtsConfig | None:
    """How a book is read aloud whose story brings others along beside the cast: where voices are
    cast, these have theirs too, around those of the cast. One alone, of whom nobody says how old it
    is, is a child where its parents come: then it gets a child's voice."""
    if tts is None or not tts.is_cast:
        return tts
    everyone = characters_of(request)
    others = [replace(cast(name)[0], name=name) for name in company if name not in tts.voices]
    child = _child_of(everyone, company)
    if child is not None and child.name not in tts.character_voices:
        own = {name: it for name, it in tts.casting.items() if name != child.name}
        tts = replace(tts, casting=own)
        everyone = (child,)
        others = [child, *others]
    casting = cast_voices(others, tts.narrator_voice, sounds, tts.voices, beside=everyone)
    return replace(tts, casting={**tts.casting, **casting})


def _child_of(everyone: Sequence[Character], company: Sequence[str]) -> Character | None:
    """The hero as a child, where it is one only by those who come along."""
    hero = everyone[0]
    is_said = bool(expectation_of(hero).age)
    if len(everyone) > 1 or is_said or not are_elders(company):
        return None
    return replace(hero, age_group="child")


def cast_voices(
    everyone: Sequence[Character],
    narrator: str,
    sounds: Sequence[VoiceSound] = (),
    settled: Mapping[str, str] | None = None,
    known: Mapping[str, str] | None = None,
    beside: Sequence[Character] = (),
) -> dict[str, str]:
    """A voice for each character that has none yet, by name. `settled` are the voices of those who
    have one, of whom `beside` tells who they are; `known` those that characters had in other books,
    which they have again unless they would be taken for somebody else. `sounds` are what the
    narrator's voices sound like."""
    by_name = {it.name: it for it in sounds or UNMEASURED}
    settled, known = settled or {}, known or {}
    taken = [by_name[it] for it in (narrator, *settled.values()) if it in by_name]
    spoken = {who.name: expectation_of(who) for who in (*everyone, *beside)}
    heard = [
        (spoken[name], by_name[it])
        for name, it in settled.items()
        if name in spoken and it in by_name
    ]
    open_ = [who for who in everyone if who.name not in settled]
    found: dict[str, str] = {}
    for who in open_:
        voice = by_name.get(known.get(who.name, ""))
        if voice is not None and all(_is_apart(voice, it) for it in taken):
            found[who.name] = voice.name
            taken.append(voice)
            heard.append((spoken[who.name], voice))
    rest = [who for who in open_ if who.name not in found]
    chosen = _best([spoken[who.name] for who in rest], taken, heard, list(by_name.values()))
    given = {who.name: voice.name for who, voice in zip(rest, chosen, strict=True)}
    return {who.name: (found | given)[who.name] for who in open_}


def _best(
    everyone: Sequence[Expectation],
    taken: Sequence[VoiceSound],
    heard: Sequence[_Heard],
    voices: Sequence[VoiceSound],
) -> tuple[VoiceSound, ...]:
    """A voice for each, at the least cost of all ways that are kept in mind. `taken` are the voices
    of others, of whom those that are `heard` are known."""
    ways: list[tuple[float, tuple[VoiceSound, ...]]] = [(0.0, ())]
    for place, expected in enumerate(everyone):
        longer = [
            (
                cost
                + _distance(it, expected)
                + _nearness(it, (*taken, *way))
                + _disorder((expected, it), (*heard, *zip(everyone[:place], way, strict=True))),
                (*way, it),
            )
            for cost, way in ways
            for it in voices
        ]
        ways = sorted(longer, key=lambda it: it[0])[:_KEPT_IN_MIND]
    return ways[0][1]


_Heard = tuple[Expectation, VoiceSound]


def _disorder(one: _Heard, others: Iterable[_Heard]) -> float:
    """What it costs that somebody younger is deeper than an elder one."""
    return sum(_upside_down(one, it) + _upside_down(it, one) for it in others)


def _upside_down(younger: _Heard, elder: _Heard) -> float:
    (young, voice), (old, other) = younger, elder
    if young.age != "child" or _pitch(voice) >= _pitch(other):
        return 0.0
    if old.age in ("adult", "elder"):
        return _UPSIDE_DOWN
    are_alike = (old.age == "child" and "" in (old.sex, young.sex)) or old.sex == young.sex
    return _ELDER_CHILD_HIGHER if are_alike and 0 < young.years < old.years else 0.0


def _distance(voice: VoiceSound, expected: Expectation) -> float:
    """How far a voice is from what is expected."""
    is_boys = expected.sex == "male" and voice.age == expected.age == "child"
    is_grandmothers = voice.sex == "female" and voice.age == "elder"
    is_grandmother = expected.sex != "male" and expected.age == "elder"
    age = expected.age or ("child" if expected.pitch >= _CHILDLIKE else "adult")
    return (
        abs(_semitones(_pitch(voice), expected.pitch))
        + (_GIRLS_FOR_BOYS if is_boys else _OTHER_SEX) * (expected.sex not in ("", voice.sex))
        + _GRANDMOTHERS * (is_grandmothers and not is_grandmother)
        + _OTHER_AGE.get(expected.age, _USUAL_OTHER_AGE) * (age != voice.age)
        + _OTHER_TEMPER * abs(voice.liveliness - expected.liveliness)
    )


def _nearness(voice: VoiceSound, others: Iterable[VoiceSound]) -> float:
    return sum(_closeness(voice, it) for it in others)


def _closeness(one: VoiceSound, other: VoiceSound) -> float:
    if one.name == other.name:
        return 10 * _TOO_CLOSE
    if not (one.pitch and other.pitch):
        return 0.0
    apart = abs(_semitones(one.pitch, other.pitch))
    return _CLOSE * max(WELL_APART - apart, 0) + _TOO_CLOSE * max(APART - apart, 0)


def _is_apart(one: VoiceSound, other: VoiceSound) -> bool:
    return _closeness(one, other) < _TOO_CLOSE * 0.1


def _pitch(voice: VoiceSound) -> float:
    return voice.pitch or _USUAL_PITCH[voice.sex]


def _semitones(one: float, other: float) -> float:
    return 12 * math.log2(one / other)


# -------------------------------------------------------------------------------- what is expected


def expectation_of(who: Character) -> Expectation:
    """How a character should sound."""
    data = _data()
    kind = who.kind.en
    sex = who.sex or _said_by_kind(kind, ("male", "female")) or sex_by_ear(who)
    traits = find_traits(f"{who.description} {who.name} {who.kind.ko}")
    age = _age_of(who, traits)
    years = years_of(who, is_child=age == "child")
    if age == "child" and 0 < years < data["toddler"]["years"]:
        age = "baby"
    if folk_of(who.kind) == "person" and kind not in _pitches():
        pitch = float(data["people"][sex or "unknown"][age or "adult"])
        is_of_years = age == "child" and years > 0
        steps = (USUAL_YEARS - years) * _STEPS_A_YEAR if is_of_years else 0.0
    else:
        pitch = _pitches().get(kind, float(data["usual"][folk_of(who.kind)]))
        steps = data["age"].get(age, 0) + data["sex"].get(sex, 0)
    steps += sum(data["temper"].get(it, 0) for it in traits)
    moods = [data["liveliness"][it] for it in (kind, age, *traits) if it in data["liveliness"]]
    liveliness = sum(moods) / len(moods) if moods else 0.5
    pitch = max(pitch * 2 ** (steps / 12), data["least"].get(age, _LOWEST))
    pitch = min(pitch, data["most"].get(age, _HIGHEST))
    age = "child" if age == "baby" else age
    return Expectation(pitch, sex, age, liveliness, years)


def _age_of(who: Character, traits: Sequence[str]) -> str:
    age = who.age_group or _said_by_kind(who.kind.en, ("elder", "baby", "child", "adult"))
    age = age or ("baby" if "baby" in traits else "child" if "young" in traits else "")
    return age or ("elder" if "old" in traits else "")


def _said_by_kind(kind: str, what: Sequence[str]) -> str:
    return next((it for it in what if kind in _data()["kinds"].get(it, ())), "")


@cache
def _pitches() -> Mapping[str, float]:
    return {kind: float(it["pitch"]) for it in _data()["sounds"] for kind in it["of"]}


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("voice_casting.toml").read_text("utf-8"))
