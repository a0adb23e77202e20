"""What is Korean stands in rooms that are Korean by what they are, and nowhere else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.test_house import PACKAGE

HANGUL: Final = re.compile("[\u1100-\u1112\u1161-\u1175\u3131-\u3163\uac00-\ud7a3]")
"""Letters and syllables; fillers, which show nothing, are no Korean."""
KOREAN_ROOMS: Final = ("korean", "languages/ko", "composer", "lexicon", "reader/texts/ko")
"""The last one reads the words of requests, Korean and English ones."""
THE_PAINTER_READS: Final = "painter/reading.py"
"""Requests' words too: a house that is named in Korean is painted as one."""
DATA: Final = (
    *("stages/writer/forbidden.toml", "painter/vocabulary.toml"),
    *("http/page_texts.toml", "reader/index.html", "reader/shelf/settings.js"),
    "reader/making/suggestions.js",
)
"""Lists with a part for each language."""


def strings(path: Path) -> Iterator[str]:
    """The texts in a module's code: neither comments nor docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=room_of)
def test_no_code_outside_of_korean_rooms_has_hangul(path: Path) -> None:
    """Another language is no less at home there."""
    room = room_of(path)
    if not room.startswith(KOREAN_ROOMS) and room != THE_PAINTER_READS:
        assert [text for text in strings(path) if HANGUL.search(text)] == []


def test_no_other_file_has_hangul() -> None:
    """Data, style and script of the package, but for lists that have a part for each language."""
    others = [it for it in PACKAGE.rglob("*") if it.suffix in (".toml", ".html", ".js", ".css")]
    korean = [
        room
        for path in others
        if not (room := room_of(path)).startswith(KOREAN_ROOMS)
        and room not in DATA
        and HANGUL.search(path.read_text(encoding="utf-8"))
    ]
    assert korean == []


def test_only_korean_rooms_use_what_is_korean() -> None:
    """`korean` is reached through the language: what reads a text asks the language of the book."""
    own = ("korean/", "languages/ko/", "languages/en/people.py", "composer/", "lexicon/")
    users = [
        room
        for path in PACKAGE.rglob("*.py")
        if not (room := room_of(path)).startswith(own)
        and re.search(r"^from storybook\.korean", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert users == []


def test_no_code_asks_whether_a_book_is_korean() -> None:
    """What a language needs otherwise is a member of it."""
    asks = re.compile(r"[=!]= ?\"(?:ko|en)\"|\"(?:ko|en)\" ?[=!]=")
    assert [room_of(it) for it in PACKAGE.rglob("*.py") if asks.search(it.read_text("utf-8"))] == []
