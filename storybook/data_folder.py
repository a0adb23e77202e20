"""The data folder: everything that is made at run time, and where in it each thing lies."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Usage:
    """Bytes that are free where a data folder lies, and bytes that its log has."""

    free: int
    log: int


@dataclass(frozen=True)
class DataFolder:
    """`path` is the folder itself; nothing in it needs to be there yet."""

    path: Path

    @property
    def log(self) -> Path:
        """The log's database; `stores/backup/parts.py` says what else is backed up."""
        return self.path / "log.db"

    @property
    def projections(self) -> Path:
        """The views, computed from the log."""
        return self.path / "projections.db"

    @property
    def leases(self) -> Path:
        """Whose the work in hand is; may be thrown away."""
        return self.path / "leases.db"

    @property
    def access(self) -> Path:
        """What was done with tokens; back it up with the log."""
        return self.path / "access.db"

    @property
    def webhooks(self) -> Path:
        """Whom to tell what, and how far that is; back it up with the log."""
        return self.path / "webhooks.db"

    @property
    def server_secret(self) -> Path:
        """What lets the command line of this user in at the server that runs now."""
        return self.path / "server.secret"

    @property
    def home(self) -> Path:
        """As whom the server shows itself at home: keys, certificates, the family's token."""
        return self.path / "home"

    @property
    def keys(self) -> Path:
        """As whom this installation signs what it gives away; made when it first does."""
        return self.path / "keys"

    @property
    def last_backup(self) -> Path:
        """A note of the last backup; there is none before the first."""
        return self.path / "last-backup.json"

    @property
    def created_by(self) -> Path:
        """The version that created the folder; older folders have none."""
        return self.path / "created-by"

    @property
    def outputs(self) -> Path:
        """A folder for each book's files."""
        return self.path / "outputs"

    @property
    def in_hand(self) -> Path:
        """What is not whole yet of books that are made ready to be taken along; empty at start."""
        return self.path / "in-hand"

    @property
    def models(self) -> Path:
        """Where users put models, and `storybook models pull` does."""
        return self.path / "models"

    @property
    def can_be_written(self) -> bool:
        """Whether this user may record anything here. A folder that is not there yet can be."""
        there = [it for it in (self.path, self.log) if it.exists()]
        return all(os.access(it, os.W_OK) for it in there)

    def usage(self) -> Usage:
        """How much room there is. Raises OSError."""
        files = (self.log, self.log.with_name(f"{self.log.name}-wal"))
        log = sum(it.stat().st_size for it in files if it.exists())
        return Usage(shutil.disk_usage(self.path).free, log)

    def __str__(self) -> str:
        return str(self.path)


def data_folder(environ: Mapping[str, str]) -> DataFolder:
    """The folder that `STORYBOOK_DATA` names, else `./data`."""
    return DataFolder(Path(environ.get("STORYBOOK_DATA") or "data").absolute())
