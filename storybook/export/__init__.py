"""A finished book as one file: `book.html`, which opens from disk and needs nothing else.

Pictures, voices, style and script are inside it, and its content security policy forbids it to ask
for anything. The **leaves** are the book's pages, marked up from the run (`leaves.py`); where each
spoken segment stands in a page's text is found by `spans.py`; `media.py` makes pictures and voices
small enough to be carried inside, and `encoding.py` does so while the book is still being made.
`book.html`, `book.css` and `book.js` are the rest.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import anyio
import msgspec

from storybook import __version__
from storybook.book import Artifact, RunId, narration_of, picture_of
from storybook.export.leaves import Leaf, end_leaf, leaf_of
from storybook.export.media import SmallMedia
from storybook.languages.known import language_of
from storybook.run import Run, Status
from storybook.stores.artifacts import ArtifactError, ArtifactStore, CannotRead, NoSuchArtifact
from storybook.stores.integrity import DamagedArtifact

BOOK_FILE: Final = "book.html"

_PLACEHOLDER: Final = re.compile(r"\{\{(\w+)\}\}")


class CannotExport(Exception):
    """The run is no whole book; the message says what is missing."""


async def export_book(
    run_id: RunId, run: Run, store: ArtifactStore, media: SmallMedia | None = None
) -> None:
    """Keep `book.html` beside a finished run's artifacts: the book as it is shown.

    `media` may have made some of them small already. Raises `CannotExport` unless the book is whole
    and its artifacts are there, and `CannotKeep`.
    """
    pruned, run = run.pruned, run.shown
    if run.status is not Status.DONE:
        raise CannotExport(f"the run is {run.status}; only a DONE one is a whole book")
    if any(it.name in pruned for it in run.artifacts):
        raise CannotExport("retention has removed this book's files")
    media = media or SmallMedia(store)
    try:
        await _make_small(run_id, run, media)
        leaves = [await _leaf(run_id, run, page, media) for page in range(run.page_count)]
    except NoSuchArtifact as missing:
        raise CannotExport(f"{missing.name} {missing.why}") from None
    except (CannotRead, DamagedArtifact) as error:
        raise CannotExport(str(error)) from error
    await store.put(run_id, BOOK_FILE, book_html(run, leaves).encode())


async def _make_small(run_id: RunId, run: Run, media: SmallMedia) -> None:
    """All that the book carries, several at once. Raises the first error there is."""
    errors: list[ArtifactError] = []

    async def one(artifact: Artifact) -> None:
        try:
            await media.uri(run_id, artifact)
        except ArtifactError as error:
            errors.append(error)

    async with anyio.create_task_group() as tasks:
        for artifact in run.artifacts:
            tasks.start_soon(one, artifact)
    if errors:
        raise errors[0]


async def _leaf(run_id: RunId, run: Run, number: int, media: SmallMedia) -> Leaf:
    painted, read = run.artifact(picture_of(number)), run.artifact(narration_of(number))
    assert painted is not None  # the run is DONE
    picture = await media.uri(run_id, painted)
    page, title = run.pages[number], run.pages[0].title
    language = language_of(run.language)
    if read is None:
        return Leaf(page, title, picture, "", (), run.page_count - 1, language)
    audio = await media.uri(run_id, read)
    return Leaf(page, title, picture, audio, read.segments, run.page_count - 1, language)


def book_html(run: Run, leaves: list[Leaf]) -> str:
    """The whole document."""
    style, script = _part("book.css"), _part("book.js")
    has_audio = any(leaf.audio for leaf in leaves)
    words = language_of(run.language).furniture
    return _filled(
        _part("book.html"),
        {
            "policy": _policy(style, script),
            "version": __version__,
            "language": html.escape(run.language),
            "title": html.escape(run.pages[0].title),
            "audio": "with-audio" if has_audio else "silent",
            "style": style,
            "leaves": "\n".join([*map(leaf_of, leaves), end_leaf(run.request, words)]),
            **{
                f"say_{name}": html.escape(said)
                for name, said in msgspec.structs.asdict(words).items()
            },
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
