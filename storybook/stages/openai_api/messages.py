"""Reads an answer as messages, while it comes and whatever its form.

A stream of server-sent events gives one message an event; what is no event (a whole answer, JSON
line by line, a web page) is one message a line, or one in all. Servers differ in what the standard
for event streams leaves open and in what it forbids: line ends are CR, LF or both, the space after
`data:` and the empty line after an event may be missing, and an event may have no data.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import AsyncGenerator, AsyncIterable, Iterator
from typing import Any, Final, NamedTuple

import msgspec

_FIELD: Final = re.compile(r"(data|event|id|retry|error)\s*: ?(.*)|:.*", re.DOTALL)
_DONE: Final = "[DONE]"
_AGAINST_THE_STANDARD: Final = re.compile(r"NaN|Infinity|\\u[dD][89a-fA-F]")
_LINE_END: Final = re.compile(r"\r\n|\n|\r")


class Message(NamedTuple):
    """One thing that a server says: what kind of event it is (`error`, or whatever the server calls
    it; empty if it does not), its JSON, and as text if it is none (`value` is None then)."""

    kind: str
    value: Any
    text: str
    is_event: bool
    """Whether it came as an event of a stream, and not as a line or a whole."""


class MessageReader:
    """Takes the bytes of an answer as they come, cut anywhere, and gives its messages."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._rest = ""
        """Of a line that has not ended."""
        self._kind = ""
        self._data: list[str] = []
        self._others: list[str] = []
        """Lines that are no part of an event, and that are no JSON alone."""

    def feed(self, piece: bytes) -> Iterator[Message]:
        """Take some of the answer."""
        yield from self._take(self._decoder.decode(piece))

    def end(self) -> Iterator[Message]:
        """The answer has ended."""
        yield from self._take(self._decoder.decode(b"", final=True) + "\n\n")
        yield from self._event()
        text = "\n".join(self._others).strip()
        if text:
            yield Message("", _json(text), text, is_event=False)

    def _take(self, text: str) -> Iterator[Message]:
        text = self._rest + text
        at = 0
        for end in _LINE_END.finditer(text):
            if end[0] == "\r" and end.end() == len(text):
                break  # a line feed may follow
            yield from self._line(text[at : end.start()])
            at = end.end()
        self._rest = text[at:]
        if self._rest.endswith("\r") and _is_whole_event(self._rest):
            # A server that ends lines so sends nothing more until it has something to say.
            yield from self._line(self._rest[:-1])
            self._rest = ""

    def _line(self, line: str) -> Iterator[Message]:
        field = _FIELD.fullmatch(line)
        if not line.strip():
            yield from self._event()
        elif field is None:
            yield from self._other(line)
        elif field[1] == "data":
            self._data.append(field[2])
            if _json("\n".join(self._data)) is not None:  # some leave out the line after an event
                yield from self._event()
        elif field[1] == "event":
            self._kind = field[2].strip()
        elif field[1] == "error":
            yield Message("error", _json(field[2]), field[2], is_event=True)

    def _event(self) -> Iterator[Message]:
        text = "\n".join(self._data).strip()
        kind, self._kind, self._data = self._kind, "", []
        if text and text != _DONE:
            yield Message(kind, _json(text), text, is_event=True)

    def _other(self, line: str) -> Iterator[Message]:
        value = None if self._others else _json(line)
        if isinstance(value, dict):
            yield Message("", value, line, is_event=False)
        else:
            self._others.append(line)


def _is_whole_event(line: str) -> bool:
    field = _FIELD.fullmatch(line[:-1])
    return bool(field and field[1] == "data" and _json(field[2]) is not None)


def _json(text: str) -> Any:
    """The value of a text, None if it is no JSON. Python's own reader takes what servers write
    against the standard: NaN, and half of a sign outside the BMP, of which the rest comes next."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        pass
    try:
        return json.loads(text) if _AGAINST_THE_STANDARD.search(text) else None
    except ValueError:
        return None


async def messages_in(pieces: AsyncIterable[bytes]) -> AsyncGenerator[Message, None]:
    """The messages of an answer, as its pieces come."""
    reader = MessageReader()
    async for piece in pieces:
        for message in reader.feed(piece):
            yield message
    for message in reader.end():
        yield message
