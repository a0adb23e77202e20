"""What words mean: Korean nouns, their English phrases, and the painter's motifs for them.

A **word** is one entry of `words.toml` under the spelling that was found: its Korean, its English,
its motif. It is a *place*, an *era*, a *season*, a *kind* (of character) or a *prop*. A
**character** is a kind with a name and, perhaps, a description; the **cast** of a book is all of
them, read from the free text in which a person named them.
"""

from storybook.lexicon.cast import cast, characters_of
from storybook.lexicon.character import AgeGroup, Character, Sex
from storybook.lexicon.words import (
    Word,
    find_era,
    find_kind,
    find_place,
    find_props,
    find_season,
    find_traits,
)

__all__ = [
    "AgeGroup",
    "Character",
    "Sex",
    "Word",
    "cast",
    "characters_of",
    "find_era",
    "find_kind",
    "find_place",
    "find_props",
    "find_season",
    "find_traits",
]
