"""What `storybook doctor` finds of books that are kept, and of the formats that they can be taken
along in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from storybook.cli.findings import Finding, Grade
from storybook.cli.output import size
from storybook.export.formats import BookFormat
from storybook.export.keeping import StoredCopy
from storybook.projections.library import EndedRun
from storybook.retention import Keep, copies_due, room_for_copies


def format_findings(formats: Iterable[BookFormat]) -> Iterator[Finding]:
    """Which can be made here, and what installs the others."""
    by_mend: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for it in formats:
        by_mend[", ".join(it.missing), it.mend].append(it.name)
    for (missing, mend), names in by_mend.items():
        listed = ", ".join(names)
        if not missing:
            yield Finding("formats", Grade.OK, f"books can be taken along as {listed}")
        else:
            found = f"{listed} cannot be made here; packages that are not installed: {missing}"
            yield Finding("formats", Grade.KNOWING, found, f"{mend}.")


def kept_finding(ended: Sequence[EndedRun], copies: Sequence[StoredCopy], keep: Keep) -> Finding:
    """How many bytes books and copies have, and what becomes of them if that is too many."""
    books, taken = sum(it.file_bytes for it in ended), sum(it.file_bytes for it in copies)
    found = (
        f"{size(books)} of pictures and audio, {size(taken)} of copies to be taken along "
        f"({len(copies)})"
    )
    if keep.bytes:
        found += f"; keep_bytes is {size(keep.bytes)} for both"
        if going := copies_due(copies, room_for_copies(ended, keep)):
            found += f": the {len(going)} oldest copies go next, before any book does"
    return Finding("retention", Grade.OK, found)
