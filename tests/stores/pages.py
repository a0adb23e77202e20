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
    candidates = _numbers(path, wanted)
    return _fill_with_zeros(path, candidates[len(candidates) // 2])


def damage_last(path: Path, wanted: Callable[[bytes], bool]) -> bytes:
    """The same for the last one of the file: that of the last rows, in a log."""
    return _fill_with_zeros(path, _numbers(path, wanted)[-1])


def damage_all(path: Path, wanted: Callable[[bytes], bool]) -> None:
    """The same for every page that is wanted."""
    for number in _numbers(path, wanted):
        _fill_with_zeros(path, number)


def _numbers(path: Path, wanted: Callable[[bytes], bool]) -> list[int]:
    content = path.read_bytes()
    pages = [content[at : at + PAGE] for at in range(0, len(content), PAGE)]
    return [number for number, page in enumerate(pages) if number and wanted(page)]


def _fill_with_zeros(path: Path, number: int) -> bytes:
    with path.open("r+b") as file:
        file.seek(number * PAGE)
        before = file.read(PAGE)
        file.seek(number * PAGE)
        file.write(bytes(PAGE))
    return before


def is_answers(page: bytes) -> bool:
    return page[0] == INDEX_LEAF and b"@" in page
