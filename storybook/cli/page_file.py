"""A page of a book as a small text file, for `storybook edit --editor`.

Whatever stands before the first heading is for who reads it; what follows a heading is the page's.
"""

from __future__ import annotations

import re
from typing import Any, Final

from storybook.book import COVER_PAGE, Page
from storybook.cli.failure import Failure

_HEADING: Final = re.compile(r"^== (text|lines|picture) ==[ \t]*$", re.MULTILINE)
HELP: Final = """\
{page} of "{title}", edition {edition}.
Change what stands below, save it and leave the editor. If nothing is changed, or everything is
emptied, nothing is asked.
A text that is changed is read aloud anew, a description of the picture is painted anew.
Each line stands word for word in the text: NAME: what it says.
"""


def page_as_text(page: Page, title: str, edition: int) -> str:
    """What is opened in the editor."""
    name = "The cover" if page.page == COVER_PAGE else f"Page {page.page}"
    parts = [HELP.format(page=name, title=title, edition=edition), "== text ==", page.text]
    if page.page != COVER_PAGE:
        parts += ["", "== lines ==", *(f"{it.character}: {it.text}" for it in page.dialogues)]
    if page.image_prompt:  # which it has in the book's own language alone
        parts += ["", "== picture ==", page.image_prompt]
    return "\n".join([*parts, ""])


def edit_of(text: str, before: Page) -> dict[str, Any]:
    """What the text file asks of its page, in the words of a change; nothing if it is as it was or
    empty. Raises `Failure`."""
    _, *rest = _HEADING.split(text)
    if not rest and text.strip():
        raise Failure("expected what is changed under == text ==, or another heading; found none")
    if len(set(rest[::2])) < len(rest[::2]):
        raise Failure(f"expected each heading once; found {', '.join(rest[::2])}")
    parts = {name: part.strip() for name, part in zip(rest[::2], rest[1::2], strict=True)}
    if not any(parts.values()):
        return {}
    found: dict[str, Any] = {}
    if parts.get("text", before.text) != before.text:
        found["title" if before.page == COVER_PAGE else "summary"] = parts["text"]
    lines = _lines(parts["lines"]) if "lines" in parts else None
    if lines is not None and lines != [(it.character, it.text) for it in before.dialogues]:
        found["dialogues"] = [{"character": name, "text": said} for name, said in lines]
    if parts.get("picture", before.image_prompt) != before.image_prompt:
        found["image_prompt"] = parts["picture"]
    return found


def _lines(text: str) -> list[tuple[str, str]]:
    return [_line(it) for it in text.splitlines() if it.strip()]


def _line(text: str) -> tuple[str, str]:
    name, colon, said = text.partition(":")
    if not colon:
        raise Failure(f"expected NAME: what it says, found the line {text.strip()!r}")
    return name.strip(), said.strip()
