"""How numbers and signs are read aloud in English: most models misread digits."""

from __future__ import annotations

import re
from typing import Final

_ONES: Final = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS: Final = [
    "-",
    "-",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
]
_SCALES: Final = ((1_000_000_000, "billion"), (1_000_000, "million"), (1_000, "thousand"))
_ORDINALS: Final = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_MOST_DIGITS: Final = 12
"""More are read one by one."""
_SIGNS: Final = {"&": " and ", "+": " plus ", "%": " percent", "℃": " degrees", "°": " degrees"}

_GROUPED: Final = re.compile(r"(?<![\d,])\d{1,3}(?:,\d{3})+(?![\d,])")
_CLOCK: Final = re.compile(r"\b([01]?\d|2[0-3]):([0-5]\d)\b")
_ORDINAL: Final = re.compile(r"\b(\d{1,9})(?:st|nd|rd|th)\b")
_DECIMAL: Final = re.compile(r"\b(\d+)\.(\d+)\b")
_YEAR: Final = re.compile(r"(?<![\d.])(1[1-9]\d\d|20[1-9]\d)(?![\d.]\d)(?!\d)(s?)\b")
_NUMBER: Final = re.compile(r"\d+")


def read_english(text: str) -> str:
    """A text with its numbers and signs in words."""
    if not any(sign.isdigit() or sign in _SIGNS for sign in text):
        return text
    text = _GROUPED.sub(lambda it: _number(it[0].replace(",", "")), text)
    text = _CLOCK.sub(lambda it: _clock(int(it[1]), int(it[2])), text)
    text = _ORDINAL.sub(lambda it: _ordinal(int(it[1])), text)
    text = _DECIMAL.sub(lambda it: f"{_number(it[1])} point {_digits(it[2])}", text)
    text = _YEAR.sub(lambda it: _year(int(it[1])) + it[2], text)
    text = _NUMBER.sub(lambda it: _number(it[0]), text)
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    return re.sub(r"(?<=\S) {2,}", " ", text)


def spelled(number: int) -> str:
    """A whole number in words, up to a trillion."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return f"{_TENS[tens]}-{_ONES[ones]}" if ones else _TENS[tens]
    if number < 1_000:
        hundreds, rest = divmod(number, 100)
        return f"{_ONES[hundreds]} hundred" + (f" and {spelled(rest)}" if rest else "")
    scale, name = next((it, name) for it, name in _SCALES if number >= it)
    many, rest = divmod(number, scale)
    joined = " and " if 0 < rest < 100 else " "
    return f"{spelled(many)} {name}" + (f"{joined}{spelled(rest)}" if rest else "")


def _number(digits: str) -> str:
    starts_with_zero = len(digits) > 1 and digits[0] == "0"
    if starts_with_zero or len(digits) > _MOST_DIGITS:
        return _digits(digits)
    return spelled(int(digits))


def _digits(digits: str) -> str:
    return " ".join(_ONES[int(digit)] for digit in digits)


def _clock(hour: int, minute: int) -> str:
    if not minute:
        return f"{spelled(hour)} o'clock"
    return f"{spelled(hour)} {'oh ' if minute < 10 else ''}{spelled(minute)}"


def _year(year: int) -> str:
    century, rest = divmod(year, 100)
    if not rest:
        return f"{spelled(century)} hundred"
    return f"{spelled(century)} {'oh ' if rest < 10 else ''}{spelled(rest)}"


def _ordinal(number: int) -> str:
    *before, last = re.split(r"(?<=[ -])", spelled(number))
    if last in _ORDINALS:
        return "".join((*before, _ORDINALS[last]))
    return "".join((*before, last[:-1] + "ieth" if last.endswith("y") else f"{last}th"))
