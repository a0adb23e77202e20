"""In which language a page speaks to whoever asks for it."""

from __future__ import annotations

from typing import Final, Literal

from litestar.types import Scope

from storybook.http.requests import header

PageLanguage = Literal["ko", "en"]
_KNOWN: Final[dict[str, PageLanguage]] = {"ko": "ko", "en": "en"}
VARY: Final = (b"vary", b"accept-language")
MAX_CHARACTERS: Final = 1_000
"""Of the header that are looked at: browsers send less than 100."""


def page_language(scope: Scope) -> PageLanguage:
    """The language that a browser would rather have (`Accept-Language`), English if it wants
    neither."""
    wanted = (header(scope, b"accept-language") or "")[:MAX_CHARACTERS]
    best: tuple[float, PageLanguage] = (0.0, "en")
    for part in wanted.split(","):
        name, _, weight = part.partition(";")
        language = _KNOWN.get(name.strip().lower().partition("-")[0])
        if language is not None and (found := _weight(weight)) > best[0]:
            best = found, language
    return best[1]


def _weight(text: str) -> float:
    """Of `q=0.8`; 1 if nothing is said, 0 for what is no weight."""
    if not text.strip():
        return 1.0
    try:
        return float(text.strip().removeprefix("q="))
    except ValueError:
        return 0.0
