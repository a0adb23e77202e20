"""Rewriting a text by a rule, with the particles that agree with what was read.

Who writes 25kg예요 or DNA은 has spelled the particle by the sign, or by another reading of it. So a
particle after what is no Hangul takes the form that goes with the reading: 킬로그램이에요,
디엔에이는. After Hangul it stays as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from storybook.korean.particles import particle

Read = Callable[[re.Match[str]], str]
"""How what a rule has found is read."""


def rewritten(text: str, pattern: re.Pattern[str], read: Read) -> str:
    """The text with every match read, and with it the particle after what was no Hangul."""
    pieces, at = [], 0
    for match in pattern.finditer(text):
        if match.start() < at:  # within the particle before it
            continue
        reading = read(match)
        pieces += [text[at : match.start()], reading]
        at = match.end()
        if not _is_hangul(match[0][-1]) and _is_hangul(reading[-1:]):
            written = (_AFTER_DIGITS if match[0][-1].isdigit() else _AGREEING).match(text, at)
            if written:
                pieces.append(_agreed(reading, written[0]))
                at = written.end()
    return "".join((*pieces, text[at:]))


_COPULA: Final = "이예요|이에요|예요|에요|이었|였"
_MEANT: Final = {"이예요": "예요", "에요": "예요"}
_AFTER_DIGITS: Final = re.compile(rf"(?:{_COPULA})|(?:은|는|을|를)(?![가-힣])")
"""Not 가 and 과: 3가 and 2과 are a part of a street and a lesson."""
_AGREEING: Final = re.compile(
    rf"(?:{_COPULA})|(?:은|는|이|가|을|를|과|와|으로|로|이랑|랑|이나|나|이라고|라고|이라는|라는|이야|야)"
    r"(?=(?:는|도|만|요)?(?![가-힣]))"
)


def _agreed(reading: str, written: str) -> str:
    if written in ("이었", "였"):
        return particle(reading, "였어요").removesuffix("어요")
    return particle(reading, _MEANT.get(written, written))


def _is_hangul(sign: str) -> bool:
    return "가" <= sign <= "힣"
