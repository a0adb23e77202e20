"""Emoji as the words that they stand for.

An emoji beside its own word adorns it and adds nothing ("바다🌊" is no sea of the sea); one that
stands alone counts as its word, and several as several.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

from storybook.lexicon.words import data

STYLE: Final = "\ufe0f"
"""Asks for the coloured form of the sign before it; shows nothing itself."""
_SKIN: Final = re.compile("[\U0001f3fb-\U0001f3ff]")
_PARTING: Final = (",", "·", "/", "、", "&", "+")
_ATTRIBUTIVE: Final = re.compile(r"(?:[는은한운란던쁜큰긴센]|고|며)\s*$")


def spelled(text: str) -> str:
    """An era, a place or a topic with known emoji as Korean words, each once. Those that stand
    before the first letter count, unless their word is in the text; after a word one adorns it."""
    plain, words = _bare(text), _words("words")
    pattern = _pattern("words")
    start = next((n for n, sign in enumerate(plain) if sign.isalnum()), len(plain))
    rest = pattern.sub(" ", plain)
    told = dict.fromkeys(words[it] for it in pattern.findall(plain[:start]))
    return " ".join(" ".join([*(it for it in told if it not in rest), rest]).split())


def spelled_in_place(text: str) -> str:
    """Characters, with each run of known emoji as a list of their words where it stands; of words
    that the text has the emoji are dropped."""
    plain, words = _bare(text), _words("characters")
    pattern = _pattern("characters")
    without = pattern.sub(" ", plain)
    run = re.compile(rf"\s*(?:(?:{pattern.pattern})\s*)+")

    def listed(found: re.Match[str]) -> str:
        told = dict.fromkeys(words[it] for it in pattern.findall(found[0]))
        new = ", ".join(it for it in told if it not in without)
        before = plain[: found.start()].rstrip()
        goes_on = not before or before.endswith(_PARTING) or _ATTRIBUTIVE.search(before)
        return f"{' ' if goes_on or not new else ', '}{new} "

    return run.sub(listed, plain).strip()


def _bare(text: str) -> str:
    return _SKIN.sub("", text).replace(STYLE, "")


@cache
def _words(of: str) -> dict[str, str]:
    table: dict[str, dict[str, str]] = tomllib.loads(
        files(__package__).joinpath("emoji.toml").read_text("utf-8")
    )
    kinds = {
        sign: str(entry["ko"][0])
        for entry in data()["kind"]
        for sign in entry.get("also", ())
        if not sign.isascii()
    }
    if of == "words":
        return table["characters"] | kinds | table["words"]
    return table["words"] | kinds | table["characters"]


@cache
def _pattern(of: str) -> re.Pattern[str]:
    longest_first = sorted(_words(of), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)))
