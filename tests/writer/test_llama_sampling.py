"""Drawing tokens: first as if there were no grammar, then within it; and nothing twice."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from storybook.book import StoryRequest
from storybook.engines import WritingTask
from storybook.stages.writer.answer.sampling import (
    SAMPLING_PARAMETERS,
    SamplingParameters,
    sampling,
    seed_of,
)
from storybook.stages.writer.llama.echoes import MOST, Echoes
from storybook.stages.writer.llama.model import LlamaModel, StopFlag

REQUEST = StoryRequest("조선시대", "깊은 숲속 마을", "토끼", "우정")
PLAIN = SamplingParameters(
    temperature=1.0, repeat=1.0, echo=0.0, passage=9, top_k=0, top_p=1.0, min_p=0.0
)
"""Chances as the model has them, nothing cut off."""


# ------------------------------------------------------------------------------------- echoes


def written(echoes: Echoes, text: str) -> None:
    """Letters as tokens; a quote ends a passage."""
    echoes.write((ord(letter), letter == '"') for letter in text)


def expected(echoes: Echoes) -> str:
    return "".join(sorted(map(chr, echoes.expected)))


def test_what_goes_on_with_an_old_passage_is_expected() -> None:
    """Once as many tokens have come again as a common phrase has, and not before."""
    echoes = Echoes(3)
    written(echoes, 'abcd"xab')
    assert expected(echoes) == ""
    written(echoes, "c")
    assert expected(echoes) == "d"
    written(echoes, 'e"yabc')
    assert expected(echoes) == "de"


def test_a_passage_ends_with_a_quote() -> None:
    """What JSON repeats between strings is no echo."""
    echoes = Echoes(3)
    written(echoes, '"ab","ab","ab","ab"')
    assert expected(echoes) == ""


def test_the_longer_the_echo_the_more_is_lost() -> None:
    """A weak push is enough where the model is unsure, and a strong one comes where it is not."""
    echoes = Echoes(2)
    written(echoes, 'abcdefghijkl"ab')
    losses = []
    for letter in "cdefghijk":
        losses.append(echoes.loss(1.0))
        written(echoes, letter)
    assert losses == sorted(losses) and losses[0] == 1.0 and losses[-1] > 50
    written(echoes, "x")
    assert echoes.loss(1.0) == 1.0
    assert echoes.loss(1e9) == MOST


# ------------------------------------------------------------------------------------ attempts


def test_each_refusal_changes_how_the_next_attempt_draws() -> None:
    """More freely, and with less of what was said before; the seed is another one anyway."""
    drawings = [sampling(WritingTask(REQUEST, 7, 1, refusals=it)) for it in range(5)]
    assert (
        drawings[:3] == list(SAMPLING_PARAMETERS) and drawings[3:] == [SAMPLING_PARAMETERS[-1]] * 2
    )
    for before, after in itertools.pairwise(SAMPLING_PARAMETERS):
        assert after.temperature > before.temperature
        assert after.repeat > before.repeat and after.echo > before.echo
        assert after.passage < before.passage
    seeds = {seed_of(WritingTask(REQUEST, 7, attempt), "llama", bits=32) for attempt in range(5)}
    assert len(seeds) == 5


# ------------------------------------------------------------------------------------ a grammar


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> Iterator[LlamaModel]:
    model = LlamaModel(tiny_model, "cpu", 512)
    yield model
    model.close()


def drawn(model: LlamaModel, grammar: str, seed: int, drawing: SamplingParameters = PLAIN) -> str:
    return "".join(model.pieces(model.tokens("책"), grammar, seed, StopFlag(), drawing))


@pytest.mark.slow
def test_drawing_first_has_the_chances_of_looking_first(
    model: LlamaModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the letters that the grammar allows each comes as often as when all others are left out
    beforehand; the model's own liking counts, not how the token was found."""
    grammar, draws = "root ::= [a-d]", 250
    first = Counter(drawn(model, grammar, seed) for seed in range(draws))

    def never(self: Any, token: int) -> bool:
        return False

    monkeypatch.setattr("storybook.stages.writer.llama.sampler.Sampler._fits", never)
    looked = Counter(drawn(model, grammar, seed) for seed in range(draws, 2 * draws))
    assert set(first) == set(looked) == set("abcd")
    apart = sum(abs(first[it] - looked[it]) for it in "abcd") / (2 * draws)
    assert apart < 0.06  # the two halves of 500 draws of one kind may be so far apart
    shares = sorted(count / draws for count in looked.values())
    assert shares[-1] > 1.5 * shares[0]  # the model does like some more than others


@pytest.mark.slow
@pytest.mark.parametrize("drawing", SAMPLING_PARAMETERS)
def test_no_drawing_leaves_the_grammar(model: LlamaModel, drawing: SamplingParameters) -> None:
    """However freely it draws, and whatever it may not repeat."""
    grammar = 'root ::= "\\"" ("가나다라마바사" " "){9} "\\""'
    assert drawn(model, grammar, 1, drawing) == '"' + "가나다라마바사 " * 9 + '"'


@pytest.mark.slow
def test_the_vocabulary_is_looked_through_only_for_what_does_not_fit(
    model: LlamaModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A grammar that allows all that the model draws costs no look."""
    looks: list[bool] = []
    draw = "storybook.stages.writer.llama.sampler.Sampler._drawn"
    from storybook.stages.writer.llama.sampler import Sampler

    original = Sampler._drawn

    def counted(self: Sampler, logits: Any, *, within_grammar: bool) -> int:
        looks.append(within_grammar)
        return original(self, logits, within_grammar=within_grammar)

    monkeypatch.setattr(draw, counted)
    assert drawn(model, "root ::= [^\\x00]{20}", 1)
    assert looks.count(False) > 1.5 * looks.count(True)  # which were parts of no letter
    looks.clear()
    assert drawn(model, 'root ::= "안녕"', 1) == "안녕"
    assert looks.count(True) >= 5


@pytest.mark.slow
def test_what_was_told_is_not_said_again(model: LlamaModel) -> None:
    """Of two sentences that it may say, a model says the one that does not stand yet."""
    told = "옛날 깊은 숲속 마을에 호기심 많은 토끼가 살았어요."
    start, old, new = told[:20], told[20:], "여우를 만났어요."
    grammar = f'root ::= "\\"{start}" ("{old}" | "{new}")'

    def says_new(standing: Sequence[str]) -> int:
        strict, tokens = SAMPLING_PARAMETERS[-1], model.tokens("책")
        said = (
            "".join(model.pieces(tokens, grammar, seed, StopFlag(), strict, standing))
            for seed in range(20)
        )
        return sum(text.endswith(new) for text in said)

    assert says_new([]) < 20
    assert says_new([told]) == 20


def test_a_grammar_that_cannot_be_read_is_our_own_fault(model: LlamaModel) -> None:
    """And is told as such, before anything is decoded."""
    with pytest.raises(ValueError, match="grammar"):
        drawn(model, "root ::= (", 1)
