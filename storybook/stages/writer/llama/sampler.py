"""Draws tokens within a grammar, at next to no cost where the model keeps to it by itself.

To look through a whole vocabulary for what a grammar allows takes longer than a small model takes
for a token. So a token is **drawn** first, as if there were no grammar, and only if the grammar has
no place for it is the vocabulary **looked through** and drawn from again. The chances are those of
looking first: a draw that does not fit is thrown away, and what is drawn then has the chances that
all fitting tokens have among each other.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from storybook.stages.writer.answer.sampling import SamplingParameters
from storybook.stages.writer.llama.echoes import Echoes
from storybook.stages.writer.llama.library import API

RECENT_TOKENS: Final = 64
"""How far back a token counts as repeated; about a sentence."""

_CANDIDATE: Final = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


class Sampler:
    """Draws one answer. `vocabulary` is llama.cpp's handle of it, of so many `tokens`; `ends` says
    whether a token ends a passage. Use from one thread; close it."""

    def __init__(
        self,
        vocabulary: Any,
        tokens: int,
        grammar: str,
        drawing: SamplingParameters,
        seed: int,
        echoes: Echoes,
        ends: Callable[[int], bool],
    ) -> None:
        self._drawing, self._echoes, self._ends = drawing, echoes, ends
        self._recent: deque[int] = deque(maxlen=RECENT_TOKENS)
        self._ids = np.arange(tokens, dtype=np.int32)
        self._candidates = np.zeros(tokens, _CANDIDATE)
        self._grammar = API.llama_sampler_init_grammar(vocabulary, grammar.encode(), b"root")
        if not self._grammar:
            raise ValueError("llama.cpp cannot read the grammar")
        self._chain = _chain(drawing, seed)

    def draw(self, context: Any) -> int:
        """The token that is to follow on what a context has decoded."""
        scores = API.llama_get_logits_ith(context, -1)
        logits = np.ctypeslib.as_array(scores, (len(self._ids),))
        token = self._drawn(logits, within_grammar=False)
        if not self._fits(token):
            token = self._drawn(logits, within_grammar=True)
        API.llama_sampler_accept(self._grammar, token)
        API.llama_sampler_accept(self._chain, token)
        self._recent.append(token)
        self._echoes.write([(token, self._ends(token))])
        return token

    def close(self) -> None:
        """Free what is C's."""
        API.llama_sampler_free(self._grammar)
        API.llama_sampler_free(self._chain)

    def _drawn(self, logits: Any, *, within_grammar: bool) -> int:
        self._candidates["id"], self._candidates["logit"] = self._ids, logits
        self._penalise(self._candidates["logit"])
        array = _array_of(self._candidates)
        if within_grammar:
            API.llama_sampler_apply(self._grammar, ctypes.byref(array))
        API.llama_sampler_apply(self._chain, ctypes.byref(array))
        return int(self._candidates["id"][array.selected])

    def _penalise(self, logits: Any) -> None:
        """Make likely tokens of just now, and what goes on with an old passage, less likely."""
        if self._recent:
            recent = np.fromiter(set(self._recent), np.int64)
            found = logits[recent]
            repeat = self._drawing.repeat
            logits[recent] = np.where(found > 0, found / repeat, found * repeat)
        if expected := self._echoes.expected:
            logits[list(expected)] -= self._echoes.loss(self._drawing.echo)

    def _fits(self, token: int) -> bool:
        one = np.array([(token, 1.0, 0.0)], _CANDIDATE)
        array = _array_of(one)
        API.llama_sampler_apply(self._grammar, ctypes.byref(array))
        return bool(np.isfinite(one["logit"][0]))


def _chain(drawing: SamplingParameters, seed: int) -> Any:
    chain = API.llama_sampler_chain_init(API.llama_sampler_chain_default_params())
    for sampler in (
        API.llama_sampler_init_top_k(drawing.top_k),
        API.llama_sampler_init_top_p(drawing.top_p, 1),
        API.llama_sampler_init_min_p(drawing.min_p, 1),
        API.llama_sampler_init_temp(drawing.temperature),
        API.llama_sampler_init_dist(seed),
    ):
        API.llama_sampler_chain_add(chain, sampler)  # which frees it
    return chain


def _array_of(candidates: Any) -> Any:
    data = candidates.ctypes.data_as(API.llama_token_data_p)
    return API.llama_token_data_array(data=data, size=len(candidates), selected=-1, sorted=False)
