"""The package: what is in the book, in which order, who made it and who can read it; and the
navigation document.

Sources: https://www.w3.org/TR/epub-33/, https://www.w3.org/TR/epub-a11y-11/ and
https://www.w3.org/2021/a11y-discov-vocab/latest/. No conformance with WCAG is claimed: that would
be for somebody to certify who has looked at the very book.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Final

import msgspec

from storybook import __version__
from storybook.book import Role
from storybook.export.content import BookContent
from storybook.export.credits import credits_of, notice_of, source_type_of
from storybook.export.epub.markup import written
from storybook.export.epub.overlays import Overlay
from storybook.export.epub.sheets import SheetPage

CONTAINER: Final = """\
<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles>
<rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/>
</rootfiles>
</container>
"""
ACTIVE_CLASS: Final = "-epub-media-overlay-active"
"""What `style.css` lights up."""
_MEDIA_TYPES: Final = {
    ".xhtml": "application/xhtml+xml",
    ".smil": "application/smil+xml",
    ".css": "text/css",
    ".jpg": "image/jpeg",
    ".mp3": "audio/mpeg",
    ".ttf": "font/ttf",
}
_RELATORS: Final = {Role.WRITER: "aut", Role.ILLUSTRATOR: "ill", Role.NARRATOR: "nrt"}
"""In the words of https://id.loc.gov/vocabulary/relators.html."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class PackageFiles(msgspec.Struct, frozen=True):
    """What a book's package lists: sheets in reading order, their overlays, and the names of all
    files but those that `package` is about itself."""

    sheets: tuple[SheetPage, ...]
    overlays: tuple[Overlay, ...]
    files: tuple[str, ...]

    @property
    def seconds(self) -> float:
        return sum(it.seconds for it in self.overlays)


def package(book: BookContent, contents: PackageFiles) -> str:
    """The package document."""
    metadata = "\n".join([*_book(book), *_makers(book), *_layout(), *_access(book, contents)])
    items = "\n".join(_item(it, contents) for it in ("nav.xhtml", "style.css", *contents.files))
    spine = "\n".join(f'<itemref idref="{it.name}.xhtml"/>' for it in contents.sheets)
    tag = written(book.language.tag)
    return f"""\
<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="book" \
xml:lang="{tag}" prefix="Iptc4xmpExt: http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
{metadata}
</metadata>
<manifest>
{items}
</manifest>
<spine page-progression-direction="ltr">
{spine}
</spine>
</package>
"""


def navigation(book: BookContent, contents: PackageFiles) -> str:
    """The navigation document: a table of contents and landmarks."""
    words, tag = book.language.furniture, written(book.language.tag)
    entries = "\n".join(
        f'<li><a href="{it.name}.xhtml">{written(it.title)}</a></li>' for it in contents.sheets
    )
    first = next((it for it in contents.sheets if not it.is_cover), contents.sheets[0])
    marks = [
        *(("cover", it, words.cover) for it in contents.sheets if it.is_cover),
        ("bodymatter", first, book.title),
    ]
    landmarks = "\n".join(
        f'<li><a epub:type="{kind}" href="{it.name}.xhtml">{written(named)}</a></li>'
        for kind, it, named in marks
    )
    return f"""\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" \
lang="{tag}" xml:lang="{tag}">
<head>
<meta charset="UTF-8"/>
<title>{written(book.title)}</title>
</head>
<body>
<nav epub:type="toc" role="doc-toc" aria-label="{written(words.turn)}">
<h1>{written(book.title)}</h1>
<ol>
{entries}
</ol>
</nav>
<nav epub:type="landmarks" hidden="" aria-label="{written(words.book)}">
<ol>
{landmarks}
</ol>
</nav>
</body>
</html>
"""


def _book(book: BookContent) -> Iterator[str]:
    yield f'<dc:identifier id="book">{written(book.identifier)}</dc:identifier>'
    yield f"<dc:title>{written(book.title)}</dc:title>"
    for it in (book.language, *book.others):
        yield f"<dc:language>{written(it.tag)}</dc:language>"
    if notice := notice_of(book):
        yield f"<dc:description>{written(notice)}</dc:description>"
    if topic := book.request.topic.strip():
        yield f"<dc:subject>{written(topic)}</dc:subject>"
    modified = _EPOCH + timedelta(microseconds=book.modified)
    yield _meta("dcterms:modified", f"{modified:%Y-%m-%dT%H:%M:%SZ}")
    yield f'<meta name="generator" content="storybook {written(__version__)}"/>'


def _makers(book: BookContent) -> Iterator[str]:
    """Each engine as an author of its kind, with how what it made was generated."""
    for it in credits_of(book):
        relator = _RELATORS[it.role]
        yield f'<dc:creator id="{relator}">{written(it.who)}</dc:creator>'
        yield _meta("role", relator, f'refines="#{relator}" scheme="marc:relators"')
        source_type = source_type_of(book.makers, it.role)
        yield _meta("Iptc4xmpExt:DigitalSourceType", source_type, f'refines="#{relator}"')


def _layout() -> Iterator[str]:
    yield _meta("rendition:layout", "pre-paginated")
    yield _meta("rendition:orientation", "landscape")
    yield _meta("rendition:spread", "none")


def _access(book: BookContent, contents: PackageFiles) -> Iterator[str]:
    """Who can read it, and how (EPUB Accessibility 1.1), and how long it is read aloud."""
    is_read = bool(contents.overlays)
    modes = ["textual", "visual", *["auditory"] * is_read]
    features = ["alternativeText", "readingOrder", "structuralNavigation", "tableOfContents"]
    for name, values in (
        ("accessMode", modes),
        ("accessModeSufficient", ["textual,visual", "textual"]),
        ("accessibilityFeature", [*features, *["synchronizedAudioText"] * is_read]),
        ("accessibilityHazard", ["none"]),
        ("accessibilitySummary", [_summary(book, is_read)]),
    ):
        yield from (_meta(f"schema:{name}", it) for it in values)
    if not is_read:
        return
    yield _meta("media:active-class", ACTIVE_CLASS)
    yield _meta("media:duration", _clock(contents.seconds))
    for it in contents.overlays:
        yield _meta("media:duration", _clock(it.seconds), f'refines="#{it.sheet}.smil"')
    yield from (
        _meta("media:narrator", it.who) for it in credits_of(book) if it.role is Role.NARRATOR
    )


def _summary(book: BookContent, is_read: bool) -> str:
    words = book.language.furniture
    return f"{words.for_everybody} {words.is_read_aloud}" if is_read else words.for_everybody


def _clock(seconds: float) -> str:
    return f"{seconds:.3f}s"


def _meta(name: str, value: str, more: str = "") -> str:
    return f'<meta property="{name}"{more and f" {more}"}>{written(value)}</meta>'


def _item(file: str, contents: PackageFiles) -> str:
    name = PurePosixPath(file)
    properties = {"nav.xhtml": "nav", "pictures/p0.jpg": "cover-image"}.get(file, "")
    overlay = f"{name.stem}.smil" if _has_overlay(name, contents.overlays) else ""
    return (
        f'<item id="{name.name}" href="{file}" media-type="{_MEDIA_TYPES[name.suffix]}"'
        + (f' properties="{properties}"' if properties else "")
        + (f' media-overlay="{overlay}"' if overlay else "")
        + "/>"
    )


def _has_overlay(file: PurePosixPath, overlays: Sequence[Overlay]) -> bool:
    return file.suffix == ".xhtml" and any(it.sheet == file.stem for it in overlays)
