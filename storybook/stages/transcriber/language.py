"""Language tags, as a client sends them (`ko-KR`), and the code that Whisper knows (`ko`)."""

from __future__ import annotations

import re
from typing import Final

from storybook.engines import WorkFailed

_TAG: Final = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8})*")


def language_code(tag: str) -> str:
    """The code of a tag's language. Raises `WorkFailed` for what is no tag."""
    match = _TAG.fullmatch(tag)
    if match is None:
        message = f"{tag[:20]!r} is not a language; expected one such as 'ko-KR' or 'en'"
        raise WorkFailed("unsupported_language", message, retryable=False)
    return match[1].lower()
