"""The two sets of Korean numerals.

Native ones (한, 두, 세) count things, Sino-Korean ones (일, 이, 삼) number and measure.
From a hundred up there are only Sino-Korean ones, so that a count takes both: 백한 마리.
"""

from __future__ import annotations

from typing import Final

DIGITS: Final = "영일이삼사오육칠팔구"
DIGITS_OF_A_CODE: Final = "공일이삼사오육칠팔구"
"""In a phone number or a code the zero is 공."""

_PLACES: Final = ("", "십", "백", "천")
_MYRIADS: Final = ("", "만", "억", "조", "경")
_NATIVE_ONES: Final = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")
_NATIVE_TENS: Final = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")
_OF_OLD_MEASURES: Final = {3: ("서", "석"), 4: ("너", "넉")}
"""Three and four before old measures: 서 말 and 너 돈, but 석 냥 and 넉 되 (표준어 규정 제17항)."""
_ABOUT: Final = ("", "한두", "두세", "서너", "너덧", "대여섯", "예닐곱", "일고여덟", "여덟아홉")

_SINO_BELOW: Final = 10 ** (4 * len(_MYRIADS))
_NATIVE_BELOW: Final = 1_000_000
"""Nobody counts a million things one by one: from here up a count is Sino-Korean throughout."""


def sino(number: int) -> str:
    """A number from 0 up in Sino-Korean, with a space after 만 and each larger step. What has no
    name (10²⁰ and more) is read digit by digit."""
    if number == 0:
        return DIGITS[0]
    if number >= _SINO_BELOW:
        return one_by_one(str(number))
    groups = []
    for myriad in _MYRIADS:
        number, below = divmod(number, 10_000)
        is_bare_myriad = (below, myriad, number) == (1, "만", 0)
        if below:
            groups.append(("" if is_bare_myriad else _below_myriad(below)) + myriad)
    return " ".join(reversed(groups))


def native(number: int) -> str:
    """A number from 0 up as it stands before what is counted: 한, 두, 스무, 백한."""
    if number == 0 or number >= _NATIVE_BELOW:
        return sino(number)
    hundreds, below = divmod(number, 100)
    tens, ones = divmod(below, 10)
    ending = "스무" if below == 20 else _NATIVE_TENS[tens] + _NATIVE_ONES[ones]
    return (sino(hundreds * 100) if hundreds else "") + ending


def native_measure(number: int, *, closed: bool) -> str:
    """A number as it stands before an old measure: 서 말, or `closed` 석 되; else as `native`."""
    ones = _OF_OLD_MEASURES.get(number % 10)
    if ones is None or not 0 < number < 100:
        return native(number)
    return _NATIVE_TENS[number // 10] + ones[closed]


def about(low: int) -> str:
    """`low` (1 to 8) or one more, as it stands before what is counted: 한두, 두세, 서너."""
    return _ABOUT[low]


def one_by_one(digits: str, names: str = DIGITS) -> str:
    """Digits read one after the other."""
    return "".join(names[int(digit)] for digit in digits)


def _below_myriad(number: int) -> str:
    said = []
    for place in _PLACES:
        number, digit = divmod(number, 10)
        if digit:
            said.append(("" if digit == 1 and place else DIGITS[digit]) + place)
    return "".join(reversed(said))
