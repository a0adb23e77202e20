"""What is taken, as JSON Schema: as strict as the server, as far as a schema can be.

It is written beside constants of the checks, since it is checked by hand (`run_request`); a test
holds it against the server. What is answered is in `components`.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from storybook.book import AGES, CAST, FEWEST_PAGES, MOST_PAGES, VOICES, KeptPart
from storybook.callback_url import CALLBACK_PATTERN, MAX_CALLBACK_CHARACTERS
from storybook.characters import MAX_NAME_CHARACTERS
from storybook.edition_request import MAX_EDITS, MAX_LINES, MAX_TEXT_CHARACTERS
from storybook.events.catalog import EVENT_TYPES
from storybook.http.requests import MAX_POSITION
from storybook.http.run_request import WORDS
from storybook.http.runs import MAX_KEY_CHARACTERS
from storybook.http.sessions import LINK_SECONDS, LINK_SECONDS_RANGE
from storybook.http.speech import FIELD_TYPES
from storybook.languages.ko import KOREAN
from storybook.lexicon.cast import MAX_CAST
from storybook.request import (
    EDITION_RANGE,
    MAX_CHARACTER_VOICES,
    MAX_FIELD_CHARACTERS,
    MAX_LANGUAGE_CHARACTERS,
    PAUSE_RANGE_MS,
    SEED_RANGE,
    SPEED_RANGE,
)
from storybook.run import Status

Schema = dict[str, Any]
JSON: Final = "application/json"

# ---------------------------------------------------------------------------------- what comes in

_CONTROLS: Final = r"\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u202a-\u202e\u2066-\u2069"
_SHOW_NOTHING: Final = (
    _CONTROLS + r"\u0009-\u000d\u0020\u0085\u00a0\u00ad\u0300-\u036f\u0600-\u0605\u061c\u06dd\u070f"
    r"\u0890\u0891\u08e2\u115f\u1160\u1680\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u2064"
    r"\u206a-\u206f\u20d0-\u20dc\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
)
"""Blanks, fillers, joiners and the commonest combining marks; naming all marks would take pages."""
TEXT: Final[Schema] = {
    "type": "string",
    "minLength": 1,
    "maxLength": MAX_FIELD_CHARACTERS,
    "pattern": f"^[^{_CONTROLS}]*[^{_SHOW_NOTHING}][^{_CONTROLS}]*$",
}
"""Some text that shows something, without control characters; line breaks and tabs become spaces.
Words that no page may have are refused besides."""

_PARTING: Final = r",\uff0c\u3001;\uff1b/&+\u00b7|()\uff08\uff09:\uff1a<>{}\[\]\\\"`"
SAVED_NAME: Final[Schema] = {
    "type": "string",
    "minLength": 1,
    "maxLength": MAX_NAME_CHARACTERS,
    "pattern": f"^[^{_CONTROLS}{_PARTING}]*[^{_SHOW_NOTHING}{_PARTING}][^{_CONTROLS}{_PARTING}]*$",
}
"""A name to save somebody under: some text without signs that part a list."""

VOICE: Final[Schema] = {
    "type": "string",
    "pattern": r"^[ \t\r\n]*[MFmf][1-5][ \t\r\n]*$",
    "description": f"one of {', '.join(VOICES)}, in any case",
    "examples": list(VOICES),
}

LANGUAGE_TAG: Final[Schema] = {
    "type": "string",
    "pattern": "^[Kk][Oo](-[A-Za-z0-9]+)*$",
    "maxLength": MAX_LANGUAGE_CHARACTERS,
    "description": "Korean is what the engines that come with the service write",
}


TRUTH: Final[Schema] = {
    "anyOf": [
        {"type": "boolean"},
        {"enum": [0, 1]},
        {"type": "string", "enum": ["true", "True", "1", "false", "False", "0"]},
        {"type": "null"},
    ]
}
"""True or false, as clients of the older servers may send it."""


def _number_or_text(kind: str, within: tuple[float, float], pattern: str) -> Schema:
    """A number, or, as clients of the older servers may send it, the same as text or null."""
    low, high = within
    return {
        "anyOf": [
            {"type": kind, "minimum": low, "maximum": high},
            {"type": "string", "pattern": rf"^[ \t\r\n]*({pattern})[ \t\r\n]*$"},
            {"type": "null"},
        ]
    }


PAGE: Final[Schema] = {"type": "integer", "enum": [*range(MOST_PAGES)]}

TTS_CONFIG: Final[Schema] = {
    "type": "object",
    "title": "TtsConfig",
    "description": "How a book is read aloud; M1, ko, 1.05 and 250 ms unless it says otherwise. "
    "Where no voice is named, each character is given one of its own.",
    "properties": {
        "narrator_voice": {"anyOf": [VOICE, {"type": "null"}]},
        "dialogue_voice": {
            "anyOf": [
                VOICE,
                {"type": "string", "pattern": r"^[ \t\r\n]*[Cc][Aa][Ss][Tt][ \t\r\n]*$"},
                {"const": "", "type": "string"},
                {"type": "null"},
            ],
            "description": f"nothing: the narrator's; `{CAST}`: each character is given a voice of "
            "its own by what it is, beside those in `character_voices`",
        },
        "character_voices": {
            "anyOf": [
                {
                    "type": "object",
                    "propertyNames": TEXT,
                    "additionalProperties": VOICE,
                    "maxProperties": MAX_CHARACTER_VOICES,
                },
                {"type": "null"},
            ],
            "description": "a voice for each character that has one of its own",
        },
        "lang": {"anyOf": [LANGUAGE_TAG, {"type": "null"}]},
        "speed": _number_or_text("number", SPEED_RANGE, r"0\.[7-9][0-9]*|1(\.[0-9]*)?|2(\.0*)?"),
        "segment_pause_ms": _number_or_text(
            "integer", PAUSE_RANGE_MS, r"(0|[1-9][0-9]{0,2}|[1-4][0-9]{3}|5000)(\.0*)?"
        ),
    },
}

RUN_ID: Final[Schema] = {"type": "string", "pattern": "^[0-9a-f]{32}$"}

BASED_ON: Final[Schema] = {
    "type": "object",
    "title": "BasedOn",
    "description": "The book that this one is made from. With its text (or text and pictures) its "
    "words, length, language, voice and style are kept where nothing is said of them; with its "
    "cast it is a new story, which needs its words.",
    "required": ["run_id", "keep"],
    "properties": {
        "run_id": RUN_ID,
        "edition": {
            "anyOf": [
                {"type": "integer", "minimum": EDITION_RANGE[0], "maximum": EDITION_RANGE[1]},
                {"type": "null"},
            ],
            "description": "the one that readers see if it is not there",
        },
        "keep": {"type": "string", "enum": list(KeptPart)},
    },
}
_KEEPS_TEXT: Final[Schema] = {"enum": [it for it in KeptPart if it.has_text]}

RUN_REQUEST: Final[Schema] = {
    "type": "object",
    "title": "RunRequest",
    "description": "What a book is made from. Unknown fields are ignored.",
    "anyOf": [
        {"required": list(WORDS)},
        {
            "required": ["based_on"],
            "properties": {"based_on": {"type": "object", "properties": {"keep": _KEEPS_TEXT}}},
        },
    ],
    "properties": {
        **dict.fromkeys(WORDS, TEXT),
        "tts_enabled": {
            **TRUTH,
            "description": "whether the book is read aloud; it is if this is not there",
        },
        "tts_config": {"anyOf": [{"$ref": "#/components/schemas/TtsConfig"}, {"type": "null"}]},
        "page_count": {
            "anyOf": [
                {"type": "integer", "minimum": FEWEST_PAGES, "maximum": MOST_PAGES},
                {"type": "null"},
            ],
            "description": "the cover included; `GET /api/engines` lists what the writer can do",
        },
        "language": {
            "anyOf": [LANGUAGE_TAG, {"type": "null"}],
            "description": "ko if it is not there",
        },
        "style": {
            "anyOf": [TEXT, {"const": "", "type": "string"}, {"type": "null"}],
            "description": "how it is painted: one of the illustrator's `styles` of "
            "`GET /api/engines`, or any words where it names none; they go before every prompt",
        },
        "cast": {
            "anyOf": [
                {"type": "array", "items": TEXT, "maxItems": MAX_CAST, "uniqueItems": True},
                {"type": "null"},
            ],
            "description": "names of saved characters (`GET /api/cast`) that come back in it",
        },
        "age": {
            "anyOf": [{"type": "string", "enum": ["", *AGES]}, {"type": "null"}],
            "description": "whom the book is for; `GET /api/engines` lists what the writer can do",
        },
        "based_on": {"anyOf": [{"$ref": "#/components/schemas/BasedOn"}, {"type": "null"}]},
        "callback_url": {
            "anyOf": [
                {
                    "type": "string",
                    "pattern": f"^{CALLBACK_PATTERN}$",
                    "maxLength": MAX_CALLBACK_CHARACTERS,
                },
                {"type": "null"},
            ],
            "description": "who is told what becomes of the book (`webhooks`); its host is to be "
            "one that the server may call, else 422",
        },
    },
    "examples": [
        {f"{name}_ko": word for name, word in msgspec.structs.asdict(KOREAN.sample).items()},
    ],
}

EDITION: Final[Schema] = {
    "type": "integer",
    "minimum": EDITION_RANGE[0],
    "maximum": EDITION_RANGE[1],
}
_OR_NOTHING: Final[Schema] = {"anyOf": [TEXT, {"const": "", "type": "string"}, {"type": "null"}]}
_PAGE_TEXT: Final[Schema] = {**TEXT, "maxLength": MAX_TEXT_CHARACTERS}
_NEW_TEXT: Final[Schema] = {"anyOf": [_PAGE_TEXT, {"type": "null"}]}
_TAG_OR_NOTHING: Final[Schema] = {
    "anyOf": [LANGUAGE_TAG, {"const": "", "type": "string"}, {"type": "null"}]
}
PAGE_EDIT: Final[Schema] = {
    "type": "object",
    "title": "PageEdit",
    "description": "What is wanted of a page. A text stands as it is given.",
    "required": ["page"],
    "properties": {
        "page": PAGE,
        "title": {**_NEW_TEXT, "description": "of the cover"},
        "summary": {**_NEW_TEXT, "description": "the whole text of any other page"},
        "dialogues": {
            "anyOf": [
                {
                    "type": "array",
                    "maxItems": MAX_LINES,
                    "items": {
                        "type": "object",
                        "required": ["character", "text"],
                        "properties": {"character": TEXT, "text": _PAGE_TEXT},
                    },
                },
                {"type": "null"},
            ],
            "description": "who says which part of it; each stands in it word for word",
        },
        "image_prompt": {**_NEW_TEXT, "description": "what its picture shows, in English"},
        "rewrite": {**_OR_NOTHING, "description": "what the writer is to write otherwise"},
        "repaint": {**TRUTH, "description": "whether its picture is painted anew"},
        "seed": {
            "anyOf": [
                {"type": "integer", "minimum": SEED_RANGE[0], "maximum": SEED_RANGE[1]},
                {"type": "null"},
            ],
            "description": "of that picture; drawn by chance if it is not there",
        },
        "revoice": {**TRUTH, "description": "whether it is read aloud anew"},
        "language": {
            **_TAG_OR_NOTHING,
            "description": "of its text and voice: one that was added to the book's own, or is; "
            "each page can be named once in each",
        },
    },
}

EDITION_REQUEST: Final[Schema] = {
    "type": "object",
    "title": "EditionRequest",
    "description": "What is to become another of a finished book; what is not named stays as it "
    "is. Unknown fields are ignored.",
    "required": ["base_edition"],
    "properties": {
        "base_edition": {
            **EDITION,
            "description": "the edition that whoever asks has seen: the newest one",
        },
        "pages": {
            "anyOf": [
                {"type": "array", "items": PAGE_EDIT, "maxItems": MAX_EDITS},
                {"type": "null"},
            ]
        },
        "tts_config": {
            "anyOf": [{"$ref": "#/components/schemas/TtsConfig"}, {"type": "null"}],
            "description": "all is read aloud anew; members that are not there stay as they are",
        },
        "style": {**_OR_NOTHING, "description": "all is painted anew"},
        "note": {**_OR_NOTHING, "description": "why"},
        "accept": {
            **TRUTH,
            "description": "whether texts stand although the check finds words in them that no "
            "page may have",
        },
        "add_language": {
            **_TAG_OR_NOTHING,
            "description": "a language that the book is to be in, too: each page is put into it",
        },
    },
    "examples": [{"base_edition": 1, "pages": [{"page": 2, "repaint": True}]}],
}

RESTORE_REQUEST: Final[Schema] = {
    "type": "object",
    "title": "RestoreRequest",
    "description": "Why an edition is restored, if anybody is to know.",
    "properties": {"note": _OR_NOTHING},
}

SPEECH_FORM: Final[Schema] = {
    "type": "object",
    "title": "SpeechForm",
    "description": "A recording, and which of the four words it is to say.",
    "required": ["audio_file", "field_type"],
    "properties": {
        "audio_file": {
            "type": "string",
            "format": "binary",
            "minLength": 1,
            "description": "WAV, WebM or Ogg with Opus, MP4, MP3 or FLAC",
        },
        "field_type": {"type": "string", "enum": list(FIELD_TYPES)},
        "language": {
            "type": "string",
            "pattern": "^([A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*)?$",
            "description": "ko-KR if it is not there",
        },
    },
}

SIGN_IN: Final[Schema] = {
    "type": "object",
    "title": "SignIn",
    "description": "A token, to be turned into a session.",
    "required": ["token"],
    "properties": {"token": {"type": "string"}},
}

LINK_REQUEST: Final[Schema] = {
    "type": "object",
    "title": "LinkRequest",
    "description": "For how long a link is to hold.",
    "properties": {
        "ttl_seconds": {
            "type": "integer",
            "minimum": LINK_SECONDS_RANGE[0],
            "maximum": LINK_SECONDS_RANGE[1],
            "default": LINK_SECONDS,
        }
    },
}

SAVE_REQUEST: Final[Schema] = {
    "type": "object",
    "title": "SaveRequest",
    "description": "Which character is to be saved; the only one of the run if it is not named.",
    "required": ["run_id"],
    "properties": {"run_id": {"type": "string"}, "character": {"type": "string"}},
}

TAKEN: Final = (
    *(RUN_REQUEST, TTS_CONFIG, BASED_ON, SPEECH_FORM, SIGN_IN, LINK_REQUEST, SAVE_REQUEST),
    *(EDITION_REQUEST, RESTORE_REQUEST),
)
"""All that is written here, by its title."""

POSITION: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": MAX_POSITION}
CURSOR: Final[Schema] = {"type": "string", "pattern": "^[0-9]{0,18}$"}
"""A position as EventSource has it, which is text; an empty one is none."""
STATUS: Final[Schema] = {"type": "string", "enum": [*Status]}
LIBRARY_CURSOR: Final[Schema] = {"type": "string", "pattern": "^(r[0-9]{1,18})?$"}
SEARCHED: Final[Schema] = {"type": "string", "maxLength": MAX_FIELD_CHARACTERS}
EVENT_KINDS: Final[Schema] = {
    "type": "array",
    "items": {"type": "string", "enum": list(EVENT_TYPES)},
}
KEY: Final[Schema] = {"type": "string", "maxLength": MAX_KEY_CHARACTERS}
BINARY: Final[Schema] = {"type": "string", "format": "binary"}


def whole_number(default: int, most: int) -> Schema:
    """A number from 1 to `most`."""
    return {"type": "integer", "minimum": 1, "maximum": most, "default": default}


# ----------------------------------------------------------------------------------- what goes out
