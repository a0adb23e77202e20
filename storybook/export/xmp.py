"""XMP: what a file says of itself to machines, as PDF, pictures and films carry it.

Whether a model generated something is said in IPTC's word for it, `DigitalSourceType`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final
from xml.sax import saxutils

from storybook import __version__
from storybook.book import Role
from storybook.clock import MICROSECONDS
from storybook.export.content import BookContent
from storybook.export.credits import credits_of, source_type_of

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


def told_of_book(book: BookContent, media_type: str, description: str, *roles: Role) -> list[str]:
    """What any file says of its book: title, makers, dates, and whether a model had one of the
    roles that made what is in it."""
    date = made(book).isoformat()
    return [
        tag("dc:title", _alternative(book.title)),
        tag("dc:description", _alternative(description)),
        tag("dc:creator", _list("Seq", authors(book))),
        tag("dc:language", _list("Bag", [book.language.tag, *(it.tag for it in book.others)])),
        tag("dc:identifier", text(book.identifier)),
        tag("dc:format", media_type),
        tag("xmpMM:DocumentID", text(book.identifier)),
        tag("xmp:CreatorTool", text(PROGRAM)),
        *(tag(f"xmp:{name}", date) for name in ("CreateDate", "ModifyDate", "MetadataDate")),
        *source_type(book, *roles),
    ]


def authors(book: BookContent) -> list[str]:
    """Each who made something, once."""
    return [*dict.fromkeys(it.who for it in credits_of(book))]


def made(book: BookContent) -> datetime:
    """When, to the second."""
    return datetime.fromtimestamp(book.modified // MICROSECONDS, UTC)


def source_type(book: BookContent, *roles: Role) -> Iterator[str]:
    """A model's word if one of the roles was a model's; nothing where nobody knows."""
    found = [source_type_of(book.makers, it) for it in roles]
    if book.makers:
        by_model = (it for it in found if "trained" in it)
        yield tag("Iptc4xmpExt:DigitalSourceType", next(by_model, found[0]))


def text(content: str) -> str:
    """As XML may have it."""
    return saxutils.escape(_NOT_XML.sub("", content))


def tag(name: str, content: str) -> str:
    """A property, of a name with one of the prefixes above."""
    return f"<{name}>{content}</{name}>"


def _alternative(content: str) -> str:
    return f'<rdf:Alt><rdf:li xml:lang="x-default">{text(content)}</rdf:li></rdf:Alt>'


def _list(kind: str, items: Sequence[str]) -> str:
    told = "".join(tag("rdf:li", text(it)) for it in items)
    return f"<rdf:{kind}>{told}</rdf:{kind}>"


def packet(properties: Sequence[str]) -> bytes:
    """Properties as a file carries them."""
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
