"""What the registry knows of it: its name, its settings, and how it is built."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Final

import msgspec

from storybook.book import Role
from storybook.engines import Engine, EngineSpec
from storybook.settings import Count, path_of

CONTEXT_TOKENS: Final = 8_192


Threads = Annotated[int, msgspec.Meta(ge=0)]


class LlamaSettings(msgspec.Struct, frozen=True):
    """`model` is a GGUF file, or the first in the data folder's `models`; `device` is `cpu` or a
    GPU (`gpu0`); `context` is how many tokens prompt and book may have together; `threads` is how
    many compute, by default one on each core that the process may use."""

    model: str = ""
    device: str = ""
    context: Count = CONTEXT_TOKENS
    threads: Threads = 0


def build(settings: LlamaSettings, data: Path) -> Engine:
    from storybook.stages.writer.llama.engine import Llama
    from storybook.stages.writer.llama.files import find_model

    find = partial(find_model, data, path_of(settings.model))
    return Llama(
        model=find(),
        device=settings.device or "cpu",
        context=settings.context,
        threads=settings.threads,
        find=find,
    )


LLAMA: Final = EngineSpec("llama", Role.WRITER, LlamaSettings, build)
