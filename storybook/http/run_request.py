"""`POST /api/runs`: the body, field by field, with every fault that is found.

Written by hand rather than by a model class: all faults are told at once, in the shape that clients
of the older servers know (`loc`, `msg`, `type`), and text is cleaned as it is for every way in.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from storybook.book import VOICES, StoryRequest, TtsConfig
from storybook.http.errors import Invalid
from storybook.request import SPEED_RANGE, InvalidRequest, RequestFault, clean_word

MAX_CHARACTER_VOICES: Final = 50
"""A picture book of five pages has no larger cast."""
MAX_LANG_CHARACTERS: Final = 16
PAUSE_RANGE_MS: Final = (0, 5_000)

WORDS: Final = {
    "era_ko": "era",
    "place_ko": "place",
    "characters_ko": "characters",
    "topic_ko": "topic",
}
"""The body's field for each of the four words."""

_LANG: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]+)*")
Loc = tuple[str | int, ...]


class RunRequest(msgspec.Struct, frozen=True):
    """What a body asks for; `tts` is None if the book is not to be read aloud."""

    request: StoryRequest
    tts: TtsConfig | None


def read_run_request(body: bytes) -> RunRequest:
    """The order that a body holds. Raises `Invalid` with one fault for each thing wrong."""
    checked = _Checked()
    fields = _json_object(body)
    words = {word: checked.words(fields, name) for name, word in WORDS.items()}
    enabled = checked.flag(fields.get("tts_enabled", True), ("body", "tts_enabled"))
    config = checked.tts_config(fields.get("tts_config"), ("body", "tts_config"))
    if checked.faults:
        raise Invalid(checked.faults)
    return RunRequest(StoryRequest(**words), config if enabled else None)


def in_body(invalid: InvalidRequest) -> Invalid:
    """The faults of a request's words as those of the body's fields."""
    names = {word: name for name, word in WORDS.items()}
    return Invalid(
        [RequestFault(("body", names[str(it.loc[0])]), it.msg, it.type) for it in invalid.faults]
    )


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        fields = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        why = f"the body is not JSON: {error}"
        raise Invalid([RequestFault(("body",), why, "json_invalid")]) from error
    if not isinstance(fields, dict):
        why = f"expected an object, found {_kind(fields)}"
        raise Invalid([RequestFault(("body",), why, "dict_type")])
    return fields


class _Checked:
    """Reads fields and collects what is wrong with them; a faulty one reads as its default."""

    def __init__(self) -> None:
        self.faults: list[RequestFault] = []

    def words(self, fields: dict[str, Any], name: str) -> str:
        if name not in fields:
            self._fault(("body", name), "this field is required", "missing")
            return ""
        return self._filled_text(fields[name], ("body", name))

    def flag(self, value: object, loc: Loc) -> bool:
        if not isinstance(value, bool):
            self._fault(loc, f"expected true or false, found {_kind(value)}", "bool_type")
        return value is True

    def tts_config(self, value: object, loc: Loc) -> TtsConfig:
        default = TtsConfig()
        if value is None:
            return default
        if not isinstance(value, dict):
            self._fault(loc, f"expected an object, found {_kind(value)}", "dict_type")
            return default
        narrator = value.get("narrator_voice", default.narrator_voice)
        dialogue = value.get("dialogue_voice")
        pause = value.get("segment_pause_ms", default.segment_pause_ms)
        return TtsConfig(
            narrator_voice=self._voice(narrator, (*loc, "narrator_voice")),
            dialogue_voice=(
                ""
                if dialogue is None or dialogue == ""
                else self._voice(dialogue, (*loc, "dialogue_voice"))
            ),
            character_voices=self._voices(
                value.get("character_voices"), (*loc, "character_voices")
            ),
            lang=self._lang(value.get("lang", default.lang), (*loc, "lang")),
            speed=self._number(value.get("speed", default.speed), SPEED_RANGE, (*loc, "speed")),
            segment_pause_ms=self._whole(pause, PAUSE_RANGE_MS, (*loc, "segment_pause_ms")),
        )

    def _filled_text(self, value: object, loc: Loc) -> str:
        if not isinstance(value, str):
            self._fault(loc, f"expected text, found {_kind(value)}", "string_type")
            return ""
        try:
            return clean_word(loc, value)
        except InvalidRequest as invalid:
            self.faults += invalid.faults
            return ""

    def _voices(self, value: object, loc: Loc) -> dict[str, str]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            self._fault(loc, f"expected an object, found {_kind(value)}", "dict_type")
            return {}
        if len(value) > MAX_CHARACTER_VOICES:
            found = f"expected at most {MAX_CHARACTER_VOICES} characters, found {len(value)}"
            self._fault(loc, found, "too_long")
            return {}
        return {
            self._filled_text(name, (*loc, name)): self._voice(voice, (*loc, name))
            for name, voice in value.items()
        }

    def _voice(self, value: object, loc: Loc) -> str:
        if isinstance(value, str) and value.strip().upper() in VOICES:
            return value.strip().upper()
        found = repr(value[:20]) if isinstance(value, str) else _kind(value)
        self._fault(loc, f"expected one of {', '.join(VOICES)}; found {found}", "enum")
        return ""

    def _lang(self, value: object, loc: Loc) -> str:
        is_tag = isinstance(value, str) and len(value) <= MAX_LANG_CHARACTERS
        if is_tag and _LANG.fullmatch(str(value)):
            return str(value)
        self._fault(loc, "expected a language tag such as ko or en-US", "language_tag")
        return ""

    def _number(self, value: object, within: tuple[float, float], loc: Loc) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._fault(loc, f"expected a number, found {_kind(value)}", "float_type")
            return 0.0
        low, high = within
        if value < low:
            self._fault(loc, f"expected at least {low}, found {value}", "greater_than_equal")
        if value > high:
            self._fault(loc, f"expected at most {high}, found {value}", "less_than_equal")
        return float(min(max(value, low), high))

    def _whole(self, value: object, within: tuple[int, int], loc: Loc) -> int:
        if isinstance(value, float) and not value.is_integer():
            self._fault(loc, f"expected a whole number, found {value}", "int_from_float")
            return 0
        return int(self._number(value, within, loc))

    def _fault(self, loc: Loc, message: str, kind: str) -> None:
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


def _kind(value: object) -> str:
    """The JSON kind of a value, as a person says it."""
    return _KINDS[type(value)]
