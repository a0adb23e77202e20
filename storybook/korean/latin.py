"""How words in Latin letters are read in Korean: Tom is 톰, Mike 마이크, hello 헬로.

Words that are often met are written down; others are read by their spelling, roughly as loan words
are written in Hangul: letters become sounds (`_SOUNDS`), and sounds become syllables. A word that
ends in a, i or o is taken for a name from Italian, Spanish or Japanese, whose vowels are as they
are written (Mario 마리오); others are English, where an e at the end is silent and makes the vowel
before it long (Mike).

A sound is a Korean vowel, one or two, `:` after a long one, or a Korean consonant as it stands at
the beginning of a syllable; `w` and `y` glide into the vowel after them, `ng` ends a syllable, and
`R` is an ㄹ that is said once between vowels.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_WORDS: Final = """
tom:톰 jack:잭 bob:밥 ben:벤 sam:샘 max:맥스 leo:레오 john:존 james:제임스 david:데이비드
michael:마이클 peter:피터 paul:폴 robert:로버트 emily:에밀리 lucy:루시 lily:릴리 alice:앨리스
sarah:세라 jane:제인 mary:메리 sophie:소피 emma:엠마 amy:에이미 kate:케이트 charlie:찰리
harry:해리 george:조지 henry:헨리 oliver:올리버 olivia:올리비아 elsa:엘사 anna:안나 olaf:올라프
mickey:미키 minnie:미니 pooh:푸 hello:헬로 hi:하이 bye:바이 yes:예스 no:노 ok:오케이
okay:오케이 good:굿 happy:해피 birthday:버스데이 day:데이 night:나이트 morning:모닝 thank:생크
you:유 love:러브 i:아이 the:더 a:어 an:언 of:오브 and:앤드 is:이즈 my:마이 dog:도그 cat:캣
fox:폭스 box:박스 bear:베어 tiger:타이거 lion:라이언 rabbit:래빗 dragon:드래곤 monster:몬스터
robot:로봇 rocket:로켓 computer:컴퓨터 internet:인터넷 christmas:크리스마스 santa:산타
party:파티 zoo:주 school:스쿨 book:북 story:스토리 game:게임 music:뮤직 star:스타 shirt:셔츠
shirts:셔츠 ray:레이 pop:팝 com:컴 naver:네이버 google:구글 kakao:카카오
"""
WORDS: Final = dict(re.findall(r"(\S+):(\S+)", _WORDS))

_VOWELS: Final = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_INITIALS: Final = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_FINALS: Final = "-ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_Y: Final = dict(zip("ㅏㅐㅓㅔㅗㅜㅣ", "ㅑㅒㅕㅖㅛㅠㅣ", strict=True))
_W: Final = dict(zip("ㅏㅐㅓㅔㅗㅜㅣ", "ㅘㅙㅝㅞㅝㅜㅟ", strict=True))
_ENDS: Final = {"ㄴ": "ㄴ", "ㅁ": "ㅁ", "ㄹ": "ㄹ", "ng": "ㅇ"}
"""Sounds that end a syllable wherever no vowel follows them."""
_SHORT_ENDS: Final = {"ㅋ": "ㄱ", "ㅌ": "ㅅ", "ㅍ": "ㅂ"}
"""Sounds that end it after a short vowel, unless ㄴ, ㅁ or ㄹ follows."""

_IS_LONG: Final = ":"
_LONG: Final = {"a": "ㅔㅣ:", "e": "ㅣ:", "i": "ㅏㅣ:", "y": "ㅏㅣ:", "o": "ㅗ:", "u": "ㅠ:"}
_AS_WRITTEN: Final = {"a": "ㅏ", "e": "ㅔ", "i": "ㅣ", "o": "ㅗ", "u": "ㅜ", "y": "ㅣ"}
_SOUNDS: Final = tuple(
    (re.compile(pattern), sounds.split())
    for pattern, sounds in (
        (r"(?<=[bcdfgkpt])le$", "ㅡ ㄹ"),
        (r"igh|eigh(?=t)", "ㅏㅣ:"),
        (r"(?<=s)ch|ch(?=[rl])", "ㅋ"),
        (r"tch|ch", "ㅊ"),
        (r"sh", "ㅅ y"),
        (r"th", "ㅅ"),
        (r"ph", "ㅍ"),
        (r"wh", "w"),
        (r"gh(?=[^aeiou]|$)", ""),
        (r"^kn|^gn", "ㄴ"),
        (r"^wr", "ㄹ"),
        (r"qu", "ㅋ w"),
        (r"ck|kk|cc", "ㅋ"),
        (r"dge?(?=e|$)(?<=dg)e?", "ㅈ"),
        (r"ng(?=[^aeiouylr]|$)", "ng"),
        (r"n(?=k|g[lr])", "ng"),
        (r"mb$", "ㅁ"),
        (r"^x", "ㅈ"),
        (r"x", "ㅋ ㅅ"),
        (r"ee|ea|ie$|ey$", "ㅣ:"),
        (r"oo", "ㅜ:"),
        (r"ou|ow(?!$)", "ㅏㅜ:"),
        (r"oa|oe$|ow$|au|aw", "ㅗ:"),
        (r"ai|ay|ei", "ㅔㅣ:"),
        (r"oi|oy", "ㅗㅣ:"),
        (r"ew|ue$", "ㅜ:"),
        (r"(?:er|ir|ur|(?<=.)or)(?![aeiouy])", "ㅓ"),
        (r"ar(?![aeiouy])", "ㅏ"),
        (r"or(?![aeiouy])", "ㅗ"),
        (r"(?<=[^aeiou])y(?=[^aeiou]|$)|(?<=[aeiou])y$", "ㅣ"),
        (r"y", "y"),
        (r"w", "w"),
        (r"c(?=[eiy])|ss?", "ㅅ"),
        (r"c|k|q", "ㅋ"),
        (r"g(?=[ey])|jj?|zz?", "ㅈ"),
        (r"gg?", "ㄱ"),
        (r"nn(?=[aeiouy])", "ㄴ ㄴ"),
        (r"mm(?=[aeiouy])", "ㅁ ㅁ"),
        (r"rr?(?=[aeiouy])", "R"),
        (r"r", ""),
        *(
            (f"{it}{it}?", hangul)
            for it, hangul in zip("bdfhlmnptv", "ㅂㄷㅍㅎㄹㅁㄴㅍㅌㅂ", strict=True)
        ),
        (r"a(?=$)", "ㅏ"),
        (r"a", "ㅐ"),
        (r"e(?=$)(?<=[aeiouy].e)|e(?=$)(?<=[aeiouy]..e)", ""),
        (r"e", "ㅔ"),
        (r"i", "ㅣ"),
        (r"o", "ㅗ"),
        (r"u(?=[^aeiouy][^aeiouy]|[^aeiouy]$)", "ㅓ"),
        (r"u", "ㅜ"),
    )
)
_MAGIC_E: Final = re.compile(r"(?<![aeiou])([aeiouy])(?=([^aeiouwxy]|th)e$)")
_FINAL_Y: Final = re.compile(r"[^aeiouy]+(?=y$)")
_FOREIGN: Final = re.compile(r"..+[aio]$")


def read_latin(word: str) -> str:
    """A word in Latin letters as Hangul; "" only for no letters at all."""
    plain = unicodedata.normalize("NFKD", word.lower())
    letters = "".join(it for it in plain if "a" <= it <= "z")
    return WORDS.get(letters) or "".join(map(_syllable, _syllables(_sounds(letters))))


def _sounds(word: str) -> list[str]:
    """The sounds of a word's letters."""
    magic, final_y = _MAGIC_E.search(word), _FINAL_Y.match(word)
    long_at = magic.start() if magic else final_y.end() if final_y else -1
    is_foreign = _FOREIGN.fullmatch(word) is not None
    sounds: list[str] = []
    at = 0
    while at < len(word):
        if at == long_at:
            sounds.append(_LONG[word[at]])
            at += 1
            continue
        if is_foreign and word[at] in "aeiou":
            sounds.append(_AS_WRITTEN[word[at]])
            at += 1
            continue
        found, made = next((m, s) for p, s in _SOUNDS if (m := p.match(word, at)))
        sounds += made
        at = found.end()
    return sounds


def _syllables(sounds: list[str]) -> list[list[str]]:
    """Initial, vowel, final and length of each syllable."""
    made: list[list[str]] = []
    onset, glide = "", ""
    for i, sound in enumerate([*sounds, ""]):
        is_vowel = sound[:1] in _VOWELS if sound else False
        if sound in ("y", "w"):
            glide = sound
        elif is_vowel:
            vowels = sound.removesuffix(_IS_LONG)
            first, others, length = vowels[0], vowels[1:], sound[len(vowels) :]
            glided = {"y": _Y, "w": _W}.get(glide, {}).get(first, first)
            made.append([_onset(onset, made), glided, "-", length])
            made += [["ㅇ", other, "-", length] for other in others]
            onset, glide = "", ""
        else:
            _close(made, onset, glide, sounds[i - 1 : i + 1])
            onset, glide = sound, ""
    return made


def _onset(onset: str, made: list[list[str]]) -> str:
    """The consonant that begins a syllable; an ㄹ between vowels is said twice (릴리)."""
    if onset == "ㄹ" and made and made[-1][2] == "-":
        made[-1][2] = "ㄹ"
    return {"": "ㅇ", "R": "ㄹ", "ng": "ㅇ"}.get(onset, onset)


def _close(made: list[list[str]], onset: str, glide: str, around: list[str]) -> None:
    """Put a consonant that no vowel follows at the end of a syllable, or give it a vowel."""
    if not onset:
        return
    is_open = bool(made) and made[-1][2] == "-"
    is_short = is_open and made[-1][3] != _IS_LONG
    before_sonorant = around[-1:] in (["ㄴ"], ["ㅁ"], ["ㄹ"], ["R"])
    if is_open and onset in _ENDS:
        made[-1][2] = _ENDS[onset]
    elif is_short and onset in _SHORT_ENDS and not before_sonorant:
        made[-1][2] = _SHORT_ENDS[onset]
    else:
        vowel = "ㅣ" if glide == "y" or (onset in "ㅊㅈ" and not any(around[1:])) else "ㅡ"
        made.append([_onset(onset, []), vowel, "-", _IS_LONG])


def _syllable(letters: list[str]) -> str:
    initial, vowel, final, _ = letters
    number = (_INITIALS.index(initial) * 21 + _VOWELS.index(vowel)) * 28 + _FINALS.index(final)
    return chr(ord("가") + number)
