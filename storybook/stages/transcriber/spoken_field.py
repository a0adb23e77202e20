"""A spoken answer to one of the four questions, as a form needs it."""

from __future__ import annotations

from typing import Final

import msgspec

from storybook.engines import Transcriber
from storybook.stages.transcriber.field_rules import Field
from storybook.stages.transcriber.fields import is_answer, parse_field
from storybook.stages.transcriber.plausible import plausibility

NO_ANSWER_CONFIDENCE: Final = 0.2
"""However clearly it was heard: "뭐라고요?" is no word of a book, and a form asks again."""


class SpokenField(msgspec.Struct, frozen=True):
    """What was said, the word that is meant by it, and how sure the engine is (0 to 1)."""

    stt_text: str
    parsed_value: str
    confidence: float


async def hear_field(
    transcriber: Transcriber, audio: bytes, field: Field, language: str
) -> SpokenField:
    """Hear the answer in a recording. Raises what `Transcriber.transcribe` raises."""
    heard = await transcriber.transcribe(audio, language)
    meant = parse_field(field, heard.text)
    confidence = field_confidence(heard.confidence, field, heard.text, meant)
    return SpokenField(heard.text, meant, confidence)


def field_confidence(heard: float, field: Field, said: str, meant: str) -> float:
    """How sure it is that `meant` is the answer, by how surely `said` was heard and what it is."""
    if not meant:
        return 0.0
    most = 1.0 if is_answer(said) else NO_ANSWER_CONFIDENCE
    return round(min(most, heard * plausibility(field, meant)), 3)
