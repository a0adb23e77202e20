"""A conversation as one model's prompt text, by the chat template that its file brings.

Thinking is switched off: by the template's own switch where it has one, else by closing the thought
that a template opens. A template that knows no system message, and refuses it or leaves it out,
gets it within the user's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from storybook.stages.writer.answer.prompt import Message

THOUGHT = ("<think>", "</think>")


class BadTemplate(Exception):
    """The template cannot be filled with a question."""


def rendered(template: str, messages: Sequence[Message], *, bos: str, eos: str) -> str:
    """The prompt up to where the model's answer begins. Raises `BadTemplate`."""
    from jinja2 import TemplateError
    from llama_cpp.llama_chat_format import Jinja2ChatFormatter

    try:
        formatter = Jinja2ChatFormatter(template, eos_token=eos, bos_token=bos)
        prompt = _with_system(formatter, messages) or _filled(formatter, _without_system(messages))
    except (TemplateError, ValueError, TypeError) as error:
        raise BadTemplate(f"its chat template cannot be filled: {error}") from error
    return _thought_closed(prompt)


def _with_system(formatter: Any, messages: Sequence[Message]) -> str:
    """The prompt with a system message; empty if the template has no place for one."""
    try:
        prompt = _filled(formatter, messages)
    except Exception:  # a template refuses in whatever way its author chose
        return ""
    has_all = all(message["content"].strip() in prompt for message in messages)
    return prompt if has_all else ""


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
