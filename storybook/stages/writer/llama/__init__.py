"""Writing by a GGUF model in this process, by llama.cpp: grammar, chat template, decoding."""

from storybook.stages.writer.llama.engine import Llama
from storybook.stages.writer.llama.files import find_model

__all__ = ["Llama", "find_model"]
