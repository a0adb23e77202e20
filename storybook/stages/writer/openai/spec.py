"""What the registry knows of it: its name, its settings, and how it is built."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from storybook.book import Role
from storybook.engines import Engine, EngineSpec
from storybook.settings import Count
from storybook.stages.credentials import BEARER
from storybook.stages.endpoint import KEY_VARIABLE, NAME

CONTEXT_TOKENS: Final = 8_192


class OpenAIWriterSettings(msgspec.Struct, frozen=True):
    """The endpoint is asked at `url`, with the key in the variable `key_variable`, sent as `header`
    says (see `credentials`); `model` is a name there, `device` a GPU that it shares with engines
    here (`gpu0`); `context` is in tokens."""

    url: str = ""
    model: str = ""
    device: str = ""
    key_variable: str = KEY_VARIABLE
    header: str = BEARER
    context: Count = CONTEXT_TOKENS


def build(settings: OpenAIWriterSettings, data: Path) -> Engine:
    from storybook.stages.writer.openai.engine import OpenAIWriter

    return OpenAIWriter(
        url=settings.url,
        model=settings.model,
        device=settings.device,
        key_variable=settings.key_variable,
        header=settings.header,
        context=settings.context,
    )


OPENAI_WRITER: Final = EngineSpec(NAME, Role.WRITER, OpenAIWriterSettings, build, needs="url")
