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

FIRST_ANSWER_SECONDS: Final = 300.0
"""For one sentence, which may wait for others on a busy processor, and for a model to be loaded."""
SILENCE_SECONDS: Final = 60.0
"""In the midst of one sentence's sound."""


class OpenAINarratorSettings(msgspec.Struct, frozen=True):
    """The endpoint is asked at `url`, with the key in the variable `key_variable`, sent as
    `header` says (see `credentials`); `model` is a
    name there, and `voices` are its names for ours (`M1 = "onyx"`). `device` is a GPU that it
    shares with engines here (`gpu0`). An answer begins within `first_answer_seconds`, and is silent
    for no longer than `silence_seconds` after that."""

    url: str = ""
    model: str = ""
    voices: dict[str, str] = {}
    device: str = ""
    key_variable: str = KEY_VARIABLE
    header: str = BEARER
    first_answer_seconds: Seconds = FIRST_ANSWER_SECONDS
    silence_seconds: Seconds = SILENCE_SECONDS


def build(settings: OpenAINarratorSettings, data: Path) -> Engine:
    from storybook.stages.narrator.openai.engine import OpenAINarrator

    return OpenAINarrator(
        url=settings.url,
        model=settings.model,
        device=settings.device,
        key_variable=settings.key_variable,
        header=settings.header,
        voices=settings.voices,
        first_answer_seconds=settings.first_answer_seconds,
        silence_seconds=settings.silence_seconds,
    )


OPENAI_NARRATOR: Final = EngineSpec(NAME, Role.NARRATOR, OpenAINarratorSettings, build, needs="url")
