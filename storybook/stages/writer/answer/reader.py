"""Reads the members of a JSON object while it is being written.

`feed` takes the text as it comes, cut anywhere, and gives each member the moment it is whole. The
object is the first one with a member that it may have (`keys`), wherever it stands: after a remark
with braces in it, in a fence, an array or another object. An object that turns out to be none (it
is no JSON, or `reject` says so of a member) is left, and the next one that begins after it is read.

A model that thinks aloud may write a whole draft before its answer. So a thought in tags is passed
over, and what comes after longer prose counts only once that is closed as a thought or the answer
has ended (`end`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

_ANY_KEY: Final = r"(?:[^\"\\]|\\.)*"
_PREAMBLE_CHARACTERS: Final = 300
""""Here is the book that you asked for" in any language; a thought is longer."""
_OVERLAP: Final = 200
"""Characters of what was searched already in which a key or a tag may have begun."""
_WORDS: Final = "(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflection|analysis|scratchpad|planning)"
_THOUGHT_OPENS: Final = re.compile(
    rf"[<\[◁]\|?(?:\w+:)?(?:begin_of_)?{_WORDS}\|?[>\]▷]"
    r"|<\|channel\|>\s*(?:analysis|commentary)|<unused94>",
    re.IGNORECASE,
)
_THOUGHT_CLOSES: Final = re.compile(
    rf"[<\[◁]\|?/(?:\w+:)?{_WORDS}\|?[>\]▷]|<\|(?:end_of_{_WORDS}|end)\|>"
    r"|<\|channel\|>\s*final|<unused95>",
    re.IGNORECASE,
)
"""Tags of Qwen and DeepSeek, of Magistral ([THINK]), Kimi (◁think▷), Seed (<seed:think>), GPT-OSS
(channels), OpenThinker (<|begin_of_thought|>) and Gemma (<unused94>), as their templates have
them. Some open the thought themselves, so that an answer has the closing tag alone."""


_COMMA_BEFORE_END: Final = re.compile(r"(\"(?:[^\"\\]|\\.)*\")|,(?=\s*[}\]])", re.DOTALL)
"""Or a whole string, in which such commas are text."""


class Member(NamedTuple):
    """A finished member of the object."""

    key: str
    value: Any


class MemberReader:
    """Gives the members of the first object that has a member of `keys`, a regular expression for
    all of its key; without one, of any object."""

    def __init__(self, keys: str = _ANY_KEY) -> None:
        self.failure = ""
        """Why the first object that was left was none; empty if none was."""
        self.objects = 0
        """How many objects were found."""
        self.left: set[int] = set()
        """Those of them, counted from 1, that were none."""
        self._key = re.compile(rf"[{{,]\s*(\"(?:{keys})\"\s*:)")
        self._text = ""
        self._searched = 0
        """What stands before this is no object to be read."""
        self._prose_from = 0
        self._closings_searched = 0
        self._has_ended = False
        self._opened: int | None = None
        """Where the object in hand was found, None while one is looked for."""
        self._at = 0
        """The sign that is read next, in an object."""
        self._member_from = 0
        self._depth = 0
        self._in_string = False
        self._is_escaped = False

    @property
    def unfinished(self) -> int:
        """How many characters of the member in hand have come."""
        return len(self._text) - self._member_from if self._opened is not None else 0

    def feed(self, text: str) -> Iterator[Member]:
        """Take some text."""
        self._text += text
        return self._read()

    def end(self) -> Iterator[Member]:
        """The text has ended: what was held back counts now."""
        self._has_ended = True
        if not self.objects:  # all of the answer may stand in the thought
            self._searched = self._prose_from = self._closings_searched = 0
        return self._read()

    def reject(self, why: str) -> None:
        """The member that was given last is none that can be: its object is left."""
        if self._opened is not None:
            self.failure = self.failure or why
            self.left.add(self.objects)
            self._leave(self._opened + 1)

    # ------------------------------------------------------------------------ looking for an object

    def _read(self) -> Iterator[Member]:
        while self._opened is not None or self._open():
            yield from self._members()
            if self._opened is not None:
                return  # the rest of it is still to come

    def _open(self) -> bool:
        """Find the next object, and whether it may be read now."""
        self._pass_thoughts()
        found = self._key.search(self._text, self._searched)
        if found is None:
            self._searched = max(self._searched, len(self._text) - _OVERLAP)
            return False
        self._searched = found.start()
        before = self._text[self._prose_from : found.start()]
        may_be_thought = len(before.strip()) > _PREAMBLE_CHARACTERS
        if (may_be_thought or _THOUGHT_OPENS.search(before)) and not self._has_ended:
            return False
        self._opened = found.start()
        self.objects += 1
        self._at = self._member_from = found.start(1)
        self._depth, self._in_string, self._is_escaped = 1, False, False
        return True

    def _pass_thoughts(self) -> None:
        """Go on after the last thought that is closed, unless no object comes after it."""
        for closed in _THOUGHT_CLOSES.finditer(self._text, self._closings_searched):
            if not self._has_ended or self._key.search(self._text, closed.end()):
                self._searched = self._prose_from = closed.end()
        self._closings_searched = max(self._prose_from, len(self._text) - _OVERLAP)

    def _leave(self, searched: int) -> None:
        self._opened, self._searched = None, searched
        self._prose_from = max(self._prose_from, searched)

    # ---------------------------------------------------------------------------- inside an object

    def _members(self) -> Iterator[Member]:
        """The members that are whole, up to the end of the text or of the object."""
        while self._opened is not None and self._at < len(self._text):
            sign, at = self._text[self._at], self._at
            ends_plain = self._is_between_members and sign in ",}"
            self._step(sign)
            self._at += 1
            ends_nested = self._is_between_members and sign in "}]"
            if ends_plain or ends_nested:
                text = self._text[self._member_from : self._at - ends_plain].strip()
                self._member_from = self._at
                if text:
                    yield from self._parsed(text)
            if self._opened is not None and self._depth == 0:
                self._leave(at)

    def _parsed(self, text: str) -> Iterator[Member]:
        try:
            ((key, value),) = _loaded(f"{{{_with_whole_signs(text)}}}").items()
        except ValueError as error:
            self.reject(str(error))
        else:
            yield Member(key, value)

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
            self._in_string = True
        elif sign in "{[":
            self._depth += 1
        elif sign in "}]":
            self._depth -= 1


def _with_whole_signs(text: str) -> str:
    """A text in which the halves of signs that came in two pieces are put together."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _loaded(text: str) -> dict[str, Any]:
    """An object, also with raw line breaks in strings, as some servers let through, and with commas
    before an end, as models write that nothing binds. Raises ValueError."""
    try:
        found = json.loads(text, strict=False)
    except ValueError:
        found = json.loads(_COMMA_BEFORE_END.sub(r"\1", text), strict=False)
    return dict(found)
