"""What every `ArtifactStore` must keep, wherever it has its bytes: a subclass has a `store`."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from storybook.book import RunId
from storybook.stores.artifacts import (
    ArtifactStore,
    CannotKeep,
    CannotRead,
    NoSuchArtifact,
    Stored,
    read_whole,
)
from tests.engines import run_id

RUN, OTHER = run_id(1), run_id(2)
NAME = "cover.png"
LONG = bytes(range(256)) * 4_096 + b"end"
"""More than one piece."""


async def read(
    store: ArtifactStore, start: int = 0, end: int | None = None, *, run: RunId = RUN
) -> bytes:
    async with store.open(run, NAME, start, end) as pieces:
        return b"".join([piece async for piece in pieces])


class ArtifactStoreConformance:
    pytestmark = pytest.mark.anyio

    @pytest.mark.parametrize("content", [b"", b"x", LONG])
    async def test_what_was_put_comes_back(self, store: ArtifactStore, content: bytes) -> None:
        """Its bytes, its size and its digest, when it is put and whenever it is asked for."""
        digest = hashlib.sha256(content).hexdigest()
        assert await store.put(RUN, NAME, content) == Stored(len(content), digest)
        assert await read_whole(store, RUN, NAME) == content
        assert (await store.stat(RUN, NAME)).size == len(content)
        assert await store.digest(RUN, NAME) == digest

    async def test_a_file_is_put_as_its_bytes_are(
        self, store: ArtifactStore, tmp_path: Path
    ) -> None:
        """In place of what was there; of a forgotten run nothing is kept."""
        await store.put(RUN, NAME, b"old")
        file = tmp_path / "film"
        file.write_bytes(LONG)
        digest = hashlib.sha256(LONG).hexdigest()
        assert await store.put_file(RUN, NAME, file) == Stored(len(LONG), digest)
        assert await read_whole(store, RUN, NAME) == LONG
        assert await store.names(RUN) == [NAME]
        await store.forget(RUN)
        file.write_bytes(LONG)
        with pytest.raises(CannotKeep, match="forgotten"):
            await store.put_file(RUN, NAME, file)
        assert await store.names(RUN) == []

    async def test_what_is_put_later_says_so(self, store: ArtifactStore, tmp_path: Path) -> None:
        """Whether it was bytes or a file."""
        file = tmp_path / "film"
        file.write_bytes(b"film")
        await store.put_file(RUN, "book.mp4", file)
        await store.put(OTHER, NAME, b"x")
        first, then = await store.stat(RUN, "book.mp4"), await store.stat(OTHER, NAME)
        assert first.put_at <= then.put_at

    @pytest.mark.parametrize(("start", "end"), [(0, 1), (5, 5), (7, None), (300_000, 900_000)])
    async def test_a_range_comes_alone(
        self, store: ArtifactStore, start: int, end: int | None
    ) -> None:
        """Exactly those bytes; without an end all that follow."""
        await store.put(RUN, NAME, LONG)
        assert await read(store, start, end) == LONG[start:end]

    async def test_a_range_past_the_end_is_an_error(self, store: ArtifactStore) -> None:
        """Rather than fewer bytes than were promised."""
        await store.put(RUN, NAME, b"short")
        with pytest.raises(CannotRead):
            await read(store, 0, 6)

    async def test_of_a_forgotten_run_nothing_is_kept(self, store: ArtifactStore) -> None:
        """Also what is put afterwards; other runs keep theirs."""
        await store.put(RUN, NAME, LONG)
        await store.put(RUN, "book.html", b"a book")
        await store.put(OTHER, NAME, b"kept")
        for _ in range(2):
            await store.forget(RUN)
            assert await store.names(RUN) == []
        with pytest.raises(CannotKeep, match="forgotten"):
            await store.put(RUN, NAME, b"late")
        assert await store.names(RUN) == []
        assert await store.names(OTHER) == [NAME]

    async def test_the_last_one_put_stands(self, store: ArtifactStore) -> None:
        """And its token is another, though it is as large."""
        await store.put(RUN, NAME, b"old")
        before = await store.stat(RUN, NAME)
        assert await store.stat(RUN, NAME) == before
        await store.put(RUN, NAME, b"new")
        assert await read(store) == b"new"
        assert (await store.stat(RUN, NAME)).token != before.token

    async def test_runs_have_nothing_in_common(self, store: ArtifactStore) -> None:
        """The same name in two runs is two artifacts."""
        await store.put(RUN, NAME, b"one")
        await store.put(OTHER, NAME, b"two")
        await store.remove(RUN, [NAME])
        assert await read(store, run=OTHER) == b"two"

    async def test_what_is_not_there_is_named(self, store: ArtifactStore) -> None:
        """By every way of reading."""
        for look in (store.stat, store.digest):
            with pytest.raises(NoSuchArtifact, match=r"cover\.png of run 0+1 is missing"):
                await look(RUN, NAME)
        with pytest.raises(NoSuchArtifact):
            await read(store)

    async def test_names_are_listed_in_order(self, store: ArtifactStore) -> None:
        """Of one run; a run without artifacts has none."""
        for name in ("panel_1.png", "cover.png", "page_0.wav"):
            await store.put(RUN, name, b"x")
        assert await store.names(RUN) == ["cover.png", "page_0.wav", "panel_1.png"]
        assert await store.names(OTHER) == []

    async def test_removing_is_repeatable(self, store: ArtifactStore) -> None:
        """What is gone may be removed again, and what was not named stays."""
        await store.put(RUN, NAME, b"x")
        await store.put(RUN, "book.html", b"y")
        for _ in range(2):
            await store.remove(RUN, [NAME, "panel_1.png"])
        assert await store.names(RUN) == ["book.html"]
        await store.remove(RUN, ["book.html"])
        assert await store.names(RUN) == []

    async def test_tidying_spares_what_is_whole(self, store: ArtifactStore) -> None:
        """Also for a run that has nothing."""
        await store.put(RUN, NAME, b"x")
        for run in (RUN, OTHER):
            await store.tidy(run)
        assert await store.names(RUN) == [NAME]

    @pytest.mark.parametrize("name", ["", ".", "..", "../log.db", "a/b", "a\\b", ".hidden", "c:d"])
    async def test_a_name_leads_nowhere_else(self, store: ArtifactStore, name: str) -> None:
        """Whatever the callers above have let through."""
        with pytest.raises(ValueError, match="a name in the store is plain"):
            await store.put(RUN, name, b"x")
        with pytest.raises(ValueError, match="a name in the store is plain"):
            await store.stat(RUN, name)

    async def test_what_is_shared_is_lost_by_nobody(self, store: ArtifactStore) -> None:
        """Either run may replace or remove its own, and go altogether."""
        await store.put(RUN, NAME, b"picture")
        await store.share(RUN, NAME, OTHER, "other.png")
        assert await store.names(OTHER) == ["other.png"]
        assert await read_whole(store, OTHER, "other.png") == b"picture"
        await store.put(RUN, NAME, b"another")
        assert await read_whole(store, OTHER, "other.png") == b"picture"
        await store.share(RUN, NAME, OTHER, NAME)
        await store.remove(RUN, [NAME])
        assert await read_whole(store, OTHER, NAME) == b"another"
        await store.forget(RUN)
        assert await store.names(OTHER) == [NAME, "other.png"]

    async def test_what_is_shared_twice_is_there_once(self, store: ArtifactStore) -> None:
        """Also under the name that it has already."""
        await store.put(RUN, NAME, b"picture")
        await store.share(RUN, NAME, OTHER, NAME)
        await store.share(RUN, NAME, OTHER, NAME)
        await store.share(RUN, NAME, RUN, NAME)
        assert (await store.names(RUN), await store.names(OTHER)) == ([NAME], [NAME])

    async def test_what_is_not_there_cannot_be_shared(self, store: ArtifactStore) -> None:
        """And with a run that was forgotten nothing is."""
        with pytest.raises(NoSuchArtifact):
            await store.share(RUN, NAME, OTHER, NAME)
        assert await store.unnamed() == []
        await store.put(RUN, NAME, b"picture")
        await store.forget(OTHER)
        with pytest.raises(CannotKeep):
            await store.share(RUN, NAME, OTHER, NAME)
        assert await store.names(OTHER) == []

    async def test_what_no_event_names_can_go(self, store: ArtifactStore) -> None:
        """Until it is said that one does; of a run that had files before nothing goes."""
        await store.put(RUN, NAME, b"picture")
        await store.share(RUN, NAME, OTHER, NAME)
        assert await store.unnamed() == [OTHER]
        await store.settle_shared(OTHER, is_named=False)
        assert (await store.unnamed(), await store.names(OTHER)) == ([], [])
        await store.share(RUN, NAME, OTHER, NAME)
        await store.settle_shared(OTHER, is_named=True)
        await store.settle_shared(OTHER, is_named=False)
        assert (await store.unnamed(), await store.names(OTHER)) == ([], [NAME])
        await store.share(RUN, NAME, OTHER, "other.png")
        assert await store.unnamed() == []

    async def test_what_comes_from_elsewhere_has_no_name_yet(self, store: ArtifactStore) -> None:
        """As what is shared is; of a run that has files already nothing goes."""
        await store.take_in(OTHER)
        await store.put(OTHER, NAME, b"picture")
        assert await store.unnamed() == [OTHER]
        await store.settle_shared(OTHER, is_named=False)
        assert (await store.unnamed(), await store.names(OTHER)) == ([], [])
        await store.take_in(OTHER)
        await store.put(OTHER, NAME, b"picture")
        await store.settle_shared(OTHER, is_named=True)
        await store.take_in(OTHER)
        assert (await store.unnamed(), await store.names(OTHER)) == ([], [NAME])
        await store.forget(OTHER)
        with pytest.raises(CannotKeep):
            await store.take_in(OTHER)
