"""What SQLite leaves of rows that it moved or removed, in what is unused of its pages.

With `secure_delete` it writes zeros over what is removed, but not over what it has moved: when rows
of two pages are shared out anew, copies of some stay in the middle of the page that they came from
(some 3 in 100 removals left one, with rows of a few hundred bytes that change as deliveries do).
Only a file that is written anew has none.
"""

from __future__ import annotations

import re
import sqlite3
import struct
from typing import Final

HEADER_BYTES: Final = 100
"""Of the file, which come before the first page's own header."""
TABLE_PAGES: Final = {0x05: 12, 0x0D: 8}
"""How long the header of a page is, by its kind: inner pages and leaves of a table, which is where
rows are, as https://www.sqlite.org/fileformat2.html has it. Pages of no tree begin with the number
of another page, which is as large as this only in files of 300 GiB. Indexes have no texts but
names."""
INNER_PAGE: Final = 0x05
REMAINS: Final = re.compile(rb"[^\0]{5}")
"""So many bytes in a row are of something recorded. SQLite leaves the sizes of free stretches, four
bytes at most."""


def has_remains(db: sqlite3.Connection) -> bool:
    """Whether there is anything in the unused middle of any page, outside a transaction.

    It takes as much memory as the file is large. It is not read as a file: to close that would let
    go of the locks that other connections of this process have on it.
    """
    content = memoryview(db.serialize())
    (size,) = struct.unpack(">H", content[16:18])
    size = 65_536 if size == 1 else size
    schema = _schema_pages(content, size)
    return any(
        _has_remains(content[at : at + size])
        for at in range(0, len(content), size)
        if at // size + 1 not in schema
    )


def write_anew(db: sqlite3.Connection) -> None:
    """Leave no remains, outside a transaction. It takes as much room on the disk as the file is
    large, and nobody else can write or read it meanwhile."""
    if has_remains(db):
        db.execute("VACUUM")


def _schema_pages(content: memoryview, size: int) -> set[int]:
    """The numbers of the pages that hold the tables' own definitions: nothing recorded is there."""
    found, waiting = set[int](), [1]
    while waiting:
        number = waiting.pop()
        found.add(number)
        at = (number - 1) * size
        header = at + (HEADER_BYTES if number == 1 else 0)
        if content[header] == INNER_PAGE:
            (cells,) = struct.unpack_from(">H", content, header + 3)
            starts = struct.unpack_from(f">{cells}H", content, header + TABLE_PAGES[INNER_PAGE])
            children = [at + it for it in starts] + [header + 8]
            waiting += [struct.unpack_from(">I", content, it)[0] for it in children]
    return found


def _has_remains(page: memoryview) -> bool:
    header = TABLE_PAGES.get(page[0])
    if header is None:
        return False
    cells, content = struct.unpack_from(">HH", page, 3)
    unused = page[header + 2 * cells : content or 65_536]
    return REMAINS.search(unused) is not None
