"""What only looks like a word of a topic: 주사위 is no 주사.

Korean writes words together, and topics are found inside them, as in 예방주사 and 여동생. Which
words only look so `false_friends.toml` lists.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

_PARTICLES: Final = ("만",)
"""First parts of one syllable that end a word: 고기만 먹어요."""
_PARTS: Final = re.compile("[ …]")


class FalseFriends(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `false_friends.toml` says of each member."""

    first: frozenset[str]
    within: dict[str, tuple[str, ...]]


@cache
def false_friends() -> FalseFriends:
    text = files(__package__).joinpath("false_friends.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), FalseFriends)


def is_false_friend(word: str, text: str, at: int, end: int) -> bool:
    """Whether a topic's word, found in a text between two places, means something else there. A
    longer word that the find covers is none: in 눈이 나빠 is no 눈, snow, but 눈…나빠.
    """
    head = _PARTS.split(word)[0]
    if _begins(head) and "가" <= text[at - 1 : at] <= "힣":
        return True
    within = false_friends().within
    longer = {*within.get(head, ()), *within.get(word, ())}
    return any(
        begins < at + len(head) and at < ends and not at <= begins <= ends <= end
        for begins, ends in _places(longer, text)
    )


def _begins(head: str) -> bool:
    """Whether a word is only what is at the beginning of a written one: one of a syllable is (선물
    주기 is no 물 주기)."""
    return head in false_friends().first or (len(head) == 1 and head not in _PARTICLES)


def _places(words: Iterable[str], text: str) -> Iterator[tuple[int, int]]:
    """Where each of some words is, every time."""
    for word in words:
        at = text.find(word)
        while at >= 0:
            yield at, at + len(word)
            at = text.find(word, at + 1)
