"""What the registry knows of it: its name, its settings, and how it is built."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from storybook.book import Role
from storybook.engines import Engine, EngineSpec
from storybook.stages.credentials import BEARER
from storybook.stages.endpoint import KEY_VARIABLE, NAME


class OpenAITranscriberSettings(msgspec.Struct, frozen=True):
    """The endpoint is asked at `url`, with the key in the variable `key_variable`, sent as `header`
    says (see `credentials`); `model` is a name there."""

    url: str = ""
    model: str = ""
    key_variable: str = KEY_VARIABLE
    header: str = BEARER


def build(settings: OpenAITranscriberSettings, data: Path) -> Engine:
    from storybook.stages.transcriber.openai.engine import OpenAITranscriber

    return OpenAITranscriber(
        url=settings.url,
        model=settings.model,
        key_variable=settings.key_variable,
        header=settings.header,
    )


OPENAI_TRANSCRIBER: Final = EngineSpec(
    NAME, Role.TRANSCRIBER, OpenAITranscriberSettings, build, needs="url"
)
