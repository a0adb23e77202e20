"""A finished book as one file: `book.html`, which opens from disk and needs nothing else.

Pictures, voices, style and script are inside it, and its content security policy forbids it to ask
for anything. The **leaves** are the book's pages, marked up from the run (`leaves.py`); where each
spoken segment stands in a page's text is found by `spans.py`; `media.py` makes pictures and voices
small enough to be carried inside. `book.html`, `book.css` and `book.js` are the rest.
"""

from __future__ import annotations

import base64
import hashlib
import html
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import anyio.to_thread

from storybook import __version__
from storybook.book import RunId, picture_of, reading_of
from storybook.export.leaves import Leaf, end_leaf, leaf_of
from storybook.export.media import data_uri, small_audio, small_picture
from storybook.run import Run, Status
from storybook.stores.files import ArtifactStore

BOOK_FILE: Final = "book.html"

_PLACEHOLDER: Final = re.compile(r"\{\{(\w+)\}\}")


class CannotExport(Exception):
    """The run is no whole book; the message says what is missing."""


async def export_book(run_id: RunId, run: Run, artifacts: ArtifactStore) -> Path:
    """Write `book.html` beside a finished run's files; returns its path.

    Raises `CannotExport` unless the run is DONE and its files are there, and `OSError`.
    """
    if run.status is not Status.DONE:
        raise CannotExport(f"the run is {run.status}; only a DONE one is a whole book")
    if run.pruned:
        raise CannotExport("retention has removed this book's files")
    return await anyio.to_thread.run_sync(_export, run_id, run, artifacts)


def _export(run_id: RunId, run: Run, artifacts: ArtifactStore) -> Path:
    try:
        content = book_html(
            run, [_leaf(run_id, run, page, artifacts) for page in range(run.page_count)]
        )
    except FileNotFoundError as missing:
        raise CannotExport(f"{missing.filename} is missing") from None
    target = artifacts.path(run_id, BOOK_FILE)
    temporary = target.with_name(f".{BOOK_FILE}.{os.getpid()}")
    try:
        temporary.write_text(content, "utf-8", newline="\n")
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def _leaf(run_id: RunId, run: Run, number: int, artifacts: ArtifactStore) -> Leaf:
    painted, read = run.artifact(picture_of(number)), run.artifact(reading_of(number))
    assert painted is not None  # the run is DONE
    picture = data_uri(*small_picture(artifacts.path(run_id, painted.name).read_bytes()))
    page, title = run.pages[number], run.pages[0].title
    if read is None:
        return Leaf(page, title, picture, "", (), run.page_count - 1)
    audio = data_uri(*small_audio(artifacts.path(run_id, read.name).read_bytes()))
    return Leaf(page, title, picture, audio, read.segments, run.page_count - 1)


def book_html(run: Run, leaves: list[Leaf]) -> str:
    """The whole document."""
    style, script = _part("book.css"), _part("book.js")
    has_audio = any(leaf.audio for leaf in leaves)
    return _filled(
        _part("book.html"),
        {
            "policy": _policy(style, script),
            "version": __version__,
            "language": html.escape(run.language),
            "title": html.escape(run.pages[0].title),
            "audio": "with-audio" if has_audio else "silent",
            "style": style,
            "leaves": "\n".join([*map(leaf_of, leaves), end_leaf(run.request)]),
            "script": script,
        },
    )


def _policy(style: str, script: str) -> str:
    """Only what is inside the file: its own style and script, named by their hashes."""
    return (
        "default-src 'none'; img-src data:; media-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src {_source(style)}; script-src {_source(script)}"
    )


def _source(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text("utf-8")


def _filled(template: str, values: Mapping[str, str]) -> str:
    """One pass, so that no text of the book is ever taken for a placeholder."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], template)
