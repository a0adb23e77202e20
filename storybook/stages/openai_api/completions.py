"""What a message of a chat completion says: a piece of a stream, or a whole answer.

Text is in `content`, as text or as parts; what a model thinks aloud is in `reasoning_content`
(DeepSeek, llama-server, vLLM) or `reasoning` (Ollama, OpenRouter, newer vLLM). An answer that is of
another protocol is told apart and named: it is the address that is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from storybook.stages.openai_api.messages import Message
from storybook.stages.openai_api.refusals import UNREADABLE, is_web_page, refusal_in, refusal_of

_THOUGHTS: Final = ("reasoning_content", "reasoning", "thinking", "reasoning_details")
_OF_THOUGHT: Final = ("thinking", "reasoning", "reasoning.text", "thought")
"""Types of parts that are no part of the answer."""
_OTHER_PROTOCOLS: Final[tuple[tuple[frozenset[str], str], ...]] = (
    (frozenset({"message", "done"}), "Ollama's own API (/api/chat, JSON line by line)"),
    (frozenset({"response", "done"}), "Ollama's own API (/api/generate, JSON line by line)"),
    (frozenset({"content", "stop"}), "llama-server's own API (/completion)"),
    (frozenset({"candidates"}), "Google's own API (generateContent)"),
    (frozenset({"generated_text"}), "the text generation API of Hugging Face"),
    (frozenset({"token", "generated_text"}), "the text generation API of Hugging Face"),
    (frozenset({"type", "delta"}), "another API (Anthropic's Messages or OpenAI's Responses)"),
    (frozenset({"type", "message"}), "another API (Anthropic's Messages)"),
    (frozenset({"type", "response"}), "another API (OpenAI's Responses)"),
)
"""Members by which an answer of another protocol is known."""


class OtherProtocol(Exception):
    """What answers is no chat completion; the text says what it is."""


class Said(msgspec.Struct, frozen=True):
    """What a message adds to an answer. `finished` is why the answer has ended, once it has;
    `model` is the name of the one that answers."""

    text: str = ""
    thought: str = ""
    refusal: str = ""
    finished: str = ""
    model: str = ""


NOTHING: Final = Said()


def said_in(message: Message) -> Said:
    """What a message says. Raises `Refusal` for an error, whatever it came in, and `OtherProtocol`.

    An event that is empty, or says something that is for nobody here, says nothing.
    """
    value = message.value
    if isinstance(value, list) and not message.is_event and value:
        value = value[0]
    if isinstance(value, dict):
        return _said(value, message)
    if value is not None and message.kind != "error":
        return NOTHING
    refusal = refusal_in(message.text.encode())
    if is_web_page(message.text):
        raise OtherProtocol(refusal.text)
    refusal.code = "" if message.kind == "error" else UNREADABLE
    raise refusal


def error_in(text: str) -> str:
    """The text of an error that a model's whole answer is: some proxies answer so."""
    if not text.lstrip().startswith("{"):
        return ""
    try:
        told = msgspec.json.decode(text.strip())
    except msgspec.DecodeError:
        return ""
    return refusal_of(told).text if isinstance(told, dict) and told.get("error") else ""


def _said(value: dict[str, Any], message: Message) -> Said:
    choices = value.get("choices")
    if message.kind == "error" or value.get("error") or _is_error(value):
        raise refusal_of(value)
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return _of_choice(choices[0], _text(value.get("model")))
    if "choices" not in value:
        members = frozenset(value)
        for known, name in _OTHER_PROTOCOLS:
            if known <= members:
                raise OtherProtocol(name)
    return Said(model=_text(value.get("model")))


def _is_error(value: Mapping[str, Any]) -> bool:
    """An error without a member of that name, as vLLM streams it and FastAPI answers it."""
    is_named = value.get("object") == "error" or value.get("type") == "error"
    return is_named or bool("choices" not in value and value.keys() & {"detail", "code"})


def _of_choice(choice: Mapping[str, Any], model: str) -> Said:
    if choice.get("error"):
        raise refusal_of(choice)
    told = choice.get("delta") or choice.get("message") or {}
    if not isinstance(told, dict):
        told = {}
    return Said(
        text=_answer(told) or _text(choice.get("text")),
        thought=next((it for name in _THOUGHTS if (it := _parts(told.get(name)))), ""),
        refusal=_text(told.get("refusal")) or _refusal_part(told.get("content")),
        finished=_text(choice.get("finish_reason")),
        model=model,
    )


def _answer(told: Mapping[str, Any]) -> str:
    """The text of an answer: as it is, in parts, as JSON that was read already, or as the arguments
    of a function, which is how some servers bind a model to a schema."""
    content = told.get("content")
    if isinstance(content, dict):
        return msgspec.json.encode(content).decode()
    if isinstance(content, list):
        content = [it for it in content if not _is_thought(it)]
    calls = told.get("tool_calls")
    called = [it.get("function") for it in calls if isinstance(it, dict)] if calls else []
    called.append(told.get("function_call"))
    arguments = (_text(it.get("arguments")) for it in called if isinstance(it, dict))
    return _parts(content) or "".join(arguments)


def _is_thought(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") in _OF_THOUGHT


def _parts(said: Any) -> str:
    """Text, or all text of a list of parts."""
    if isinstance(said, list):
        return "".join(_text(it.get("text")) for it in said if isinstance(it, dict))
    return _text(said)


def _text(said: Any) -> str:
    return said if isinstance(said, str) else ""


def _refusal_part(said: Any) -> str:
    parts = said if isinstance(said, list) else []
    return "".join(_text(it.get("refusal")) for it in parts if isinstance(it, dict))
