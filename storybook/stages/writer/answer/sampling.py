"""How tokens are drawn in an attempt: with each refusal of the page that is next, more freely and
with less of what was said before.

A seed alone changes little: a model that is sure of a wrong word is as sure with every seed.
"""

from __future__ import annotations

import random
from typing import Final

import msgspec

from storybook.engines import WritingTask


class SamplingParameters(msgspec.Struct, frozen=True):
    """How the next token is drawn. `repeat` divides the scores of recent tokens; `echo` is what a
    token loses that goes on with a passage of `passage` letters which was written before (0:
    nothing), and grows with the passage."""

    temperature: float
    repeat: float
    echo: float
    passage: int
    top_k: int = 40
    top_p: float = 0.9
    min_p: float = 0.05


SAMPLING_PARAMETERS: Final = (
    SamplingParameters(temperature=0.7, repeat=1.05, echo=2.0, passage=9),
    SamplingParameters(temperature=0.9, repeat=1.1, echo=12.0, passage=7),
    SamplingParameters(temperature=1.1, repeat=1.15, echo=100.0, passage=5),
)
"""By how often the page has been refused. The first is what the makers of present models advise for
answers without thinking, a little warmer. A name with its particle has four letters or less."""


def sampling(task: WritingTask) -> SamplingParameters:
    """How this attempt draws."""
    return SAMPLING_PARAMETERS[min(task.refusals, len(SAMPLING_PARAMETERS) - 1)]


def seed_of(task: WritingTask, engine: str, bits: int) -> int:
    """Another one for each attempt."""
    return random.Random(f"{engine}:{task.seed}:{task.attempt}").getrandbits(bits)
