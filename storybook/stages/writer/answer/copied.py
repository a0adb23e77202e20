"""Whether words of an answer are words of the question: a model's way of saying nothing."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from storybook.languages.language import Language

COPIED_LETTERS: Final = 10
"""Letters from which a sentence that stands in the rules stands there by no chance."""

_NO_ANSWERS: Final = frozenset(
    [
        *("title", "summary", "text", "string", "scene", "place", "sentence", "example", "todo"),
        *("dialogue", "dialogues", "placeholder", "none", "null", "untitled", "loremipsum"),
        *("oneenglishsentence", "anenglishsentence", "englishsentence", "happywaving"),
    ]
)
"""What a model puts where it has nothing to say, as letters only: the name of the thing itself, as
the keys of an answer have it. A language has more of them."""

SEVERAL: Final = 3
"""Different terms of the task on a page that no story has by chance."""

_LETTERS: Final = re.compile(r"[^\W_]+")


def is_copied(sentence: str, language: Language) -> bool:
    """Whether a sentence is one of the rules, or no more than the name of what was to be there."""
    said = _letters(sentence)
    is_rule = len(said) >= COPIED_LETTERS and any(said in rule for rule in _told(language))
    named = language.writing.no_answers if language.writing else ()
    return said in _NO_ANSWERS or said in named or is_rule


def is_of_the_task(text: str, language: Language, given: str = "") -> bool:
    """Whether a page speaks of the writing instead of the story: in an assistant's words, or in
    several of the terms that its writer was told it in, but for those that were `given`."""
    if language.writing is None:
        return False
    terms = {term for term in language.writing.terms.findall(text) if term not in given}
    return len(terms) >= SEVERAL or language.writing.of_the_task.search(text) is not None


def _letters(text: str) -> str:
    return "".join(_LETTERS.findall(text)).casefold()


@cache
def _told(language: Language) -> tuple[str, ...]:
    """Each rule and piece of advice that a model may be given, as letters only."""
    told = language.writing
    return tuple(map(_letters, (*told.rules.splitlines(), *told.advice.values()))) if told else ()
