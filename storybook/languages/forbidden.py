"""What has no place in a children's book, and what tells nothing: found in texts of any language.

A **forbidden** word is one of a list (`stages/writer/forbidden.toml`). Lists are by the English
names of languages in small letters: `korean` counts as the language says, `korean_anywhere` within
other words too, `korean_alone` only as a whole word; `korean_harmless` is taken out first, since it
only looks like one. `korean_patterns` are regular expressions of what is spelled in many ways,
`korean_machine` of what is said to a machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from storybook.languages.known import LANGUAGES
from storybook.languages.language import Language

Forbidden = Mapping[str, Sequence[str]]
"""Lists of words by what they are called in a file."""
PARTS: Final = ("anywhere", "alone", "patterns", "harmless", "machine")
"""What may stand after the language in a list's name."""
_ANYWHERE: Final = "{word}"
MOST_MASKED: Final = 40
"""Letters of a word with masks in it that is looked at."""


def languages() -> tuple[str, ...]:
    """The languages that lists may be of, as they are called there."""
    return tuple(language.name.lower() for language in LANGUAGES.values())


def list_names() -> tuple[str, ...]:
    """What the lists of a file may be called."""
    names = languages()
    return (*names, *(f"{name}_{part}" for name in names for part in PARTS))


def forbidden_in(text: str, forbidden: Forbidden) -> list[str]:
    """The forbidden words in a text, of whatever language, as the lists have them."""
    found = (word for it in LANGUAGES.values() for word in _found(text, it, forbidden))
    return [*dict.fromkeys(found)]


def is_said_to_a_machine(text: str, forbidden: Forbidden) -> bool:
    """Whether a text tells nothing, but says to a machine what it is to do."""
    patterns = (
        pattern
        for language in LANGUAGES.values()
        for pattern in forbidden.get(f"{language.name.lower()}_machine", ())
    )
    return any(_compiled(pattern).search(text) for pattern in patterns)


def _found(text: str, language: Language, forbidden: Forbidden) -> Iterator[str]:
    name = language.name.lower()
    lists = (
        (forbidden.get(name, ()), language.forbidden),
        (forbidden.get(f"{name}_anywhere", ()), _ANYWHERE),
        (forbidden.get(f"{name}_alone", ()), language.alone),
    )
    harmless = tuple(forbidden.get(f"{name}_harmless", ()))
    for reading in language.unmasked(text):
        plain = _exactly(harmless).sub("\n", reading) if harmless else reading
        for pattern in forbidden.get(f"{name}_patterns", ()):
            yield from _compiled(language.forbidden.format(word=f"(?:{pattern})")).findall(plain)
        for words, form in lists:
            if words and _any_of(tuple(words), form).search(plain):
                yield from (it for it in words if _any_of((it,), form).search(plain))
            if "*" in plain:
                yield from _masked(plain, words)


def _masked(text: str, words: Sequence[str]) -> Iterator[str]:
    """Words that a text has with asterisks for some letters: f*ck."""
    for token in re.findall(r"[a-z*]+", text):
        if "*" in token and sum(map(str.isalpha, token)) >= 2 and len(token) <= MOST_MASKED:
            form = re.compile(re.escape(token).replace(r"\*", "[a-z]"))
            yield from (word for word in words if form.fullmatch(word))


@cache
def _any_of(words: tuple[str, ...], form: str) -> re.Pattern[str]:
    """Any of some words, in the form in which they count; a space in one stands for any or none."""
    spelled = (re.escape(word).replace(r"\ ", r"\s*") for word in sorted(words, key=len)[::-1])
    return re.compile(form.format(word=f"(?:{'|'.join(spelled)})"), re.IGNORECASE)


@cache
def _exactly(words: tuple[str, ...]) -> re.Pattern[str]:
    spelled = (re.escape(word).replace(r"\ ", r"\s+") for word in sorted(words, key=len)[::-1])
    return re.compile("|".join(spelled), re.IGNORECASE)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
