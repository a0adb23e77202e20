"""What a grammar costs a model of 150,000 words: `python -m bench.servers.grammar`.

The model has random weights and words of Hangul, so that most of what it draws is Korean text, as
with a model that has understood its prompt. Compared are decoding without a grammar, looking
through the whole vocabulary for each token (as llama-cpp-python does), and drawing first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from bench.apart import measured
from bench.figures import FULL, Effort, Figure, median_of, print_figures
from storybook.book import StoryRequest
from storybook.stages.writer.answer.brief import brief_of
from storybook.stages.writer.answer.sampling import SAMPLING_PARAMETERS
from storybook.stages.writer.llama.grammar import grammar
from storybook.stages.writer.llama.model import LlamaModel, StopFlag
from tests.writer.tiny_gguf import make_tiny_gguf

WORDS: Final = 150_000
TOKENS: Final = 200
CONTEXT: Final = 2_048
REQUEST: Final = StoryRequest(
    "조선시대", "깊은 숲속 마을", "호기심 많은 토끼, 겁 많은 호랑이", "우정"
)


def korean() -> str:
    """The grammar of a book's sentences, told without end."""
    _, *rules = grammar(brief_of(REQUEST, 5)).splitlines()
    return "\n".join(('root ::= sentence (" " sentence)*', *rules)) + "\n"


def measure(folder: Path, effort: Effort = FULL) -> list[Figure]:
    """What a token takes without a grammar, and what a grammar adds in either way."""
    file = make_tiny_gguf(folder / "wide.gguf", words=effort.of(WORDS, 1_000), width=64)
    model = LlamaModel(file, "cpu", CONTEXT, threads=1)
    try:
        free, looked, drawn = (
            1_000 * median_of(lambda run=run: _seconds(run(model)), effort.repetitions)  # type: ignore[misc]
            for run in (_without_grammar, _looked_through, _drawn_first)
        )
    finally:
        model.close()
    note = f"without a grammar {free:.2f} ms, looking through all words first {looked:.2f} ms"
    return [
        Figure("a token within a grammar, 150,000 words", drawn, "ms", looked / 2, "≤", note),
    ]


def _seconds(tokens: Iterable[Any]) -> float:
    """Of the processor, for a token after the first one, which the prompt is read for."""
    found = iter(tokens)
    next(found)
    began = time.thread_time()
    count = sum(1 for _ in islice(found, TOKENS))
    return (time.thread_time() - began) / count


def _drawn_first(model: LlamaModel) -> Iterator[str]:
    return model.pieces(model.tokens("책"), korean(), 1, StopFlag())


def _without_grammar(model: LlamaModel) -> Iterator[int]:
    return _by_the_package(model, None)


def _looked_through(model: LlamaModel) -> Iterator[int]:
    from llama_cpp.llama_grammar import LlamaGrammar

    return _by_the_package(model, LlamaGrammar.from_string(korean(), verbose=False))


def _by_the_package(model: LlamaModel, wanted: Any) -> Iterator[int]:
    """Tokens as llama-cpp-python itself draws them."""
    import llama_cpp

    llama, drawing = model._llama, SAMPLING_PARAMETERS[0]
    draw: Callable[..., int] = llama_cpp.Llama.sample
    llama.sample = lambda **options: draw(llama, **options)
    try:
        yield from llama.generate(
            model.tokens("책"),
            temp=drawing.temperature,
            top_k=drawing.top_k,
            top_p=drawing.top_p,
            min_p=drawing.min_p,
            repeat_penalty=drawing.repeat,
            grammar=wanted,
        )
    finally:
        del llama.sample


if __name__ == "__main__":
    print_figures(measured(measure))
