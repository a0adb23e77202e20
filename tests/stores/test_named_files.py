"""Which files a log says are there."""

from __future__ import annotations

from storybook.book import Artifact, CastMember, ReferencePicture
from storybook.events.catalog import CastPictureGiven, RunRequested
from storybook.events.codec import SCHEMAS, encode
from storybook.stores.named_files import NamedFiles
from tests.engines import REQUEST
from tests.projections.histories import run_name


def test_a_picture_of_a_character_is_one() -> None:
    """It is backed up and verified as a page's is; one that another run has is that run's."""
    own = ReferencePicture("cast_1.png", "ab" * 32, 30)
    event = CastPictureGiven(CastMember("토끼", "rabbit", pictures=(own,)))
    named = NamedFiles()
    kind = type(event).__name__
    named.tell(run_name(1), kind, SCHEMAS[kind], encode(event))
    assert named.all() == [(run_name(1), Artifact("cast_1.png", "image/png", 30, "ab" * 32))]


def test_a_picture_that_a_hero_came_with_is_one() -> None:
    """Where the book has it as its own; one that stayed with another run is that run's."""
    own = ReferencePicture("cast_1.png", "ab" * 32, 30)
    theirs = ReferencePicture("cover.png", "cd" * 32, 40, run_id=run_name(2))
    cast = tuple(
        CastMember(name, "rabbit", pictures=(picture,), origin=run_name(2))
        for name, picture in (("토끼", own), ("토토", theirs))
    )
    event = RunRequested(REQUEST, 7, cast=cast)
    named = NamedFiles()
    kind = type(event).__name__
    named.tell(run_name(1), kind, SCHEMAS[kind], encode(event))
    assert named.all() == [(run_name(1), Artifact("cast_1.png", "image/png", 30, "ab" * 32))]
