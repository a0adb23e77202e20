"""Which of the four words a spoken answer is to be."""

from __future__ import annotations

import enum


class Field(enum.StrEnum):
    """One of the four words that a book is made of."""

    ERA = "era"
    PLACE = "place"
    CHARACTERS = "characters"
    TOPIC = "topic"
