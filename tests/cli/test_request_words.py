"""The words of a request are cleaned the same way for every way in."""

from __future__ import annotations

import json

import pytest

from storybook.http.errors import Invalid
from storybook.http.run_request import read_run_request
from storybook.request import InvalidRequest, clean_word

WORDS = [
    "우정",
    "  우정  ",
    "깊은\n숲속\t마을",
    "깊은\r\n숲속",
    "우정",
    "a" * 200,
    "a" * 201,
    "",
    " \t\n",
    "종\x07",
    "종\x07" * 200,
]


def _over_http(word: str) -> str | list[tuple[str, str]]:
    fields = dict.fromkeys(("place_ko", "characters_ko", "topic_ko"), "x")
    try:
        return read_run_request(json.dumps({"era_ko": word, **fields}).encode()).request.era
    except Invalid as invalid:
        assert isinstance(invalid.detail, list)
        return [(fault.msg, fault.type) for fault in invalid.detail]


@pytest.mark.parametrize("word", WORDS)
def test_the_command_line_takes_what_http_takes(word: str) -> None:
    """The same text, or the same faults."""
    found: str | list[tuple[str, str]]
    try:
        found = clean_word(("era",), word)
    except InvalidRequest as invalid:
        found = [(fault.msg, fault.type) for fault in invalid.faults]
    assert found == _over_http(word)
