"""What an artifact store is: it keeps the finished files of runs, and speaks in bytes alone.

What is kept has a **key**: a run and a name inside the store, which need not be the name that the
API gives it. Bytes come back whole or by **range**, in pieces. A **stat** says how large something
is, with a token that changes whenever the content may have; a **digest** reads all of it. Where the
bytes lie is the store's own affair: only `location` says it, in words for people.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

import msgspec

from storybook.book import RunId


class ArtifactError(Exception):
    """The store could not do what it was asked to; the message says what and why."""


class CannotKeep(ArtifactError):
    """The content could not be written; what was there before is still there."""


class NoSpace(CannotKeep):
    """There is no room, or nothing may be written: work can wait until somebody mends it.

    `needed` and `free` are bytes; `free` is None where nobody can tell."""

    def __init__(self, location: str, needed: int, free: int | None, why: str) -> None:
        room = f"{needed:,} bytes are needed" + (f", {free:,} are free" if free is not None else "")
        super().__init__(
            f"{location} could not be kept: {why}; {room}. Make room there, or let it be written to"
        )
        self.location, self.needed, self.free = location, needed, free


class CannotRemove(ArtifactError):
    """Something could not be deleted; asking again is safe."""


class CannotRead(ArtifactError):
    """Something is there, and cannot be read now: that says nothing of what it is."""


class NoSuchArtifact(ArtifactError):
    """There is nothing under this key that could be read; `why` is `is missing` or `is no file`."""

    def __init__(self, run_id: RunId, name: str, why: str = "is missing") -> None:
        super().__init__(f"{name} of run {run_id} {why}")
        self.run_id, self.name, self.why = run_id, name, why


class Stored(msgspec.Struct, frozen=True):
    """What was kept: bytes, and their SHA-256 in hexadecimal."""

    size: int
    sha256: str


class Stat(msgspec.Struct, frozen=True):
    """How large something is (bytes), and a token: another one, and it may be other content. Of two
    things that were put, `put_at` is larger of the later one: microseconds since 1970 where the
    store lasts."""

    size: int
    token: str
    put_at: int


class ArtifactStore(Protocol):
    """Keeps artifacts. Names are plain: no folder, and no dot at their beginning."""

    async def put(self, run_id: RunId, name: str, content: bytes) -> Stored:
        """Keep content, in place of what was there: durable, whole or not at all, once this
        returns. Raises `CannotKeep`, as `NoSpace` where the disk is full or read-only."""
        ...

    async def put_file(self, run_id: RunId, name: str, path: Path) -> Stored:
        """As `put`, of a file's content, which is never in memory at once. The file is the store's
        from then on: it is gone, or not, whatever becomes of this. Raises `CannotKeep` as `put`."""
        ...

    def open(
        self, run_id: RunId, name: str, start: int = 0, end: int | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Bytes `start` to `end` (None: all that follow), in pieces. Raises `NoSuchArtifact` or
        `CannotRead` when it is entered, and `CannotRead` where the content ends too early."""
        ...

    async def stat(self, run_id: RunId, name: str) -> Stat:
        """Look without reading. Raises `NoSuchArtifact` or `CannotRead`."""
        ...

    async def digest(self, run_id: RunId, name: str) -> str:
        """The SHA-256 of what is there, read now. Raises `NoSuchArtifact` or `CannotRead`."""
        ...

    async def names(self, run_id: RunId) -> list[str]:
        """What is kept whole for a run, sorted."""
        ...

    async def remove(self, run_id: RunId, names: Iterable[str]) -> None:
        """Delete; what is not there is no fault. Raises `CannotRemove`."""
        ...

    async def forget(self, run_id: RunId) -> None:
        """Delete all that there is of a run, whatever it is, and keep nothing of it any more: a
        later `put` raises `CannotKeep`. Raises `CannotRemove`."""
        ...

    async def share(self, origin: RunId, name: str, run_id: RunId, as_name: str) -> None:
        """Keep for another run what is kept already: neither loses it when the other's goes or is
        replaced. What a run has before its first event is `unnamed`. Raises `NoSuchArtifact`,
        `CannotRead` or `CannotKeep`."""
        ...

    async def take_in(self, run_id: RunId) -> None:
        """Say that a run without an event is given files from elsewhere: it is `unnamed` until that
        is settled. Nothing is done if it has files already. Raises `CannotKeep`."""
        ...

    async def unnamed(self) -> list[RunId]:
        """The runs that were given files to share, or from elsewhere, and of which no event was
        said to name them."""
        ...

    async def settle_shared(self, run_id: RunId, *, is_named: bool) -> None:
        """Say that events name what a run was given; or that none ever will: then it goes.
        Of what is not `unnamed` nothing goes."""
        ...

    async def tidy(self, run_id: RunId) -> None:
        """Remove what a killed process had begun to write."""
        ...

    def location(self, run_id: RunId, name: str = "") -> str:
        """Where a run's files lie, or one of them, for people to read; "" if there is no such
        place."""
        ...


def check_name(name: str) -> str:
    """The name, if it is plain. Raises ValueError."""
    if not name or name.startswith(".") or any(sign in name for sign in "/\\:\0"):
        raise ValueError(f"a name in the store is plain, without folder or leading dot: {name!r}")
    return name


async def read_whole(store: ArtifactStore, run_id: RunId, name: str) -> bytes:
    """All of an artifact. Raises `NoSuchArtifact` or `CannotRead`."""
    async with store.open(run_id, name) as pieces:
        return b"".join([piece async for piece in pieces])
