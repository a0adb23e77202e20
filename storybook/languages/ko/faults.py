"""What is wrong with a page that only who knows Korean can see."""

from __future__ import annotations

import re
from typing import Final

from storybook.languages.language import Found, Told

RARE_SYLLABLES: Final = (2, 0.03)
"""So many different syllables that no Korean word has, and such a share of them, are no Korean: a
funny sound has one, again and again."""

_SENTENCE_END: Final = re.compile(r"[.!?…~]+[\"'”’]*\s*")
_HANGUL: Final = re.compile("[가-힣]")
_PARTICLES: Final = frozenset(
    [
        *("이", "가", "은", "는", "을", "를", "와", "과", "랑", "이랑", "도", "에", "의", "만"),
        *("로", "으로", "에서", "에게", "하고", "보다", "까지", "부터"),
    ]
)
_PREDICATES: Final = "요다죠까네지자라야군걸데래니게어아"
"""The last syllables of Korean predicates, in the forms that stories are told in."""
_COUNTERS: Final = re.compile(
    "마리|명|개|살|번|년|월|일|주|달|시|분|초|원|권|쪽|장|층|호|대|송이|그루|알|병|잔|채|척|자루|벌|"
    "켤레|쌍|가지|줄|칸|걸음|바퀴|배|박|인|모금|조각|그릇|방울|포기|톨|미터|킬로|센티|사람|아이|친구"
)


def faults(told: Told) -> Found:
    """Sentences without a predicate, and syllables of no word."""
    if unfinished := _without_predicate(told.narration):
        yield "language", f"expected sentences, found: {unfinished[:60]}"
    rare = [it for it in _HANGUL.findall(told.text) if not _is_common(it)]
    least, most_share = RARE_SYLLABLES
    if len(set(rare)) >= least and len(rare) > most_share * len(_HANGUL.findall(told.text)):
        yield "language", f"syllables that Korean words hardly have: {''.join(rare)[:40]}"


def counts(after: str) -> bool:
    """Whether what stands after a number is a unit: a particle is none."""
    if after.startswith(" "):
        return _COUNTERS.match(after.strip()) is not None
    return bool(after) and after not in _PARTICLES


def _without_predicate(narration: str) -> str:
    """A sentence with no predicate at its end, if most of them have none. Exclamations of a word
    ("쨍그랑!") are not counted."""
    split = (sentence.strip() for sentence in _SENTENCE_END.split(narration))
    sentences = [sentence for sentence in split if len(sentence.split()) > 1]
    without = [sentence for sentence in sentences if sentence[-1] not in _PREDICATES]
    return without[0] if 2 * len(without) > len(sentences) else ""


def _is_common(syllable: str) -> bool:
    """Whether it is among the 2,350 of KS X 1001, which all but a few Korean words are made of."""
    return len(syllable.encode("euc_kr", "replace")) == 2
