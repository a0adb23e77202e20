"""What is wrong with a page that only who knows English can see."""

from __future__ import annotations

import re
from typing import Final

from storybook.languages.language import Found, Told

FEW_WORDS: Final = 8
"""Words of narration below which nothing is said about them."""
LEAST_COMMON: Final = 0.15
"""Least share of words that every English text is full of; stories for children have above 0.35."""

_WORD: Final = re.compile(r"[A-Za-z]+")
_COMMON: Final = frozenset(
    [
        "the",
        "a",
        "and",
        "to",
        "of",
        "on",
        "at",
        "with",
        "were",
        "is",
        "are",
        "had",
        "has",
        "said",
        "it",
        "its",
        "he",
        "she",
        "they",
        "his",
        "her",
        "their",
        "that",
        "this",
        "but",
        "for",
        "up",
        "out",
        "down",
        "who",
        "what",
        "when",
        "where",
        "not",
        "you",
        "we",
        "my",
        "your",
        "then",
        "there",
        "from",
        "into",
        "as",
        "by",
        "him",
        "them",
        "all",
        "every",
        "because",
        "would",
        "could",
        "very",
        "little",
        "very",
        "one",
        "two",
    ]
)
_BETWEEN_NUMBERS: Final = frozenset(["and", "or", "to", "is", "was", "then"])


def faults(told: Told) -> Found:
    """Words in Latin letters that are no English."""
    words = [word.lower() for word in _WORD.findall(told.narration)]
    common = sum(word in _COMMON for word in words)
    if len(words) >= FEW_WORDS and common < LEAST_COMMON * len(words):
        yield "language", f"expected English sentences, found: {told.narration[:60]}"


def counts(after: str) -> bool:
    """Whether what stands after a number is counted by it."""
    return bool(after.strip()) and after.strip().lower() not in _BETWEEN_NUMBERS
