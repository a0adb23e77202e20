"""How Korean reads numbers, counters, units, abbreviations and signs: text in, words out.

Korean has two sets of numerals. **Native** ones (한, 두, 세 …) stand before native counters, such
as 개, 명 and 살, and before the hours of a clock; **Sino-Korean** ones (일, 이, 삼 …) before all
else: years, minutes, floors, money, measures. From a hundred up a native counter takes both: 백한
마리. A particle stays on its word (3개를 → 세 개를), a counter is set off from its numeral.

`read_korean` is a list of rewriting rules, each taking care of one way of writing, from the most
particular (a date, a phone number) to the most general (any number that is left, any sign that
cannot be read). A rule writes Hangul, so no later rule, and no second pass, finds anything to
rewrite in it: reading twice gives the same as reading once.

Latin words are read as loan words are (Tom → 톰, `latin`), short capitals are spelled (DNA →
디엔에이), and Chinese characters are read in Korean (大韓民國 → 대한민국, `hanja`). A particle that
was written after a sign or a word of another script agrees with what was read (25kg예요 → 이십오
킬로그램이에요).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from storybook.korean.hanja import HANJA, read_hanja
from storybook.korean.latin import WORDS, read_latin
from storybook.korean.numerals import (
    DIGITS_OF_A_CODE,
    about,
    native,
    native_measure,
    one_by_one,
    sino,
)
from storybook.korean.particles import with_particle
from storybook.korean.pronunciation_tables import (
    CALLED_BY_DATE,
    CALLED_DIGIT_BY_DIGIT,
    CLOSED_MEASURES,
    DATES,
    DIGITS_AFTER_A_LETTER,
    JAMO,
    LAUGHS,
    LETTERS,
    LONG_COUNTERS,
    MONEY,
    NOUNS_WITH_A_NUMBER,
    NUMBERED_BY,
    OPEN_MEASURES,
    OPERATORS,
    PARTICLES,
    SCALES,
    SHORT_COUNTERS,
    SIGNS,
    SPEEDS,
    SPELLINGS,
    UNITS,
)
from storybook.korean.rewriting import Read, rewritten

Rule = tuple[re.Pattern[str], Read]

_ALL_PARTICLES: Final = rf"(?:{PARTICLES})*(?![가-힣])"
_COUNTER: Final = rf"(?:{LONG_COUNTERS}|(?:{SHORT_COUNTERS})(?={_ALL_PARTICLES}))"
"""A native counter. A short one counts only if nothing but particles hangs on it: 3개를, not
3개월; 2장, not 2장미."""

_NUMBER: Final = r"(?<!\d)(?>\d{1,3}(?:,\d{3})+(?!\d|,\d)|\d+)(?>\.\d+)?"
"""Atomic, and only from the first digit on: a long row of digits is looked at once."""
_CLOCK: Final = r"\d{1,2}:\d{2}(?!\d)"
_LATIN: Final = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ"
_SPELLED_AT_MOST: Final = 4
"""Capitals up to this many letters are an abbreviation; more are a word (HELLO) and stay one."""


_DIGITS_READ: Final = 300
"""Digits of one number. Python refuses to convert thousands, and nobody would listen to them."""


def read_korean(text: str) -> str:
    """Turn what Korean does not read as it is written into words.

    The result is Hangul with no signs but `. , ! ?`; what cannot be read (emoji, other scripts) is
    dropped, spaces are single. Never raises.
    """
    text = _one_form(text)
    for pattern, read in _RULES:
        text = rewritten(text, pattern, read)
    return _tidy(text)


def _number(written: str, *, has_value: bool = False) -> str:
    """A number as written (1,000 or 3.5 or 007) in Sino-Korean. What is counted or measured has a
    value, so that its leading zeros say nothing (05분); elsewhere they are read (007)."""
    whole, _, decimals = written.replace(",", "").partition(".")
    if decimals:
        return f"{sino(_value(whole))} 점 {one_by_one(decimals)}"
    if len(whole) > 1 and whole[0] == "0" and not has_value:
        return one_by_one(whole, DIGITS_OF_A_CODE)
    return sino(_value(whole))


def _value(digits: str) -> int:
    return int(digits.replace(",", "")[:_DIGITS_READ])


def _one_form(text: str) -> str:
    """Give every sign one form: full width becomes half, ㎏ becomes kg, Ⅲ becomes 3."""
    visible = (char for char in text if unicodedata.category(char) not in ("Cf", "Cs", "Co", "Cn"))
    composed = unicodedata.normalize("NFC", "".join(visible))
    return "".join(_COMPATIBLE.get(char) or _compatible(char) for char in composed)


_COMPATIBLE: Final = {char: char for char in (*JAMO, *"…ㆍ・·")} | {
    "’": "'",
    "∼": "~",
    "〜": "~",
}


def _compatible(char: str) -> str:
    if "Ⅰ" <= char <= "ⅿ":
        return f" {int(unicodedata.numeric(char))} "
    plain = unicodedata.normalize("NFKC", char)
    if "⁄" in plain:
        return " " + plain.replace("⁄", "/")
    if plain.isdecimal() and not plain.isascii():
        return str(unicodedata.decimal(plain))
    return plain


def _spell(capitals: str) -> str:
    return "".join(LETTERS[letter] for letter in capitals)


def _gap(match: re.Match[str]) -> str:
    """The space between a numeral and what follows it: none before a particle."""
    is_word = _NEXT_IS_WORD.match(match.string, match.end())
    is_particle = _NEXT_IS_PARTICLE.match(match.string, match.end())
    return " " if is_word and not is_particle else ""


_NEXT_IS_WORD: Final = re.compile(rf"[가-힣{_LATIN}\d]")
_NEXT_IS_PARTICLE: Final = re.compile(rf"(?:{PARTICLES}){_ALL_PARTICLES}")


def _range(match: re.Match[str]) -> str:
    """3~5명 → 3명에서 5명. The counter is said twice, as both numbers need it to be read right
    (세 명에서 다섯 명), and `에서` is how the norm for punctuation reads the sign."""
    unit = match["unit"] or ""
    return f"{match['low']}{match['own'] or unit}에서 {match['high']}{unit}"


def _month(match: re.Match[str]) -> str:
    month = int(match[1])
    said = {6: "유", 10: "시"}.get(month) or sino(month)
    return f"{said}월" + (f" {sino(int(match[2]))}일" if match[2] else "")


def _clock(match: re.Match[str]) -> str:
    """2:30 → 2시 30분; what cannot be a time is a score: 3:2 → 삼 대 이."""
    hour, minute, second = int(match[1]), int(match[2]), match[3]
    if hour > 24 or minute > 59 or len(match[2]) != 2:
        return f"{sino(hour)} 대 {sino(minute)}" + (f" 대 {sino(int(second))}" if second else "")
    said = f"{_hour(hour)} 시" + (f" {sino(minute)} 분" if minute else "")
    return said + (f" {sino(int(second))} 초" if second else "")


def _hour(hour: int) -> str:
    """The hours of a day's half are native, those of a 24-hour clock are not."""
    return native(hour) if hour <= 12 else sino(hour)


def _phone(match: re.Match[str]) -> str:
    return " ".join(one_by_one(group, DIGITS_OF_A_CODE) for group in re.split("[- ]", match[0]))


def _date(match: re.Match[str]) -> str:
    """3.1 → 삼일, 6·25 → 육이오, 12.12 → 십이십이: the month, and the day digit by digit if it is
    no round one and not the month over again."""
    *_, month, day = match.groups()
    is_number = day == month or int(day) % 10 == 0
    return sino(int(month)) + (sino(int(day)) if is_number else one_by_one(day))


def _fraction(match: re.Match[str]) -> str:
    whole, upper, lower = match["whole"], _number(match["upper"]), _number(match["lower"])
    if whole is None:
        return f"{lower}분의 {upper}"
    return f"{with_particle(_number(whole), '와')} {lower}분의 {upper}"


def _signed(match: re.Match[str]) -> str:
    sign, number, degrees = match[1], match[2], match[3]
    if degrees:
        return ("영상 " if sign == "+" else "영하 ") + f"{_number(number)} 도"
    return ("플러스 " if sign == "+" else "마이너스 ") + number


def _speed(match: re.Match[str]) -> str:
    number, unit = match[1], match[2]
    return f"{SPEEDS[unit]} {_number(number)} {UNITS[unit.split('/')[0]]}"


def _scaled(match: re.Match[str]) -> str:
    """10만, 3천: the step is written out already. One of them is not said: 1만 → 만."""
    is_followed_by_digit = match.string[match.end() : match.end() + 1].isdigit()
    return _with_step(match) + ("" if is_followed_by_digit else _gap(match))


def _with_step(match: re.Match[str]) -> str:
    number, step = match["number"], match["step"]
    is_bare = number == "1" and step[0] in "십백천만"
    return ("" if is_bare else _number(number)) + step


def _measured(match: re.Match[str]) -> str:
    unit = UNITS[match["unit"]]
    if match["step"]:
        return f"{_with_step(match)} {unit}"
    return f"{_number(match['number'], has_value=True)} {unit}"


def _counted(match: re.Match[str]) -> str:
    written, counter = match[1], match[2]
    if "." in written:
        return f"{_number(written)} {counter}"
    return f"{_numeral_before(counter, _value(written))} {counter}"


def _numeral_before(counter: str, number: int) -> str:
    is_age_group = counter == "대" and number in range(10, 100, 10)
    if counter == "번째" and number == 1:
        return "첫"
    if counter == "시":
        return _hour(number)
    if counter in OPEN_MEASURES | CLOSED_MEASURES:
        return native_measure(number, closed=counter in CLOSED_MEASURES)
    return sino(number) if is_age_group else native(number)


def _about(match: re.Match[str]) -> str:
    low, high, counter = int(match[1]), int(match[2]), match[3]
    numeral = about(low) if high == low + 1 else f"{native(low)}, {native(high)}"
    return f"{numeral} {counter}"


def _lettered(match: re.Match[str]) -> str:
    """A4 → 에이 포: one digit after a letter is read in English."""
    return f"{_spell(match[1])} {DIGITS_AFTER_A_LETTER[match[2]]}{_gap(match)}"


def _latin_word(match: re.Match[str]) -> str:
    """DNA is spelled, Tom is read, and in T-rex the letter is spelled and the word is read."""
    initial, word = match["initial"], match["word"]
    is_short = re.fullmatch("[A-Z]+", word) and len(word) <= _SPELLED_AT_MOST
    is_word = len(word) > 1 and word.lower() in WORDS  # OK, but the letter A
    read = _spell(word) if is_short and not is_word else read_latin(word)
    return (LETTERS[initial] if initial else "") + read


def _any_number(match: re.Match[str]) -> str:
    gap = _gap(match)
    if match[0] in CALLED_DIGIT_BY_DIGIT and not gap:
        return one_by_one(match[0])
    is_after_letter = match.string[match.start() - 1 : match.start()].isalpha()
    return " " * is_after_letter + _number(match[0], has_value=bool(gap)) + gap


def _any_of(words: dict[str, str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_UNIT: Final = rf"(?:{_any_of(UNITS)})(?![A-Za-z\d/])"
_COUNTED: Final = rf"(?:{_COUNTER}|{_UNIT}|{NUMBERED_BY})"
_NO_LETTER_BEFORE: Final = r"(?<![A-Za-z])"
_WHOLE: Final = r"(?<![\d.,:/])"
"""The number does not begin in the middle of another."""


def _rule(pattern: str, read: Read) -> Rule:
    return re.compile(pattern), read


_RULES: Final[tuple[Rule, ...]] = (
    # Spellings of their own, and the letters of Hangul.
    _rule(
        rf"(?<![{_LATIN}\d])(?:{_any_of(SPELLINGS)})(?![{_LATIN}\d])",
        lambda match: SPELLINGS[match[0]] + _gap(match),
    ),
    _rule(r"([ㅋㅎ])\1+", lambda match: LAUGHS[match[1]] * min(len(match[0]), 3)),
    _rule(r"[ㅠㅜ]{2,}", lambda match: " "),
    _rule("[ㄱ-ㅎㅏ-ㅣ]", lambda match: JAMO.get(match[0], "")),
    # Signs between Latin letters.
    _rule(rf"{_NO_LETTER_BEFORE}(?:[A-Z]\.){{2,}}", lambda match: match[0].replace(".", "")),
    _rule(r"(?<=[A-Za-z])\s?&\s?(?=[A-Za-z])", lambda match: "앤"),
    _rule(rf"(?<=[{_LATIN}])\.(?=[{_LATIN}])", lambda match: " 닷 "),
    _rule(rf"{_NO_LETTER_BEFORE}([A-Z])~(?=[A-Z](?![A-Za-z]))", lambda match: f"{match[1]}에서 "),
    # Chinese characters; beside their own reading they are silent.
    _rule(rf"[{HANJA}]+\s?\((?=[가-힣]+\))|(?<=[가-힣])\s?\([{HANJA}·\s]+\)", lambda match: ""),
    _rule(rf"[{HANJA}]+", lambda match: read_hanja(match[0])),
    # Several numbers that belong together.
    _rule(
        r"(?<!\d)(\d{4})(?:-|\.\s?)(\d{1,2})(?:-|\.\s?)(\d{1,2})(?:\.(?!\d))?(?![\d-])",
        lambda match: f"{int(match[1])}년 {int(match[2])}월 {int(match[3])}일",
    ),
    _rule(r"(?<![\d-])(?:0\d{1,2}([- ])\d{3,4}\1|1\d{3}-)\d{4}(?![\d-])", _phone),
    _rule(
        rf"{_WHOLE}(?P<low>{_CLOCK}|{_NUMBER})(?P<own>\s?{_COUNTED})?\s?[~–]\s?"
        rf"(?P<high>{_CLOCK}|{_NUMBER})(?![:\d])(?P<unit>\s?{_COUNTED}|°[CF])?",
        _range,
    ),
    _rule(rf"{_WHOLE}(?P<low>\d+)(?P<own>)-(?P<high>\d+)(?P<unit>\s?{_COUNTED})", _range),
    _rule(rf"{_WHOLE}([1-9]),\s?([1-9])\s?({_COUNTER})", _about),
    _rule(r"(?<![\d:])(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?(?![\d:])", _clock),
    _rule(
        rf"(?<![\d.,])(1[0-2]|[1-9])\.([12]?[1-9]|[123]0|31)(?=\s?(?:{CALLED_BY_DATE}))",
        _date,
    ),
    _rule(rf"(?<![\d.,])(?={DATES})(\d)\.(\d\d)(?![\d.%]|\s?{_COUNTED})", _date),
    _rule(r"(?<!\d)(1[0-2]|[1-9])[·ㆍ]([12]?[1-9]|[123]0|31)(?![\d·ㆍ])", _date),
    _rule(
        r"(?<!\d)\d{1,2}(?:[·ㆍ]\d{1,2})+(?!\d)",
        lambda match: one_by_one(re.sub(r"\D", "", match[0])),
    ),
    _rule(
        rf"{_WHOLE}(?:(?P<whole>\d+)\s)?(?P<upper>\d+)/(?P<lower>\d+)(?![\d/])",
        _fraction,
    ),
    _rule(
        rf"({_NUMBER})\s?분의\s?({_NUMBER})",
        lambda match: f"{_number(match[1])}분의 {_number(match[2])}{_gap(match)}",
    ),
    _rule(
        r"(?<=\d)\s?([+×x*÷])\s?(?=\d)|(?<=\d)(?:\s([-−])\s|([-−]))(?=\d)",
        lambda match: f" {OPERATORS[match[1] or match[2] or match[3]]} ",
    ),
    # A number with its sign, unit or counter.
    _rule(rf"(?<![\w)])([-−+])({_NUMBER})(\s?(?:도|°C|°(?!F)))?", _signed),
    _rule(rf"({_NUMBER})\s?({_any_of(SPEEDS)})(?![A-Za-z])", _speed),
    _rule(rf"([{re.escape(MONEY)}])\s?({_NUMBER}[십백천만억조]*)", lambda m: m[2] + m[1]),
    _rule(
        rf"(?:[섭화]씨\s?)?({_NUMBER})\s?(°[CF])(?![A-Za-z])",
        lambda match: f"{SCALES[match[2]]} {_number(match[1])} 도",
    ),
    _rule(rf"(?P<number>{_NUMBER})(?P<step>[십백천만억조]*)\s?(?P<unit>{_UNIT})", _measured),
    _rule(r"(?<![\d.,])(0?[1-9]|1[0-2])월(?:\s?(0?[1-9]|[12]\d|3[01])일)?", _month),
    _rule(r"(?<![가-힣])제\s?(\d+)", lambda match: f"제{sino(_value(match[1]))}{_gap(match)}"),
    _rule(
        rf"({_NUMBER})\s?번(?=\s?(?:{NOUNS_WITH_A_NUMBER}))",
        lambda match: f"{_number(match[1], has_value=True)} 번",
    ),
    _rule(
        rf"({_NUMBER})\s?대\s?(?={_NUMBER}(?!\s?{_COUNTER}))",
        lambda match: f"{_number(match[1])} 대 ",
    ),
    _rule(rf"({_NUMBER})여\s?(?=[가-힣])", lambda match: f"{_number(match[1])}여 "),
    _rule(rf"{_NO_LETTER_BEFORE}([A-Z]{{1,4}})-?(\d)(?!\d|[.,:/]\d|\s?{_COUNTED})", _lettered),
    _rule(rf"({_NUMBER})\s?({_COUNTER})", _counted),
    _rule(
        rf"({_NUMBER})\s?도(?={_ALL_PARTICLES})",
        lambda match: f"{_number(match[1], has_value=True)} 도",
    ),
    _rule(rf"(?P<number>{_NUMBER})(?P<step>[십백천만억조]+(?!큼))", _scaled),
    # Whatever is left.
    _rule(_NUMBER, _any_number),
    _rule(
        rf"(?:(?P<initial>(?<![A-Za-z])[A-Z])-)?(?P<word>[{_LATIN}]+(?:'[{_LATIN}]+)*)", _latin_word
    ),
    _rule(r"(?<![^\s=])([^\s=]++)\s*=+\s*", lambda match: with_particle(match[1], "는") + " "),
    _rule(_any_of(SIGNS), lambda match: SIGNS[match[0]]),
)

_CLOSING: Final = re.compile(r"(?<=[가-힣])[」』”\"'》〉\]]+(?=[가-힣])")
"""Before a particle: 「토끼」를 is one word."""
_UNREADABLE: Final = re.compile(r"[^가-힣\s.,!?…]")
_PAUSE: Final = re.compile(r"\s*[.,!?…](?:\s*[.,!?…])*")


def _tidy(text: str) -> str:
    """Drop what cannot be read, leave one sign at each pause, and single spaces."""
    text = _UNREADABLE.sub(" ", _CLOSING.sub("", text))
    text = _PAUSE.sub(_pause, text.strip())
    return re.sub(r"\s+", " ", text).strip(" ,")


def _pause(match: re.Match[str]) -> str:
    signs, is_last = match[0], match.end() == len(match.string)
    is_hesitation = "…" in signs or signs.count(".") > 1
    if match.start() == 0:
        return ""
    if "?" in signs:
        return "? "
    if "!" in signs:
        return "! "
    return ". " if "." in signs and (is_last or not is_hesitation) else ", "
