"""What is asked for a book: the conversation, and what else a server may take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from storybook.engines import WorkFailed, WritingTask
from storybook.stages.endpoint import NAME
from storybook.stages.openai_api.negotiation import Wish
from storybook.stages.writer.answer.brief import Brief
from storybook.stages.writer.answer.budget import estimated_tokens
from storybook.stages.writer.answer.order import order_of
from storybook.stages.writer.answer.prompt import Message
from storybook.stages.writer.answer.sampling import sampling, seed_of
from storybook.stages.writer.answer.schema import Schema

_SWITCHED_IN_WORDS: Final = "qwen3"
"""Models that take a switch in the last message, for servers that have no other one."""


def wishes_for(brief: Brief, task: WritingTask, model: str, context: int) -> tuple[Wish, ...]:
    """What is asked for the pages that are missing, what matters least first. Raises `WorkFailed`
    of kind `context_too_small`."""
    order = order_of(brief, task)
    conversation = order.messages
    if _SWITCHED_IN_WORDS in model.lower():
        conversation[-1] = _with_switch(conversation[-1])
    room = _room(conversation, estimated_tokens(order.longest), context)
    seed = seed_of(task, f"{NAME}:{len(task.standing)}", bits=31)
    return (
        Wish("chat_template_kwargs", ({"enable_thinking": False},), also=("enable_thinking",)),
        Wish(
            "response_format",
            _forms(order.schema),
            also=("json_schema", "json_object", "structured", "grammar", "schema", "format"),
        ),
        Wish("temperature", (sampling(task).temperature,)),
        Wish("seed", (seed,), also=("random_seed",)),
        Wish(
            "max_tokens",
            (room,),
            also=(
                *("max_completion_tokens", "max_output_tokens", "max_new_tokens", "num_predict"),
                *("completion tokens", "output tokens", "new tokens", "maximum output"),
            ),
            counts=True,
        ),
        Wish("stream", (True,), also=("streaming",)),
        Wish(
            "messages",
            (conversation, _without_system(conversation)),
            also=("system role", "system message", "system", "role", "roles"),
            needed=True,
        ),
    )


def _forms(wanted: Schema) -> tuple[dict[str, Any], ...]:
    """How a schema is asked for: as OpenAI has it, as llama-cpp-python has it, and not at all."""
    named = {"name": "book", "strict": True, "schema": wanted}
    return (
        {"type": "json_schema", "json_schema": named},
        {"type": "json_object", "schema": wanted},
        {"type": "json_object"},
    )


def _without_system(conversation: Sequence[Message]) -> list[Message]:
    """For templates that know no system's message: the rules stand before the order."""
    rules, order, *rest = conversation
    return [{**order, "content": f"{rules['content']}\n\n{order['content']}"}, *rest]


def _with_switch(message: Message) -> Message:
    return {**message, "content": f"{message['content']} /no_think"}


def _room(conversation: Sequence[Message], answer: int, context: int) -> int:
    """How many tokens are left beside the prompt, by a rough count."""
    prompt = sum(estimated_tokens(message["content"]) for message in conversation)
    if prompt + answer > context:
        message = (
            f"the prompt has about {prompt} tokens and a book up to {answer}, but only "
            f"{context} fit: set [writer] context, and the server's, to "
            f"{prompt + answer} or more"
        )
        raise WorkFailed("context_too_small", message, retryable=False)
    return context - prompt
