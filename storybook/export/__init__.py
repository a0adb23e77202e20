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
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import anyio
import msgspec

from storybook import __version__
from storybook.book import COVER_PAGE, Artifact, Page, RunId, narration_of, picture_of
from storybook.export.leaves import Leaf, end_leaf, leaf_of
from storybook.export.media import SmallMedia, files_in
from storybook.languages.known import language_of
from storybook.run import Run, Status
from storybook.stores.artifacts import ArtifactError, ArtifactStore, CannotRead, NoSuchArtifact
from storybook.stores.integrity import DamagedArtifact

BOOK_FILE: Final = "book.html"
ALL_LANGUAGES: Final = "both"
"""Stands for a language: the text of each is under that of the book's own, whose voice reads."""

_PLACEHOLDER: Final = re.compile(r"\{\{(\w+)\}\}")


class CannotExport(Exception):
    """The run is no whole book; the message says what is missing."""


class _Edition(msgspec.Struct, frozen=True):
    """A book as it is exported: in its own language ("") or in one that was `added`, with others
    under it; `number` if this edition was asked for."""

    run: Run
    added: str = ""
    others: tuple[str, ...] = ()
    number: int | None = None

    @property
    def language(self) -> str:
        return self.added or self.run.language

    @property
    def files(self) -> list[Artifact]:
        return list(files_in(self.run, self.added))

    @property
    def name(self) -> str:
        told = ALL_LANGUAGES if self.others else self.added
        stem, _, ending = BOOK_FILE.rpartition(".")
        number = f"e{self.number}" if self.number is not None else ""
        return ".".join(it for it in (stem, told, number, ending) if it)

    def page(self, number: int, added: str) -> Page:
        found = self.run.page_in(number, added)
        assert found is not None  # the run is DONE
        return found


async def export_book(
    run_id: RunId,
    run: Run,
    store: ArtifactStore,
    media: SmallMedia | None = None,
    language: str = "",
    number: int | None = None,
) -> str:
    """Keep the page beside a finished run's artifacts: the book as it is shown, or as the edition
    `number` has it, in its own language or in `language`; under which name.

    `media` may have made some of them small already. Raises `CannotExport` unless the book is whole
    and its artifacts are there, and `CannotKeep`.
    """
    pruned, newest = run.pruned, run.edition
    found = run.shown if number is None else run.of_edition(number)
    if found is None:
        raise CannotExport(f"the book has no edition {number}: the newest is {newest}")
    run = found
    if run.status is not Status.DONE:
        raise CannotExport(f"the run is {run.status}; only a DONE one is a whole book")
    edition = _in_language(run, language, number)
    if any(it.name in pruned for it in edition.files):
        raise CannotExport("retention has removed this book's files")
    media = media or SmallMedia(store)
    try:
        await _make_small(run_id, edition.files, media)
        leaves = [await _leaf(run_id, edition, page, media) for page in range(run.page_count)]
    except NoSuchArtifact as missing:
        raise CannotExport(f"{missing.name} {missing.why}") from None
    except (CannotRead, DamagedArtifact) as error:
        raise CannotExport(str(error)) from error
    await store.put(run_id, edition.name, _html(edition, leaves).encode())
    return edition.name


def _in_language(run: Run, language: str, number: int | None) -> _Edition:
    is_all = language == ALL_LANGUAGES
    added = "" if is_all or not language else run.added_as(language)
    if added is None or (is_all and not run.translations):
        raise CannotExport(
            f"the book is in {', '.join(run.languages)}: `storybook edit RUN --add-language TAG` "
            "adds another language"
        )
    return _Edition(run, added, (*run.translations,) if is_all else (), number)


async def _make_small(run_id: RunId, files: Sequence[Artifact], media: SmallMedia) -> None:
    """All that the book carries, several at once. Raises the first error there is."""
    errors: list[ArtifactError] = []

    async def one(artifact: Artifact) -> None:
        try:
            await media.uri(run_id, artifact)
        except ArtifactError as error:
            errors.append(error)

    async with anyio.create_task_group() as tasks:
        for artifact in files:
            tasks.start_soon(one, artifact)
    if errors:
        raise errors[0]


async def _leaf(run_id: RunId, of: _Edition, number: int, media: SmallMedia) -> Leaf:
    run = of.run
    painted, read = run.artifact(picture_of(number)), run.artifact(narration_of(number, of.added))
    assert painted is not None  # the run is DONE
    return Leaf(
        of.page(number, of.added),
        of.page(COVER_PAGE, of.added).title,
        await media.uri(run_id, painted),
        await media.uri(run_id, read) if read is not None else "",
        read.segments if read is not None else (),
        run.page_count - 1,
        language_of(of.language),
        [(of.page(number, it), language_of(it)) for it in of.others],
    )


def _html(of: _Edition, leaves: list[Leaf]) -> str:
    """The whole document."""
    style, script = _part("book.css"), _part("book.js")
    has_audio = any(leaf.audio for leaf in leaves)
    words = language_of(of.language).furniture
    return _filled(
        _part("book.html"),
        {
            "policy": _policy(style, script),
            "version": __version__,
            "language": html.escape(of.language),
            "title": html.escape(of.page(COVER_PAGE, of.added).title),
            "audio": "with-audio" if has_audio else "silent",
            "style": style,
            "leaves": "\n".join([*map(leaf_of, leaves), end_leaf(of.run.request, words)]),
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
