"""What the file says of itself to machines: title, makers, dates, and whether a model generated it.

The document's XMP (and the older document information, which says the same) tells of the book, that
of each picture how many dots it has in an inch of this paper and what made it: TIFF's and IPTC's
words for it, which programs that handle pictures know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final
from xml.sax import saxutils

from storybook import __version__
from storybook.book import Role
from storybook.export.content import BookContent
from storybook.export.credits import credits_of, notice_of, source_type_of

PROGRAM: Final = f"storybook {__version__}"
_NAMES: Final = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "pdf": "http://ns.adobe.com/pdf/1.3/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INCH: Final = "2"
"""TIFF's number for it, as the unit of a resolution."""


def book_metadata(book: BookContent, pictures: str) -> bytes:
    """The document's XMP. `pictures` is the line that tells how fine they are."""
    date = made(book).isoformat()
    told = [
        _tag("dc:title", _alternative(book.title)),
        _tag("dc:description", _alternative(subject(book, pictures))),
        _tag("dc:creator", _list("Seq", authors(book))),
        _tag("dc:language", _list("Bag", [book.language.tag, *(it.tag for it in book.others)])),
        _tag("dc:identifier", _text(book.identifier)),
        _tag("dc:format", "application/pdf"),
        _tag("xmpMM:DocumentID", _text(book.identifier)),
        _tag("xmp:CreatorTool", _text(PROGRAM)),
        _tag("pdf:Producer", _text(PROGRAM)),
        *(_tag(f"xmp:{name}", date) for name in ("CreateDate", "ModifyDate", "MetadataDate")),
        *_source_type(book, Role.WRITER, Role.ILLUSTRATOR),
    ]
    return _packet(told)


def picture_metadata(book: BookContent, width: int, height: int, dpi: int) -> bytes:
    """A picture's XMP."""
    told = [
        _tag("tiff:ImageWidth", f"{width}"),
        _tag("tiff:ImageLength", f"{height}"),
        _tag("tiff:XResolution", f"{dpi}/1"),
        _tag("tiff:YResolution", f"{dpi}/1"),
        _tag("tiff:ResolutionUnit", _INCH),
        *_source_type(book, Role.ILLUSTRATOR),
    ]
    return _packet(told)


def subject(book: BookContent, pictures: str) -> str:
    """Who made it, by rule or by model, and how fine its pictures are."""
    return " ".join(it for it in (notice_of(book), pictures) if it)


def authors(book: BookContent) -> list[str]:
    """Each who made something, once."""
    return [*dict.fromkeys(it.who for it in credits_of(book))]


def made(book: BookContent) -> datetime:
    """When, to the second."""
    return datetime.fromtimestamp(book.modified // 1_000_000, UTC)


def _source_type(book: BookContent, *roles: Role) -> Iterator[str]:
    """A model's word if one of the roles was a model's; nothing where nobody knows."""
    found = [source_type_of(book.makers, it) for it in roles]
    if book.makers:
        by_model = (it for it in found if "trained" in it)
        yield _tag("Iptc4xmpExt:DigitalSourceType", next(by_model, found[0]))


def _text(text: str) -> str:
    """As XML may have it."""
    return saxutils.escape(_NOT_XML.sub("", text))


def _tag(name: str, content: str) -> str:
    return f"<{name}>{content}</{name}>"


def _alternative(text: str) -> str:
    return f'<rdf:Alt><rdf:li xml:lang="x-default">{_text(text)}</rdf:li></rdf:Alt>'


def _list(kind: str, items: Sequence[str]) -> str:
    told = "".join(_tag("rdf:li", _text(it)) for it in items)
    return f"<rdf:{kind}>{told}</rdf:{kind}>"


def _packet(properties: Sequence[str]) -> bytes:
    told = "\n".join(properties)
    names = " ".join(f'xmlns:{name}="{it}"' for name, it in _NAMES.items())
    return f"""\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF \
xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" {names}>
{told}
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>""".encode()
