"""A spoken answer to one of the four questions, as a form needs it."""

from __future__ import annotations

import unicodedata
from typing import Final

import msgspec

from storybook.engines import Transcriber
from storybook.languages.field import Field
from storybook.languages.known import language_of
from storybook.languages.language import Hearing
from storybook.request import MAX_FIELD_CHARACTERS
from storybook.stages.transcriber.confidence import without_noise

NO_ANSWER_CONFIDENCE: Final = 0.2
"""However clearly it was heard: "뭐라고요?" is no word of a book, and a form asks again."""


_EDGES: Final = " ,:"


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
    hearing = language_of(language).hearing
    meant = meant_by(field, heard.text, hearing)
    confidence = field_confidence(heard.confidence, field, heard.text, meant, hearing)
    return SpokenField(heard.text, meant, confidence)


def meant_by(field: Field, said: str, hearing: Hearing) -> str:
    """The answer in what was said to the question for `field`, at most as long as a field takes.
    Never raises, never adds a word."""
    return _within_field(hearing.answer(field, without_noise(unicodedata.normalize("NFC", said))))


def field_confidence(heard: float, field: Field, said: str, meant: str, hearing: Hearing) -> float:
    """How sure it is that `meant` is the answer, by how surely `said` was heard and what it is."""
    if not meant:
        return 0.0
    most = 1.0 if hearing.is_answer(said) else NO_ANSWER_CONFIDENCE
    return round(min(most, heard * hearing.plausible(field, meant)), 3)


def _within_field(text: str) -> str:
    """As many whole words as a field of the request takes."""
    if len(text) <= MAX_FIELD_CHARACTERS:
        return text
    whole, space, _ = text[: MAX_FIELD_CHARACTERS + 1].rpartition(" ")
    return whole.rstrip(_EDGES) if space else text[:MAX_FIELD_CHARACTERS]
