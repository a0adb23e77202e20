"""How long the parts of an answer may be. Grammar, schema and prompt all say the same.

They add up to less than what a page may have (`storybook.stages.writer.check`), and to what a child
listens to in a minute.
"""

from __future__ import annotations

from typing import Final

TITLE_WORDS: Final = (2, 6)
SENTENCES: Final = (2, 4)
"""Sentences of narration on a page."""
SENTENCE_WORDS: Final = (3, 10)
LINE_WORDS: Final = (1, 7)
"""Words of a spoken line."""
LINES: Final = 2
"""Spoken lines on a page, at most."""
WORD_LETTERS: Final = 9
"""A Korean word with its endings is hardly ever longer (무너뜨렸답니다 has seven syllables)."""
CARD_ADJECTIVES: Final = 2
SCENE_WORDS: Final = (6, 24)
LATIN_LETTERS: Final = 13


def letters(words: int) -> int:
    """The most letters that so many Korean words have, with a space or a sign after each."""
    return words * (WORD_LETTERS + 1)
