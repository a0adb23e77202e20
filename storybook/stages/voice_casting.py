"""Casting: which of a narrator's voices each character of a book speaks in.

An **expectation** is how somebody should sound, by kind, age, sex and temper
(`voice_casting.toml`): a pitch above all. Of all ways to give everybody a voice of their own the
one is taken that is nearest to what is expected, with any two at least `APART` semitones from each
other, and the narrator from all, as far as the voices reach. A voice that somebody asked for stays,
and the others are cast around it; one that a character had before is had again, unless it would be
taken for somebody else's.
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
from storybook.lexicon.words import folk_of

APART: Final = 3.0
"""Semitones between the median pitches of two people who are not taken for one."""
WELL_APART: Final = 6.0
"""From where on more distance is no more help."""
_LOWEST, _HIGHEST = 70.0, 390.0
"""Hertz that are expected of anybody: there is no voice beyond."""
_OTHER_SEX: Final = 5.0
_OTHER_AGE: Final = 2.0
_OTHER_TEMPER: Final = 2.0
_CLOSE: Final = 0.8
_TOO_CLOSE: Final = 100.0
"""What a voice costs, in semitones from what is expected: of another sex, age or temper, and near
to another one's."""
_KEPT_IN_MIND: Final = 40
"""Ways to cast those who came first with which it is gone on: far more than make a difference."""
_USUAL_PITCH: Final = {"male": 115.0, "female": 205.0}
"""Of voices that nobody has measured."""
UNMEASURED: Final = tuple(
    VoiceSound(name, "male" if name.startswith("M") else "female") for name in VOICES
)
"""The ten voices of a narrator that does not say what they sound like."""


class Expectation(msgspec.Struct, frozen=True):
    """How somebody should sound; `sex` and `age` are empty where nothing is known."""

    pitch: float
    sex: str = ""
    age: str = ""
    liveliness: float = 0.5


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
    tts: TtsConfig | None, company: Sequence[str], sounds: Sequence[VoiceSound] = ()
) -> TtsConfig | None:
    """How a book is read aloud whose story brings others along beside the cast: where voices are
    cast, these have theirs too, around those of the cast."""
    if tts is None or not tts.is_cast:
        return tts
    others = [replace(cast(name)[0], name=name) for name in company if name not in tts.voices]
    casting = cast_voices(others, tts.narrator_voice, sounds, tts.voices)
    return replace(tts, casting={**tts.casting, **casting})


def cast_voices(
    everyone: Sequence[Character],
    narrator: str,
    sounds: Sequence[VoiceSound] = (),
    settled: Mapping[str, str] | None = None,
    known: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """A voice for each character that has none yet, by name. `settled` are the voices of those who
    have one; `known` those that characters had in other books, which they have again unless they
    would be taken for somebody else. `sounds` are what the narrator's voices sound like."""
    by_name = {it.name: it for it in sounds or UNMEASURED}
    settled, known = settled or {}, known or {}
    taken = [by_name[it] for it in (narrator, *settled.values()) if it in by_name]
    open_ = [who for who in everyone if who.name not in settled]
    found: dict[str, str] = {}
    for who in open_:
        voice = by_name.get(known.get(who.name, ""))
        if voice is not None and all(_is_apart(voice, it) for it in taken):
            found[who.name] = voice.name
            taken.append(voice)
    rest = [who for who in open_ if who.name not in found]
    chosen = _best([expectation_of(who) for who in rest], taken, list(by_name.values()))
    given = {who.name: voice.name for who, voice in zip(rest, chosen, strict=True)}
    return {who.name: (found | given)[who.name] for who in open_}


def _best(
    everyone: Sequence[Expectation], taken: Sequence[VoiceSound], voices: Sequence[VoiceSound]
) -> tuple[VoiceSound, ...]:
    """A voice for each, at the least cost of all ways that are kept in mind."""
    ways: list[tuple[float, tuple[VoiceSound, ...]]] = [(0.0, ())]
    for expected in everyone:
        longer = [
            (cost + _distance(it, expected) + _nearness(it, (*taken, *way)), (*way, it))
            for cost, way in ways
            for it in voices
        ]
        ways = sorted(longer, key=lambda it: it[0])[:_KEPT_IN_MIND]
    return ways[0][1]


def _distance(voice: VoiceSound, expected: Expectation) -> float:
    """How far a voice is from what is expected."""
    return (
        abs(_semitones(_pitch(voice), expected.pitch))
        + _OTHER_SEX * (expected.sex not in ("", voice.sex))
        + _OTHER_AGE * ((expected.age or "adult") != voice.age) / (1 if expected.age else 2)
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
    sex = getattr(who, "sex", "") or _said_by_kind(kind, ("male", "female"))
    age = getattr(who, "age_group", "") or _said_by_kind(kind, ("elder", "baby", "child", "adult"))
    traits = find_traits(f"{who.description} {who.name} {who.kind.ko}")
    age = age or ("baby" if "baby" in traits else "child" if "young" in traits else "")
    age = age or ("elder" if "old" in traits else "")
    if folk_of(who.kind) == "person" and kind not in _pitches():
        pitch = float(data["people"][sex or "unknown"][age or "adult"])
        steps = 0.0
    else:
        pitch = _pitches().get(kind, float(data["usual"][folk_of(who.kind)]))
        steps = data["age"].get(age, 0) + data["sex"].get(sex, 0)
    steps += sum(data["temper"].get(it, 0) for it in traits)
    moods = [data["liveliness"][it] for it in (kind, age, *traits) if it in data["liveliness"]]
    liveliness = sum(moods) / len(moods) if moods else 0.5
    pitch = min(max(pitch * 2 ** (steps / 12), _LOWEST), _HIGHEST)
    return Expectation(pitch, sex, "child" if age == "baby" else age, liveliness)


def _said_by_kind(kind: str, what: Sequence[str]) -> str:
    return next((it for it in what if kind in _data()["kinds"].get(it, ())), "")


@cache
def _pitches() -> Mapping[str, float]:
    return {kind: float(it["pitch"]) for it in _data()["sounds"] for kind in it["of"]}


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("voice_casting.toml").read_text("utf-8"))
