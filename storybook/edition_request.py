"""What somebody asks of a finished book, checked: the same for every way in.

`check_edition` turns plain values, as JSON has them, into an `EditionRequest`, or raises
`InvalidRequest` with every fault that is found. What makes no sense for the book itself is found by
`storybook.changing`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from storybook.book import (
    COVER_PAGE,
    FIRST_EDITION,
    MOST_PAGES,
    Dialogue,
    TtsConfig,
    base_language,
)
from storybook.languages.known import LANGUAGES
from storybook.request import EDITION_RANGE, SEED_RANGE, CheckedFields, InvalidRequest, Loc, kind_of
from storybook.run import EditionRequest, PageEdit, Run

MAX_TEXT_CHARACTERS: Final = 1_000
"""Of a page, or of what its picture shows: read aloud a minute and a half, more than any page."""
MAX_EDITS: Final = MOST_PAGES * len(LANGUAGES)
"""Each page once in each language."""
MAX_LINES: Final = 20
"""Said on one page; each stands in its text."""


def check_edition(asked: Mapping[str, Any], run: Run) -> EditionRequest:
    """What `asked` says of a book, checked; names that are not known are ignored.

    It has `base_edition`, and perhaps `pages` (members of `PageEdit`), `tts` (members of
    `TtsConfig`: those that it does not have stay as they are in the base), `style`, `note`,
    `accept` and `add_language`. Raises `InvalidRequest`.
    """
    checked = _CheckedEdition()
    number = checked.base(asked)
    base = (run.of_edition(number) or run).shown
    added = checked.added_language(asked.get("add_language"), ("add_language",))
    edition = EditionRequest(
        number,
        tuple(_in_language(it, base) for it in checked.pages(asked.get("pages"), ("pages",))),
        checked.voices(asked.get("tts"), base),
        checked.style(asked.get("style"), ("style",)),
        checked.text_or_nothing(asked.get("note"), ("note",)),
        checked.flag_or_no(asked.get("accept"), ("accept",)),
        added,
    )
    if checked.faults:
        raise InvalidRequest(checked.faults)
    return edition


def _in_language(edit: PageEdit, base: Run) -> PageEdit:
    """The change of a page with its language as the book's work names it."""
    known = base.added_as(edit.language) if edit.language else ""
    return edit if known is None else msgspec.structs.replace(edit, language=known)


def check_note(value: object) -> str:
    """Why somebody restores an edition, checked. Raises `InvalidRequest`."""
    checked = _CheckedEdition()
    note = checked.text_or_nothing(value, ("note",))
    if checked.faults:
        raise InvalidRequest(checked.faults)
    return note


class _CheckedEdition(CheckedFields):
    """Reads the values of a change."""

    def base(self, asked: Mapping[str, Any]) -> int:
        if asked.get("base_edition") is None:
            self.fault(("base_edition",), "this field is required", "missing")
            return FIRST_EDITION
        return self.whole(asked["base_edition"], EDITION_RANGE, ("base_edition",))

    def pages(self, value: object, loc: Loc) -> tuple[PageEdit, ...]:
        listed = self._list(value, MAX_EDITS, loc)
        return tuple(self._page(it, (*loc, index)) for index, it in enumerate(listed))

    def voices(self, value: object, base: Run) -> TtsConfig | None:
        if value is None:
            return None
        before = base.tts
        if before is None or not isinstance(value, Mapping):
            return self.tts(value, base.language, base.age)
        given = {name: it for name, it in value.items() if it is not None}
        after = self.tts({**msgspec.structs.asdict(before), **given}, base.language, base.age)
        if after.is_cast and not before.is_cast:  # all of it sounds otherwise than before
            return after
        casting = before.casting if after.is_cast else {}
        return msgspec.structs.replace(after, casting=casting, delivery=before.delivery)

    def style(self, value: object, loc: Loc) -> str | None:
        return None if value is None else self.text_or_nothing(value, loc)

    def added_language(self, value: object, loc: Loc) -> str:
        """A language's tag without its region."""
        is_named = value is not None and value != ""
        return base_language(self.language(value, loc)) if is_named else ""

    def text_or_nothing(self, value: object, loc: Loc) -> str:
        return "" if value is None or value == "" else self.filled_text(value, loc)

    def flag_or_no(self, value: object, loc: Loc) -> bool:
        return False if value is None else self.flag(value, loc)

    def _page(self, value: object, loc: Loc) -> PageEdit:
        if not isinstance(value, Mapping):
            self.fault(loc, f"expected an object, found {kind_of(value)}", "dict_type")
            return PageEdit(0)
        number, seed, lines = value.get("page"), value.get("seed"), value.get("dialogues")
        if number is None:
            self.fault((*loc, "page"), "this field is required", "missing")
            number = COVER_PAGE
        return PageEdit(
            self.whole(number, (COVER_PAGE, MOST_PAGES - 1), (*loc, "page")),
            self._text(value, "title", loc),
            self._text(value, "summary", loc),
            None if lines is None else self._lines(lines, (*loc, "dialogues")),
            self._text(value, "image_prompt", loc),
            self.text_or_nothing(value.get("rewrite"), (*loc, "rewrite")),
            self.flag_or_no(value.get("repaint"), (*loc, "repaint")),
            None if seed is None else self.whole(seed, SEED_RANGE, (*loc, "seed")),
            self.flag_or_no(value.get("revoice"), (*loc, "revoice")),
            self.added_language(value.get("language"), (*loc, "language")),
        )

    def _text(self, value: Mapping[str, Any], name: str, loc: Loc) -> str | None:
        text = value.get(name)
        return None if text is None else self._long_text(text, (*loc, name))

    def _long_text(self, value: object, loc: Loc) -> str:
        return self.filled_text(value, loc, MAX_TEXT_CHARACTERS)

    def _lines(self, value: object, loc: Loc) -> tuple[Dialogue, ...]:
        listed = self._list(value, MAX_LINES, loc)
        return tuple(self._line(it, (*loc, index)) for index, it in enumerate(listed))

    def _line(self, value: object, loc: Loc) -> Dialogue:
        """Its voice follows from who says it."""
        if not isinstance(value, Mapping):
            self.fault(loc, f"expected an object, found {kind_of(value)}", "dict_type")
            return Dialogue("", "")
        return Dialogue(
            self.filled_text(value.get("character"), (*loc, "character")),
            self._long_text(value.get("text"), (*loc, "text")),
        )

    def _list(self, value: object, most: int, loc: Loc) -> Sequence[object]:
        if value is None:
            return ()
        if not isinstance(value, list | tuple):
            self.fault(loc, f"expected a list, found {kind_of(value)}", "list_type")
            return ()
        if len(value) > most:
            self.fault(loc, f"expected at most {most}, found {len(value)}", "too_long")
            return ()
        return value
