"""A book as EPUB 3.3 with a fixed layout, for e-book readers, which read it aloud.

Each page of the book is a **sheet** (`sheets`): picture left, live text right, in letters as large
as fit (`fitting`). A sheet that has a recording has an **overlay** (`overlays`), which lights up
each sentence while it is spoken. The **package** (`package`) lists all files, says who made what
and who can read it. `packing` makes one file of them: the same book, the same bytes.

Nothing but what every reader knows is inside: JPEG, MP3, TrueType, no script.
Source: https://www.w3.org/TR/epub-33/.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import anyio.to_thread

from storybook.book import Artifact
from storybook.export.content import BookContent, CannotExport
from storybook.export.epub.fitting import Letters
from storybook.export.epub.overlays import Overlay, overlay_of
from storybook.export.epub.package import CONTAINER, Contents, navigation, package
from storybook.export.epub.packing import packed
from storybook.export.epub.pictures import jpeg
from storybook.export.epub.sheets import END, Sheet, end_sheet, page_sheet, printed_text
from storybook.export.fonts import faces_for, subset
from storybook.export.media import SmallMedia, of_each

_FOLDER: Final = "EPUB/"


async def make_epub(book: BookContent, media: SmallMedia) -> bytes:
    """The whole file. Raises `ArtifactError` where a file cannot be read or is not what was
    recorded, and `CannotExport` where no MP3 can be made."""

    async def carried(artifact: Artifact) -> bytes:
        if artifact.width:
            png = await media.whole(book.run_id, artifact)
            return await anyio.to_thread.run_sync(jpeg, png, book.makers)
        return _mp3(artifact, *await media.small(book.run_id, artifact))

    return await anyio.to_thread.run_sync(_epub, book, await of_each(book.files, carried))


def _mp3(artifact: Artifact, media_type: str, content: bytes) -> bytes:
    if media_type != "audio/mpeg":
        raise CannotExport(
            f"{artifact.name} cannot be made MP3, as e-book readers want it: the library libsndfile "
            "here has no MP3; install the package soundfile from the Python index, which has"
        )
    return content


def _epub(book: BookContent, carried: Mapping[str, bytes]) -> bytes:
    text = printed_text(book)
    fonts = {f"fonts/{it.name}.ttf": subset(it, text) for it in faces_for(text)}
    letters = Letters([*fonts.values()])
    sheets = [page_sheet(book, it, letters) for it in book.pages] + [end_sheet(book)]
    overlays = [it for page in book.pages if (it := overlay_of(page)) is not None]
    files = _media(book, carried) | fonts | _marked_up(sheets, overlays)
    contents = Contents(tuple(sheets), tuple(overlays), tuple(files))
    files["style.css"] = _style([*fonts]).encode()
    files["nav.xhtml"] = navigation(book, contents).encode()
    files["package.opf"] = package(book, contents).encode()
    return packed(
        {"META-INF/container.xml": CONTAINER.encode()}
        | {_FOLDER + name: content for name, content in files.items()}
    )
