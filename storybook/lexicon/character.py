"""A character of a book: who takes part, and what is known of it before a word is written."""

from __future__ import annotations

from typing import Literal

import msgspec

from storybook.lexicon.words import Word

Sex = Literal["", "female", "male"]
AgeGroup = Literal["", "baby", "child", "adult", "elder"]


class Character(msgspec.Struct, frozen=True):
    """Who takes part: the `name` that the story uses ("토끼", "토토"), a Korean `description` that
    can stand before it ("호기심 많은", or ""), and the `kind` that is painted.

    `sex` and `age_group` are empty where nobody said anything: nothing is claimed then. `height` is
    how tall it stands in a picture; a grown person is 1.0.
    """

    name: str
    description: str
    kind: Word
    sex: Sex = ""
    age_group: AgeGroup = ""
    height: float = 1.0
