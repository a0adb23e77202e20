"""What is understood of a Korean answer, with what is no speech taken out of it first."""

from __future__ import annotations

from storybook.languages.field import Field
from storybook.languages.ko import KOREAN
from storybook.stages.transcriber import spoken_field


def parse_field(field: Field, said: str) -> str:
    return spoken_field.meant_by(field, said, KOREAN.hearing)


def field_confidence(heard: float, field: Field, said: str, meant: str) -> float:
    return spoken_field.field_confidence(heard, field, said, meant, KOREAN.hearing)
