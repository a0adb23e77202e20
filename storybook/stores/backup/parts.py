"""What of a data folder belongs to a backup, and what does not: a line for each thing in it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

import msgspec

LOG: Final = "log.db"
OUTPUTS: Final = "outputs"
"""The artifacts. They are no part: the log names each, with its digest."""


class PartKind(enum.Enum):
    """How something is copied."""

    DATABASE = enum.auto()
    """A SQLite file, by the online backup."""
    FOLDER = enum.auto()
    """The files in it, each whole."""


class Part(msgspec.Struct, frozen=True):
    """Something of a data folder that may be there, by its path. One that is secret comes back
    for its owner only."""

    path: str
    kind: PartKind
    is_secret: bool = False


PARTS: Final = (
    Part("access.db", PartKind.DATABASE, is_secret=True),  # what was done with tokens: their hashes
    # Before the log: a delivery that the copy does not know yet is sent again under the same id;
    # one that it knew, and the copied log not, would be lost.
    Part("webhooks.db", PartKind.DATABASE, is_secret=True),
    Part(LOG, PartKind.DATABASE),
    Part("home", PartKind.FOLDER, is_secret=True),  # whom the devices of the house trust
    Part("keys", PartKind.FOLDER, is_secret=True),  # who signs what is exported
    Part("references", PartKind.FOLDER),  # pictures that people gave of characters
)
"""In the order in which they are copied; before the artifacts, which the log's copy names."""

LEFT_OUT: Final[Mapping[str, str]] = {
    "projections.db": "computed from the log",
    "leases.db": "of the processes that run now",
    "server.secret": "made anew at each start",
    "in-hand": "not whole yet",
    "models": "large, and can be had again",
    "last-backup.json": "says when the folder was backed up, to whoever looks after it",
    "created-by": "a restored folder keeps all files until `keep_runs` is set",
}
"""What else a data folder has, and why no backup has it."""


class UnknownPath(Exception):
    """A manifest names something that belongs to no backup."""


def check_path(path: str) -> str:
    """A path as it stands in a manifest, if it is that of a part or of a file in one. A backup may
    come from anywhere: what it says is not let out of the folder. Raises `UnknownPath`."""
    head, *rest = path.split("/")
    kinds = {it.path: it.kind for it in PARTS}
    expected = {PartKind.DATABASE: 0, PartKind.FOLDER: 1}
    known = head in kinds and len(rest) == expected[kinds[head]]
    if not known or any(not it or it.startswith(".") or set(it) & set("\\:\0") for it in rest):
        raise UnknownPath(f"{path!r} is in no backup that this storybook knows")
    return path
