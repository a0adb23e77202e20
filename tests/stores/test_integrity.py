"""Artifacts are held against what was recorded of them, and read no oftener than needed."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from storybook.book import Artifact, RunId
from storybook.stores.artifacts import CannotRead
from storybook.stores.files import FileArtifactStore
from storybook.stores.integrity import Integrity, other_bytes
from storybook.stores.memory import MemoryArtifactStore
from tests.stores.artifact_conformance import NAME, RUN

pytestmark = pytest.mark.anyio
CONTENT = b"a picture"
RECORDED = Artifact(NAME, "image/png", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


class CountingStore(MemoryArtifactStore):
    """Counts how often it is read through."""

    def __init__(self) -> None:
        super().__init__()
        self.digests = 0

    async def digest(self, run_id: RunId, name: str) -> str:
        self.digests += 1
        await anyio.lowlevel.checkpoint()
        return await super().digest(run_id, name)


async def test_each_kind_of_damage_is_told() -> None:
    """Missing, of another size, of other bytes; nothing where nothing is wrong."""
    store = MemoryArtifactStore()
    integrity = Integrity(store)
    assert await integrity.damage(RUN, RECORDED) == "is missing"
    await store.put(RUN, NAME, CONTENT + b"!")
    assert await integrity.damage(RUN, RECORDED) == "has 10 bytes and not 9"
    await store.put(RUN, NAME, CONTENT.upper())
    assert (await integrity.damage(RUN, RECORDED)).startswith(
        "has other bytes: its SHA-256 should be "
    )
    await store.put(RUN, NAME, CONTENT)
    assert await integrity.damage(RUN, RECORDED) == ""


@pytest.mark.parametrize("content", [CONTENT, CONTENT.upper()])
async def test_bytes_are_read_once_until_they_may_have_changed(content: bytes) -> None:
    """Whole or damaged, however many ask at the same time."""
    store = CountingStore()
    integrity = Integrity(store)
    await store.put(RUN, NAME, content)
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(integrity.damage, RUN, RECORDED)
    await integrity.damage(RUN, RECORDED)
    assert store.digests == 1
    await store.put(RUN, NAME, content)
    await integrity.damage(RUN, RECORDED)
    assert store.digests == 2


async def test_a_file_of_the_same_size_and_time_is_found(tmp_path: Path) -> None:
    """Whoever sets the time of modification back leaves another trace."""
    store = FileArtifactStore(tmp_path)
    integrity = Integrity(store)
    await store.put(RUN, NAME, CONTENT)
    assert await integrity.damage(RUN, RECORDED) == ""
    path = tmp_path / RUN / NAME
    before = path.stat()
    path.write_bytes(CONTENT.upper())
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert "other bytes" in await integrity.damage(RUN, RECORDED)


async def test_what_cannot_be_read_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows what it is, and it may be whole tomorrow."""

    def refuse(path: str, flags: int) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    store = FileArtifactStore(tmp_path)
    integrity = Integrity(store)
    await store.put(RUN, NAME, CONTENT)
    with monkeypatch.context() as patched:
        patched.setattr("storybook.stores.files._open_plainly", refuse)
        with pytest.raises(CannotRead, match=r"cover\.png .* cannot be read: Permission denied"):
            await integrity.damage(RUN, RECORDED)
    assert await integrity.damage(RUN, RECORDED) == ""


def test_digests_are_shown_where_they_differ() -> None:
    """However late that is."""
    recorded = "0123456789abcdef" * 4
    found = recorded[:60] + "ffff"
    assert other_bytes(recorded, recorded) == ""
    assert other_bytes(recorded, found) == (
        "has other bytes: its SHA-256 should be …0123456789abcdef from digit 49 on, "
        "found …0123456789abffff"
    )
