"""The values of what somebody asks for, checked: the same for every way in.

`CheckedFields` reads plain values, as JSON has them, and collects every fault that is found;
`InvalidRequest` tells them. A fault's `loc` is the path of names to it in our own terms; HTTP and
the command line put their names in its place. What the engines in force cannot do is found by
`storybook.stages.capabilities`, in the same shape.

Words are cleaned: line breaks and tabs become spaces, and decomposed Hangul (as macOS sends it) is
composed, since particles are chosen by a syllable's last letter. What then shows nothing, is too
long or holds other control characters is refused. Joiners stay: emoji are made of them.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from storybook.book import (
    AGES,
    CAST,
    FIRST_EDITION,
    VOICES,
    BasedOn,
    KeptPart,
    RunId,
    TtsConfig,
    VoiceDelivery,
    is_same_language,
)
from storybook.callback_url import callback_fault
from storybook.lexicon.cast import MAX_CAST

DEFAULT_PAGE_COUNT: Final = 5
DEFAULT_LANGUAGE: Final = "ko"
DEFAULT_VOICE: Final = "M1"
DEFAULT_SPEED: Final = 1.05
DEFAULT_PAUSE_MS: Final = 250
"""What a request gets that does not say it. Events record what it was, so that a change here is one
for new books alone."""
PACE: Final = {"3-4": (0.9, 450), "5-7": (1.0, 300), "8-9": (DEFAULT_SPEED, DEFAULT_PAUSE_MS)}
"""Speed, and pause in milliseconds, of a book for children of an age whose request says neither."""
PACED: Final = ("speed", "segment_pause_ms")
"""What of `TtsConfig` an age has its own defaults for, in the order of `PACE`."""
NAMED_VOICES: Final[Mapping[str, tuple[object, ...]]] = {
    "narrator_voice": (None,),
    "dialogue_voice": (None, ""),
    "character_voices": (None, {}),
}
"""What of `TtsConfig` says who speaks in which voice, and what there names nobody. Where nobody is
named, each character is given a voice of its own."""

MAX_FIELD_CHARACTERS: Final = 200
"""Four words make a book; more than a sentence each is a mistake."""
MOST_COMPOSED: Final = 4
"""Characters that are composed into one at most. Putting marks in order takes time that grows with
the square of how many stand together: 3.7 s for 40,000."""
MAX_CHARACTER_VOICES: Final = 50
"""No picture book has a larger cast."""
MAX_LANGUAGE_CHARACTERS: Final = 16
"""Of a tag such as zh-Hant-TW; more is no language that an engine knows."""
SPEED_RANGE: Final = (0.7, 2.0)
"""The narrators' own bounds: outside, speech falls apart."""
PAUSE_RANGE_MS: Final = (0, 5_000)
"""Between two spoken segments; a longer one sounds as if the book had stopped."""
EDITION_RANGE: Final = (FIRST_EDITION, 10**9 - 1)
"""Numbers that an edition can have."""
SEED_RANGE: Final = (0, 2**32 - 1)
"""What every engine's generator takes."""

WORDS: Final = ("era", "place", "characters", "topic")
"""The names of the four words."""

SAYS_NOTHING: Final = "says_nothing"
"""The type of the fault of words that tell nothing."""

Loc = tuple[str | int, ...]


def any_seed() -> int:
    """A seed by chance, where nobody has given one."""
    return secrets.randbelow(SEED_RANGE[1] + 1)


_FILLERS: Final = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")
"""They show nothing, whatever their category says: fillers of Hangul, the blank of Braille."""
_REORDERING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They show what follows in another order than it is read, on the whole page if left open."""
_BREAKS: Final = re.compile(r"\r\n|[\t\n\v\f\r\x85\u2028\u2029]")
_TRUTHS: Final = {
    **dict.fromkeys(("true", "1", "on", "yes", "t", "y"), True),
    **dict.fromkeys(("false", "0", "off", "no", "f", "n"), False),
}
"""Texts that the older servers took for true and false, in small letters."""
_DECIMAL: Final = re.compile(r"[ \t\r\n]*-?(0|[1-9][0-9]{0,8})(\.[0-9]*)?[ \t\r\n]*")
"""A number as text, which the older servers took too."""
_RUN_ID: Final = re.compile(r"[0-9a-f]{32}")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]+)*")


class RequestFault(msgspec.Struct, frozen=True):
    """One thing that is wrong with a request: where it is, what it is, and a stable word for it."""

    loc: Loc
    msg: str
    type: str


class InvalidRequest(Exception):
    """A request cannot be used; `faults` says all that is wrong with it."""

    def __init__(self, faults: list[RequestFault]) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, it.loc))}: {it.msg}" for it in faults))
        self.faults = faults


def pace_for(age: str) -> tuple[float, int]:
    """How fast a book is read aloud, and its pauses in milliseconds, unless a request says it."""
    return PACE.get(age, (DEFAULT_SPEED, DEFAULT_PAUSE_MS))


def value_or(asked: Mapping[str, Any], name: str, default: object) -> object:
    """What is said under a name; the default where it is left out, or null."""
    value = asked.get(name)
    return default if value is None else value


def _as_number(value: object) -> object:
    """The number that a text is, anything else as it is."""
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return float(value)
    return value


def composed(text: str, most: int = MAX_FIELD_CHARACTERS) -> str:
    """The text as words are spelled here, so that what was kept is found by it; one that is far
    longer than `most` is no such word, and stays as it is."""
    clean = _BREAKS.sub(" ", text).strip()
    if len(clean) > MOST_COMPOSED * most:
        return clean
    return unicodedata.normalize("NFC", clean).strip()


def clean_word(loc: Loc, text: str, most: int = MAX_FIELD_CHARACTERS) -> str:
    """The text as it is used, of at most so many characters; `loc` names the field it came in.
    Raises `InvalidRequest`."""
    clean = composed(text, most)
    faults = [RequestFault(loc, message, kind) for message, kind in _wrong(clean, most)]
    if faults:
        raise InvalidRequest(faults)
    return clean


def _wrong(text: str, most: int) -> list[tuple[str, str]]:
    found = []
    if not any(_shows(sign) for sign in text):
        found.append(("expected some text, found only blanks", "string_too_short"))
    if len(text) > most:
        message = f"expected at most {most} characters, found {len(text)}"
        found.append((message, "string_too_long"))
    if controls := {sign for sign in text if is_control(sign)}:
        named = ", ".join(f"U+{ord(sign):04X}" for sign in sorted(controls))
        found.append((f"control characters are not allowed: {named}", "control_character"))
    return found


def _shows(sign: str) -> bool:
    """Whether anything of a sign can be seen where it stands alone."""
    return sign not in _FILLERS and unicodedata.category(sign) not in ("Cf", "Mn", "Zs")


def says_something(text: str) -> bool:
    """Whether a text has a syllable of Hangul, a Chinese character, an emoji, or two letters or
    digits. Single letters of Hangul, of which syllables are made, say nothing."""
    if any(_is_a_word(sign) for sign in text):
        return True
    return sum(sign.isalnum() and not _name(sign).startswith("HANGUL") for sign in text) > 1


def _is_a_word(sign: str) -> bool:
    """Whether a sign may be a word of its own."""
    names = ("HANGUL SYLLABLE", "CJK")
    return unicodedata.category(sign) == "So" or _name(sign).startswith(names)


def _name(sign: str) -> str:
    return unicodedata.name(sign, "")


def is_control(sign: str) -> bool:
    """Whether a sign is to stand in no text: it is for machines, or turns around what follows."""
    return sign in _REORDERING or unicodedata.category(sign) in ("Cc", "Cs")


class CheckedFields:
    """Reads values and collects in `faults` what is wrong with them; a faulty one reads as
    nothing."""

    def __init__(self) -> None:
        self.faults: list[RequestFault] = []

    def word(self, asked: Mapping[str, Any], name: str) -> str:
        if name not in asked:
            self.fault((name,), "this field is required", "missing")
            return ""
        return self.filled_text(asked[name], (name,))

    def flag(self, value: object, loc: Loc) -> bool:
        if isinstance(value, str):
            truth = _TRUTHS.get(value.strip().lower())
        else:
            truth = bool(value) if value in (0, 1) else None  # true and false among them
        if truth is None:
            self.fault(loc, f"expected true or false, found {kind_of(value)}", "bool_type")
        return truth is True

    def tts(self, value: object, language: str, age: str) -> TtsConfig:
        """How a book in `language` is read aloud to children of an age."""
        loc = ("tts",)
        given = {} if value is None else value
        if not isinstance(given, Mapping):
            self.fault(loc, f"expected an object, found {kind_of(given)}", "dict_type")
            given = {}
        usual_speed, usual_pause = pace_for(age)
        pause = _as_number(value_or(given, "segment_pause_ms", usual_pause))
        speed = _as_number(value_or(given, "speed", usual_speed))
        return TtsConfig(
            narrator_voice=self._voice(
                value_or(given, "narrator_voice", DEFAULT_VOICE), (*loc, "narrator_voice")
            ),
            dialogue_voice=self._dialogue(given, (*loc, "dialogue_voice")),
            character_voices=self._voices(
                given.get("character_voices"), (*loc, "character_voices")
            ),
            lang=self._spoken_language(given, language, (*loc, "lang")),
            speed=self._number(speed, SPEED_RANGE, (*loc, "speed")),
            segment_pause_ms=self.whole(pause, PAUSE_RANGE_MS, (*loc, "segment_pause_ms")),
            delivery=VoiceDelivery.EXPRESSIVE,
        )

    def language(self, value: object, loc: Loc) -> str:
        is_text = isinstance(value, str) and len(value) <= MAX_LANGUAGE_CHARACTERS
        if is_text and _LANGUAGE.fullmatch(str(value)):
            return str(value)
        self.fault(loc, "expected a language tag such as ko or en-US", "language_tag")
        return ""

    def age(self, value: object, loc: Loc) -> str:
        if value is None or value == "":
            return ""
        if value in AGES:
            return str(value)
        found = repr(value[:20]) if isinstance(value, str) else kind_of(value)
        self.fault(loc, f"expected one of {', '.join(AGES)}; found {found}", "enum")
        return ""

    def callback_url(self, value: object, loc: Loc) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            self.fault(loc, f"expected text, found {kind_of(value)}", "string_type")
        elif fault := callback_fault(value):
            self.fault(loc, fault, "callback_url")
        else:
            return value
        return ""

    def cast(self, value: object, loc: Loc) -> tuple[str, ...]:
        if value is None:
            return ()
        if not isinstance(value, list | tuple):
            self.fault(loc, f"expected a list of names, found {kind_of(value)}", "list_type")
            return ()
        if len(value) > MAX_CAST:
            found = f"expected at most {MAX_CAST} characters, found {len(value)}"
            self.fault(loc, found, "too_long")
            return ()
        names = tuple(self.filled_text(name, (*loc, i)) for i, name in enumerate(value))
        said = [name for name in names if name]
        if len(set(said)) < len(said):
            self.fault(loc, "expected each character once, found one twice", "unique_items")
        return names

    def based_on(self, value: object, loc: Loc) -> BasedOn | None:
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self.fault(loc, f"expected an object, found {kind_of(value)}", "dict_type")
            return None
        run_id, keep = value.get("run_id"), value.get("keep")
        if not (isinstance(run_id, str) and _RUN_ID.fullmatch(run_id)):
            expected = "expected the run id of a book, 32 hexadecimal digits"
            self.fault((*loc, "run_id"), expected, "run_id")
            run_id = ""
        if not (isinstance(keep, str) and keep in frozenset(KeptPart)):
            expected = f"expected one of {', '.join(KeptPart)}: what is to be kept of that book"
            self.fault((*loc, "keep"), expected, "enum")
            keep = KeptPart.TEXT
        edition = value.get("edition")
        if edition is not None:
            edition = self.whole(edition, EDITION_RANGE, (*loc, "edition"))
        return BasedOn(RunId(run_id), edition or 0, KeptPart(keep))

    def whole(self, value: object, within: tuple[int, int], loc: Loc) -> int:
        if isinstance(value, float) and not value.is_integer():
            self.fault(loc, f"expected a whole number, found {value}", "int_from_float")
            return 0
        return int(self._number(value, within, loc))

    def filled_text(self, value: object, loc: Loc, most: int = MAX_FIELD_CHARACTERS) -> str:
        if not isinstance(value, str):
            self.fault(loc, f"expected text, found {kind_of(value)}", "string_type")
            return ""
        try:
            return clean_word(loc, value, most)
        except InvalidRequest as invalid:
            self.faults += invalid.faults
            return ""

    def _voices(self, value: object, loc: Loc) -> dict[str, str]:
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.fault(loc, f"expected an object, found {kind_of(value)}", "dict_type")
            return {}
        if len(value) > MAX_CHARACTER_VOICES:
            found = f"expected at most {MAX_CHARACTER_VOICES} characters, found {len(value)}"
            self.fault(loc, found, "too_long")
            return {}
        return {
            self.filled_text(name, (*loc, name)): self._voice(voice, (*loc, name))
            for name, voice in value.items()
        }

    def _dialogue(self, given: Mapping[str, Any], loc: Loc) -> str:
        """The voice for dialogue; `CAST` also where no voice is named at all."""
        value = given.get("dialogue_voice")
        if all(given.get(name) in nothing for name, nothing in NAMED_VOICES.items()):
            return CAST
        if value is None or value == "":
            return ""
        if isinstance(value, str) and value.strip().lower() == CAST:
            return CAST
        return self._voice(value, loc, (CAST,))

    def _voice(self, value: object, loc: Loc, or_else: Sequence[str] = ()) -> str:
        if isinstance(value, str) and value.strip().upper() in VOICES:
            return value.strip().upper()
        found = repr(value[:20]) if isinstance(value, str) else kind_of(value)
        known = ", ".join((*VOICES, *or_else))
        self.fault(loc, f"expected one of {known}; found {found}", "enum")
        return ""

    def _spoken_language(self, given: Mapping[str, Any], language: str, loc: Loc) -> str:
        """A book is read in the language that it is written in, of whatever region; `language` is
        "" if that is at fault itself."""
        if given.get("lang") is None:
            return language
        spoken = self.language(given["lang"], loc)
        if spoken and language and not is_same_language(spoken, language):
            message = f"expected {language}, the language of the book; found {spoken}"
            self.fault(loc, f"{message}: set language too, or leave lang out", "language_mismatch")
        return spoken

    def _number(self, value: object, within: tuple[float, float], loc: Loc) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fault(loc, f"expected a number, found {kind_of(value)}", "float_type")
            return 0.0
        low, high = within
        if value < low:
            self.fault(loc, f"expected at least {low}, found {value}", "greater_than_equal")
        if value > high:
            self.fault(loc, f"expected at most {high}, found {value}", "less_than_equal")
        return float(min(max(value, low), high))

    def fault(self, loc: Loc, message: str, kind: str) -> None:
        self.faults.append(RequestFault(loc, message, kind))


_KINDS: Final[dict[type, str]] = {
    str: "text",
    bool: "a truth value",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


def kind_of(value: object) -> str:
    """The JSON kind of a value, as a person says it."""
    return _KINDS[type(value)]
