"""A book as EPUB 3.3 with a fixed layout, for e-book readers, which read it aloud.

Each page of the book is a **sheet** (`sheets`): picture left, live text right, in letters as large
as fit (`fitting`). A sheet that has a recording has an **overlay** (`overlays`), which lights up
each sentence while it is spoken. The **package** (`package`) lists all files, says who made what
and who can read it. `packing` makes one file of them: the same book, the same bytes.

Nothing but what every reader knows is inside: JPEG, MP3, TrueType, no script.
Source: https://www.w3.org/TR/epub-33/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import anyio.to_thread
import msgspec

from storybook.book import Artifact
from storybook.export.content import BookContent, CannotExport
from storybook.export.epub.fitting import Letters
from storybook.export.epub.overlays import Overlay, audio_file, end_overlay, overlay_of
from storybook.export.epub.package import CONTAINER, PackageFiles, navigation, package
from storybook.export.epub.packing import packed
from storybook.export.epub.pictures import jpeg
from storybook.export.epub.pieces import END, page_name
from storybook.export.epub.sheets import end_sheet, page_sheet, picture_file, printed_text
from storybook.export.fonts import BookFace, faces_for, subset
from storybook.export.media import SmallMedia, audio_in_thread, of_each
from storybook.export.spoken_credits import read_credits, spoken_lines

_FOLDER: Final = "EPUB/"


async def make_epub(book: BookContent, media: SmallMedia) -> bytes:
    """The whole file. Raises `ArtifactError` where a file cannot be read or is not what was
    recorded, and `CannotExport` where no MP3 can be made."""

    async def carried(artifact: Artifact) -> bytes:
        if artifact.width:
            return await _jpeg(artifact, await media.whole(book.run_id, artifact), book)
        return _mp3(artifact.name, *await media.small(book.run_id, artifact))

    closing = await _closing(book) if book.is_read_aloud else None
    files = await of_each(book.files, carried)
    return await anyio.to_thread.run_sync(_epub, book, files, closing)


class _Closing(msgspec.Struct, frozen=True):
    """The reading of the last sheet."""

    overlay: Overlay
    mp3: bytes


async def _closing(book: BookContent) -> _Closing | None:
    narration = await read_credits(book)
    if narration is None:
        return None
    mp3 = _mp3("the reading of the last page", *await audio_in_thread(narration.wav))
    return _Closing(end_overlay(spoken_lines(book), narration), mp3)


async def _jpeg(artifact: Artifact, content: bytes, book: BookContent) -> bytes:
    try:
        return await anyio.to_thread.run_sync(jpeg, content, book.makers)
    except ValueError as error:
        raise CannotExport(f"{artifact.name}: {error}") from None


def _mp3(name: str, media_type: str, content: bytes) -> bytes:
    if media_type != "audio/mpeg":
        raise CannotExport(
            f"{name} cannot be made MP3, which e-book readers want: the libsndfile here "
            "has none; install the package soundfile from the Python index, whose own one has"
        )
    return content


def _epub(book: BookContent, carried: Mapping[str, bytes], closing: _Closing | None) -> bytes:
    fonts = _fonts(printed_text(book))
    letters = Letters([*fonts.values()])
    sheets = [*(page_sheet(book, it, letters) for it in book.pages), end_sheet(book, letters)]
    overlays = [it for page in book.pages if (it := overlay_of(page)) is not None]
    if closing is not None:
        overlays.append(closing.overlay)
    files = {
        **{f"{it.name}.xhtml": it.document.encode() for it in sheets},
        **{f"{it.sheet}.smil": it.document.encode() for it in overlays},
        **dict(_media(book, carried)),
        **({audio_file(END): closing.mp3} if closing is not None else {}),
        **{_font_file(face): content for face, content in fonts.items()},
    }
    contents = PackageFiles(tuple(sheets), tuple(overlays), tuple(files))
    first = {
        "package.opf": package(book, contents),
        "nav.xhtml": navigation(book, contents),
        "style.css": _style(fonts),
    }
    named = {**{name: text.encode() for name, text in first.items()}, **files}
    return packed(
        {
            "META-INF/container.xml": CONTAINER.encode(),
            **{f"{_FOLDER}{name}": content for name, content in named.items()},
        }
    )


def _media(book: BookContent, carried: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for page in book.pages:
        if page.picture is not None:
            yield picture_file(page), carried[page.picture.name]
        if page.narration is not None and overlay_of(page) is not None:
            yield audio_file(page_name(page)), carried[page.narration.name]


def _fonts(text: str) -> dict[BookFace, bytes]:
    """A font of each face that the text needs, with what it needs of it."""
    runs = faces_for(text)
    used = {face: "".join(it.text for it in runs if it.face is face) for face in BookFace}
    return {face: subset(face, told) for face, told in used.items() if told}


def _font_file(face: BookFace) -> str:
    return f"fonts/{face.value}.ttf"


def _style(faces: Iterable[BookFace]) -> str:
    """The style sheet, with the faces before it."""
    faced = "".join(
        f'@font-face {{ font-family: "{it.family}"; src: url({_font_file(it)}); }}\n'
        for it in faces
    )
    families = ", ".join(f'"{it.family}"' for it in faces)
    own = (Path(__file__).parent / "style.css").read_text("utf-8")
    return f"{faced}body {{ font-family: {families}, serif; }}\n{own}"
