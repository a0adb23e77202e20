"""A book to keep: what somebody takes along of a run.

`content` is the one description of a book that every format is made from: pages, spans, times,
pictures, voices, makers. A room for each format makes bytes of it (`html` is one page for
browsers), and `formats` is the table of them. What was made is kept beside the run (`keeping`) and
made once for all who ask (`making`).

Where each spoken segment stands in a page's text is found by `spans`; `media` makes pictures and
voices small enough to be carried inside, and `encoding` does so while the book is still being made.
"""

from __future__ import annotations

from storybook.export.content import ALL_LANGUAGES, BookContent, CannotExport
from storybook.export.keeping import BOOK_FILE

__all__ = ["ALL_LANGUAGES", "BOOK_FILE", "BookContent", "CannotExport"]
