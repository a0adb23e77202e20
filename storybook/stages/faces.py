"""Where a book's characters show their faces: a piece of its cover for each."""

from __future__ import annotations

import msgspec

from storybook.book import COVER_PAGE, Role, picture_of
from storybook.run import Run
from storybook.stages.references import cover_of
from storybook.stages.registry import find_faces, is_painted_here
from storybook.stages.tasks import painting_task


class Face(msgspec.Struct, frozen=True):
    """A square piece of a picture: its file, and its middle and its side as shares of the picture's
    side."""

    picture: str
    x: float
    y: float
    side: float


def faces_of(run: Run) -> dict[str, Face]:
    """The faces, by the character's name. None unless the embedded painter alone has painted the
    book: of others' pictures nobody knows who stands where."""
    cover = cover_of(run)
    if cover is None or not is_painted_here(run.engines_of(Role.ILLUSTRATOR)):
        return {}
    found = find_faces(painting_task(run, picture_of(COVER_PAGE)))
    return {name: Face(cover.name, *place) for name, place in found.items()}
