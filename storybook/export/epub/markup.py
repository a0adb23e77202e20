"""Text as XML takes it."""

from __future__ import annotations

import re
from html import escape
from typing import Final

_NOT_IN_XML: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Control characters and the like: a document with one of them opens nowhere."""


def written(text: str) -> str:
    """A text, or an attribute's value, with signs of markup as text."""
    return escape(_NOT_IN_XML.sub("", text))
