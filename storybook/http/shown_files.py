"""Which files of a book its plain addresses serve: those of the edition that is shown."""

from __future__ import annotations

from storybook.book import RunId, split_edition
from storybook.projections.projector import Projections
from storybook.projections.runs import STATES, decode_snapshot


def shown_files(projections: Projections, run_id: RunId) -> dict[str, str] | None:
    """The files that a book shows now: the store's name of each by the one that it has in every
    edition. None if nothing is shown of the run."""
    row = projections.row(STATES, run_id)
    if row is None:
        return None
    pages = decode_snapshot(row[1]).pages
    names = (name for page in pages for name in (page.picture, page.narration) if name)
    return {split_edition(name)[0]: name for name in names}
