"""Korean particles that depend on how the word before them ends when it is read aloud.

A word ends **open** (in a vowel), **closed** (in a consonant), or in **rieul** (ㄹ), which counts
as closed everywhere but before 로. So what must be known of a word is only its last sound:

- Hangul shows it: the final consonant is the remainder of the syllable's number by 28;
- a digit is read in Korean (3 삼, 7 칠), zeros by their unit (10 십, 100 백, 10000 만);
- capitals and mixed codes are read letter by letter (DNA 디엔에이, R2D2), L M N R being closed;
- other Latin words are guessed from their spelling, as loan words are written in Hangul
  (Tom 톰, Jack 잭, Mike 마이크, Peter 피터, Apple 애플);
- a sign is read as its name (% 퍼센트, ★ 별); brackets, quotation marks and unknown signs are
  silent, and a bracketed remark at the end does not count (토끼(rabbit)는).
"""

from __future__ import annotations

import enum
import re
import unicodedata
from typing import Final


class Ending(enum.Enum):
    """How a word ends when it is read aloud."""

    OPEN = "open"
    CLOSED = "closed"
    RIEUL = "rieul"


_PAIRS: Final = (
    ("은", "는"),
    ("이", "가"),
    ("을", "를"),
    ("과", "와"),
    ("으로", "로"),
    ("아", "야"),
    ("이에요", "예요"),
    ("이었어요", "였어요"),
    ("이랑", "랑"),
    ("이라고", "라고"),
    ("이라는", "라는"),
    ("이나", "나"),
    ("이든", "든"),
)
"""After a closed ending, after an open one."""

_BY_FORM: Final = {form: pair for pair in _PAIRS for form in pair} | {"이야": ("이야", "야")}

PARTICLE_FORMS: Final = (
    *(form for pair in _PAIRS for form in pair),
    *("의", "에", "에서", "에게", "도", "만", "들", "까지", "부터", "님", "하고"),
)
"""Particles that may stand after a word, in all their forms."""
_PRONOUNS: Final = {
    "나": {"가": "내가", "이": "내가", "의": "내", "에게": "나에게"},
    "저": {"가": "제가", "이": "제가", "의": "제"},
    "너": {"가": "네가", "이": "네가", "의": "네"},
}
_GIVEN: Final = "에게"
_HONOURED: Final = (
    *("할머니", "할아버지", "어머니", "아버지", "노인", "스님", "사또", "산신령", "신령님"),
    *("선생님", "훈장님", "원장님", "박사님", "장군님", "선장님", "이장님", "원님", "대감님"),
    *("임금님", "왕비님", "여왕님", "왕님", "선녀님"),
)
_NO_HONOUR: Final = ("해님", "달님", "별님", "바람님", "공주님", "왕자님", "꽃님")

_STACKED: Final = re.compile("(이라고|라고|으로|로|이랑|랑|와|과)(.+)")

_DIGIT_ENDINGS: Final = dict(zip("0123456789", "CROCOOCRRO", strict=True))
_LETTER_ENDINGS: Final = {"L": "R", "M": "C", "N": "C", "R": "R"}
_SIGN_ENDINGS: Final = {
    **dict.fromkeys("%‰°℃℉+&@$€£¥×÷=♥♡❤#*/", "O"),
    **dict.fromkeys("₩원", "C"),
    **dict.fromkeys("★☆~", "R"),
}
_UNIT_ENDINGS: Final = dict.fromkeys(("m", "km", "cm", "mm", "l", "ml"), "O") | dict.fromkeys(
    ("g", "kg", "mg", "t"), "C"
)
_ENDINGS: Final = {"O": Ending.OPEN, "C": Ending.CLOSED, "R": Ending.RIEUL}

_REMARK: Final = re.compile(r"(?<=\S)\s*[(\[（][^()\[\]（）]*[)\]）]\s*$")
_LATIN_TAIL: Final = re.compile(r"[A-Za-z]+$")
_NUMBER_TAIL: Final = re.compile(r"\d[\d,]*(?:\.\d+)?$")
_TRILLION_ZEROS: Final = range(12, 16)  # 조 is the one unit that ends open


def particle(word: str, form: str) -> str:
    """The right form of a particle after `word`, named by either of its forms (는, 은).

    A particle that has one form only (에서, 도) comes back as it is, and one with another after it
    (와는, 이라고만) keeps that. 야 is the vocative, 이야 the copula: 곰아 but 곰이야.
    """
    pair = _BY_FORM.get(form)
    if pair is None:
        stacked = _STACKED.match(form)
        return particle(word, stacked[1]) + stacked[2] if stacked else form
    ending = ending_of(word)
    if ending is Ending.RIEUL and pair[1] == "로":
        return "로"
    return pair[1] if ending is Ending.OPEN else pair[0]


def with_particle(word: str, form: str) -> str:
    """`word` and after it the right form of the particle: ("곰", "는") gives 곰은. Pronouns have
    forms of their own (내가, 네 …), and who is honoured is given something with 께."""
    before, _, last = word.rpartition(" ")
    if own := _PRONOUNS.get(last, {}).get(form):
        return f"{before} {own}".lstrip()
    if form.startswith(_GIVEN) and is_honoured(word):
        return f"{word}께{form.removeprefix(_GIVEN)}"
    return word + particle(word, form)


def is_honoured(name: str) -> bool:
    """Whether one speaks of somebody with 께: 할머니께, 선생님께, but 엄마에게."""
    return name.endswith(_HONOURED) and not name.endswith(_NO_HONOUR)


def ending_of(word: str) -> Ending:
    """How `word` ends when it is read aloud. What cannot be read at all counts as open."""
    text = unicodedata.normalize("NFC", word)
    text = _REMARK.sub("", text) or text
    while text:
        code = _ending_at_end(text)
        if code:
            return _ENDINGS[code]
        text = text[:-1]
    return Ending.OPEN


def _ending_at_end(text: str) -> str:
    """The ending's code if the last character is read, else ""."""
    last = text[-1]
    if "가" <= last <= "힣":
        final = (ord(last) - ord("가")) % 28
        return {0: "O", 8: "R"}.get(final, "C")
    if last in _SIGN_ENDINGS:
        return _SIGN_ENDINGS[last]
    if "ㄱ" <= last <= "ㅣ":
        return "O" if last >= "ㅏ" else "R" if last == "ㄹ" else "C"
    if "ぁ" <= last <= "ヿ":
        return "C" if last in "んン" else "O"
    plain = _plain(text)
    if number := _NUMBER_TAIL.search(plain):
        return _number_ending(number[0])
    if latin := _LATIN_TAIL.search(plain):
        return _latin_ending(latin[0], plain[: latin.start()])
    return ""


def _plain(text: str) -> str:
    """Without accents and full-width forms, the last character kept last."""
    decomposed = unicodedata.normalize("NFKD", text[-40:])
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _number_ending(number: str) -> str:
    digits = number.replace(",", "")
    zeros = len(digits) - len(digits.rstrip("0"))
    if zeros in _TRILLION_ZEROS and "." not in digits:
        return "O"
    return _DIGIT_ENDINGS.get(digits[-1], "O")


def _latin_ending(letters: str, before: str) -> str:
    follows_digit = bool(before) and before[-1].isdigit()
    if follows_digit and letters.lower() in _UNIT_ENDINGS:
        return _UNIT_ENDINGS[letters.lower()]
    if letters.isupper() or follows_digit:
        return _LETTER_ENDINGS.get(letters[-1].upper(), "O")
    return _loan_word_ending(letters.lower())


_LOAN_WORD_RULES: Final = tuple(
    (re.compile(f"(?:{pattern})$"), code)
    for pattern, code in (
        (r"[^aeiouyl]le|[aeiouy]le|ll?", "R"),  # Apple 애플, Nicole 니콜, Bill 빌
        (r"[aeiouy][mn]e|[mn]|ng|mb", "C"),  # Jane 제인, Tom 톰, King 킹
        (r"(?<![aeiouy])[aeiouy]t?t", "C"),  # Scott 스콧, Janet 재닛; but boat 보트, Robert 로버트
        (r"(?<![aeiouy])[aeiouy](?:ck|k|c|pp?|b)", "C"),  # Jack 잭, Eric 에릭, Philip 필립, Bob 밥
        (r"oo[kp]", "C"),  # book 북
    )
)


def _loan_word_ending(word: str) -> str:
    return next((code for rule, code in _LOAN_WORD_RULES if rule.search(word)), "O")
