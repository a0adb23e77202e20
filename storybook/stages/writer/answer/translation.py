"""A page in another language: what a model is asked for it, and what it answers.

The page stays what it is: the same scene, picture and speakers. Only its words are new, and a
translation is checked as any page of a book in that language is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from storybook.book import COVER_PAGE, Dialogue, Page
from storybook.engines import WorkFailed
from storybook.languages.known import cast_in
from storybook.languages.language import Language
from storybook.stages.writer.answer.brief import Brief, without_signs
from storybook.stages.writer.answer.instructions import rules, writing_of
from storybook.stages.writer.answer.pages import as_json, clean, spoken
from storybook.stages.writer.answer.prompt import Message, everybody, place_of
from storybook.stages.writer.answer.reader import MemberReader
from storybook.stages.writer.answer.schema import Schema, text_schema
from storybook.stages.writer.wording import told_of

Ask = Callable[[list[Message], Schema], Awaitable[str]]
"""Has a model answer a conversation with an object of this schema; its text."""

_KEYS = "title|summary|lines"


async def translated(page: Page, source: Language, brief: Brief, ask: Ask) -> Page:
    """A page of a book that is written in `source`, in the language of `brief`, which is the same
    book's. Raises `WorkFailed` of kind `bad_answer`, and what `ask` raises."""
    said = await ask(translation_messages(page, source, brief), translation_schema(page, brief))
    return _page_in(page, source, brief, said)


def translation_messages(page: Page, source: Language, brief: Brief) -> list[Message]:
    """The conversation that a model answers with the page's words."""
    told, wanted = told_of(page, source), writing_of(brief.language)
    form = as_json(_form(page, wanted.blanks.title, wanted.blanks.narration, wanted.blanks.line))
    names = _names(source, brief)
    lines = [f"- {names.get(it.character, it.character)}: {it.text}" for it in page.dialogues]
    order = wanted.translation.format(
        page=place_of(page.page, wanted),
        cast=everybody(brief),
        told=without_signs(told.title or told.narration),
        lines="\n".join(map(without_signs, lines)),
        form=form,
    )
    system = rules(brief.language, brief.last_page, brief.age)
    return [{"role": "system", "content": system}, {"role": "user", "content": order}]


def translation_schema(page: Page, brief: Brief) -> Schema:
    """The schema of the answer: a title, or a narration and as many lines as the page has."""
    return text_schema(brief, is_cover=page.page == COVER_PAGE, lines=len(page.dialogues))


def _form(page: Page, title: str, narration: str, line: str) -> dict[str, Any]:
    if page.page == COVER_PAGE:
        return {"title": title}
    return {"summary": narration, "lines": [line] * len(page.dialogues)}


def _page_in(page: Page, source: Language, brief: Brief, said: str) -> Page:
    reader = MemberReader(_KEYS)
    members = {it.key: it.value for it in (*reader.feed(said), *reader.end())}
    if page.page == COVER_PAGE:
        return msgspec.structs.replace(page, title=_text(members.get("title")))
    lines, names = members.get("lines", []), _names(source, brief)
    if not isinstance(lines, list) or len(lines) != len(page.dialogues):
        raise _unreadable(f"expected {len(page.dialogues)} lines, found {as_json(lines)[:80]}")
    dialogues = tuple(
        Dialogue(names.get(it.character, it.character), _text(line), it.voice)
        for it, line in zip(page.dialogues, lines, strict=True)
    )
    narration = _text(members.get("summary"))
    summary = f"{narration} {spoken(dialogues, brief.language)}".strip()
    return msgspec.structs.replace(page, summary=summary, dialogues=dialogues)


def _names(source: Language, brief: Brief) -> dict[str, str]:
    """How each of the cast is called, by the name in the source."""
    before = cast_in(source, brief.request)
    return {old.name: new.name for old, new in zip(before, brief.cast, strict=True)}


def _text(said: Any) -> str:
    if not isinstance(said, str) or not clean(said):
        raise _unreadable(f"expected some text, found {as_json(said)[:80]}")
    return clean(said)


def _unreadable(why: str) -> WorkFailed:
    return WorkFailed(
        "bad_answer", f"the model's translation cannot be read: {why}", retryable=True
    )
