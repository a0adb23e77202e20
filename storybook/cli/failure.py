"""What a command raises when it did not go well, and what the system says as a person is told."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import rich_click as click

from storybook.cli.options import GlobalOptions

ELSEWHERE: Final = "or name another folder with --data"
_MENDS: Final[Mapping[int, tuple[str, str]]] = {
    errno.EROFS: ("it can only be read here", f"let it be written, {ELSEWHERE}"),
    errno.EACCES: ("this user may not", f"change its permissions, {ELSEWHERE}"),
    errno.EPERM: ("this user may not", f"change its permissions, {ELSEWHERE}"),
    errno.ENOSPC: ("the disk is full", f"make room there, {ELSEWHERE}"),
    errno.EDQUOT: ("this user's share of the disk is full", f"make room there, {ELSEWHERE}"),
}
"""Why the system refuses, and what to do, of what happens to data folders."""


class Failure(Exception):
    """Told as one line on stderr, with exit code 1: why, and what to do."""


class ToldElsewhere(Failure):
    """In the words of a server elsewhere: the commands that it names are typed there."""


def data_folder() -> Path | None:
    """That of the command that is run."""
    context = click.get_current_context(silent=True)
    options = context.find_object(GlobalOptions) if context is not None else None
    return options.folder.path if options is not None else None


def os_failure(error: OSError, where: Path | None) -> Failure:
    """What the system refused, with its path, or `where` if it names none."""
    path = error.filename if error.filename is not None else where
    known = _MENDS.get(error.errno or 0)
    if known is None or path is None:
        is_named = path is not None and error.strerror
        return Failure(f"{path}: {error.strerror}" if is_named else str(error))
    why, mend = known
    return Failure(f"{path}: {why}; {mend}")
