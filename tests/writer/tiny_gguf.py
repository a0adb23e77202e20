"""Makes the small GGUF that stands in for a language model: real format, random weights.

A llama of one layer with a byte-level tokenizer, so that it can write any Korean text that a
grammar lets it write, and makes no sense. It loads in milliseconds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import gguf
import numpy as np

TEMPLATE: Final = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}"
    "{% endif %}"
)
"""ChatML with the thinking switch, as Qwen3 has it."""

SPECIAL: Final = ("<|im_start|>", "<|im_end|>", "<s>")
HEADS: Final = 4
LATIN_WORDS: Final = 20
"""Of so many words, one is of Latin letters: what a Korean text has no place for."""
WITH_SPACE: Final = 0.9
"""Share of the words that begin with a space, and so are a word of the text too."""
WITH_STOP: Final = 0.12
"""Share of the words that end a sentence."""
ENDINGS: Final = '".!?]}'
Weights = np.ndarray[Any, np.dtype[np.float32]]


def make_tiny_gguf(
    path: Path,
    *,
    template: str | None = TEMPLATE,
    layers: int = 1,
    width: int = 32,
    context: int = 32_768,
    seed: int = 0,
    haste: float = 0.0,
    words: int = 0,
) -> Path:
    """Write a model with a trained context of `context` tokens; returns `path`. With `haste` it
    likes signs that end a string, a word or a list by so much (in logits). So many `words` of
    Hangul, and one of Latin letters for every twenty, make its vocabulary as large as a real
    one's."""
    writer = gguf.GGUFWriter(path, "llama")
    _describe(writer, layers, width, context)
    rng = np.random.default_rng(seed)
    tokens = [*_byte_letters(), "th", *_words(words, rng), *SPECIAL]
    _add_tokenizer(writer, template, tokens)
    _add_weights(writer, layers, width, rng, haste, len(tokens))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _describe(writer: gguf.GGUFWriter, layers: int, width: int, context: int) -> None:
    writer.add_name("tiny")
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(2 * width)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // HEADS)


def _add_tokenizer(writer: gguf.GGUFWriter, template: str | None, tokens: list[str]) -> None:
    kinds = [gguf.TokenType.NORMAL] * len(tokens)
    kinds[-len(SPECIAL) :] = [gguf.TokenType.CONTROL] * len(SPECIAL)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(["t h"])  # one at least: an empty list is refused
    writer.add_bos_token_id(tokens.index("<s>"))
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_add_bos_token(False)
    if template is not None:
        writer.add_chat_template(template)


def _byte_letters() -> list[str]:
    """The printable letter that GPT-2's tokenizer has for each byte, in its order."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return [*map(chr, printable), *(chr(256 + n) for n in range(len(others)))]


def _words(count: int, rng: np.random.Generator) -> list[str]:
    """Words as GPT-2's tokenizer has them, a letter for each byte; each but once."""
    letters = _letter_of_bytes()
    found: dict[str, None] = {}
    while len(found) < count:
        first, last = ("a", "z") if len(found) % LATIN_WORDS == 0 else ("가", "힣")
        signs = rng.integers(ord(first), ord(last) + 1, rng.integers(2, 5))
        before = " " if rng.random() < WITH_SPACE else ""
        after = "." if rng.random() < WITH_STOP else ""
        word = f"{before}{''.join(map(chr, signs))}{after}"
        found["".join(letters[byte] for byte in word.encode())] = None
    return [word for word in found if word != "th"]


def _letter_of_bytes() -> dict[int, str]:
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return dict(zip([*printable, *others], _byte_letters(), strict=True))


def _add_weights(
    writer: gguf.GGUFWriter,
    layers: int,
    width: int,
    rng: np.random.Generator,
    haste: float,
    vocabulary: int,
) -> None:
    def drawn(*shape: int) -> Weights:
        values: Weights = rng.standard_normal(shape, np.float32)
        return values * np.float32(width**-0.5)

    def add_ones(name: str) -> None:
        writer.add_tensor(name, np.ones(width, np.float32))

    embedding, output = drawn(vocabulary, width), drawn(vocabulary, width)
    if haste:
        # One dimension that is the same for every token becomes a constant after the last norm,
        # and so its output weight a bias.
        embedding[:, 0] = width
        output[:, 0] = 0
        output[[_byte_letters().index(sign) for sign in ENDINGS], 0] = haste / np.sqrt(width)
    writer.add_tensor("token_embd.weight", embedding)
    for layer in range(layers):
        block = f"blk.{layer}"
        add_ones(f"{block}.attn_norm.weight")
        for part in ("q", "k", "v", "output"):
            writer.add_tensor(f"{block}.attn_{part}.weight", drawn(width, width))
        add_ones(f"{block}.ffn_norm.weight")
        writer.add_tensor(f"{block}.ffn_gate.weight", drawn(2 * width, width))
        writer.add_tensor(f"{block}.ffn_up.weight", drawn(2 * width, width))
        writer.add_tensor(f"{block}.ffn_down.weight", drawn(width, 2 * width))
    add_ones("output_norm.weight")
    writer.add_tensor("output.weight", output)
