"""From a spoken answer to one of the four words: "음… 옛날 조선시대요" is 조선시대.

A child answers in a sentence. Fillers fall away, then what leads up to the answer ("시대는"), then
what follows it, from the end: the wish ("… 로 해 주세요"), the end of the sentence (이에요, 요) and
the particle that the answer has in it. Names of characters are parted at their joining particles
and listed. All the words that fall away stand in `field_rules`; what is left is the answer, word
for word. If nothing would be left, or if it was no answer ("몰라요"), what was said is passed on as
it is: the form shows it, and a person corrects it there.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from storybook.korean.particles import Ending, ending_of
from storybook.lexicon.words import find_kind, folk_of, is_known_kind
from storybook.stages.transcriber.field_rules import (
    ALSO,
    APPEARING,
    ATTRIBUTIVE,
    BARE_PARTICLES,
    CORRECTION,
    FILLERS,
    FIRST_FILLERS,
    LEADS,
    LINKS,
    LIST_SIGNS,
    LONG_AGO,
    NOT_AN_ANSWER,
    NOUNS_IN_I,
    OWN_RANG,
    SENTENCE_ENDS,
    TAILS,
    TOGETHER,
    TOGETHER_AT_END,
    VERBAL_END,
    WHOLE_WORDS,
    WISHED_PARTICLES,
    WISHES,
    Field,
)

Pairs = tuple[tuple[str, str], ...]

MOST_LETTERS: Final = 400
"""Longer is a story, not an answer; it is passed on as it is."""
_STOPS: Final = re.compile(r"[.!?…~。·\"'“”‘’「」()]+")
_HANGUL: Final = re.compile("[가-힣]")
_EDGES: Final = " ,:"
_PAST: Final = (ord("았") - ord("가")) % 28
"""The number of the final consonant ㅆ among those of a syllable."""


def parse_field(field: Field, said: str) -> str:
    """The answer in what was said to the question for `field`. Never raises, never adds a word."""
    as_said = " ".join(unicodedata.normalize("NFC", said).split())
    if len(as_said) > MOST_LETTERS or not _HANGUL.search(as_said) or NOT_AN_ANSWER.search(as_said):
        return as_said
    text = " ".join(_STOPS.sub(" ", as_said).split())
    answer = _without_end(field, _without_beginning(field, _corrected(text)))
    if field is Field.ERA:
        answer = LONG_AGO.sub("", answer)
    if field is Field.CHARACTERS:
        answer = ", ".join(_listed(answer))
    return _without_stutter(answer) or as_said


def _corrected(text: str) -> str:
    """What stands after the last correction: "공룡 말고 토끼" is 토끼."""
    parts = [part for part in CORRECTION.split(text) if part and part.strip(_EDGES)]
    return parts[-1] if parts else text


def _without_beginning(field: Field, text: str) -> str:
    while True:
        text = text.strip(_EDGES)
        shorter = FILLERS.sub(" ", text).strip(_EDGES)
        for leading in (FIRST_FILLERS, LEADS[field]):
            if found := leading.match(shorter):
                shorter = shorter[found.end() :]
        if shorter == text:
            return text
        text = " ".join(shorter.split())


def _without_end(field: Field, text: str) -> str:
    """What is left when all that follows the answer has been taken off, piece by piece."""
    text = text.strip(_EDGES)
    while text:
        shorter = _step(field, text).strip(_EDGES)
        if shorter == text:
            break
        text = shorter
    return text


def _step(field: Field, text: str) -> str:
    """The text without the last piece that does not belong to the answer."""
    if (wish := WISHES[field].search(text)) and wish.group():
        rest = TOGETHER_AT_END.sub("", text[: wish.start()].rstrip(_EDGES))
        return rest if TAILS[field].search(rest) else _without_any(_particles(field), rest)
    if tail := TAILS[field].search(text):
        return text[: tail.start()]
    last = text.split()[-1]
    if last in WHOLE_WORDS:
        return text
    if last.removesuffix("요") in WHOLE_WORDS:
        return text.removesuffix("요")
    if not _is_sentence(text):
        shorter = _without_any(SENTENCE_ENDS, text)
        if shorter != text:
            return shorter
    return _without_any(BARE_PARTICLES[field], text)


def _particles(field: Field) -> Pairs:
    return (*WISHED_PARTICLES, *ALSO) if field is Field.CHARACTERS else WISHED_PARTICLES


def _is_sentence(text: str) -> bool:
    """Whether a text ends in a verb of its own."""
    is_past = text.endswith("어요") and len(text) > 2 and (ord(text[-3]) - ord("가")) % 28 == _PAST
    return is_past or VERBAL_END.search(text) is not None


def _without_any(pairs: Pairs, text: str) -> str:
    """The text without the first of these endings that it has."""
    for after_consonant, after_vowel in pairs:
        stem = _stem(text, after_consonant, after_vowel)
        if stem:
            return stem
    return text


def _stem(text: str, after_consonant: str, after_vowel: str) -> str:
    """The text before an ending that fits it, or "" if it has none."""
    if after_consonant and text.endswith(after_consonant):
        stem = text.removesuffix(after_consonant)
        own = after_consonant.startswith("이") and _is_noun_in_i(f"{stem}이")
        fits = after_consonant == after_vowel or ending_of(stem) is not Ending.OPEN
        if stem and fits and not own:
            return stem
    if after_vowel and text.endswith(after_vowel):
        stem = text.removesuffix(after_vowel)
        after_rieul = after_vowel == "로" and ending_of(stem) is Ending.RIEUL
        fits = after_vowel == "요" or ending_of(stem) is Ending.OPEN or after_rieul
        if stem and fits:
            return stem
    return ""


def _is_noun_in_i(text: str) -> bool:
    """Whether a word's last 이 is its own: 고양이, 놀이; but 곰이 is a bear with a particle."""
    word = text.split()[-1] if text.split() else ""
    if is_known_kind(word):
        return True
    return word.endswith(NOUNS_IN_I) and not is_known_kind(word[:-1])


def _without_stutter(text: str) -> str:
    words: list[str] = []
    for word in text.split():
        if not words or words[-1] != word or word == "옛날":  # 옛날 옛날 is how stories begin
            words.append(word)
    return " ".join(words)


# ---------------------------------------------------------------- characters


def _listed(text: str) -> list[str]:
    """The characters in an answer, each as it was called."""
    *appearing, last = APPEARING.split(text)
    pieces = [_without_any(_particles(Field.CHARACTERS), piece) for piece in appearing] + [last]
    listed = [part for piece in pieces for part in LIST_SIGNS.split(piece)]
    parts = [name for part in listed for name in _unlinked(part)]
    if len(parts) == 1 and all(map(_is_animal, parts[0].split())):
        parts = parts[0].split()
    if any(_is_clause(part) for part in parts):
        return [text]
    ended = [_without_end(Field.CHARACTERS, _without_beginning(Field.CHARACTERS, p)) for p in parts]
    return list(dict.fromkeys(part for part in ended if part))


def _unlinked(text: str) -> list[str]:
    """Part a text at its joining particles."""
    words = text.split()
    parts: list[str] = []
    current: list[str] = []
    for i, word in enumerate(words):
        following = words[i + 1] if i + 1 < len(words) else ""
        name = _joined_name(word, following)
        current.append(name or word)
        if name:
            parts.append(" ".join(current))
            current = []
    return [*parts, " ".join(current)] if current else parts


def _joined_name(word: str, following: str) -> str:
    """The name before a joining particle at the end of `word`, or "" if it has none."""
    if word.endswith(("하고요", "랑요")):
        word = word.removesuffix("요")
    if is_known_kind(word) or following.startswith(TOGETHER):
        return ""
    names = {word.removesuffix(link): link for link in LINKS if word.endswith(link)}
    names.pop("", None)
    known = [name for name in names if is_known_kind(name)]
    possible = [name for name, link in names.items() if _may_be_name(name, link, following)]
    return next(iter([*known, *possible]), "")


def _may_be_name(name: str, link: str, following: str) -> bool:
    """Whether an unknown word before a particle can be a name: "착하고 용감한 곰" has none."""
    if len(name) < 2 and (link != "랑" or name + link in OWN_RANG):
        return False
    if link == "하고" and ATTRIBUTIVE.search(following):
        return name.endswith(("이", "님"))
    is_closed = ending_of(name) is not Ending.OPEN
    return link == "하고" or is_closed == (link in ("이랑", "과"))


def _is_animal(word: str) -> bool:
    return is_known_kind(word) and folk_of(find_kind(word)) == "animal"


def _is_clause(part: str) -> bool:
    return any(word.startswith(TOGETHER) for word in part.split()[1:])
