"""What has no place in a children's book, and what tells nothing: found in texts of any language.

A **forbidden** word is one of a list (`stages/writer/forbidden.toml`). Lists are by the English
names of languages in small letters: `korean` counts as the language says, `korean_anywhere` within
other words too, `korean_alone` only as a whole word, `korean_sounds` however it is spelled that
sounds like it; `korean_harmless` is taken out first, since it
only looks like one, and `korean_machine` is what is said to a machine. Each entry is a word, or a
regular expression for a family of them; a space in it stands for any or none.
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
PARTS: Final = ("anywhere", "alone", "sounds", "harmless", "machine")
"""What may stand after the language in a list's name."""
_ANYWHERE: Final = "{word}"
MOST_MASKED: Final = 40
"""Letters of a word with masks in it that is looked at."""
LEAST_SEEN: Final = {True: 2, False: 3}
"""Letters that such a word shows, where its masks are asterisks and where they are other signs."""
_MASKED: Final = re.compile(r"(?<![\w*#%])[a-z]+[*#%_]+[a-z*#%_]*(?![\w*#%])")


def languages() -> tuple[str, ...]:
    """The languages that lists may be of, as they are called there."""
    return tuple(language.name.lower() for language in LANGUAGES.values())


def list_names() -> tuple[str, ...]:
    """What the lists of a file may be called."""
    names = languages()
    return (*names, *(f"{name}_{part}" for name in names for part in PARTS))


def is_word(entry: str) -> bool:
    """Whether an entry of a list can be looked for: a word, or a regular expression of some."""
    try:
        return not _compiled(entry).fullmatch("")
    except re.error:
        return False


def forbidden_in(text: str, forbidden: Forbidden) -> list[str]:
    """The forbidden words in a text, of whatever language, as the text has them when it is read
    without its disguises."""
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
        (tuple(map(language.sounding, forbidden.get(f"{name}_sounds", ()))), language.forbidden),
    )
    harmless = tuple(forbidden.get(f"{name}_harmless", ()))
    for reading in language.unmasked(text):
        found = [*_listed(reading, lists)]
        if found and harmless:
            found = [*_listed(_any_of(harmless, language.forbidden).sub("\n", reading), lists)]
        yield from found


def _listed(text: str, lists: Sequence[tuple[Sequence[str], str]]) -> Iterator[str]:
    """What a text has of lists, each with the form in which its words count."""
    for words, form in lists:
        if words:
            yield from (it[0] for it in _any_of(tuple(words), form).finditer(text))
            yield from _masked(text, words)


def _masked(text: str, words: Sequence[str]) -> Iterator[str]:
    """Words that a text has with signs for some letters: f*ck."""
    for token in _MASKED.findall(text):
        letters = sum(map(str.isalpha, token))
        if letters >= LEAST_SEEN[token.replace("*", "").isalpha()] and len(token) <= MOST_MASKED:
            form = re.compile(re.sub("[^a-z]", "[a-z]", token))
            yield from (word for word in words if form.fullmatch(word))


@cache
def _any_of(words: tuple[str, ...], form: str) -> re.Pattern[str]:
    """Any of some words, the longest first, in the form in which they count."""
    spelled = (word.replace(" ", r"\s*") for word in sorted(words, key=len, reverse=True))
    return re.compile(form.format(word=f"(?:{'|'.join(spelled)})"), re.IGNORECASE)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
