"""Where artifacts lie: in a folder, or in memory."""

from __future__ import annotations

import errno
import os
import sys
import tracemalloc
from functools import partial
from pathlib import Path

import anyio
import pytest

from storybook.stores.artifacts import (
    ArtifactStore,
    CannotKeep,
    CannotRead,
    NoSpace,
    NoSuchArtifact,
    read_whole,
)
from storybook.stores.files import UNNAMED, FileArtifactStore
from storybook.stores.memory import MemoryArtifactStore
from tests.stores.artifact_conformance import (
    LONG,
    NAME,
    OTHER,
    RUN,
    ArtifactStoreConformance,
)

pytestmark = pytest.mark.anyio


FILM_BYTES = 16_000_000
"""Of a short film."""


def listed(folder: Path | str) -> list[str]:
    """All that lies in a folder, hidden or not."""
    return sorted(it.name for it in Path(folder).iterdir())


class TestFiles(ArtifactStoreConformance):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ArtifactStore:
        return FileArtifactStore(tmp_path / "outputs")


class TestMemory(ArtifactStoreConformance):
    @pytest.fixture
    def store(self) -> ArtifactStore:
        return MemoryArtifactStore()


@pytest.fixture
def store(tmp_path: Path) -> FileArtifactStore:
    return FileArtifactStore(tmp_path)


async def test_files_lie_where_they_always_did(store: FileArtifactStore, tmp_path: Path) -> None:
    """A folder for each run, and in it the names that are kept; people are told where."""
    await store.put(RUN, NAME, b"x")
    assert (tmp_path / RUN / NAME).read_bytes() == b"x"
    assert store.location(RUN) == str(tmp_path / RUN)
    assert store.location(RUN, NAME) == str(tmp_path / RUN / NAME)


@pytest.mark.parametrize("is_on_another_disk", [False, True])
async def test_a_large_file_is_never_in_memory(
    store: FileArtifactStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_on_another_disk: bool,
) -> None:
    """It gets another name, or is copied in pieces, as it lies on the same disk or not."""
    replace = Path.replace

    def move(self: Path, target: Path) -> Path:
        if is_on_another_disk and self.parent != Path(target).parent:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", move)
    film = tmp_path / "film"
    with film.open("wb") as file:
        file.truncate(FILM_BYTES)
    inode = film.stat().st_ino
    tracemalloc.start()
    try:
        stored = await store.put_file(RUN, "book.mp4", film)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert stored.size == FILM_BYTES and peak < FILM_BYTES // 8
    kept = tmp_path / RUN / "book.mp4"
    assert (kept.stat().st_ino == inode) is not is_on_another_disk
    assert listed(tmp_path / RUN) == ["book.mp4"]


async def test_a_file_that_cannot_be_kept_leaves_the_old_one(
    store: FileArtifactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As bytes do; the disk may be full when its content is to reach it."""
    await store.put(RUN, NAME, b"old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("storybook.stores.files.sync_file", full)
    (tmp_path / "film").write_bytes(LONG)
    with pytest.raises(NoSpace, match="1,048,579 bytes are needed"):
        await store.put_file(RUN, NAME, tmp_path / "film")
    assert listed(tmp_path / RUN) == [NAME]
    assert await read_whole(store, RUN, NAME) == b"old"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.ENOSPC, NoSpace),
        (errno.EROFS, NoSpace),
        (getattr(errno, "EDQUOT", errno.ENOSPC), NoSpace),
        (errno.EIO, CannotKeep),
    ],
)
async def test_a_failed_write_leaves_the_old_file_and_no_rest(
    store: FileArtifactStore, monkeypatch: pytest.MonkeyPatch, code: int, kind: type[CannotKeep]
) -> None:
    """What cannot be written whole is not there at all; the message names the file."""
    await store.put(RUN, NAME, b"old")

    def full(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("storybook.stores.files.sync_file", full)
    with pytest.raises(CannotKeep) as raised:
        await store.put(RUN, NAME, b"new one")
    assert type(raised.value) is kind
    assert store.location(RUN, NAME) in str(raised.value)
    assert os.strerror(code) in str(raised.value)
    assert listed(store.location(RUN)) == [NAME]
    assert await read_whole(store, RUN, NAME) == b"old"


async def test_a_full_disk_says_how_much_it_takes(
    store: FileArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes needed and free, as numbers and in the message."""

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("storybook.stores.files.sync_file", full)
    with pytest.raises(NoSpace, match=r"1,048,579 bytes are needed, [\d,]+ are free") as raised:
        await store.put(RUN, NAME, LONG)
    assert raised.value.needed == len(LONG)
    assert raised.value.free
    assert raised.value.location == store.location(RUN, NAME)


async def test_the_folder_goes_with_the_last_file_but_never_with_a_strangers(
    store: FileArtifactStore, tmp_path: Path
) -> None:
    """Somebody may have put something beside the book."""
    await store.put(RUN, NAME, b"x")
    (tmp_path / RUN / "notes.txt").write_text("a user's")
    await store.remove(RUN, [NAME])
    assert listed(tmp_path / RUN) == ["notes.txt"]
    (tmp_path / RUN / "notes.txt").unlink()
    await store.remove(RUN, [NAME])
    assert not (tmp_path / RUN).exists()


async def test_what_a_killed_process_had_begun_is_tidied_away(
    store: FileArtifactStore, tmp_path: Path
) -> None:
    """Half-written files go, also of an older version; they are never listed."""
    await store.put(RUN, NAME, b"x")
    for rest in (".writing-panel_1.png", ".writing-17-0-panel_2.png"):
        (tmp_path / RUN / rest).write_bytes(b"half")
    assert await store.names(RUN) == [NAME]
    await store.tidy(RUN)
    assert listed(tmp_path / RUN) == [NAME]


async def test_tidying_spares_what_is_being_written(
    store: FileArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker of this process starts, and tidies the runs that it finds."""
    with monkeypatch.context() as disk:
        tidy = partial(anyio.from_thread.run, store.tidy, RUN)
        disk.setattr("storybook.stores.files.sync_file", lambda descriptor: tidy())
        await store.put(RUN, NAME, b"whole")
    assert await read_whole(store, RUN, NAME) == b"whole"


async def test_two_writers_of_the_same_file_do_not_meet(store: FileArtifactStore) -> None:
    """One of them stands, whole, and neither fails."""
    async with anyio.create_task_group() as tasks:
        for content in (b"a" * 1_000_000, b"b" * 1_000_000):
            tasks.start_soon(store.put, RUN, NAME, content)
    assert len(set(await read_whole(store, RUN, NAME))) == 1
    assert await store.names(RUN) == [NAME]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
async def test_something_else_under_the_name_is_no_file(
    store: FileArtifactStore, tmp_path: Path
) -> None:
    """A link out of the folder is not followed, and nobody waits for a pipe's other end."""
    await store.put(RUN, NAME, b"x")
    path = tmp_path / RUN / NAME
    elsewhere = path.with_name("elsewhere")
    path.rename(elsewhere)
    for put in (partial(path.symlink_to, elsewhere), partial(os.mkfifo, path), path.mkdir):
        put()
        for look in (store.stat, store.digest, partial(read_whole, store)):
            with pytest.raises(NoSuchArtifact, match="is no file"):
                await look(RUN, NAME)
        assert await store.names(RUN) == ["elsewhere"]
        if not path.is_dir() or path.is_symlink():
            path.unlink()


async def test_a_file_that_is_cut_short_while_it_is_read_is_an_error(
    store: FileArtifactStore, tmp_path: Path
) -> None:
    """The reader was promised more."""
    await store.put(RUN, NAME, LONG)
    with pytest.raises(CannotRead, match="cut short"):
        async with store.open(RUN, NAME) as pieces:
            await anext(pieces)
            os.truncate(tmp_path / RUN / NAME, 10)
            async for _ in pieces:
                pass


async def test_a_folder_that_no_event_names_is_never_without_its_mark(
    store: FileArtifactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes and goes under another name; what is left of that goes with the next look."""
    await store.put(RUN, NAME, b"picture")
    rename = Path.rename

    def killed(*_: object) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "rename", killed)
    with pytest.raises(KeyboardInterrupt):
        await store.share(RUN, NAME, OTHER, NAME)
    assert not (tmp_path / OTHER).exists()
    monkeypatch.setattr(Path, "rename", rename)
    await store.share(RUN, NAME, OTHER, NAME)
    assert listed(tmp_path / OTHER) == [UNNAMED, NAME]
    monkeypatch.setattr("storybook.stores.files.shutil.rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        await store.settle_shared(OTHER, is_named=False)
    monkeypatch.undo()
    assert listed(tmp_path) == [f"{UNNAMED}-{OTHER}", RUN]
    assert await store.unnamed() == []
    assert listed(tmp_path) == [RUN]
