"""A book as one page for browsers, `book.html`: it opens from disk and needs nothing else.

Pictures, voices, style and script are inside it, and its content security policy forbids it to ask
for anything. The **leaves** are the book's pages, marked up (`leaves.py`); `book.html`, `book.css`
and `book.js` are the rest.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from storybook import __version__
from storybook.export.content import BookContent
from storybook.export.credits import SOURCE_TYPES, credits_of, source_type_of
from storybook.export.html.leaves import Leaf, end_leaf, leaf_of
from storybook.export.media import SmallMedia, of_each

_PLACEHOLDER: Final = re.compile(r"\{\{(\w+)\}\}")


async def make_html(book: BookContent, media: SmallMedia) -> bytes:
    """The whole document, UTF-8. Raises `ArtifactError` where a file cannot be read or is not what
    was recorded."""
    uris = await of_each(book.files, partial(media.uri, book.run_id))
    leaves = [_leaf(book, number, uris) for number in range(len(book.pages))]
    style, script = _part("book.css"), _part("book.js")
    words = book.language.furniture
    return _filled(
        _part("book.html"),
        {
            "policy": _policy(style, script),
            "version": __version__,
            "made_by": "".join(_source_types(book)),
            "language": html.escape(book.language.tag),
            "title": html.escape(book.title),
            "audio": "with-audio" if book.is_read_aloud else "silent",
            "style": style,
            "leaves": "\n".join([*map(leaf_of, leaves), end_leaf(book)]),
            **{
                f"say_{name}": html.escape(said)
                for name, said in msgspec.structs.asdict(words).items()
            },
            "script": script,
        },
    ).encode()


def _leaf(book: BookContent, place: int, uris: Mapping[str, str]) -> Leaf:
    page = book.pages[place]
    picture = uris[page.picture.name] if page.picture is not None else ""
    audio = uris[page.narration.name] if page.narration is not None else ""
    return Leaf(page, picture, audio, book.page_count - 1)


def _source_types(book: BookContent) -> Iterator[str]:
    """How text, pictures and voice were generated, in IPTC's words: without their address, since
    nothing in the page is to look like one of another host."""
    for it in credits_of(book):
        word = source_type_of(book.makers, it.role).removeprefix(SOURCE_TYPES)
        yield f'<meta name="digital-source-type:{it.role.value}" content="{word}">\n'


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
