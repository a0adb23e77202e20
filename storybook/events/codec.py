"""Events to the bytes that are recorded, and back.

A shape's number is its **schema**: 1 for the first one released, one more for each change that
`catalog.UPCASTERS` has to lift. Reading lifts old bytes step by step to the newest shape.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Final

import msgspec

from storybook.events.catalog import EVENT_TYPES, UPCASTERS, Event

SCHEMAS: Final[dict[str, int]] = {
    name: 1 + max((schema for kind, schema in UPCASTERS if kind == name), default=0)
    for name in EVENT_TYPES
}
"""The newest schema of each event type."""

UNREADABLE: Final = "unreadable"
"""The type of what a log gives in the place of a row that it can no longer read; its data is a JSON
string that says why. It is never recorded."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Event).decode
_decode_list = msgspec.json.Decoder(list[Event]).decode
_NEWEST: Final = set(SCHEMAS.items())


class UnreadableEvent(Exception):
    """Recorded bytes are no event that this version knows."""

    def __init__(self, kind: str, schema: int, why: str) -> None:
        super().__init__(
            f"event {kind} cannot be read: {why}. "
            "It was recorded by a newer storybook, or the log is damaged: run `storybook verify`"
        )
        self.why = why


def encode(event: Event) -> bytes:
    """The event as UTF-8 JSON on one line."""
    return _encode(event)


def decode(kind: str, schema: int, data: bytes) -> Event:
    """The event that was recorded as `data`, lifted to today's shape."""
    newest = SCHEMAS.get(kind)
    try:
        if kind == UNREADABLE:
            raise UnreadableEvent(kind, schema, msgspec.json.decode(data, type=str))
        if newest is None or schema > newest:
            why = f"the type {kind} (schema {schema}) is unknown to this version"
            raise UnreadableEvent(kind, schema, why)
        return _decode(data) if schema == newest else _lift(kind, schema, newest, data)
    except msgspec.MsgspecError as error:
        raise UnreadableEvent(kind, schema, str(error)) from error


def decode_all(kinds: Sequence[str], schemas: Sequence[int], datas: Sequence[bytes]) -> list[Event]:
    """The events that were recorded as `datas`, lifted to today's shapes. Raises
    `UnreadableEvent`."""
    if _NEWEST.issuperset(zip(kinds, schemas, strict=True)):
        # One call for all of them takes half the time of one for each.
        with contextlib.suppress(msgspec.MsgspecError):
            events = _decode_list(b"[%b]" % b",".join(datas))
            if len(events) == len(datas):  # else a row that was tampered with has two in it
                return events
        # What is wrong is told by the event that cannot be read.
    return list(map(decode, kinds, schemas, datas))


def _lift(kind: str, schema: int, newest: int, data: bytes) -> Event:
    fields = msgspec.json.decode(data)
    for step in range(schema, newest):
        fields = UPCASTERS[kind, step](fields)
    return msgspec.convert(fields, EVENT_TYPES[kind], strict=False)
