"""The messages of a stream of server-sent events, as its bytes come.

Lines end with a line feed alone, which a library's `splitlines` does not hold to: a text may have
U+2028 in it. https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec


class StreamMessage(msgspec.Struct, frozen=True):
    """A message; `retry` is what it says of coming back, in milliseconds. Of one that has only that
    the `event` is empty."""

    event: str = ""
    data: str = ""
    id: str = ""
    retry: int | None = None


class StreamDecoder:
    """Takes bytes as they come; one that was cut off within a message leaves that out."""

    def __init__(self) -> None:
        self._rest = b""
        self._fields: dict[str, str] = {}

    def feed(self, piece: bytes) -> Iterator[StreamMessage]:
        """The messages that are whole now."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            text = line.removesuffix(b"\r").decode("utf-8", "replace")
            if text:
                self._take(text)
            elif self._fields:
                fields, self._fields = self._fields, {}
                yield _message(fields)

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data" and name in self._fields:
            value = f"{self._fields[name]}\n{value}"
        self._fields[name] = value


def _message(fields: dict[str, str]) -> StreamMessage:
    retry = fields.get("retry", "")
    return StreamMessage(
        fields.get("event", ""),
        fields.get("data", ""),
        fields.get("id", ""),
        int(retry) if retry.isascii() and retry.isdigit() else None,
    )
