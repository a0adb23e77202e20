"""English: what `ENGLISH` is made of."""

from __future__ import annotations

import re
from typing import Final

from storybook.languages.en.faults import counts, faults
from storybook.languages.en.people import kind, people
from storybook.languages.en.reading import read_english
from storybook.languages.en.unmasked import unmasked
from storybook.languages.en.writing import LENGTHS, WRITING
from storybook.languages.language import Hearing, Language, ReadingAloud, Script

_SAID: Final = {"?": "asked", "!": "cried"}
_TELLING: Final = "said|asked|cried|called|shouted|whispered|answered|replied|laughed|sang"


def _said(name: str, line: str) -> str:
    """Who speaks stands first: after a line it would have to end in a comma."""
    return f'{name} {_SAID.get(line[-1:], "said")}, "{line}"'


ENGLISH: Final = Language(
    tag="en",
    name="English",
    script=Script(letters="A-Za-zÀ-ÖØ-öø-ÿ", inside="'’-", borrows=False),
    people=people,
    kind=kind,
    said=_said,
    goes_on=re.compile(rf"[^\s]|[ \t]+(?:[a-z]|[A-Z][\w'’ -]{{0,30}}? (?:{_TELLING})\b)"),
    faults=faults,
    forbidden=r"\b{word}(?:(?<=[sxz])es|(?<=[cs]h)es|'?s)?\b",  # one of them, or several
    unmasked=unmasked,
    counts=counts,
    lengths=LENGTHS,
    writing=WRITING,
    speech=ReadingAloud(
        read=read_english,
        breaths=r"(?=\s(?:and|but|or|so|because|when|while|until|then|who|that|with)\s)",
        hushed=r"(?i)\b(?:whisper|murmur|softly|quietly|hush|tiptoe|shh)",
        whispered=r"(?i)\b(?:whisper|murmur|(?:said|asked) (?:softly|quietly))",
        called=r"(?i)\b(?:shout|yell|cried out|called out|exclaim)",
        turning=r"(?i)(?:but then|just then|suddenly|all at once)\b",
    ),
    hearing=Hearing(phantoms="thank(?:s| you) for watching.*"),
)
