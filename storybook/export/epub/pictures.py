"""Pictures as JPEG, the type that every e-book reader knows: WebP is one of EPUB's only since
version 3.3, and many a device is older. Each carries in XMP how it was generated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from storybook.book import Role
from storybook.export.content import Maker
from storybook.export.credits import source_type_of

QUALITY: Final = 88
"""Of 100: the grain and soft edges of a watercolour stay."""
_PAPER: Final = 0xFFFDF8EC
"""Under what is transparent, since JPEG has nothing of the kind."""
_APPLICATION_SEGMENT: Final = b"\xff\xe1"
_XMP_NAMESPACE: Final = b"http://ns.adobe.com/xap/1.0/\0"
_XMP: Final = """\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" \
xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" \
Iptc4xmpExt:DigitalSourceType="{source_type}"/>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


def jpeg(picture: bytes, makers: Sequence[Maker]) -> bytes:
    """A PNG (or what else skia reads) as JPEG. Raises `ValueError` for what is no picture."""
    import skia  # type: ignore[import-not-found]  # skia-python has no stubs

    image = skia.Image.MakeFromEncoded(skia.Data.MakeWithCopy(picture))
    if image is None:
        raise ValueError("it is no picture that can be read")
    surface = skia.Surface(image.width(), image.height())
    with surface as canvas:
        canvas.clear(_PAPER)
        canvas.drawImage(image, 0, 0)
    encoded = bytes(surface.makeImageSnapshot().encodeToData(skia.kJPEG, QUALITY))
    first = 4 + int.from_bytes(encoded[4:6], "big")  # up to the end of JFIF's, which is the first
    told = _segment(source_type_of(makers, Role.ILLUSTRATOR))
    return encoded[:first] + told + encoded[first:]


def _segment(source_type: str) -> bytes:
    content = _XMP_NAMESPACE + _XMP.format(source_type=source_type).encode()
    size = len(content) + 2  # its own two bytes are counted
    return _APPLICATION_SEGMENT + size.to_bytes(2, "big") + content
