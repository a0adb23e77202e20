"""llama-cpp-python's `Llama`, with tokens drawn by a `Sampler` of ours.

Its `generate` keeps what two prompts have in common, decodes, and asks `sample` for each token.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from storybook.stages.writer.llama.library import Llama
from storybook.stages.writer.llama.sampler import Sampler


class Decoder(Llama):
    """A loaded model that draws as it is told."""

    _drawn_by: Sampler | None = None

    def drawn(self, tokens: Sequence[int], sampler: Sampler) -> Iterator[int]:
        """The tokens that follow, without end. Raises RuntimeError if decoding is stopped."""
        self._drawn_by = sampler
        yield from self.generate(tokens)

    def sample(self, *args: Any, **options: Any) -> int:
        assert self._drawn_by is not None  # it is asked by `generate` alone
        return self._drawn_by.draw(self.ctx)
