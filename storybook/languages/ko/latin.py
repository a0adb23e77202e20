"""Korean that is written in Latin letters, as Hangul: by its sound (ssibal), or by the keys of a
keyboard that was left in English (tlqkf). What cannot be Korean stays as it is.
"""

from __future__ import annotations

import re
from typing import Final

from storybook.korean.syllables import NO_FINAL, syllable
from storybook.languages.ko.apart import composed


def _spelled(table: str) -> dict[str, str]:
    """What each letter of Hangul, the last of a word, is spelled as before it."""
    return {word[:-1]: word[-1] for word in table.split()}


_ONSETS: Final = _spelled(
    "kkㄲ ggㄲ ttㄸ ddㄸ ppㅃ bbㅃ sshㅆ ssㅆ jjㅉ tchㅉ shㅅ sㅅ chㅊ gㄱ kㅋ nㄴ dㄷ tㅌ"
    " lㄹ rㄹ mㅁ bㅂ pㅍ jㅈ zㅈ hㅎ ㅇ"
)
_NUCLEI: Final = _spelled(
    "yaeㅒ yeoㅕ youㅕ yaㅑ yeㅖ yoㅛ yuㅠ waeㅙ weoㅝ waㅘ woㅝ weㅞ wiㅟ uiㅢ eoㅓ uhㅓ"
    " aeㅐ euㅡ oeㅚ ooㅜ uㅜ eeㅣ iㅣ ahㅏ aㅏ eㅔ oㅗ"
)
_CODAS: Final = _spelled(f"ngㅇ kㄱ gㄱ pㅂ bㅂ tㅅ dㅅ sㅅ lㄹ rㄹ nㄴ mㅁ {NO_FINAL}")


def _any(sounds: dict[str, str]) -> str:
    return "|".join(sorted(sounds, key=len, reverse=True))


_TENSE: Final = "|".join(it for it in _ONSETS if len(it) == 2 and it[0] == it[1])
_HEARD: Final = re.compile(
    rf"({_any(_ONSETS)})({_any(_NUCLEI)})((?!{_TENSE})(?:{_any(_CODAS)})(?![aeiouyw])|)"
)
_WORD: Final = rf"(?:{_HEARD.pattern})+(?![a-z])"
_SPOKEN: Final = re.compile(rf"(?<![a-z])(?:{_WORD}(?:[ .\-]{_WORD})+|(?=[a-z]{{5}}){_WORD})")
"""Several words, or one of five letters or more: shorter ones are English, too (sake)."""

_KEYS: Final = str.maketrans(
    dict(
        zip(
            "qwertyuiopasdfghjklzxcvbnm",
            "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ",
            strict=True,
        )
    )
)
_TYPED: Final = re.compile(r"(?<![a-z])[a-z]{5,}(?![a-z])")
_HANGUL: Final = re.compile("[가-힣]+")


def by_sound(text: str) -> str:
    """Each word that is spelled like Korean syllables, as these: `ssi bal` is 씨 발."""
    return _SPOKEN.sub(lambda word: _HEARD.sub(_as_heard, word[0]), text)


def by_keys(text: str) -> str:
    """Each word whose keys are whole syllables on a Korean keyboard, as these: `tlqkf` is 시발."""
    return _TYPED.sub(_as_typed, text)


def _as_heard(found: re.Match[str]) -> str:
    onset, nucleus, coda = found.groups()
    return syllable([_ONSETS[onset], _NUCLEI[nucleus], _CODAS[coda]])


def _as_typed(found: re.Match[str]) -> str:
    hangul = composed(found[0].translate(_KEYS))
    return hangul if _HANGUL.fullmatch(hangul) else found[0]
