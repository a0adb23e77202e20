"""A Whisper model small enough to be made by the tests, which says what it was told to.

It has Whisper's shapes and special tokens, and is loaded and run by the real engine; only its
words are few and its weights are made up. The attention and the feed-forward layers are nought, so
what reaches the output is the position of the token alone: position `p` is a vector of its own, and
the output's row of the token that is to be said there points the same way. Audio goes in and has no
effect.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from ctranslate2.specs.whisper_spec import (  # type: ignore[import-untyped]  # it has no types
    WhisperSpec,
)
from faster_whisper.tokenizer import (  # type: ignore[import-untyped]  # it has no types
    _LANGUAGE_CODES,
)
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

WIDTH: Final = 32
THE_TEXT: Final = 0
"""The token that is all of what is said."""
LAST_WORD: Final = ""
"""Ends the words of Whisper's multilingual models; without it one counts as English alone."""
MEL_BANDS: Final = 80
FRAMES: Final = 1_500
POSITIONS: Final = 448
CERTAINTY: Final = 3.0
"""How much the output prefers what is to be said; 3 gives it nearly all the probability."""


def make_model(folder: Path, said: str, certainty: float = CERTAINTY, speech: bool = True) -> Path:
    """Write a model that says `said` to whatever it hears, as surely as `certainty` says, and
    thinks that it is `speech`, or that it is none."""
    folder.mkdir()
    tokenizer = _tokenizer(said)
    tokenizer.save(str(folder / "tokenizer.json"))
    numbers = tokenizer.get_vocab()
    vocabulary = sorted(numbers, key=numbers.__getitem__)
    spec = WhisperSpec(1, 2, 1, 2)
    _fill(spec, len(vocabulary))
    script = _script(tokenizer, speech)
    for position, token in enumerate(script):
        spec.decoder.position_encodings.encodings[position, position] = 1.0
        is_text = token == THE_TEXT
        spec.decoder.projection.weight[token, position] = certainty if is_text else CERTAINTY
    spec.register_vocabulary(vocabulary)
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    spec.config.lang_ids = [tokenizer.token_to_id(f"<|{code}|>") for code in _LANGUAGE_CODES]
    spec.config.alignment_heads = [[0, 0]]
    spec.validate()
    spec.save(str(folder))
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": MEL_BANDS}))
    return folder


def _tokenizer(said: str) -> Tokenizer:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    spelled = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    [(text, _)] = spelled.pre_tokenize_str(said)
    words = [text, *alphabet, LAST_WORD]
    tokenizer = Tokenizer(models.BPE({word: i for i, word in enumerate(words)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|endoftext|>", *_special_tokens()])
    return tokenizer


def _special_tokens() -> Iterator[str]:
    yield "<|startoftranscript|>"
    yield from (f"<|{code}|>" for code in _LANGUAGE_CODES if code != "yue")
    tasks = ("translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps")
    yield from (f"<|{task}|>" for task in tasks)
    yield from (f"<|{i * 0.02:.2f}|>" for i in range(1_501))


def _script(tokenizer: Tokenizer, speech: bool) -> list[int]:
    """The token that follows on each position: the language, the task, and then what is said
    between its times. The whole text is one word: the engine forbids lone spaces and signs."""
    first = "<|ko|>" if speech else "<|nospeech|>"
    number = tokenizer.get_vocab().__getitem__
    before = [number(it) for it in (first, "<|transcribe|>", "<|0.00|>")]
    return [*before, THE_TEXT, number("<|1.00|>"), number("<|endoftext|>")]


def _fill(spec: Any, words: int) -> None:
    """Give every weight its shape: nought, but for what makes sound into something."""
    rng = np.random.default_rng(1)

    def zeros(*shape: int) -> Any:
        return np.zeros(shape, np.float32)

    def norm(layer: Any) -> None:
        layer.gamma, layer.beta = np.ones(WIDTH, np.float32), zeros(WIDTH)

    def linear(layer: Any, outs: int, ins: int) -> None:
        layer.weight, layer.bias = zeros(outs, ins), zeros(outs)

    def attention(layer: Any, is_self: bool) -> None:
        norm(layer.layer_norm)
        widths = (3 * WIDTH, WIDTH) if is_self else (WIDTH, 2 * WIDTH, WIDTH)
        for part, width in zip(layer.linear, widths, strict=True):
            linear(part, width, WIDTH)

    def feed_forward(layer: Any) -> None:
        norm(layer.layer_norm)
        linear(layer.linear_0, 2 * WIDTH, WIDTH)
        linear(layer.linear_1, WIDTH, 2 * WIDTH)

    encoder, decoder = spec.encoder, spec.decoder
    for conv, ins in ((encoder.conv1, MEL_BANDS), (encoder.conv2, WIDTH)):
        conv.weight = rng.standard_normal((WIDTH, ins, 3), np.float32) / 10
        conv.bias = zeros(WIDTH)
    encoder.position_encodings.encodings = zeros(FRAMES, WIDTH)
    norm(encoder.layer_norm)
    for layer in encoder.layer:
        attention(layer.self_attention, is_self=True)
        feed_forward(layer.ffn)
    decoder.embeddings.weight = zeros(words, WIDTH)
    decoder.position_encodings.encodings = zeros(POSITIONS, WIDTH)
    norm(decoder.layer_norm)
    decoder.projection.weight = zeros(words, WIDTH)
    for layer in decoder.layer:
        attention(layer.self_attention, is_self=True)
        attention(layer.attention, is_self=False)
        feed_forward(layer.ffn)
