"""`POST /api/runs`: the body's JSON and its names for what `storybook.request` checks.

The check is by hand rather than by a model class: all faults are told at once, in the shape that
clients of the older servers know (`loc`, `msg`, `type`), and it is the same for every way in.
"""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec

from storybook.http.errors import Invalid
from storybook.new_run import NewRun, check_new_run
from storybook.request import InvalidRequest, RequestFault, kind_of

WORDS: Final = {
    "era_ko": "era",
    "place_ko": "place",
    "characters_ko": "characters",
    "topic_ko": "topic",
}
"""The body's field for each of the four words."""

FIELDS: Final = {
    **WORDS,
    "tts_enabled": "read_aloud",
    "tts_config": "tts",
    "page_count": "page_count",
    "language": "language",
    "callback_url": "callback_url",
    "style": "style",
    "cast": "cast",
    "age": "age",
    "based_on": "based_on",
}
"""The body's fields, and what they are called in a request that is checked. A seed is none."""
_NAMES: Final = {asked: field for field, asked in FIELDS.items()}


def read_run_request(body: bytes) -> NewRun:
    """The book that a body asks for. Raises `Invalid` with one fault for each thing wrong."""
    fields = json_object(body)
    try:
        return check_new_run({asked: fields[it] for it, asked in FIELDS.items() if it in fields})
    except InvalidRequest as invalid:
        raise in_body(invalid) from invalid


def in_body(invalid: InvalidRequest) -> Invalid:
    """The faults of a request as those of the body's fields."""
    return Invalid(
        [
            RequestFault(("body", _NAMES[str(it.loc[0])], *it.loc[1:]), it.msg, it.type)
            for it in invalid.faults
        ]
    )


def json_object(body: bytes) -> dict[str, Any]:
    """The object that a body is. Raises `Invalid`."""
    try:
        # As the older servers did: UTF-16 and UTF-32 are told by their zeros, and a BOM is none.
        fields = msgspec.json.decode(body.decode(json.detect_encoding(body)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        why = f"the body is not JSON: {error}"
        raise Invalid([RequestFault(("body",), why, "json_invalid")]) from error
    if not isinstance(fields, dict):
        why = f"expected an object, found {kind_of(fields)}"
        raise Invalid([RequestFault(("body",), why, "dict_type")])
    return fields
