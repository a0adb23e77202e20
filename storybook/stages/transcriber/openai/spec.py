"""What the registry knows of it: its name, its settings, and how it is built."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from storybook.book import Role
from storybook.engines import Engine, EngineSpec
from storybook.settings import Seconds
from storybook.stages.credentials import BEARER
from storybook.stages.endpoint import KEY_VARIABLE, NAME

FIRST_ANSWER_SECONDS: Final = 60.0
"""A child waits for it."""
SILENCE_SECONDS: Final = 30.0
"""In the midst of an answer of a few kilobytes."""


class OpenAITranscriberSettings(msgspec.Struct, frozen=True):
    """The endpoint is asked at `url`, with the key in the variable `key_variable`, sent as
    `header` says (see `credentials`); `model` is a
    name there. An answer begins within `first_answer_seconds`, and is silent for no longer than
    `silence_seconds` after that."""

    url: str = ""
    model: str = ""
    key_variable: str = KEY_VARIABLE
    header: str = BEARER
    first_answer_seconds: Seconds = FIRST_ANSWER_SECONDS
    silence_seconds: Seconds = SILENCE_SECONDS


def build(settings: OpenAITranscriberSettings, data: Path) -> Engine:
    from storybook.stages.transcriber.openai.engine import OpenAITranscriber

    return OpenAITranscriber(
        url=settings.url,
        model=settings.model,
        key_variable=settings.key_variable,
        header=settings.header,
        first_answer_seconds=settings.first_answer_seconds,
        silence_seconds=settings.silence_seconds,
    )


OPENAI_TRANSCRIBER: Final = EngineSpec(
    NAME, Role.TRANSCRIBER, OpenAITranscriberSettings, build, needs="url"
)
