"""Where a backup is to be: which kind it is, and whether it may be there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storybook.data_folder import DataFolder
from storybook.stores.backup.archive import SUFFIX, BackupArchive
from storybook.stores.backup.folder import BackupFolder
from storybook.stores.backup.making import BackupTarget
from storybook.stores.backup.manifest import BackupError


@contextmanager
def writing(path: Path, data: DataFolder) -> Iterator[BackupTarget]:
    """Open or begin the backup at a path, of a data folder. Links are followed. Raises
    `BackupError` and OSError."""
    path = path.expanduser().resolve()
    _check_apart(path, data.path.resolve())
    with _of_its_kind(path) as target:
        yield target


@contextmanager
def _of_its_kind(path: Path) -> Iterator[BackupTarget]:
    if path.suffix == SUFFIX and not path.is_dir():
        with BackupArchive.writing(path) as archive:
            yield archive
    elif path.suffixes[-2:-1] == [SUFFIX] or path.suffix in (".tgz", ".gz", ".zip"):
        raise BackupError(
            f"{path}: a backup in one file is a plain {SUFFIX}, pictures are compressed already: "
            "name it so"
        )
    elif path.exists() and not path.is_dir():
        raise BackupError(f"{path} is a file: name a folder, or a file that ends in {SUFFIX}")
    else:
        with BackupFolder.writing(path) as folder:
            yield folder


def _check_apart(path: Path, data: Path) -> None:
    if path.is_relative_to(data):
        raise BackupError(
            f"{path} is inside the data folder {data}, and would be lost with it: "
            "name a place outside, best on another disk"
        )
    if data.is_relative_to(path):
        raise BackupError(f"the data folder {data} is inside {path}: name another place")
