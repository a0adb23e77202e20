"""Artifacts in a folder: `outputs/{run_id}/cover.png`, `panel_1.png` …, `page_0.wav` ….

A file is written under a temporary name, forced to the disk, renamed, and its folder forced too;
only then may an event speak of it. So a file without an event is an orphan and harmless, and an
event without its file is a fault. Reading follows no link out of the folder, and waits for nobody
at a pipe, where the system has that.

What two runs share is one file with a name in the folder of each (a hard link), or a copy where the
file system has no such links. So each removes and replaces its own, and the bytes go with the last.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import os
import shutil
import stat
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

import anyio
import anyio.to_thread

from storybook.book import RunId
from storybook.stores.artifacts import (
    CannotKeep,
    CannotRead,
    CannotRemove,
    NoSpace,
    NoSuchArtifact,
    Stat,
    Stored,
    check_name,
)
from storybook.system import sync_file, sync_folder

PIECE_BYTES: Final = 256 * 1024
"""Read at once: a few pieces make a picture, and one reader's share of memory is small."""
_TEMPORARY: Final = ".writing-"
"""How the name of a file begins that is not whole yet."""
UNNAMED: Final = ".unnamed"
"""A file in the folder of a run that was given files and has no event yet."""
_MAY_PASS: Final = {errno.ENOSPC, errno.EROFS, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""A full disk, a full share of it, a file system that was mounted read-only (after an error)."""
_READ_PLAINLY: Final = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
)
_serial = itertools.count()
_in_hand: Final[set[Path]] = set()
"""Temporary files that this process is writing now: not to be tidied away under another worker."""


class FileArtifactStore:
    """The folder of all runs' files."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._forgotten: set[RunId] = set()
        self._settling = threading.Lock()
        """Held while a file gets its name, and while a run's folder goes."""

    def location(self, run_id: RunId, name: str = "") -> str:
        return str(self._root / run_id / name)

    async def put(self, run_id: RunId, name: str, content: bytes) -> Stored:
        return await anyio.to_thread.run_sync(self._put, run_id, name, content)

    async def put_file(self, run_id: RunId, name: str, path: Path) -> Stored:
        """As promised; a file that lies on the same disk is only given another name."""
        return await anyio.to_thread.run_sync(self._put_file, run_id, name, path)

    @asynccontextmanager
    async def open(
        self, run_id: RunId, name: str, start: int = 0, end: int | None = None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        path = self._path(run_id, name)
        with _reading(run_id, name):
            file = await anyio.open_file(path, "rb", opener=_open_plainly)
        async with file:
            found = os.fstat(file.wrapped.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise NoSuchArtifact(run_id, name, "is no file")
            if start:
                await file.seek(start)
            yield _pieces(file, path, (found.st_size if end is None else end) - start)

    async def stat(self, run_id: RunId, name: str) -> Stat:
        with _reading(run_id, name):
            found = await anyio.to_thread.run_sync(self._path(run_id, name).lstat)
        if not stat.S_ISREG(found.st_mode):
            raise NoSuchArtifact(run_id, name, "is no file")
        # The time of change, too: whoever sets the time of modification back cannot set that one.
        times = f"{found.st_mtime_ns}.{found.st_ctime_ns}"
        token = f"{found.st_size}.{times}.{found.st_ino}"
        return Stat(found.st_size, token, found.st_mtime_ns // 1_000)

    async def digest(self, run_id: RunId, name: str) -> str:
        await self.stat(run_id, name)  # a pipe is not to be opened
        with _reading(run_id, name):
            return await anyio.to_thread.run_sync(_digest, self._path(run_id, name))

    async def names(self, run_id: RunId) -> list[str]:
        return await anyio.to_thread.run_sync(_names, self._root / run_id)

    async def remove(self, run_id: RunId, names: Iterable[str]) -> None:
        """As promised; the run's folder goes with its last file, but never with a stranger's."""
        paths = [self._path(run_id, name) for name in names]
        await anyio.to_thread.run_sync(_remove, self._root / run_id, paths)

    async def forget(self, run_id: RunId) -> None:
        await anyio.to_thread.run_sync(self._forget, run_id)

    def _forget(self, run_id: RunId) -> None:
        folder = self._root / check_name(run_id)
        with self._settling:
            self._forgotten.add(run_id)
            try:
                shutil.rmtree(folder)
            except FileNotFoundError:
                return
            except OSError as error:
                raise CannotRemove(
                    f"{error.filename} could not be removed: {error.strerror}"
                ) from error
        sync_folder(self._root)

    async def share(self, origin: RunId, name: str, run_id: RunId, as_name: str) -> None:
        source, path = self._path(origin, name), self._path(run_id, as_name)
        with _reading(origin, name):
            found = await anyio.to_thread.run_sync(source.lstat)
        if not stat.S_ISREG(found.st_mode):
            raise NoSuchArtifact(origin, name, "is no file")
        with _keeping(path, found.st_size, self._root):
            await anyio.to_thread.run_sync(self._share, source, run_id, path)

    async def take_in(self, run_id: RunId) -> None:
        folder = self._root / check_name(run_id)
        with _keeping(folder, 0, self._root):
            await anyio.to_thread.run_sync(self._take_in, run_id, folder)

    async def unnamed(self) -> list[RunId]:
        return await anyio.to_thread.run_sync(_unnamed, self._root)

    async def settle_shared(self, run_id: RunId, *, is_named: bool) -> None:
        await anyio.to_thread.run_sync(_settle, self._root / check_name(run_id), is_named)

    async def tidy(self, run_id: RunId) -> None:
        await anyio.to_thread.run_sync(_tidy, self._root / run_id)

    def _path(self, run_id: RunId, name: str) -> Path:
        return self._root / check_name(run_id) / check_name(name)

    def _put(self, run_id: RunId, name: str, content: bytes) -> Stored:
        path = self._path(run_id, name)

        def write(temporary: Path) -> None:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                sync_file(file.fileno())

        with _keeping(path, len(content), self._root):
            self._make_folder(path.parent)
            self._settle(run_id, path, write)
        return Stored(len(content), hashlib.sha256(content).hexdigest())

    def _put_file(self, run_id: RunId, name: str, source: Path) -> Stored:
        path = self._path(run_id, name)
        with _keeping(path, 0, self._root):
            size, digest = source.stat().st_size, _digest(source)
        with _keeping(path, size, self._root):
            self._make_folder(path.parent)
            self._settle(run_id, path, partial(_move, source))
        return Stored(size, digest)

    def _take_in(self, run_id: RunId, folder: Path) -> None:
        if run_id in self._forgotten:
            raise CannotKeep(f"{folder} could not be kept: the run was forgotten")
        if not folder.is_dir():
            self._make_folder(self._root)
            _make_unnamed(folder)

    def _share(self, source: Path, run_id: RunId, path: Path) -> None:
        if not path.parent.is_dir():
            self._make_folder(self._root)
            _make_unnamed(path.parent)
        self._settle(run_id, path, partial(_link, source))

    def _make_folder(self, folder: Path) -> None:
        for it in (self._root, folder):
            if not it.is_dir():
                it.mkdir(parents=True, exist_ok=True)
                sync_folder(it.parent)

    def _settle(self, run_id: RunId, path: Path, make: Callable[[Path], None]) -> None:
        """Have a file made under a temporary name, durable, and give it its own."""
        # A name of its own: two processes may export the same book at the same moment.
        temporary = path.with_name(f"{_TEMPORARY}{os.getpid()}-{next(_serial)}-{path.name}")
        _in_hand.add(temporary)
        try:
            make(temporary)
            with self._settling:
                if run_id in self._forgotten:
                    raise CannotKeep(f"{path} could not be kept: the run was forgotten")
                temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            self._remove_if_forgotten(run_id, path.parent)
            raise
        finally:
            _in_hand.discard(temporary)
        temporary.unlink(missing_ok=True)  # it stays where both are names of one file already
        sync_folder(path.parent)

    def _remove_if_forgotten(self, run_id: RunId, folder: Path) -> None:
        """The folder may have been made again for what is not to be kept."""
        if run_id in self._forgotten:
            with contextlib.suppress(OSError):
                folder.rmdir()


def _link(source: Path, path: Path) -> None:
    """Give a file another name; or its content to another file, where it can have but one."""
    try:
        os.link(source, path)
    except FileNotFoundError:
        raise NoSuchArtifact(RunId(source.parent.name), source.name) from None
    except OSError:  # another file system, one without links, or too many of them
        _copy(source, path)


def _move(source: Path, path: Path) -> None:
    """Have a file's content under another name, on the disk."""
    try:
        source.replace(path)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(source, path)
        return
    with path.open("rb+") as file:
        sync_file(file.fileno())


def _copy(source: Path, path: Path) -> None:
    """In pieces, forced to the disk."""
    with open_plainly(source) as file, path.open("wb") as copy:
        shutil.copyfileobj(file, copy, PIECE_BYTES)
        copy.flush()
        sync_file(copy.fileno())


def _hidden(folder: Path) -> Path:
    """What an unnamed folder is called while it comes and goes: one without its mark would look as
    if the log had lost its run."""
    return folder.with_name(f"{UNNAMED}-{folder.name}")


def _make_unnamed(folder: Path) -> None:
    hidden = _hidden(folder)
    hidden.mkdir(exist_ok=True)
    (hidden / UNNAMED).touch()
    sync_folder(hidden)
    hidden.rename(folder)
    sync_folder(folder.parent)


def _unnamed(root: Path) -> list[RunId]:
    for left in root.glob(f"{UNNAMED}-*"):
        shutil.rmtree(left, ignore_errors=True)
    return sorted(RunId(it.parent.name) for it in root.glob(f"*/{UNNAMED}"))


def _settle(folder: Path, is_named: bool) -> None:
    mark = folder / UNNAMED
    if is_named:
        mark.unlink(missing_ok=True)
    elif mark.exists():
        hidden = _hidden(folder)
        try:
            folder.rename(hidden)
            shutil.rmtree(hidden)
        except OSError as error:
            raise CannotRemove(f"{folder} could not be removed: {error.strerror}") from error
        sync_folder(folder.parent)


@contextlib.contextmanager
def _keeping(path: Path, size: int, root: Path) -> Iterator[None]:
    """Tells what the system says of a file that is to be kept in the store's words."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        if error.errno in _MAY_PASS:
            raise NoSpace(str(path), size, _free(root), why) from error
        raise CannotKeep(f"{path} could not be kept: {why}") from error


@contextlib.contextmanager
def _reading(run_id: RunId, name: str) -> Iterator[None]:
    """Tells what the system says of a file in the store's words."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise NoSuchArtifact(run_id, name) from None
    except IsADirectoryError:
        raise NoSuchArtifact(run_id, name, "is no file") from None
    except OSError as error:
        if error.errno == errno.ELOOP:  # a link, which O_NOFOLLOW does not follow
            raise NoSuchArtifact(run_id, name, "is no file") from None
        why = error.strerror or str(error)
        raise CannotRead(f"{name} of run {run_id} cannot be read: {why}") from error


def read_plainly(path: Path) -> bytes:
    """A whole file, which is no link and no pipe. Raises OSError."""
    with open_plainly(path) as file:
        return file.read()


def open_plainly(path: Path) -> BinaryIO:
    """A file to be read, which is no link and no pipe. Raises OSError."""
    file = open(path, "rb", opener=_open_plainly)  # noqa: SIM115 - it is the caller's
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "is no file", str(path))
    return file


def _open_plainly(path: str, _flags: int) -> int:
    return os.open(path, _READ_PLAINLY)


async def _pieces(file: anyio.AsyncFile[bytes], path: Path, left: int) -> AsyncIterator[bytes]:
    while left > 0:
        try:
            piece = await file.read(min(left, PIECE_BYTES))
        except OSError as error:
            raise CannotRead(f"{path} cannot be read: {error.strerror}") from error
        if not piece:
            raise CannotRead(f"{path} was cut short while it was read")
        left -= len(piece)
        yield piece


def _digest(path: Path) -> str:
    with open(path, "rb", opener=_open_plainly) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            whole = (it for it in entries if it.is_file(follow_symlinks=False))
            return sorted(it.name for it in whole if not it.name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise CannotRead(f"{folder} cannot be read: {error.strerror}") from error


def _tidy(folder: Path) -> None:
    for path in folder.glob(f"{_TEMPORARY}*"):
        if path not in _in_hand:
            path.unlink(missing_ok=True)


def _remove(folder: Path, paths: list[Path]) -> None:
    try:
        for path in paths:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise CannotRemove(f"{error.filename} could not be removed: {error.strerror}") from error
    with contextlib.suppress(OSError):  # not empty (the exported book), or gone already
        folder.rmdir()


def _free(folder: Path) -> int | None:
    """Bytes that may still be written where a folder is, or is to be."""
    for place in (folder, *folder.parents):
        with contextlib.suppress(OSError):
            usage: Any = shutil.disk_usage(place)
            return int(usage.free)
    return None
