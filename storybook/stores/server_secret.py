"""The secret of a running server, for the command line of the same user on the same machine.

It is new at each start, and only its user may read it: who can, can read the data folder too.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path


def write_server_secret(path: Path) -> str:
    """A new secret, kept where only this user can read it. Raises `OSError`."""
    secret = secrets.token_urlsafe(32)
    path.unlink(missing_ok=True)  # whoever may read the old file reads no new one
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(secret)
    return secret


def read_server_secret(path: Path) -> str:
    """The secret, or "" if there is none or it may not be read."""
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def remove_server_secret(path: Path) -> None:
    """It lets nobody in any more."""
    with contextlib.suppress(OSError):
        path.unlink()
