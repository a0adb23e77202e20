"""Every shape of event that was ever released replays for ever."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from storybook.events.catalog import EVENT_TYPES
from storybook.events.codec import SCHEMAS, UnreadableEvent, decode, decode_all, encode

SAMPLES: Final = sorted((Path(__file__).parent / "samples").glob("*.json"))

WRITTEN_ALWAYS: Final[dict[str, dict[str, Any]]] = {
    "RunRequested": {"page_count": 5, "language": "ko"},
}
"""Members that new events have and old ones may lack, with what their absence means."""


class Sample(msgspec.Struct, forbid_unknown_fields=True):
    """A recorded event: never edit one, add another."""

    type: str
    schema: int
    data: dict[str, Any]


def read(path: Path) -> Sample:
    return msgspec.json.decode(path.read_bytes(), type=Sample)


def replay(sample: Sample) -> dict[str, Any]:
    """What today's code makes of a sample, as it would record it."""
    event = decode(sample.type, sample.schema, msgspec.json.encode(sample.data))
    assert type(event).__name__ == sample.type
    recorded: dict[str, Any] = msgspec.json.decode(encode(event))
    return recorded


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_sample_replays(path: Path) -> None:
    """A sample of today's shape comes back unchanged, but for what is written always; an older one
    is lifted without an error."""
    sample = read(path)
    replayed = replay(sample)
    if sample.schema == SCHEMAS[sample.type]:
        assert replayed == WRITTEN_ALWAYS.get(sample.type, {}) | sample.data


def test_every_shape_has_a_sample() -> None:
    """An event type or a schema without a recorded sample is not released."""
    recorded = {(sample.type, sample.schema) for sample in map(read, SAMPLES)}
    released = {(name, n) for name in EVENT_TYPES for n in range(1, SCHEMAS[name] + 1)}
    assert recorded == released


def test_fields_of_a_newer_version_are_ignored() -> None:
    """A log that a newer version has written to stays readable where it can be."""
    assert replay(Sample("RunCancelled", 1, {"type": "RunCancelled", "mood": "sad"})) == {
        "type": "RunCancelled"
    }


def test_a_batch_is_decoded_as_each_by_itself() -> None:
    """All at once where every shape is today's; the one that cannot be read is named."""
    samples = list(map(read, SAMPLES))
    rows = [(it.type, it.schema, msgspec.json.encode(it.data)) for it in samples]
    assert decode_all(*zip(*rows, strict=True)) == [decode(*row) for row in rows]
    for stranger in (("RunForgotten", 1, b"{}"), ("RunCancelled", 1, b"[]")):
        with pytest.raises(UnreadableEvent, match=stranger[0]):
            decode_all(*zip(*rows, stranger, strict=True))


def test_a_row_with_two_events_in_it_is_none() -> None:
    """Read with others, it would give its neighbours' events to other runs."""
    done = b'{"type":"RunCompleted"}'
    rows = [("RunCompleted", 1, done), ("RunCompleted", 1, b"%b,%b" % (done, done))]
    with pytest.raises(UnreadableEvent):
        decode_all(*zip(*rows, strict=True))


def test_an_unknown_shape_is_refused_with_the_mend() -> None:
    """An event of a later schema is not guessed at."""
    with pytest.raises(UnreadableEvent, match=r"newer storybook.*storybook verify"):
        decode("RunCancelled", 99, b"{}")
