"""The files of a run: `outputs/{run_id}/cover.png`, `panel_1.png` …, `page_0.wav` ….

A file is written under a temporary name, forced to the disk, renamed, and its folder forced too;
only then may an event speak of it. So a file without an event is an orphan and harmless, and an
event without its file is a fault. There is one writer to a name: the runner has at most one attempt
at a piece of work in hand, and a dead process writes nothing.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import anyio.to_thread

from storybook.book import Artifact, RunId, Segment
from storybook.system import sync_file, sync_folder

PNG: Final = "image/png"
WAV: Final = "audio/wav"
_TEMPORARY: Final = ".writing-"
"""How the name of a file begins that is not whole yet."""


class CannotKeep(Exception):
    """A file could not be written; what was there before is still there."""


class StoreFull(CannotKeep):
    """There is no room for a file now: a full disk, a quota, a disk that became read-only. Nothing
    is wrong with the file: it can be kept as soon as there is."""


NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""What the operating system says of a disk that takes nothing now, and may again."""


class ArtifactStore:
    """The folder of all runs' files."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, run_id: RunId) -> Path:
        return self.root / run_id

    def path(self, run_id: RunId, name: str) -> Path:
        return self.folder(run_id) / name

    async def save_picture(
        self, run_id: RunId, name: str, png: bytes, *, width: int, height: int
    ) -> Artifact:
        """Keep a picture of `width` × `height` pixels. Raises `CannotKeep`."""
        digest = await anyio.to_thread.run_sync(self._keep, self.path(run_id, name), png)
        return Artifact(name, PNG, len(png), digest, width=width, height=height)

    async def save_audio(
        self,
        run_id: RunId,
        name: str,
        wav: bytes,
        *,
        seconds: float,
        segments: Sequence[Segment],
    ) -> Artifact:
        """Keep a reading of `seconds`. Raises `CannotKeep`."""
        digest = await anyio.to_thread.run_sync(self._keep, self.path(run_id, name), wav)
        spoken = tuple(segments)
        return Artifact(name, WAV, len(wav), digest, seconds=seconds, segments=spoken)

    async def remove(self, run_id: RunId, names: Iterable[str]) -> None:
        """Delete files, and the run's folder with the last of them; missing ones are no fault."""
        paths = [self.path(run_id, name) for name in names]
        await anyio.to_thread.run_sync(self._remove, self.folder(run_id), paths)

    async def tidy(self, run_id: RunId) -> None:
        """Remove what a killed process had begun to write."""
        await anyio.to_thread.run_sync(self._tidy, self.folder(run_id))

    def _keep(self, path: Path, content: bytes) -> str:
        try:
            return self._write(path, content)
        except OSError as error:
            if error.errno in NO_ROOM:
                raise StoreFull(_full(path, len(content), error)) from error
            raise CannotKeep(f"{path.name} could not be kept: {error}") from error

    def _write(self, path: Path, content: bytes) -> str:
        for folder in (self.root, path.parent):
            if not folder.is_dir():
                folder.mkdir(parents=True, exist_ok=True)
                sync_folder(folder.parent)
        temporary = path.with_name(f"{_TEMPORARY}{path.name}")
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                sync_file(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
        return hashlib.sha256(content).hexdigest()

    def _tidy(self, folder: Path) -> None:
        for path in folder.glob(f"{_TEMPORARY}*"):
            path.unlink(missing_ok=True)

    def _remove(self, folder: Path, paths: list[Path]) -> None:
        for path in paths:
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # not empty (the exported book), or gone already
            folder.rmdir()


def _full(path: Path, needed: int, error: OSError) -> str:
    folder = next((it for it in path.parents if it.is_dir()), path.parent)
    try:
        free = f"{shutil.disk_usage(folder).free:,}"
    except OSError:
        free = "an unknown number"
    why = f"it needs {needed:,} bytes, {free} are free"
    return f"{path} cannot be written now ({error.strerror}): {why}"
