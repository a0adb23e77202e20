"""What only looks like a word of a topic is not taken for it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

import pytest

from storybook.composer.arcs import arcs
from storybook.composer.storylines import storylines
from storybook.lexicon.false_friends import false_friends
from storybook.lexicon.topics import find_topic, frames, words_in

TABLE: Final = tomllib.loads(Path(__file__).with_name("false_friends.toml").read_text("utf-8"))


def rows(name: str) -> list[tuple[str, str]]:
    """Each text of a table with what it stands under."""
    return [(text, of) for of, texts in TABLE[name].items() for text in texts]


@pytest.mark.parametrize(("text", "word"), rows("false"))
def test_a_false_friend_is_not_found(text: str, word: str) -> None:
    """주사위 is no shot: neither the word is there, nor the topic that it means."""
    found = find_topic(text)
    assert [*words_in([word], text)] == []
    assert found is None or word not in found.words


@pytest.mark.parametrize(("text", "name"), rows("true"))
def test_a_true_find_is_not_lost(text: str, name: str) -> None:
    """Also inside a longer word: 예방주사 is a shot."""
    found = find_topic(text)
    assert found is not None and found.name == name


def test_a_word_that_is_there_twice_is_found_where_it_is_meant() -> None:
    """A die beside it takes nothing from a shot."""
    for text in ("주사위보다 주사가 무서워요", "주사가 무서워서 주사위를 던져요"):
        found = find_topic(text)
        assert found is not None and found.name == "병원"


def test_what_is_listed_is_of_use() -> None:
    """Each word is the first of one of some topic, and no longer one could stand without it."""
    of_lines = (w for it in storylines() for w in (*it.words, *it.not_for, *it.only_for))
    of_arcs = (word for it in arcs() for word in it.words)
    known = {*(w.strip() for it in frames() for w in it.words), *of_lines, *of_arcs}
    heads = known | {re.split("[ …]", word)[0] for word in known}
    every = false_friends()
    listed = [(word, longer) for word, several in every.within.items() for longer in several]
    assert {*every.first, *every.within} - heads == set()
    assert [it for it in listed if not _touches(*it)] == []
    beginning = [it for it in listed if it[0] in every.first]
    assert [it for it in beginning if f" {it[0]}" not in f" {it[1]}"] == []


def _touches(word: str, longer: str) -> bool:
    """Whether a longer word has a word in it, or shares a part with it where they run together."""
    parts = range(1, len(word))
    return word in longer or any(
        longer.endswith(word[:at]) or longer.startswith(word[at:]) for at in parts
    )
