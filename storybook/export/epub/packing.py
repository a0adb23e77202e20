"""One file of many: ZIP as EPUB wants it, the same bytes for the same files."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

_MEDIA_TYPE: Final = b"application/epub+zip"
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The first that ZIP knows."""
_UNIX: Final = 3
_COMPRESSED_ALREADY: Final = (".jpg", ".mp3")


def packed(files: Mapping[str, bytes]) -> bytes:
    """The files in their order, after the one that says what this is, which is stored as it is."""
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr(_entry("mimetype", ZIP_STORED), _MEDIA_TYPE)
        for name, content in files.items():
            is_small = name.endswith(_COMPRESSED_ALREADY)
            archive.writestr(_entry(name, ZIP_STORED if is_small else ZIP_DEFLATED), content)
    return file.getvalue()


def _entry(name: str, compression: int) -> ZipInfo:
    entry = ZipInfo(name, _NO_TIME)
    entry.compress_type, entry.create_system = compression, _UNIX
    entry.external_attr = 0o644 << 16
    return entry
