"""Groups that are named as one: a couple is two, twins are two, five children five.

A group is spelled out as parts that are read like any others: 곰 세 마리 is the eldest, the second
and the youngest bear. What is said of the group stands before its first one, and so before all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from storybook.lexicon.parts import is_attributive
from storybook.lexicon.people import may_be_name, sex_of_name
from storybook.lexicon.words import find_kind, folk_of, is_known_kind

MOST: Final = 8
"""More characters than a picture book of four pages can tell of."""
UNCOUNTED: Final = 3
"""Of a plural of which nobody says how many they are."""
ORDINALS: Final = ("첫째", "둘째", "셋째", "넷째", "다섯째", "여섯째", "일곱째", "여덟째")
YOUNGEST: Final = "막내"

_NUMBERS: Final = {
    "한": 1,
    "두": 2,
    "세": 3,
    "네": 4,
    "다섯": 5,
    "여섯": 6,
    "일곱": 7,
    "여덟": 8,
    "아홉": 8,
    "하나": 1,
    "둘": 2,
    "셋": 3,
    "넷": 4,
    "열": 8,
    "이": 2,
    "삼": 3,
    "사": 4,
    "오": 5,
    "육": 6,
    "칠": 7,
    "팔": 8,
    "쌍": 2,
}
_UNIT: Final = "마리|명|분|사람|쌍|짝|켤레|자루|개|송이|그루|대|권|벌|채|척|장|알|조각|톨|친구"
_COUNT: Final = "하나|둘|셋|넷|한|두|세|네|다섯|여섯|일곱|여덟|아홉|열|[1-9]|10"
_AFTER: Final = re.compile(rf"^(?P<noun>.+?)\s*(?<=\s)(?P<n>{_COUNT})\s*(?:{_UNIT})?$")
"""곰 세 마리, 아이 다섯, 구두 한 짝."""
_JOINED: Final = re.compile(rf"^(?P<noun>.+?)(?P<n>[1-9])\s*(?:{_UNIT})$")
_BEFORE: Final = re.compile(
    rf"^(?:(?P<what>.*?)\s)?(?P<n>{_COUNT})\s*(?:(?:{_UNIT})(?:의)?(?!\S))?\s+"
    r"(?P<noun>(?!(?:살|세|돌|개월|학년)(?!\S)).+)$"
)
"""세 마리 곰, 다섯 아이들, 두 명의 소녀, 귀여운 세 친구; but 여덟 살 누나 is one sister."""
_SIBLINGS: Final = re.compile(
    r"^(?P<noun>.+?)?\s*(?P<n>삼|사|오|육|칠|팔)(?P<kin>형제|남매|자매|총사|둥이)$"
)
_NATIVE_SIBLINGS: Final = re.compile(
    r"^(?P<noun>.+?)?\s*(?P<n>두|세|네|다섯|여섯|일곱)\s+(?P<kin>형제|남매|자매)$"
)
_RANGE: Final = re.compile(
    r"^(?:(?P<noun>.+?)\s*)?(?P<from>\d+)\s*(?P<unit>[가-힣]{0,2}?)\s*(?:부터|에서|~|-)\s*"
    r"(?P<to>\d+)\s*(?:번|호|층)?\s*(?:까지)?(?:의)?(?:\s+(?P<after>[가-힣]+))?$"
)
"""버튼 1번부터 20번까지, 1번부터 5번까지의 버튼."""
_PLURAL: Final = "들"
_COUPLE: Final = ("남편", "아내")
_PAIRS: Final = {
    "부부": _COUPLE,
    "내외": _COUPLE,
    "형제": ("형", "동생"),
    "자매": ("언니", "동생"),
    "남매": ("오빠", "동생"),
    "오누이": ("오빠", "누이동생"),
    "모녀": ("엄마", "딸"),
    "모자": ("엄마", "아들"),
    "부녀": ("아빠", "딸"),
    "부자": ("아빠", "아들"),
}
_ALONE: Final = {
    "노부부": ("할아버지", "할머니"),
    "오누이": ("오빠", "여동생"),
    "남매": ("오빠", "여동생"),
    "모녀": ("엄마", "딸"),
    "부녀": ("아빠", "딸"),
    "한 쌍의 부부": _COUPLE,
}
_NOT_ALONE: Final = ("모자", "부자")
"""A hat, and somebody rich."""
_PARENTS: Final = ("아빠", "엄마", "아기")
_FAMILY_OF: Final = ("나", "엄마", "아빠", "동생", "할머니", "할아버지", "이모", "삼촌")
"""Who is in a family of so many: of two, mother and child."""
_HOUSEHOLD: Final = ("할아버지", "할머니", "아빠", "엄마", "이모", "삼촌", "나", "동생")
"""The order in which a family stands."""
_FAMILY_COUNTED: Final = re.compile(
    rf"^(?P<whose>.*?)\s*(?:(?:온\s)?(?:가족|식구)(?:들)?(?:\s*(?P<after>{_COUNT})\s*(?:명|식구|사람|분|마리)?)?"
    rf"|(?<!\S)(?P<before>{_COUNT})\s*(?:인|명의?)?\s*(?:가족|식구))$"
)
"""우리 가족, 우리 가족 네 명, 우리 네 식구, 4인 가족."""
_OWN_FAMILY: Final = ("우리", "내", "나의", "우리 집")
_TWINS: Final = "쌍둥이"
_TWIN_KIN: Final = {
    "형제": ("쌍둥이 형", "쌍둥이 동생"),
    "자매": ("쌍둥이 언니", "쌍둥이 동생"),
    "남매": ("쌍둥이 오빠", "쌍둥이 여동생"),
}
_ENGLISH_NUMBERS: Final = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "twin": 2,
}
_IN_ENGLISH: Final = re.compile(
    rf"^(?:the\s+)?(?P<n>{'|'.join(_ENGLISH_NUMBERS)}|[2-9])\s+(?P<noun>[a-z\s]+)$", re.IGNORECASE
)
_ANIMALS: Final = ("토끼", "다람쥐", "곰")
_ANY_ANIMALS: Final = re.compile(r"^.*?\s*(?:여러\s+)?동물(?:\s*친구)?들$")


def spelled_out(part: str) -> list[str]:
    """The members of a group, each as a part; the part itself if it names one."""
    for reading in (
        _range,
        _siblings,
        _twins,
        _pair,
        _family,
        _animals,
        _counted,
        _plural,
        _english,
    ):
        if members := reading(part):
            return members[:MOST]
    return [part]


def _range(part: str) -> list[str]:
    """The first three of a range, each by its number: no hero is called 1번부터 20번까지."""
    found = _RANGE.match(part)
    noun = (found["noun"] or found["after"] or "") if found is not None else ""
    if found is None or not noun or int(found["from"]) >= int(found["to"]):
        return []
    noun = noun.removesuffix(_PLURAL)
    numbers = range(int(found["from"]), int(found["to"]) + 1)[:UNCOUNTED]
    return [f"{number}{found['unit'] or '번'} {noun}" for number in numbers]


def _siblings(part: str) -> list[str]:
    found = _SIBLINGS.match(part) or _NATIVE_SIBLINGS.match(part)
    if found is None:
        return []
    noun, kin, n = found["noun"] or "", found["kin"], _NUMBERS[found["n"]]
    what, head = _parted(noun)
    if not head:
        head = {"형제": "소년", "자매": "소녀"}.get(kin, "아이")
    return _numbered(what, head, n, True) if _is_kind(head) else []


def _twins(part: str) -> list[str]:
    words = part.split()
    if _TWINS not in words:
        if part.endswith("쌍둥이") and part[:-3] in ("세", "네"):
            return _numbered("", _TWINS, _NUMBERS[part[:-3]], False)
        return []
    at = words.index(_TWINS)
    what, after = " ".join(words[:at]), words[at + 1 :]
    if not after:
        if what and _is_kind(words[at - 1]):  # 토끼 쌍둥이
            what, head = _parted(what)
            return _numbered(what, f"{_TWINS} {head}", 2, False)
        return _numbered(what, _TWINS, 2, False)
    if len(after) == 1 and after[0] in _TWIN_KIN:
        return _described(what, _TWIN_KIN[after[0]])
    noun = after[-1].removesuffix(_PLURAL)
    if len(after) == 1 and is_known_kind(noun) and not sex_of_name(noun):
        return _numbered(what, f"{_TWINS} {noun}", 2, False)
    return []


def _pair(part: str) -> list[str]:
    words = part.split()
    what, head = " ".join(words[:-1]), words[-1] if words else ""
    if head in _ALONE and not (what and _is_kind(words[-2])):
        return _described(what, _ALONE[head])
    if head not in _PAIRS or (head in _NOT_ALONE and not (what and _is_kind(words[-2]))):
        return []
    if not what:
        return list(_PAIRS[head])
    if not _is_kind(words[-2]):
        return _described(what, _PAIRS[head])
    what, noun = _parted(what)
    if folk_of(find_kind(noun)) == "person":
        return []
    return _described(what, [f"{role} {noun}" for role in _PAIRS[head]])


def _family(part: str) -> list[str]:
    found = _FAMILY_COUNTED.match(part)
    if found is None:
        return []
    said = found["after"] or found["before"]
    n = (_NUMBERS.get(said) or int(said)) if said else UNCOUNTED
    whose = re.sub("네$", "", found["whose"])
    if not whose or whose in _OWN_FAMILY:
        teller = "나" if whose else "아이"
        return [teller if it == "나" else it for it in _HOUSEHOLD if it in _FAMILY_OF[:n]]
    what, noun = _parted(whose)
    if may_be_name(noun):
        return _described(what, [noun, *_FAMILY_OF[1:n]])
    if not _is_kind(noun) or folk_of(find_kind(noun)) == "person":
        return []
    young = [f"{it} 아기 {noun}" for it in ORDINALS[: n - 2]] if n > UNCOUNTED else [f"아기 {noun}"]
    return _described(what, [*(f"{role} {noun}" for role in _PARENTS[:2]), *young])


def _animals(part: str) -> list[str]:
    found = _ANY_ANIMALS.match(part)
    return list(_ANIMALS) if found else []


def _counted(part: str) -> list[str]:
    for form in (_AFTER, _JOINED, _BEFORE):
        found = form.match(part)
        if found is None:
            continue
        noun = found["noun"].strip().removesuffix(_PLURAL)
        what, head = _parted(noun)
        if form is _BEFORE:
            what = f"{found['what'] or ''} {what}".strip()
        is_name = found["n"] == "하나" and folk_of(find_kind(head)) != "being"
        if not _is_kind(head) or is_name:
            continue
        n = _NUMBERS.get(found["n"]) or min(MOST, int(found["n"]))
        if n == 1:
            return [f"{what} {head}".strip()]
        return _numbered(what, head, n, folk_of(find_kind(head)) == "animal")
    return []


def _plural(part: str) -> list[str]:
    if not part.endswith(_PLURAL) or part.endswith("친구들"):
        return []
    what, head = _parted(part.removesuffix(_PLURAL))
    if not is_attributive(what):  # 어린이집 아이들: no part of a name
        what = ""
    return _numbered(what, head, UNCOUNTED, False) if _is_kind(head) else []


def _english(part: str) -> list[str]:
    found = _IN_ENGLISH.match(part)
    kind = find_kind(found["noun"]) if found else None
    if found is None or kind is None or not is_known_kind(kind.ko):
        return []
    n = _ENGLISH_NUMBERS.get(found["n"].lower()) or int(found["n"])
    return _numbered("", kind.ko, min(MOST, n), folk_of(kind) == "animal")


def _is_kind(noun: str) -> bool:
    return is_known_kind(noun) or (" " in noun and is_known_kind(noun.split()[-1]))


def _parted(noun: str) -> tuple[str, str]:
    """What stands before the noun itself, which may have 아기 before it, and the noun."""
    words = noun.split()
    at = max(0, len(words) - 1)
    while at and words[at - 1] in ("아기", "꼬마", "새끼", "어린이"):
        at -= 1
    return " ".join(words[:at]), " ".join(words[at:])


def _numbered(what: str, noun: str, n: int, has_youngest: bool) -> list[str]:
    """The first, the second …; the last of three and more siblings is the youngest."""
    last = has_youngest and n > 2
    ordinals = (*ORDINALS[: n - 1], YOUNGEST) if last else ORDINALS[:n]
    return _described(what, [f"{ordinal} {noun}" for ordinal in ordinals])


def _described(what: str, members: Sequence[str]) -> list[str]:
    return [f"{what} {members[0]}".strip(), *members[1:]]
