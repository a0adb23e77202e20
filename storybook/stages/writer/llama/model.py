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
from typing import TYPE_CHECKING, Any, Final

from storybook.stages.writer.answer.prompt import Message
from storybook.stages.writer.answer.sampling import SAMPLING_PARAMETERS, SamplingParameters
from storybook.stages.writer.llama.echoes import Echoes
from storybook.stages.writer.llama.header import CHAT_TEMPLATE
from storybook.stages.writer.llama.template import BadTemplate, rendered
from storybook.system import c_library, usable_cores

if TYPE_CHECKING:
    from storybook.stages.writer.llama.sampler import Sampler

ALL_LAYERS: Final = -1
BATCH_TOKENS: Final = 512


class Stopped(Exception):
    """Decoding was stopped from outside."""


class BadModel(Exception):
    """The file cannot be loaded as a model, or not be asked."""


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

    def __init__(self, path: Path, device: str, context: int, threads: int = 0) -> None:
        """Load the file. `device` is `cpu`, or `gpu` and its number: then all layers go there.
        `threads` compute, by default one on each core that this process may use. Raises
        `BadModel`."""
        from storybook.stages.writer.llama.decoder import Decoder
        from storybook.stages.writer.llama.library import API

        self._library = API
        on_gpu = device.startswith("gpu")
        try:
            self._llama: Any = Decoder(
                str(path),
                n_ctx=context,
                n_threads=threads or usable_cores(),
                n_threads_batch=threads or usable_cores(),
                n_batch=BATCH_TOKENS,
                n_gpu_layers=ALL_LAYERS if on_gpu else 0,
                main_gpu=int(device.removeprefix("gpu") or 0) if on_gpu else 0,
                verbose=False,
            )
        except (ValueError, RuntimeError, OSError) as error:
            raise BadModel(f"it does not load: {error}") from error
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
        """A conversation in the form that the model was trained on. Raises `BadModel`."""
        template = self._llama.metadata.get(CHAT_TEMPLATE, "")
        try:
            return rendered(template, messages, bos=self._bos, eos=self._text_of("eos"))
        except BadTemplate as error:
            raise BadModel(str(error)) from error

    def tokens(self, prompt: str) -> list[int]:
        """The tokens of a prompt, in which control tokens count."""
        wants_bos = self._llama.metadata.get("tokenizer.ggml.add_bos_token") != "false"
        has_bos = bool(self._bos) and prompt.startswith(self._bos)
        tokens: list[int] = self._llama.tokenize(
            prompt.encode(), add_bos=wants_bos and not has_bos, special=True
        )
        return tokens

    def pieces(
        self,
        tokens: Sequence[int],
        grammar: str,
        seed: int,
        stop: StopFlag,
        drawing: SamplingParameters = SAMPLING_PARAMETERS[0],
        told: Sequence[str] = (),
        usual: str = "",
    ) -> Iterator[str]:
        """Decode what follows on `tokens` within a grammar, piece by piece, until the model ends
        it or the context is full. Of what was `told` before, and of what it says itself, it
        repeats little; a letter has as many tokens as in `usual`. Raises `Stopped` soon after
        `stop` is set."""
        self._obey(stop)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        sampler = self._sampler(grammar, drawing, seed, told, usual)
        try:
            for count, token in enumerate(self._llama.drawn(tokens, sampler), len(tokens) + 1):
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
        finally:
            sampler.close()

    def _sampler(
        self,
        grammar: str,
        drawing: SamplingParameters,
        seed: int,
        told: Sequence[str],
        usual: str,
    ) -> Sampler:
        from storybook.stages.writer.llama.sampler import Sampler

        # One in a large vocabulary, three for Hangul in a vocabulary of bytes.
        tokens_of_a_letter = self._tokens_of(usual) / len(usual) if usual else 1.0
        echoes = Echoes(max(2, round(drawing.passage * tokens_of_a_letter)))
        for text in told:
            written = self._llama.tokenize(f'"{text}"'.encode(), add_bos=False, special=False)
            echoes.write((token, self._ends_passage(token)) for token in written)
        vocabulary, size = self._llama._model.vocab, self._llama.n_vocab()
        return Sampler(vocabulary, size, grammar, drawing, seed, echoes, self._ends_passage)

    def _tokens_of(self, text: str) -> int:
        return len(self._llama.tokenize(text.encode(), add_bos=False, special=False))

    def _ends_passage(self, token: int) -> bool:
        return b'"' in self._llama.detokenize([token])

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
