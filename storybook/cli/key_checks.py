"""What `doctor` says of the key that signs exported archives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from storybook.cli.findings import Finding, Grade
from storybook.export.archive.signing import KEY_FILE, KeyUnusable, read_key
from storybook.system import is_open_to_others

NAME = "signing key"


def key_findings(folder: Path) -> Iterator[Finding]:
    """Nothing where nothing was signed yet."""
    try:
        key = read_key(folder)
    except FileNotFoundError:
        return
    except KeyUnusable as error:
        yield Finding(NAME, Grade.MISSED, str(error), "No archive can be exported meanwhile.")
        return
    except OSError as error:
        mend = "Let this user read it, best by making it his own."
        yield Finding(NAME, Grade.MISSED, f"{error.filename}: {error.strerror}", mend)
        return
    if is_open_to_others(folder / KEY_FILE):
        told = f"other users of this machine can read {folder / KEY_FILE}"
        yield Finding(NAME, Grade.MISSED, told, f"Close it: chmod -R go= {folder}")
    else:
        yield Finding(NAME, Grade.OK, f"exported archives are whole, by key {key.public_key}")
