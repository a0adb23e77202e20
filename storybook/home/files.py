"""The files of a server at home, which only their owner may read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from storybook.system import sync_folder

AUTHORITY: Final = "authority.pem"
CERTIFICATE: Final = "server.pem"
TOKEN: Final = "token"
OWNERS_FOLDER: Final = 0o700
OWNERS_FILE: Final = 0o600


def write_private(file: Path, content: bytes) -> None:
    """Put a file in the place of the one that is there, for its owner only; whoever looks meanwhile
    finds the one or the other. Raises `OSError`."""
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
    with os.fdopen(os.open(new, flags, OWNERS_FILE), "wb") as writing:
        writing.write(content)
        writing.flush()
        os.fsync(writing.fileno())
    new.replace(file)
    sync_folder(file.parent)


def make_private(folder: Path) -> None:
    """A folder for its owner only, with all that is in it: it may have come from a copy."""
    folder.mkdir(mode=OWNERS_FOLDER, parents=True, exist_ok=True)
    folder.chmod(OWNERS_FOLDER)
    for file in folder.iterdir():
        file.chmod(OWNERS_FILE)
