"""The pictures that an illustrator is shown of a book's characters, so that they stay who they are.

Of each character the picture that was given of it or that it brought from another book, else the
book's own cover once that is painted; for the cover itself there is none then. What cannot be had
(a forgotten book's, a damaged file) is left out: the characters' cards say what is to be seen, too.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator

from storybook.book import COVER_PAGE, ReferencePicture, RunId, Work, picture_of
from storybook.engines import Reference
from storybook.run import Run
from storybook.stages.casting import cast_of
from storybook.stores.artifacts import ArtifactError, ArtifactStore, read_whole

logger = logging.getLogger(__name__)


async def references(
    run: Run, run_id: RunId, work: Work, store: ArtifactStore
) -> tuple[Reference, ...]:
    """The pictures for one page, each once, in the order of the cast."""
    found: dict[str, Reference] = {}
    for picture in _pictures(run, work):
        if picture.sha256 not in found:
            reference = await _read(picture, run_id, store)
            if reference is not None:
                found[picture.sha256] = reference
    return tuple(found.values())


def cover_of(run: Run) -> ReferencePicture | None:
    """The picture that shows a book's characters, once it is there."""
    artifact = run.artifact(picture_of(COVER_PAGE))
    if artifact is None or artifact.name in run.pruned:
        return None
    return ReferencePicture(artifact.name, artifact.sha256, artifact.size, artifact.media_type)


def _pictures(run: Run, work: Work) -> Iterator[ReferencePicture]:
    cover = cover_of(run) if work.page != COVER_PAGE else None
    for member in cast_of(run):
        if member.pictures:
            yield member.pictures[0]
        elif cover is not None:
            yield cover


async def _read(picture: ReferencePicture, run_id: RunId, store: ArtifactStore) -> Reference | None:
    origin = RunId(picture.run_id) if picture.run_id else run_id
    try:
        content = await read_whole(store, origin, picture.name)
    except ArtifactError as error:
        logger.info("a reference picture is left out: %s", error)
        return None
    if hashlib.sha256(content).hexdigest() != picture.sha256:
        logger.info("a reference picture is left out: %s was changed", picture.name)
        return None
    return Reference(picture.sha256, picture.media_type, content)
