"""Keeps what an engine has made, and describes it as events and readers know it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from storybook.book import Artifact, RunId, Segment
from storybook.stores.artifacts import ArtifactStore

PNG: Final = "image/png"
WAV: Final = "audio/wav"


async def save_picture(
    store: ArtifactStore, run_id: RunId, name: str, png: bytes, *, width: int, height: int
) -> Artifact:
    """Keep a picture of `width` × `height` pixels. Raises `CannotKeep`."""
    kept = await store.put(run_id, name, png)
    return Artifact(name, PNG, kept.size, kept.sha256, width=width, height=height)


async def save_audio(
    store: ArtifactStore,
    run_id: RunId,
    name: str,
    wav: bytes,
    *,
    seconds: float,
    segments: Sequence[Segment],
) -> Artifact:
    """Keep a narration of `seconds`. Raises `CannotKeep`."""
    kept = await store.put(run_id, name, wav)
    spoken = tuple(segments)
    return Artifact(name, WAV, kept.size, kept.sha256, seconds=seconds, segments=spoken)
