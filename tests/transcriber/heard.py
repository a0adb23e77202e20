"""What Whisper's base model really heard, for the confidence to be measured on.

`heard.json` has one row for each recording: the field that was asked for, the word that was meant,
seconds of voice and of the whole clip, and the segments that the model gave (text, mean
log-probability, probability of no speech) when it heard it once. The recordings were spoken by
eSpeak NG in several voices, plain and with noise, as those of `bench/servers/speech.py` are;
Whisper understands few of them, which is what makes them worth judging.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from storybook.languages.field import Field
from storybook.stages.transcriber.confidence import Heard, weigh
from tests.transcriber.understood import field_confidence, parse_field


class Row(msgspec.Struct, array_like=True, frozen=True):
    """A recording, and what the model heard in it."""

    field: Field
    meant: str
    voice_seconds: float
    clip_seconds: float
    segments: list[tuple[str, float, float]]


class Answer(msgspec.Struct, frozen=True):
    """What became of a recording: whether it is the word that was meant, and how sure it is."""

    is_right: bool
    confidence: float


HEARD: Final = msgspec.json.decode(Path(__file__).with_suffix(".json").read_bytes(), type=list[Row])


def answers(rows: Sequence[Row]) -> Iterator[Answer]:
    """What the pure part makes of what was heard."""
    for row in rows:
        heard = [Heard(*segment) for segment in row.segments]
        said = weigh(heard, row.voice_seconds, row.clip_seconds, "ko")
        meant = parse_field(row.field, said.text)
        is_right = meant.replace(" ", "") == row.meant.replace(" ", "")
        yield Answer(is_right, field_confidence(said.confidence, row.field, said.text, meant))
