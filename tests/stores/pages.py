"""Pages of a log's file, and how a bad disk treats them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

PAGE: Final = 4_096
TABLE_LEAF, INDEX_LEAF = 0x0D, 0x0A
"""What the first byte of a page says (https://www.sqlite.org/fileformat2.html, 1.6)."""


def damage(path: Path, wanted: Callable[[bytes], bool]) -> bytes:
    """Fill the middle one of the pages that are wanted with zeros, as a bad disk does; returns what
    stood there."""
    content = path.read_bytes()
    pages = [content[at : at + PAGE] for at in range(0, len(content), PAGE)]
    candidates = [number for number, page in enumerate(pages) if number and wanted(page)]
    middle = candidates[len(candidates) // 2]
    before, pages[middle] = pages[middle], bytes(PAGE)
    path.write_bytes(b"".join(pages))
    return before


def is_answers(page: bytes) -> bool:
    return page[0] == INDEX_LEAF and b"@" in page
