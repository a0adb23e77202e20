"""What a model is asked for a task, whichever engine asks: for pages, or for one translated."""

from __future__ import annotations

import msgspec

from storybook.engines import Report, WritingTask
from storybook.stages.writer.answer.brief import Brief
from storybook.stages.writer.answer.budget import longest_answer
from storybook.stages.writer.answer.prompt import Message, messages
from storybook.stages.writer.answer.schema import Schema, schema
from storybook.stages.writer.answer.telling import Telling
from storybook.stages.writer.answer.translation import (
    TranslationTelling,
    longest_translation,
    translation_messages,
    translation_schema,
)

Listener = Telling | TranslationTelling
"""Takes an answer as it comes, and gives its pages."""


class Order(msgspec.Struct, frozen=True):
    """The conversation, the schema that the answer is to have, and an answer as long as one may
    become."""

    messages: list[Message]
    schema: Schema
    longest: str


def order_of(brief: Brief, task: WritingTask) -> Order:
    """What a model is asked."""
    if (it := task.translating) is not None:
        return Order(
            translation_messages(it, brief),
            translation_schema(it.page, brief),
            longest_translation(it.page, brief),
        )
    first_page = len(task.standing)
    wish = task.rewriting.wish if task.rewriting is not None else ""
    return Order(
        messages(brief, task.standing, task.refused, wish),
        schema(brief, first_page),
        longest_answer(brief, first_page),
    )


def telling_of(brief: Brief, task: WritingTask, report: Report) -> Listener:
    """Who listens to the answer."""
    if task.translating is not None:
        return TranslationTelling(task.translating, brief, report)
    return Telling(brief, task, report)
