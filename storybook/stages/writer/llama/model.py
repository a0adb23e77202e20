"""A loaded GGUF model: counts tokens and decodes text, in whatever thread calls it.

llama.cpp lets go of the GIL while it decodes, and asks a callback whether to stop. That callback is
C's own `strlen` on one byte of ours: empty means go on. A Python function would want the GIL for
each of the thousands of steps of a token, and wait for it whenever the event loop is busy.
"""

from __future__ import annotations

import codecs
import ctypes
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from storybook.stages.writer.answer.prompt import Message
from storybook.stages.writer.llama.template import rendered
from storybook.system import c_library

TEMPERATURE: Final = 0.7
TOP_P: Final = 0.9
TOP_K: Final = 40
MIN_P: Final = 0.05
"""What the makers of present models advise for answers without thinking, a little warmer."""
REPEAT_PENALTY: Final = 1.05
ALL_LAYERS: Final = -1
BATCH_TOKENS: Final = 512


class Stopped(Exception):
    """Decoding was stopped from outside."""


class BadModel(Exception):
    """The file cannot be loaded as a model."""


class StopFlag:
    """One byte that Python sets and C reads."""

    def __init__(self) -> None:
        self._text = ctypes.create_string_buffer(2)

    @property
    def is_set(self) -> bool:
        return self._text.value != b""

    @property
    def address(self) -> int:
        return ctypes.addressof(self._text)

    def set(self) -> None:
        self._text.value = b"x"


class LlamaModel:
    """A model and its context of `context` tokens. Not for two threads at once."""

    def __init__(self, path: Path, device: str, context: int) -> None:
        """Load the file. `device` is `cpu`, or `gpu` and its number: then all layers go there.
        Raises `BadModel`."""
        import llama_cpp

        self._library: Any = llama_cpp
        on_gpu = device.startswith("gpu")
        try:
            self._llama: Any = llama_cpp.Llama(
                str(path),
                n_ctx=context,
                n_batch=BATCH_TOKENS,
                n_gpu_layers=ALL_LAYERS if on_gpu else 0,
                main_gpu=int(device.removeprefix("gpu") or 0) if on_gpu else 0,
                verbose=False,
            )
        except (ValueError, RuntimeError, OSError) as error:
            raise BadModel(str(error)) from error
        self._stop = StopFlag()

    @property
    def context(self) -> int:
        """How many tokens prompt and answer may have together."""
        return int(self._llama.n_ctx())

    @property
    def trained_context(self) -> int:
        """The longest context that the model has been trained for; 0 if its file says none."""
        metadata = self._llama.metadata
        return int(metadata.get(f"{metadata.get('general.architecture')}.context_length", 0))

    def prompt(self, messages: Sequence[Message]) -> str:
        """A conversation in the form that the model was trained on."""
        template = self._llama.metadata.get("tokenizer.chat_template")
        return rendered(template, messages, bos=self._bos, eos=self._text_of("eos"))

    def tokens(self, prompt: str, answer: str = "") -> list[int]:
        """The tokens of a prompt, in which control tokens count, and of text after it, in which
        they are text."""
        wants_bos = self._llama.metadata.get("tokenizer.ggml.add_bos_token") != "false"
        has_bos = bool(self._bos) and prompt.startswith(self._bos)
        tokens: list[int] = self._llama.tokenize(
            prompt.encode(), add_bos=wants_bos and not has_bos, special=True
        )
        if answer:
            tokens += self._llama.tokenize(answer.encode(), add_bos=False, special=False)
        return tokens

    def pieces(
        self, tokens: Sequence[int], grammar: str, seed: int, stop: StopFlag
    ) -> Iterator[str]:
        """Decode what follows on `tokens` within a grammar, piece by piece, until the model ends
        it or the context is full. Raises `Stopped` soon after `stop` is set."""
        self._obey(stop)
        self._llama.set_seed(seed)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        found = self._llama.generate(
            tokens,
            temp=TEMPERATURE,
            top_p=TOP_P,
            top_k=TOP_K,
            min_p=MIN_P,
            repeat_penalty=REPEAT_PENALTY,
            grammar=self._library.LlamaGrammar.from_string(grammar, verbose=False),
        )
        try:
            for count, token in enumerate(found, start=len(tokens) + 1):
                if self._is_end(token):
                    return
                if piece := decoder.decode(self._llama.detokenize([token])):
                    yield piece
                if stop.is_set:
                    raise Stopped
                if count >= self.context:
                    return
        except RuntimeError as error:
            self._llama.reset()  # what was half decoded is not to be built upon
            if stop.is_set:
                raise Stopped from error
            raise

    def close(self) -> None:
        """Free the model's memory."""
        self._llama.close()

    @property
    def _bos(self) -> str:
        return self._text_of("bos")

    def _text_of(self, special: str) -> str:
        token = self._llama.token_bos() if special == "bos" else self._llama.token_eos()
        return str(self._llama._model.token_get_text(token)) if token >= 0 else ""

    def _is_end(self, token: int) -> bool:
        return bool(self._library.llama_vocab_is_eog(self._llama._model.vocab, token))

    def _obey(self, stop: StopFlag) -> None:
        self._stop = stop  # its byte must live as long as the context may look at it
        callback = ctypes.cast(c_library().strlen, self._library.ggml_abort_callback)
        self._library.llama_set_abort_callback(self._llama.ctx, callback, stop.address)
