"""A spoken answer to one of the four questions, as a form needs it."""

from __future__ import annotations

import msgspec

from storybook.engines import Transcriber
from storybook.stages.transcriber.field_rules import Field
from storybook.stages.transcriber.fields import parse_field


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
    return SpokenField(heard.text, parse_field(field, heard.text), heard.confidence)
