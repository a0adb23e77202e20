"""From a spoken answer to one of the four words: "음… 옛날 조선시대요" is 조선시대.

A child answers in a sentence. Fillers fall away, then what leads up to the answer ("시대는"), then
what follows it, from the end: the wish ("… 로 해 주세요"), the end of the sentence (이에요, 요) and
the one particle that the answer has in it. Names of characters are parted at their joining
particles and listed; what may be taken off a name is told by `names`. All the words that fall away
stand in `field_rules`; what is left is the answer, word for word. If nothing would be left, or if
it was no answer ("몰라요"), what was said is passed on as it is: the form shows it, and a person
corrects it there. Only noise ("[BLANK_AUDIO]") is nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from storybook.korean.particles import Ending, ending_of
from storybook.languages.field import Field
from storybook.languages.ko.spoken.field_rules import (
    AFTER_SENTENCE,
    APPEARING,
    ATTRIBUTIVE,
    BARE_PARTICLES,
    CORRECTION,
    DONE_BY_THE_NAMED,
    FILLERS,
    FIRST_FILLERS,
    GOAL,
    LEADS,
    LINKS,
    LIST_SIGNS,
    LONG_AGO,
    NAMES_PARTICLES,
    NOT_AN_ANSWER,
    NOUNS_IN_I,
    SENTENCE_ENDS,
    TAILS,
    TOGETHER,
    TOGETHER_AT_END,
    TOLD_PARTICLES,
    TWO_STATEMENTS,
    VERBAL_END,
    WHOLE_WORDS,
    WISHED_PARTICLES,
    WISHES,
)
from storybook.languages.ko.spoken.names import Pairs, is_name, name_before, without_i
from storybook.lexicon.words import find_kind, folk_of, is_known_kind

MOST_LETTERS: Final = 400
"""Longer is a story, not an answer."""
_STOPS: Final = re.compile(r"[.!?…~。·\"'“”‘’「」()]+")
_HANGUL: Final = re.compile("[가-힣]")
_LONE_END: Final = re.compile(r"(?<=[가-힣])\s+(?=(?:이?요|이에요|예요)$)")
"""Whisper's space before the end of a sentence: 이모 요."""
_EDGES: Final = " ,:"
_PAST: Final = (ord("았") - ord("가")) % 28
"""The number of the final consonant ㅆ among those of a syllable."""


def is_answer(said: str) -> bool:
    """Whether what was said may answer a question at all: "뭐라고요?" does not."""
    return NOT_AN_ANSWER.search(said) is None


def parse_field(field: Field, said: str) -> str:
    """The answer in what was said to the question for `field`, noise being gone from it. Never
    raises, never adds a word."""
    return _answer(field, said) or said


def _answer(field: Field, as_said: str) -> str:
    """The answer, or "" if there is none in it."""
    if len(as_said) > MOST_LETTERS or not _HANGUL.search(as_said) or not is_answer(as_said):
        return ""
    text = _LONE_END.sub("", " ".join(_STOPS.sub(" ", as_said).split()))
    begun = _without_beginning(field, _corrected(text))
    if TWO_STATEMENTS.search(begun):
        return ""
    if field is Field.CHARACTERS:
        return _characters(_without_end(field, begun))
    answer = _without_end(field, _first_statement(begun))
    return _without_stutter(LONG_AGO.sub("", answer) if field is Field.ERA else answer)


def _corrected(text: str) -> str:
    """What stands after the last correction: "공룡 말고 토끼" is 토끼."""
    parts = [part for part in CORRECTION.split(text) if part and part.strip(_EDGES)]
    return parts[-1] if parts else text


def _first_statement(text: str) -> str:
    """The answer without what explains it: "공룡 시대요 공룡 나오는 때" ends at its 요."""
    for found in AFTER_SENTENCE.finditer(text):
        last = text[: found.end()].split()[-1].rstrip(_EDGES)
        is_word = is_name(last) or last in WHOLE_WORDS  # 타요, 동요
        if not is_word and not _is_sentence(text[: found.end()].rstrip(_EDGES)):
            return text[: found.start()]
    return text


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
    """What is left when all that follows the answer has been taken off, piece by piece: what
    frames it, once the end of a sentence, and inside of each of these one particle."""
    particles: Pairs = BARE_PARTICLES[field]
    text, ended = text.strip(_EDGES), False
    while text:
        if framed := _framed(field, text):
            text, particles = framed
        elif not ended and (told := _without_sentence_end(field, text)):
            text, ended = told, True
            particles = TOLD_PARTICLES if field is Field.CHARACTERS else particles
        elif bare := _without_any(field, particles, text):
            text, particles, ended = bare, (), True
        else:
            break
    return text


def _framed(field: Field, text: str) -> tuple[str, Pairs] | None:
    """The text without the wish or the tail that follows the answer, and the particles that the
    answer may end in before it."""
    if (wish := WISHES[field].search(text)) and wish.group():
        rest = TOGETHER_AT_END.sub("", text[: wish.start()].rstrip(_EDGES))
        return rest.strip(_EDGES), _particles_before(field, wish.group())
    if tail := TAILS[field].search(text):
        rest = text[: tail.start()].strip(_EDGES)
        is_named = field is Field.CHARACTERS
        return rest, NAMES_PARTICLES if is_named else BARE_PARTICLES[field]
    return None


def _particles_before(field: Field, frame: str) -> Pairs:
    if field is not Field.CHARACTERS:
        return WISHED_PARTICLES
    return NAMES_PARTICLES if DONE_BY_THE_NAMED.match(frame) else (*GOAL, *NAMES_PARTICLES)


def _without_sentence_end(field: Field, text: str) -> str:
    """The text before 이에요, 요 and the like; "" if it does not end in one."""
    last = text.split()[-1]
    if last in WHOLE_WORDS:
        return ""
    if last.removesuffix("요") in WHOLE_WORDS:
        return text.removesuffix("요")
    return "" if _is_sentence(text) else _without_any(field, SENTENCE_ENDS, text)


def _is_sentence(text: str) -> bool:
    """Whether a text ends in a verb of its own."""
    is_past = text.endswith("어요") and len(text) > 2 and (ord(text[-3]) - ord("가")) % 28 == _PAST
    return is_past or VERBAL_END.search(text) is not None


def _without_any(field: Field, pairs: Pairs, text: str) -> str:
    """The text without the first of these endings that it has; "" if it has none."""
    if field is Field.CHARACTERS:
        *before, last = text.split()
        name = name_before(last, pairs)
        return " ".join((*before, name)) if name else ""
    last = text.split()[-1]
    stems = (_stem(text, *pair) for pair in pairs) if last not in WHOLE_WORDS else ()
    return next(filter(None, stems), "")


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


def _characters(text: str) -> str:
    listed = _listed(text)
    return _without_stutter(without_i(listed[0]) if len(listed) == 1 else ", ".join(listed))


def _listed(text: str) -> list[str]:
    """The characters in an answer, each as it was called."""
    *appearing, last = APPEARING.split(text)
    appearing = [it for it in appearing if it]
    pieces = [_without_any(Field.CHARACTERS, NAMES_PARTICLES, it) or it for it in appearing]
    listed = [part for piece in (*pieces, last) for part in LIST_SIGNS.split(piece)]
    stated = [part for piece in listed for part in _statements(piece)]
    parts = [name for part in stated for name in _unlinked(part)]
    if len(parts) == 1 and all(map(_is_animal, parts[0].split())):
        parts = parts[0].split()
    if any(_is_clause(part) for part in parts):
        return [text]
    ended = [_without_end(Field.CHARACTERS, _without_beginning(Field.CHARACTERS, p)) for p in parts]
    return list(dict.fromkeys(part for part in ended if part))


def _statements(text: str) -> Iterator[str]:
    """Each of several answers: "토끼요 거북이요"."""
    while (statement := _first_statement(text)) != text:
        yield statement
        text = text.removeprefix(statement).lstrip("이에예요입니다 ,")
    yield text


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
    name = "" if following.startswith(TOGETHER) else name_before(word, LINKS)
    is_quality = word == f"{name}하고" and ATTRIBUTIVE.search(following) and not is_name(name)
    return "" if is_quality and not name.endswith(("이", "님")) else name


def _is_animal(word: str) -> bool:
    return is_known_kind(word) and folk_of(find_kind(word)) == "animal"


def _is_clause(part: str) -> bool:
    return any(word.startswith(TOGETHER) for word in part.split()[1:])
