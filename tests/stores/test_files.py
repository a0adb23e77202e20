"""Files of a run: whole or not there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from storybook.book import Segment
from storybook.stores.files import ArtifactStore, StoreFull
from tests.engines import run_id, tiny_png, tiny_wav

pytestmark = pytest.mark.anyio
RUN = run_id(1)


async def test_a_saved_picture_is_described_as_it_lies_on_disk(tmp_path: Path) -> None:
    """The artifact has the file's name, size and digest."""
    store, png = ArtifactStore(tmp_path), tiny_png()
    artifact = await store.save_picture(RUN, "cover.png", png, width=2, height=2)
    assert store.path(RUN, "cover.png").read_bytes() == png
    assert (artifact.name, artifact.media_type, artifact.size) == (
        "cover.png",
        "image/png",
        len(png),
    )
    assert artifact.sha256 == hashlib.sha256(png).hexdigest()


async def test_saved_audio_keeps_its_segments(tmp_path: Path) -> None:
    """Who speaks when is part of the artifact."""
    segments = [Segment("안녕", "토끼", "F1", 0.0, 0.5)]
    artifact = await ArtifactStore(tmp_path).save_audio(
        RUN, "page_0.wav", tiny_wav(), seconds=0.5, segments=segments
    )
    assert (artifact.seconds, artifact.segments) == (0.5, tuple(segments))


async def test_a_failed_write_leaves_the_old_file_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be written whole is not there at all."""
    store = ArtifactStore(tmp_path)
    await store.save_picture(RUN, "cover.png", b"old", width=1, height=1)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("storybook.stores.files.sync_file", full)
    needs = r"cover\.png cannot be written now \(No space.*needs 3 bytes, [\d,]+ are free"
    with pytest.raises(StoreFull, match=needs):
        await store.save_picture(RUN, "cover.png", b"new", width=1, height=1)
    assert [path.name for path in store.folder(RUN).iterdir()] == ["cover.png"]
    assert store.path(RUN, "cover.png").read_bytes() == b"old"


async def test_removing_files_is_repeatable_and_spares_others(tmp_path: Path) -> None:
    """The folder goes with the last file, but never with a file that is not ours."""
    store = ArtifactStore(tmp_path)
    await store.save_picture(RUN, "cover.png", b"x", width=1, height=1)
    store.path(RUN, "book.html").write_text("a user's")
    await store.remove(RUN, ["cover.png", "panel_1.png"])
    assert [path.name for path in store.folder(RUN).iterdir()] == ["book.html"]
    store.path(RUN, "book.html").unlink()
    await store.remove(RUN, ["cover.png"])
    assert not store.folder(RUN).exists()


async def test_what_a_killed_process_had_begun_is_tidied_away(tmp_path: Path) -> None:
    """Half-written files go; whole ones and a user's stay."""
    store = ArtifactStore(tmp_path)
    await store.save_picture(RUN, "cover.png", b"x", width=1, height=1)
    store.path(RUN, ".writing-panel_1.png").write_bytes(b"half")
    store.path(RUN, "notes.txt").write_text("a user's")
    await store.tidy(RUN)
    assert {path.name for path in store.folder(RUN).iterdir()} == {"cover.png", "notes.txt"}
