"""A book as one ZIP: its files, what it was made from, and what happened; signed, and to be taken
in again.

`shapes` are the JSON files in it; `making` makes them of a book's content and its events, of which
`history` tells what may be given away; `signing` is the installation's key; `zipping` writes the
ZIP, and reads one that may come from anybody; `checking` says what is wrong with one.
"""

from __future__ import annotations

from collections.abc import Sequence

import anyio.to_thread

from storybook.events.log import Recorded
from storybook.export.archive.making import (
    archived_book,
    manifest_of,
    signature_of,
    stored_files,
    texts_of,
)
from storybook.export.archive.shapes import MANIFEST, SIGNATURE
from storybook.export.archive.signing import SigningKey
from storybook.export.archive.zipping import zip_of
from storybook.export.content import BookContent
from storybook.export.media import SmallMedia

__all__ = ["make_archive"]


async def make_archive(
    book: BookContent, media: SmallMedia, events: Sequence[Recorded], key: SigningKey
) -> bytes:
    """The ZIP of a book; `events` are all of its run. The same book, events and key make the same
    bytes. Raises `CannotExport`, and what `SmallMedia.whole` raises."""
    files = [(name, await media.whole(book.run_id, it)) for name, it in stored_files(book)]
    return await anyio.to_thread.run_sync(_archive, book, files, events, key)


def _archive(
    book: BookContent,
    files: list[tuple[str, bytes]],
    events: Sequence[Recorded],
    key: SigningKey,
) -> bytes:
    told = archived_book(book, events)
    everything = [*texts_of(told, book, events), *files]
    manifest = manifest_of(told, events, everything)
    signature = signature_of(manifest, key)
    return zip_of([(MANIFEST, manifest), (SIGNATURE, signature), *everything])
