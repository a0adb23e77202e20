"""Events to the bytes that are recorded, and back.

A shape's number is its **schema**: 1 for the first one released, one more for each change that
`catalog.UPCASTERS` has to lift. Reading lifts old bytes step by step to the newest shape.
"""

from __future__ import annotations

from typing import Final

import msgspec

from storybook.events.catalog import EVENT_TYPES, UPCASTERS, Event

SCHEMAS: Final[dict[str, int]] = {
    name: 1 + max((schema for kind, schema in UPCASTERS if kind == name), default=0)
    for name in EVENT_TYPES
}
"""The newest schema of each event type."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Event).decode


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
    if newest is None or schema > newest:
        raise UnreadableEvent(
            kind, schema, f"the type {kind} (schema {schema}) is unknown to this version"
        )
    try:
        return _decode(data) if schema == newest else _lift(kind, schema, newest, data)
    except msgspec.MsgspecError as error:
        raise UnreadableEvent(kind, schema, str(error)) from error


def _lift(kind: str, schema: int, newest: int, data: bytes) -> Event:
    fields = msgspec.json.decode(data)
    for step in range(schema, newest):
        fields = UPCASTERS[kind, step](fields)
    return msgspec.convert(fields, EVENT_TYPES[kind], strict=False)
