"""What the registry knows of it: its name, its settings, and how it is built."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from storybook.book import Role
from storybook.engines import Engine, EngineSpec
from storybook.settings import Count, Seconds
from storybook.stages.credentials import BEARER
from storybook.stages.endpoint import KEY_VARIABLE, NAME

CONTEXT_TOKENS: Final = 8_192
FIRST_ANSWER_SECONDS: Final = 600.0
"""A server may load its model before the first token, and one that cannot stream writes the whole
book before it says anything."""
SILENCE_SECONDS: Final = 120.0
"""Between two tokens."""


class OpenAIWriterSettings(msgspec.Struct, frozen=True):
    """The endpoint is asked at `url`, with the key in the variable `key_variable`, sent as
    `header` says (see `credentials`); `model` is a name there, `device` a GPU that it shares with
    engines here (`gpu0`); `context` is in tokens. An answer begins within `first_answer_seconds`,
    and is silent for no longer than `silence_seconds` after that."""

    url: str = ""
    model: str = ""
    device: str = ""
    key_variable: str = KEY_VARIABLE
    header: str = BEARER
    context: Count = CONTEXT_TOKENS
    first_answer_seconds: Seconds = FIRST_ANSWER_SECONDS
    silence_seconds: Seconds = SILENCE_SECONDS


def build(settings: OpenAIWriterSettings, data: Path) -> Engine:
    from storybook.stages.writer.openai.engine import OpenAIWriter

    return OpenAIWriter(
        url=settings.url,
        model=settings.model,
        device=settings.device,
        key_variable=settings.key_variable,
        header=settings.header,
        context=settings.context,
        first_answer_seconds=settings.first_answer_seconds,
        silence_seconds=settings.silence_seconds,
    )


OPENAI_WRITER: Final = EngineSpec(NAME, Role.WRITER, OpenAIWriterSettings, build, needs="url")
