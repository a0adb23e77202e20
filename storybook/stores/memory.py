"""Artifacts in memory: for tests, and for whatever need not outlast its process."""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

from storybook.book import RunId
from storybook.stores.artifacts import (
    CannotKeep,
    CannotRead,
    NoSuchArtifact,
    Stat,
    Stored,
    check_name,
)


class MemoryArtifactStore:
    """A dictionary of all runs' artifacts."""

    def __init__(self) -> None:
        self._kept: defaultdict[RunId, dict[str, tuple[bytes, int]]] = defaultdict(dict)
        self._serial = itertools.count()
        self._forgotten: set[RunId] = set()
        self._unnamed: set[RunId] = set()

    def location(self, run_id: RunId, name: str = "") -> str:
        return ""

    async def put(self, run_id: RunId, name: str, content: bytes) -> Stored:
        if run_id in self._forgotten:
            raise CannotKeep(f"{name} could not be kept: run {run_id} was forgotten")
        self._kept[run_id][check_name(name)] = content, next(self._serial)
        return Stored(len(content), hashlib.sha256(content).hexdigest())

    async def put_file(self, run_id: RunId, name: str, path: Path) -> Stored:
        return await self.put(run_id, name, await anyio.Path(path).read_bytes())

    @asynccontextmanager
    async def open(
        self, run_id: RunId, name: str, start: int = 0, end: int | None = None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        content, _ = self._of(run_id, name)
        yield _piece(content, start, len(content) if end is None else end)

    async def stat(self, run_id: RunId, name: str) -> Stat:
        content, serial = self._of(run_id, name)
        return Stat(len(content), str(serial), serial)

    async def digest(self, run_id: RunId, name: str) -> str:
        content, _ = self._of(run_id, name)
        return hashlib.sha256(content).hexdigest()

    async def names(self, run_id: RunId) -> list[str]:
        return sorted(self._kept.get(run_id, {}))

    async def remove(self, run_id: RunId, names: Iterable[str]) -> None:
        for name in names:
            self._kept[run_id].pop(check_name(name), None)
        if not self._kept[run_id]:
            del self._kept[run_id]

    async def forget(self, run_id: RunId) -> None:
        self._forgotten.add(run_id)
        self._kept.pop(run_id, None)

    async def share(self, origin: RunId, name: str, run_id: RunId, as_name: str) -> None:
        content, _ = self._of(origin, name)
        if not self._kept.get(run_id):
            self._unnamed.add(run_id)
        await self.put(run_id, as_name, content)

    async def take_in(self, run_id: RunId) -> None:
        if run_id in self._forgotten:
            raise CannotKeep(f"run {run_id} was forgotten")
        if not self._kept.get(run_id):
            self._unnamed.add(run_id)

    async def unnamed(self) -> list[RunId]:
        return sorted(self._unnamed)

    async def settle_shared(self, run_id: RunId, *, is_named: bool) -> None:
        if run_id in self._unnamed and not is_named:
            self._kept.pop(run_id, None)
        self._unnamed.discard(run_id)

    async def tidy(self, run_id: RunId) -> None:
        """Nothing here is ever half written."""

    def _of(self, run_id: RunId, name: str) -> tuple[bytes, int]:
        found = self._kept.get(run_id, {}).get(check_name(name))
        if found is None:
            raise NoSuchArtifact(run_id, name)
        return found


async def _piece(content: bytes, start: int, end: int) -> AsyncIterator[bytes]:
    if end > len(content):
        raise CannotRead("the content ends before the range does")
    if start < end:
        yield content[start:end]
