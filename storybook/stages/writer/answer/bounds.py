"""How long the parts of an answer may be that are English in every book: what is for the painter.
What is told is as long as its language says (`storybook.languages`). Grammar, schema and prompt
all say the same.
"""

from __future__ import annotations

from typing import Final

CARD_ADJECTIVES: Final = 2
SCENE_WORDS: Final = (6, 11)
WHERE_WORDS: Final = 3
THING_WORDS: Final = 3
LATIN_LETTERS: Final = 13
