"""How written Korean sounds, in full: the Standard Pronunciation (표준 발음법), rule by rule.

For a voice that knows nothing of Korean. (`espeak` makes only the changes that eSpeak NG leaves
out.) A word is its syllables, and where two of them meet, the final of the first and the initial of
the second become what they sound like: 같이 → 가치, 읽는 → 잉는, 학교 → 학꾜. So a word has as many
syllables as before, and each final is one of the seven that are heard: ㄱㄴㄷㄹㅁㅂㅇ.

The rules are those of articles 5 to 30. Where one needs to know what a word is, there are lists:
whether ㄱ after ㄺ is a verb's (읽고) or a noun's (닭과), the tensing of Chinese words (갈등).
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from storybook.korean.compounds import with_nieun
from storybook.korean.syllables import NO_FINAL, letters, syllable

Meeting = tuple[str, str]
"""A final, and the initial after it."""


def _meetings(table: str) -> dict[str, Meeting]:
    """Of each word of three letters: a final, and what is said in its place before, and after."""
    return {it[0]: (it[1], it[2]) for it in table.split()}


_HEARD: Final = {
    **dict.fromkeys("ㄱㄲㅋㄳㄺ", "ㄱ"),
    **dict.fromkeys("ㄴㄵㄶ", "ㄴ"),
    **dict.fromkeys("ㄷㅅㅆㅈㅊㅌㅎ", "ㄷ"),
    **dict.fromkeys("ㄹㄼㄽㄾㅀ", "ㄹ"),
    **dict.fromkeys("ㅁㄻ", "ㅁ"),
    **dict.fromkeys("ㅂㅍㅄㄿ", "ㅂ"),
    "ㅇ": "ㅇ",
    NO_FINAL: NO_FINAL,
}
"""What is heard of a final before a consonant, and where a word ends (articles 8 to 11)."""
_BEFORE_A_VOWEL: Final = {
    **{single: (NO_FINAL, single) for single in "ㄱㄲㄴㄷㄹㅁㅂㅅㅆㅈㅊㅋㅌㅍ"},
    **_meetings(
        "ㄳㄱㅆ ㄵㄴㅈ ㄶ-ㄴ ㄺㄹㄱ ㄻㄹㅁ ㄼㄹㅂ ㄽㄹㅆ ㄾㄹㅌ ㄿㄹㅍ "
        "ㅀ-ㄹ ㅄㅂㅆ ㅎ-ㅇ ㅇㅇㅇ --ㅇ"
    ),
}
"""A final before a vowel is said with it: 옷이 → 오시, 값을 → 갑쓸 (articles 12 to 14)."""
_BEFORE_I: Final = _meetings("ㄷ-ㅈ ㅌ-ㅊ ㄾㄹㅊ")
"""굳이 → 구지, 같이 → 가치 (article 17)."""
_BEFORE_H: Final = {
    **dict.fromkeys("ㄱㄲㅋㄳ", (NO_FINAL, "ㅋ")),
    **dict.fromkeys("ㅂㅍㅄ", (NO_FINAL, "ㅍ")),
    **dict.fromkeys("ㄷㅅㅆㅊㅌ", (NO_FINAL, "ㅌ")),
    **_meetings("ㅈ-ㅊ ㄵㄴㅊ ㄺㄹㅋ ㄼㄹㅍ"),
}
"""입학 → 이팍, 앉히다 → 안치다 (article 12)."""
_H_LEAVES: Final = {"ㅎ": NO_FINAL, "ㄶ": "ㄴ", "ㅀ": "ㄹ"}
_BREATHED: Final = {"ㄱ": "ㅋ", "ㄷ": "ㅌ", "ㅈ": "ㅊ", "ㅅ": "ㅆ"}
"""After ㅎ: 좋다 → 조타, 많소 → 만쏘."""
_TENSE: Final = dict(zip("ㄱㄷㅂㅅㅈ", "ㄲㄸㅃㅆㅉ", strict=True))
_TENSING: Final = "ㄱㄷㅂ"
"""What is heard of these tenses what follows: 국밥 → 국빱 (article 23)."""
_TENSING_STEMS: Final = "ㄵㄼㄾㄻ"
"""앉고 → 안꼬, 젊지 → 점찌 (articles 24 and 25): nouns with them are few."""
_NASAL: Final = {"ㄱ": "ㅇ", "ㄷ": "ㄴ", "ㅂ": "ㅁ"}
_NOUNS_IN_LK: Final = "닭흙칡삵"
_NOUNS_IN_LM: Final = "삶"
_HARD_TRODDEN: Final = "밟"
"""The one stem in ㄼ that is said with ㅂ: 밟고 → 밥꼬."""
_SINO_TENSED: Final = re.compile(
    r"갈등|갈증|결[정석심]|걸작|골[동절]|굴절|멸[종시]|몰두|물[질자]|발[달동생성전]|별[도자]|불[신실]|"
    r"열[정중심]|월[세식]|일[등상생시정주]|질[서주]|철[도저]|칠[십석]|팔[십]|출[동석세신장]|필[수]|활[동자]"
)
"""Chinese words in which ㄷ, ㅅ and ㅈ are tense after ㄹ (article 26)."""
_TENSED_AFTER_L: Final = re.compile(
    r"(?<=[가-힣])(?P<gap>\s)(?P<noun>거(?=예요|야|라|다|니)|것|[게걸건](?=\s)|듯(?=\s|[이한해했하])"
    r"|줄(?=[은도]?\s*[알아모몰])|수(?=[가는도]?\s*[있없]|밖에))"
    r"|(?<=[가-힣])(?<![길멀글달늘])(?P<promise>게(?=요?(?:[.!?]|\s*$)))"
)
"""After the ending -(으)ㄹ what follows is tense: 할 거예요 → 할 꺼예요 (article 27)."""
_APART: Final = re.compile("맛(?=없)|[겉홑웃](?=옷)|웃(?=어른)|첫(?=인)|헛(?=웃)|꽃(?=위)")
"""Before a word that has a meaning of its own a final is what is heard of it: 맛없다 → 마덥따
(article 15)."""
_WORD: Final = re.compile("[가-힣]+")


def as_sounded(text: str) -> str:
    """The text as it sounds, in Hangul; other characters stay. Never raises."""
    text = _TENSED_AFTER_L.sub(_tensed_after_l, text)
    return _WORD.sub(lambda match: _word(match[0]), text)


def _tensed_after_l(match: re.Match[str]) -> str:
    before, said = match.string[match.start() - 1], match["noun"] or match["promise"]
    if letters(before)[2] != "ㄹ":
        return match[0]
    initial, vowel, final = letters(said[0])
    return (match["gap"] or "") + syllable([_TENSE.get(initial, initial), vowel, final])


def _word(word: str) -> str:
    tensed = {it.start() + 1 for it in _SINO_TENSED.finditer(word)}
    written = with_nieun(word)
    syllables = [letters(it) for it in written]
    apart = {it.start() for it in _APART.finditer(word)}
    for at in tensed:
        syllables[at][0] = _TENSE.get(syllables[at][0], syllables[at][0])
    for at, (here, following) in enumerate(pairwise(syllables)):
        if at in apart:
            here[2], following[0] = NO_FINAL, _HEARD[here[2]]
        else:
            here[2], following[0] = _meet(written[at], here[2], following[0], following[1])
    if syllables:
        syllables[-1][2] = _HEARD[syllables[-1][2]]
    return "".join(syllable(_with_its_vowel(it)) for it in syllables)


def _meet(written: str, final: str, initial: str, vowel: str) -> Meeting:
    """What a final (of the syllable as it is `written`) and the initial after it sound like."""
    if initial == "ㅇ":
        is_before_i = vowel in "ㅣㅕ" and final in _BEFORE_I
        return _BEFORE_I[final] if is_before_i else _BEFORE_A_VOWEL[final]
    if initial == "ㅎ" and final in _BEFORE_H:
        is_before_i = vowel in "ㅣㅕ" and final in "ㄷㅌ"
        return (NO_FINAL, "ㅊ") if is_before_i else _BEFORE_H[final]
    if final in _H_LEAVES and initial in _BREATHED:
        return _H_LEAVES[final], _BREATHED[initial]
    if final == "ㄺ" and initial == "ㄱ" and written not in _NOUNS_IN_LK:
        return "ㄹ", "ㄲ"  # 읽고 → 일꼬
    is_stem = final in _TENSING_STEMS and written not in _NOUNS_IN_LM
    heard = "ㅂ" if written == _HARD_TRODDEN else _HEARD[final]
    if heard in _TENSING or is_stem:
        initial = _TENSE.get(initial, initial)
    return _assimilated(heard, initial)


def _assimilated(final: str, initial: str) -> Meeting:
    """국물 → 궁물, 독립 → 동닙, 난로 → 날로 (articles 18 to 20)."""
    if initial == "ㄹ" and final in "ㄱㄷㅂㅁㅇ":
        initial = "ㄴ"
    if initial in "ㄴㅁ":
        final = _NASAL.get(final, final)
    if (final, initial) in (("ㄴ", "ㄹ"), ("ㄹ", "ㄴ")):
        return "ㄹ", "ㄹ"
    return final, initial


def _with_its_vowel(letters: list[str]) -> list[str]:
    """희 is said 히, 계 게, 져 저 (article 5)."""
    initial, vowel, final = letters
    if vowel == "ㅢ" and initial != "ㅇ":
        vowel = "ㅣ"
    elif vowel == "ㅖ" and initial not in "ㅇㄹ":
        vowel = "ㅔ"
    elif vowel == "ㅕ" and initial in "ㅈㅉㅊ":
        vowel = "ㅓ"
    return [initial, vowel, final]
