"""Reads the members of a JSON object while it is being written.

`feed` takes the text as it comes, cut anywhere, and gives each member the moment it is whole. What
stands before the object (a fence, a remark) is passed over, and so is what comes after it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple


class Member(NamedTuple):
    """A finished member of the object."""

    key: str
    value: Any


class MemberReader:
    """Gives the members of one JSON object; `is_complete` once the object is closed."""

    def __init__(self) -> None:
        self.is_complete = False
        self._text = ""
        """Of the member in hand."""
        self._depth = 0
        self._in_string = False
        self._is_escaped = False

    @property
    def unfinished(self) -> int:
        """How many characters of the member in hand have come."""
        return len(self._text)

    def feed(self, text: str) -> Iterator[Member]:
        """Take some text. Raises ValueError if it is no JSON."""
        for sign in text:
            if self.is_complete:
                return
            was_inside = self._depth > 0
            ends_plain = self._is_between_members and sign in ",}"
            self._step(sign)
            if was_inside and not ends_plain:
                self._text += sign
            ends_nested = self._is_between_members and sign in "}]"
            if (ends_plain or ends_nested) and self._text.strip():
                member, self._text = self._text, ""
                yield _parsed(member)

    @property
    def _is_between_members(self) -> bool:
        """Whether the text is in the object itself, in no string and no value with parts."""
        return self._depth == 1 and not self._in_string

    def _step(self, sign: str) -> None:
        if self._in_string:
            if self._is_escaped:
                self._is_escaped = False
            elif sign == "\\":
                self._is_escaped = True
            elif sign == '"':
                self._in_string = False
        elif sign == '"':
            self._in_string = self._depth > 0
        elif sign in "{[":
            self._depth += 1 if self._depth or sign == "{" else 0
        elif sign in "}]" and self._depth:
            self._depth -= 1
            self.is_complete = self._depth == 0


def _parsed(member: str) -> Member:
    # Not strict: some servers let raw line breaks into strings.
    found = json.loads(f"{{{member}}}", strict=False)
    ((key, value),) = found.items()
    return Member(key, value)
