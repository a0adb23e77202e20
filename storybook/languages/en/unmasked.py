"""An English text as it is meant, where it is written so that a list of words would not find it.

Signs stand between the letters (f.u.c.k), for them (f*ck) or look like them (sh1t, $ex), or one
letter comes many times.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LOOKALIKES: Final = str.maketrans("013457@$!", "oieastasi")
_MIXED: Final = re.compile(r"(?<![^\s(\"'])(?=\S*[a-z])(?=\S*[0-9@$!])[a-z0-9@$!]+[a-z0-9@$]")
_SINGLES: Final = re.compile(r"(?<![a-z])[a-z](?:[\W_]{1,2}[a-z](?![a-z]))+")
_BETWEEN: Final = re.compile(r"(?<=[a-z])[.\-_*+~^|](?=[a-z])")
_AGAIN: Final = re.compile(r"([a-z])\1{2,}")


def unmasked(text: str) -> tuple[str, ...]:
    """The text, and what it comes to without its disguises: each reading once."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(it for it in decomposed if not unicodedata.combining(it))
    plain = unicodedata.normalize("NFC", plain)
    letters = _MIXED.sub(lambda found: found[0].translate(_LOOKALIKES), plain)
    single = _SINGLES.sub(lambda found: re.sub("[^a-z]", "", found[0]), letters)
    whole = _BETWEEN.sub("", single)
    return tuple(dict.fromkeys((plain, letters, single, whole, _AGAIN.sub(r"\1", whole))))
