"""A Korean text as it is meant, where it is written so that a list of words would not find it.

Letters are written apart (ㅅㅣㅂㅏㄹ) or look like others (ㅅ1발, 개새ㄲI), syllables have signs or
spaces between them (개.새.끼, 개 새 끼) or are drawn out (시이발), or all of it is in Latin letters
(ssibal, tlqkf). Each reading takes off one more of these.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from storybook.korean.particles import PARTICLE_FORMS
from storybook.korean.syllables import INITIALS
from storybook.languages.ko.apart import closed, composed, drawn_in
from storybook.languages.ko.latin import by_keys, by_sound

ALONE: Final = (
    r"(?<![가-힣ㄱ-ㅣ]){word}"
    rf"(?=(?:{'|'.join(sorted(PARTICLE_FORMS, key=len, reverse=True))})?(?![가-힣ㄱ-ㅣ]))"
)
"""A whole word, with at most a particle after it."""

_UNSEEN: Final = re.compile(
    "[\u00ad\u034f\u115f\u1160\u180e\u200b-\u200f\u2060-\u2064\u3164\ufeff\uffa0]"
)
_WIDE: Final = re.compile("[\u2460-\u24ff\u3200-\u32ff\uff01-\uffdc]")
"""Letters that are full or half as wide, or in circles and brackets."""
_LOOKALIKES: Final = str.maketrans("1il|!rh", "ㅣㅣㅣㅣㅣㅏㅐ")
_LIKE_VOWELS: Final = re.compile(rf"(?<=[{INITIALS}])[1il|!rh](?![a-z0-9])")
_LISTS: Final = ",/·&+|、，"
_BETWEEN: Final = re.compile(
    rf"(?<=[가-힣ㄱ-ㅣ])(?:[^\w\s{_LISTS}]|[\d_a-z]{{1,2}})+(?=[가-힣ㄱ-ㅣ])"
)
"""Signs, a digit or a letter between syllables; what parts a list is none."""
_LONE_VOWELS: Final = re.compile("(?<=[가-힣])[ㅏ-ㅣ]+(?=[가-힣])")
_LONE: Final = re.compile("(?<=[가-힣])[ㄱ-ㅣ]+(?=[가-힣])")
_SINGLES: Final = re.compile(
    rf"(?<![가-힣ㄱ-ㅣ])[가-힣ㄱ-ㅣ](?:[\s{_LISTS}]+[가-힣ㄱ-ㅣ](?![가-힣ㄱ-ㅣ]))+"
)


def unmasked(text: str) -> tuple[str, ...]:
    """The text, and what it comes to without its disguises: each reading once."""
    seen = _UNSEEN.sub("", unicodedata.normalize("NFC", text))
    plain = _WIDE.sub(lambda it: unicodedata.normalize("NFKC", it[0]), seen).casefold()
    return tuple(
        dict.fromkeys((*_readings(plain), *map(_joined, (by_sound(plain), by_keys(plain)))))
    )


def _readings(plain: str) -> Iterator[str]:
    yield plain
    alike = _LIKE_VOWELS.sub(lambda it: it[0].translate(_LOOKALIKES), plain)
    yield (whole := composed(alike))
    yield (bare := _LONE_VOWELS.sub("", _BETWEEN.sub("", whole)))
    yield (joined := _joined(bare))
    yield drawn_in(closed(joined))
    yield drawn_in(_LONE.sub("", joined))


def _joined(text: str) -> str:
    """The text with syllables that stand each by itself as one word."""
    return _SINGLES.sub(lambda found: re.sub(rf"[\s{_LISTS}]+", "", found[0]), text)
