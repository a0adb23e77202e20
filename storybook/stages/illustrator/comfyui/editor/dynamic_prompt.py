"""Templates in prompts: `{a|b}` is one of its alternatives, and comments are left out.

The editor draws an alternative at random whenever it submits. A book has one look on all its pages
and can be made again, so here the **first** alternative is taken, at every depth. Comments are
those of C: `/* … */`, and `//` up to the end of its line. A backslash keeps `{`, `}` and `|` from
meaning anything.
"""

from __future__ import annotations

import re
from typing import Final

_COMMENT: Final = re.compile(r"/\*[\s\S]*?\*/|//.*")
_ESCAPED: Final = re.compile(r"\\([{}|])")


def resolved(text: str) -> str:
    """A text without alternatives and comments."""
    chosen = _chosen(_COMMENT.sub("", text))
    return _ESCAPED.sub(r"\1", chosen)


def _chosen(text: str) -> str:
    """A text with each `{a|b}` replaced by `a`; braces that are never closed end with the text.
    Escapes stay as they are."""
    kept: list[str] = []
    is_dropped: list[bool] = []  # of each open brace: whether its first alternative has ended
    characters = iter(text)
    for it in characters:
        if it == "{":
            is_dropped.append(bool(is_dropped) and is_dropped[-1])
        elif it == "}" and is_dropped:
            is_dropped.pop()
        elif it == "|" and is_dropped:
            is_dropped[-1] = True
        elif not (is_dropped and is_dropped[-1]):
            kept.append(it + next(characters, "") if it == "\\" else it)
        elif it == "\\":
            next(characters, "")
    return "".join(kept)
