"""Which models a server lists, and which of them can chat.

A list is OpenAI's `data`, Ollama's `models`, or a bare array. Whether a model chats is told by its
`type`, task or abilities where a server gives them, else guessed from its name: what only embeds,
hears, speaks or paints is mostly called so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

_CHATS: Final = ("llm", "vlm", "chat", "language", "text-generation", "generate", "completion")
_DOES_NOT: Final = re.compile(
    r"embed|rerank|image|audio|speech|tts|stt|transcri|moderat|video|classif|score|feature"
    r"|similarity|fill-mask",
    re.IGNORECASE,
)
_NAMED_OTHERWISE: Final = re.compile(
    r"(?:^|[-_/:. ])(?:"
    r"\w*embed\w*|bge|gte|e5|\w*minilm|mpnet|sbert|colbert|paraphrase|voyage|\w*rerank\w*"
    r"|\w*whisper\w*|\w*transcribe|asr|stt|wav2vec\w*|moonshine|parakeet|canary"
    r"|\w*tts\w*|speech\w*|kokoro|piper|bark|parler|supertonic|chatterbox|realtime|\w*musicgen"
    r"|sd|sdxl|stable|diffusion|flux|dall|image|imagen|sora|\w*clip|siglip|vae|lora|mmproj"
    r"|moderation|guard|shieldgemma|davinci|babbage|ada|curie"
    r")(?:$|[-_/:. \d])",
    re.IGNORECASE,
)


class ListedModel(msgspec.Struct, frozen=True):
    """A model that a server lists, and whether it can chat; None if it does not say."""

    name: str
    chats: bool | None = None


def listed_in(content: bytes) -> list[ListedModel]:
    """The models in a server's list. Raises ValueError for what is none."""
    told = msgspec.json.decode(content)
    if isinstance(told, dict):
        told = next((told[it] for it in ("data", "models") if isinstance(told.get(it), list)), None)
    if not isinstance(told, list):
        raise ValueError("no list of models")
    named = ((_name(it), it) for it in told)
    return [ListedModel(name, _chats(name, it)) for name, it in named if name]


def chat_models(models: Sequence[ListedModel]) -> list[str]:
    """The names of those that may chat: who says so first, then who does not say."""
    return [
        *(it.name for it in models if it.chats),
        *(it.name for it in models if it.chats is None),
    ]


def _name(told: Any) -> str:
    if isinstance(told, dict):
        told = next((told[it] for it in ("id", "name", "model", "key") if told.get(it)), "")
    return told if isinstance(told, str) else ""


def _chats(name: str, told: Any) -> bool | None:
    said = _says(told) if isinstance(told, dict) else None
    if said is None and _NAMED_OTHERWISE.search(name.rpartition("/")[2]):
        return False
    return said


def _says(told: Mapping[str, Any]) -> bool | None:
    """What a server's entry says of it: LM Studio's and Together's `type`, Hugging Face's task,
    Mistral's and Ollama's abilities, OpenRouter's modalities."""
    for member in ("type", "task", "pipeline_tag"):
        said = told.get(member)
        if isinstance(said, str) and said.lower() in _CHATS:
            return True
        if isinstance(said, str) and _DOES_NOT.search(said):
            return False
    able = told.get("capabilities")
    if isinstance(able, dict) and isinstance(able.get("completion_chat"), bool):
        return bool(able["completion_chat"])
    if isinstance(able, list) and able:
        return any(it in _CHATS for it in able)
    architecture = told.get("architecture")
    gives = architecture.get("output_modalities") if isinstance(architecture, dict) else None
    return "text" in gives if isinstance(gives, list) and gives else None
