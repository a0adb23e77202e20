"""Which files a log says are there: completed or made again, and not removed since."""

from __future__ import annotations

from typing import Final

from storybook.book import Artifact, CastMember, RunId
from storybook.events.catalog import (
    EVENT_TYPES,
    ArtifactRemade,
    ArtifactsPruned,
    CastPictureGiven,
    RunRequested,
    StageCompleted,
)
from storybook.events.codec import UnreadableEvent, decode

ABOUT_FILES: Final = frozenset(
    it.__name__
    for it in (RunRequested, StageCompleted, ArtifactRemade, ArtifactsPruned, CastPictureGiven)
)
"""The types of the events that say of a file that it is there, or no more."""


class NamedFiles:
    """What a log has said of files so far. Rows are told in the order of the log."""

    def __init__(self) -> None:
        self._found: dict[tuple[RunId, str], Artifact] = {}
        self.unsure: set[RunId] = set()
        """Runs of which something could not be read: what became of their files is not certain."""

    def tell(self, run_id: RunId, kind: str, schema: int, data: bytes) -> None:
        """Take a row of the log. One whose data was erased names nothing."""
        if kind not in EVENT_TYPES:
            self.unsure.add(run_id)
        if kind not in ABOUT_FILES or not data:
            return
        try:
            event = decode(kind, schema, data)
        except UnreadableEvent:
            self.unsure.add(run_id)
            return
        match event:
            case (
                StageCompleted(artifact=Artifact() as artifact) | ArtifactRemade(artifact=artifact)
            ):
                self._found[run_id, artifact.name] = artifact
            case CastPictureGiven(member=member):
                self._name_pictures(run_id, member)
            case RunRequested(cast=members):
                for it in members:
                    self._name_pictures(run_id, it)
            case ArtifactsPruned(names=names):
                for name in names:
                    self._found.pop((run_id, name), None)

    def _name_pictures(self, run_id: RunId, member: CastMember) -> None:
        """Those of another run are that run's."""
        for it in member.pictures:
            if not it.run_id:
                picture = Artifact(it.name, it.media_type, it.size, it.sha256)
                self._found[run_id, it.name] = picture

    def all(self) -> list[tuple[RunId, Artifact]]:
        """Every file that is to be there, by run and name."""
        return [(run_id, it) for (run_id, _), it in sorted(self._found.items(), key=lambda e: e[0])]
