"""What is to be known of the rights in a book: who made it, and under which licence what it was
made with stands, as far as that is known here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from storybook.export.content import BookContent, Maker
from storybook.export.credits import credits_of, notice_of
from storybook.stages.models.index import ModelIndex, load_index

_PROGRAMS: Final = {
    "composer": "part of storybook, Apache-2.0",
    "painter": "part of storybook, Apache-2.0",
    "espeak": "eSpeak NG, GPL-3.0-or-later; the licence is of the program, not of what it says",
}
"""The licence of each engine that needs no model."""
_UNKNOWN: Final = "not known here: whoever runs it knows"


def licences_of(book: BookContent) -> str:
    """The text of `licences.txt`."""
    return "\n".join([*_lines(book), ""])


def _lines(book: BookContent) -> Iterator[str]:
    yield book.title
    yield ""
    yield from (it.line for it in credits_of(book))
    if notice := notice_of(book):
        yield notice
    yield ""
    yield "This archive has no program and no model in it. Licences of what the book was made with:"
    yield ""
    index = load_index()
    for maker in book.makers:
        name = f"{maker.engine} ({maker.model})" if maker.model else maker.engine
        yield f"- {maker.role}: {name}: {_licence(maker, index)}"
    if not book.makers:
        yield "- nobody knows what the book was made with"
    yield ""
    yield "Of the book itself, words and pictures are whose they are where it was made: storybook"
    yield "claims no rights in them, and gives none. This is no legal advice."


def _licence(maker: Maker, index: ModelIndex) -> str:
    known = {
        it.license
        for it in index.models
        if it.engine == maker.engine and (not maker.model or _is_named(maker.model, it.name))
    }
    return _PROGRAMS.get(maker.engine) or "; ".join(sorted(known)) or _UNKNOWN


def _is_named(model: str, name: str) -> bool:
    """Engines name a model by its file, its folder or its name."""
    return name.lower() in model.lower() or model.lower() in name.lower()
