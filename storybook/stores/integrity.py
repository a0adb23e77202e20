"""Whether artifacts are still what was recorded of them: there, as large, and the same bytes.

Bytes are read once: what was found is remembered with the artifact's token, and holds until that is
another one. So a file that somebody has changed is found when it is asked for the first time, and
again whenever the store says that it may have changed.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Final

import anyio

from storybook.book import Artifact, RunId
from storybook.stores.artifacts import ArtifactError, ArtifactStore, NoSuchArtifact
from storybook.stores.digests import digests_differ

MOST_REMEMBERED: Final = 4_096
"""Artifacts of which it is known what was found, about 2 MB."""


class DamagedArtifact(ArtifactError):
    """What was read is not what was recorded."""


class Integrity:
    """Looks at artifacts, and remembers what it has found."""

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store
        self._found: OrderedDict[tuple[RunId, str], tuple[str, str, str]] = OrderedDict()
        self._reading = anyio.Lock()

    async def damage(self, run_id: RunId, artifact: Artifact) -> str:
        """What is wrong with an artifact, as words that go on after its name; "" if nothing is.

        `is missing`, `is no file`, `has 3 bytes and not 7`, `has other bytes: its SHA-256 …`.
        Raises `CannotRead` where nobody can tell.
        """
        try:
            stat = await self._store.stat(run_id, artifact.name)
            if stat.size != artifact.size:
                return f"has {stat.size:,} bytes and not {artifact.size:,}"
            known = self._known(run_id, artifact, stat.token)
            if known is None:
                # One at a time: whoever asks for the same artifact meanwhile need not read it too.
                async with self._reading:
                    known = self._known(run_id, artifact, stat.token)
                    if known is None:
                        known = await self._read(run_id, artifact, stat.token)
            return known
        except NoSuchArtifact as error:
            return error.why

    def _known(self, run_id: RunId, artifact: Artifact, token: str) -> str | None:
        looked_at, recorded, damage = self._found.get((run_id, artifact.name), ("", "", ""))
        return damage if (looked_at, recorded) == (token, artifact.sha256) else None

    async def _read(self, run_id: RunId, artifact: Artifact, token: str) -> str:
        digest = await self._store.digest(run_id, artifact.name)
        damage = other_bytes(artifact.sha256, digest)
        key = run_id, artifact.name
        self._found[key] = token, artifact.sha256, damage
        self._found.move_to_end(key)
        if len(self._found) > MOST_REMEMBERED:
            self._found.popitem(last=False)
        return damage


def check_bytes(artifact: Artifact, content: bytes) -> None:
    """Hold what was read against what was recorded. Raises `DamagedArtifact`."""
    if damage := other_bytes(artifact.sha256, hashlib.sha256(content).hexdigest()):
        raise DamagedArtifact(f"{artifact.name} {damage}")


def other_bytes(recorded: str, found: str) -> str:
    """What two digests say of an artifact's bytes; "" if they are the same."""
    if recorded == found:
        return ""
    return f"has other bytes: its SHA-256 {digests_differ(recorded, found)}"
