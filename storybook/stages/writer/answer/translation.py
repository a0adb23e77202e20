"""A page in another language: what a model is asked for it, and what it answers.

The page stays what it is: the same scene, picture and speakers. Only its words are new, and a
translation is checked as the words of any page of a book in that language are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from storybook.book import COVER_PAGE, Dialogue, Page
from storybook.engines import Report, Translating, WorkFailed
from storybook.languages.known import cast_in, language_of
from storybook.languages.language import Language
from storybook.stages.writer.answer.brief import Brief, without_signs
from storybook.stages.writer.answer.budget import longest_texts
from storybook.stages.writer.answer.instructions import rules, writing_of
from storybook.stages.writer.answer.pages import Malformed, as_json, clean, spoken
from storybook.stages.writer.answer.prompt import Message, everybody, place_of
from storybook.stages.writer.answer.reader import Member, MemberReader
from storybook.stages.writer.answer.schema import Schema, text_schema
from storybook.stages.writer.answer.telling import PAGE_CHARACTERS
from storybook.stages.writer.wording import told_of

_KEYS = "title|summary|lines"


def translation_messages(it: Translating, brief: Brief) -> list[Message]:
    """The conversation that a model answers with the page's words in the language of `brief`."""
    source, wanted = language_of(it.language), writing_of(brief.language)
    told, names = told_of(it.page, source), _names(source, brief)
    said = [(names.get(line.character, line.character), line.text) for line in it.page.dialogues]
    form = _form(it.page, wanted.blanks.title, wanted.blanks.narration, wanted.blanks.line)
    order = wanted.translation.format(
        page=place_of(it.page.page, wanted),
        cast=everybody(brief),
        told=without_signs(told.title or told.narration),
        lines="\n".join(f"- {without_signs(f'{name}: {text}')}" for name, text in said),
        form=as_json(form),
    )
    system = rules(brief.language, brief.last_page, brief.age)
    return [{"role": "system", "content": system}, {"role": "user", "content": order}]


def translation_schema(page: Page, brief: Brief) -> Schema:
    """The schema of the answer: a title, or a narration and as many lines as the page has."""
    return text_schema(brief, is_cover=page.page == COVER_PAGE, lines=len(page.dialogues))


def longest_translation(page: Page, brief: Brief) -> str:
    """An answer with as many words as it may have, and long ones."""
    title, narration, line = longest_texts(brief)
    return as_json(_form(page, title, narration, line))


def _form(page: Page, title: str, narration: str, line: str) -> dict[str, Any]:
    if page.page == COVER_PAGE:
        return {"title": title}
    return {"summary": narration, "lines": [line] * len(page.dialogues)}


class TranslationTelling:
    """The page of one answer, asked as a `Telling` is."""

    def __init__(self, it: Translating, brief: Brief, report: Report) -> None:
        self._page, self._brief, self._report = it.page, brief, report
        self._names = _names(language_of(it.language), brief)
        self._reader = MemberReader(_KEYS)
        self._members: dict[str, Any] = {}
        self._object = 0
        """The object that they are of, as its reader counts them."""
        self._fraction = 0.0
        self.is_complete = False

    @property
    def keys(self) -> set[str]:
        """The members that the answer is to have."""
        if self._page.page == COVER_PAGE:
            return {"title"}
        return {"summary", "lines"} if self._page.dialogues else {"summary"}

    def hear(self, text: str) -> Iterator[Page]:
        """Take some of the answer, and give the page once it is whole."""
        yield from self._take(self._reader.feed(text))
        self._tell()

    def rest(self) -> Iterator[Page]:
        """The answer has ended: give the page if it was held back in doubt."""
        yield from self._take(self._reader.end())
        self._tell()

    def end(self, reason: str) -> None:
        """The answer has ended. Raises `WorkFailed` if the page is missing: `bad_answer` if what
        was said was none, else `cut_answer`."""
        if self.is_complete:
            return
        if why := self._reader.failure:
            message = f"the model's translation cannot be read: {why[:200]}"
            raise WorkFailed("bad_answer", message, retryable=True)
        message = f"the model's answer ends before page {self._page.page} is translated ({reason})"
        raise WorkFailed("cut_answer", message, retryable=True)

    def _take(self, members: Iterator[Member]) -> Iterator[Page]:
        for member in members:
            if self.is_complete:
                return
            if self._object != self._reader.objects:  # a later object is an answer of its own
                self._members, self._object = {}, self._reader.objects
            self._members[member.key] = member.value
            if self.keys <= self._members.keys():
                try:
                    page = self._told()
                except Malformed as error:
                    self._reader.reject(str(error))
                else:
                    self.is_complete = True
                    yield page

    def _told(self) -> Page:
        page, names = self._page, self._names
        if page.scene is not None:
            page = msgspec.structs.replace(page, scene=page.scene.renamed(names))
        if page.page == COVER_PAGE:
            return msgspec.structs.replace(page, title=_text(self._members["title"]))
        lines = self._members.get("lines") or []
        if not isinstance(lines, list) or len(lines) != len(page.dialogues):
            expected = f"expected {len(page.dialogues)} lines"
            raise Malformed(f"{expected}, found {as_json(lines)[:80]}")
        dialogues = tuple(
            Dialogue(names.get(it.character, it.character), _text(line), it.voice)
            for it, line in zip(page.dialogues, lines, strict=True)
        )
        narration = _text(self._members["summary"])
        summary = f"{narration} {spoken(dialogues, self._brief.language)}".strip()
        return msgspec.structs.replace(page, summary=summary, dialogues=dialogues)

    def _tell(self) -> None:
        begun = min(self._reader.unfinished / PAGE_CHARACTERS, 0.95)
        self._fraction = max(self._fraction, 1.0 if self.is_complete else begun)
        self._report(self._fraction)


def _names(source: Language, brief: Brief) -> dict[str, str]:
    """How each of the cast is called, by the name in the source."""
    before = cast_in(source, brief.request)
    return {old.name: new.name for old, new in zip(before, brief.cast, strict=True)}


def _text(said: Any) -> str:
    if not isinstance(said, str) or not clean(said):
        raise Malformed(f"expected some text, found {as_json(said)[:80]}")
    return clean(said)
