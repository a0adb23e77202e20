"""The text of a settings file: the tables in it, and on which line something stands."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from storybook.settings import SettingsError

_ENCODING = "utf-8-sig"
"""Windows' editors put a byte order mark before it."""


def read_tables(file: Path) -> dict[str, Any]:
    """What stands in a file. Raises `SettingsError`."""
    try:
        return tomllib.loads(file.read_text(_ENCODING))
    except RecursionError:
        why = "its values are nested too deeply"
    except (OSError, ValueError) as error:  # no text, no TOML, or a number without an end
        why = str(error)
    raise SettingsError(f"settings: {file} is no TOML that can be read: {why}")


def line_in(file: Path, table: str, key: str | None) -> int:
    """The line on which a key of a table begins, or the table if there is no key; 0 if there is
    none. However it is written, the lines above it are TOML without it."""
    lines = file.read_text(_ENCODING).split("\n")
    without, having = 0, len(lines)
    if not _has(lines, table, key):
        return 0
    while True:
        middle = (without + having + 1) // 2
        for count in (*range(middle, having), *range(middle - 1, without, -1)):
            if (found := _has(lines[:count], table, key)) is not None:
                without, having = (without, count) if found else (count, having)
                break
        else:  # what is between is one value
            return without + 1


def _has(lines: Sequence[str], table: str, key: str | None) -> bool | None:
    """Whether these lines have a key of a table; None if they are no TOML."""
    try:
        found: Any = tomllib.loads("\n".join(lines))
    except ValueError:
        return None
    names = table.split(".", 1) if key is None else [*table.split(".", 1), key]
    for name in names:
        if not isinstance(found, dict) or name not in found:
            return False
        found = found[name]
    return True
