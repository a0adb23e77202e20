"""A conversation as one model's prompt text, by the chat template that its file brings.

Thinking is switched off: by the template's own switch where it has one, else by closing the thought
that a template opens. A template that knows no system message gets it within the user's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from storybook.stages.writer.answer.prompt import Message

THOUGHT = ("<think>", "</think>")


def rendered(template: str | None, messages: Sequence[Message], *, bos: str, eos: str) -> str:
    """The prompt up to where the model's answer begins. Without a template it is ChatML."""
    from llama_cpp.llama_chat_format import CHATML_CHAT_TEMPLATE, Jinja2ChatFormatter

    formatter = Jinja2ChatFormatter(template or CHATML_CHAT_TEMPLATE, eos_token=eos, bos_token=bos)
    try:
        prompt = _filled(formatter, messages)
    except Exception:  # a template refuses in whatever way its author chose
        prompt = _filled(formatter, _without_system(messages))
    return _thought_closed(prompt)


def _filled(formatter: Any, messages: Sequence[Message]) -> str:
    prompt: str = formatter(messages=list(messages), enable_thinking=False).prompt
    return prompt


def _without_system(messages: Sequence[Message]) -> list[Message]:
    system, user, *rest = messages
    return [{**user, "content": f"{system['content']}\n\n{user['content']}"}, *rest]


def _thought_closed(prompt: str) -> str:
    opening, closing = THOUGHT
    if prompt.rstrip().endswith(opening):
        return f"{prompt.rstrip()}\n\n{closing}\n\n"
    return prompt
