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
of another page, which is as large as this only in files of 300 GiB. Indexes have no texts."""
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
    return any(
        _has_remains(content[at : at + size], 0 if at else HEADER_BYTES)
        for at in range(0, len(content), size)
    )


def write_anew(db: sqlite3.Connection) -> None:
    """Leave no remains, outside a transaction. It takes as much room on the disk as the file is
    large, and nobody else can write or read it meanwhile."""
    if has_remains(db):
        db.execute("VACUUM")


def _has_remains(page: memoryview, offset: int) -> bool:
    """`offset` is where the page's header begins."""
    header = TABLE_PAGES.get(page[offset])
    if header is None:
        return False
    cells, content = struct.unpack_from(">HH", page, offset + 3)
    unused = page[offset + header + 2 * cells : content or 65_536]
    return REMAINS.search(unused) is not None
