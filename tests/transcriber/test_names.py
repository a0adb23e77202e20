"""Names keep what is theirs, however they end."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from storybook.languages.field import Field
from storybook.languages.ko.spoken import names as names_module
from storybook.languages.ko.spoken.names import name_before, names
from storybook.lexicon.words import is_known_kind
from tests.transcriber.spoken_names import HELD_OUT, NAMES, sentences
from tests.transcriber.understood import parse_field

MOST_WRONG = 0.01
MOST_WRONG_UNKNOWN = 0.04
MOST_WRONG_HELD_OUT = 0.08


def wrong(some: Iterable[str]) -> list[tuple[str, str]]:
    """What was said and what became of it, where that is not the name."""
    answers = [
        (said, parse_field(Field.CHARACTERS, said), meant)
        for name in some
        for said, meant in sentences(name)
    ]
    return [(said, found) for said, found, meant in answers if found != meant]


def share_wrong(some: Iterable[str]) -> float:
    listed = list(some)
    return len(wrong(listed)) / sum(len(list(sentences(name))) for name in listed)


def test_the_table_of_names_is_large() -> None:
    """At least 200 names, each in at least eight sentences; the held-out ones are not among them,
    nor in the data."""
    assert len(NAMES) >= 200
    assert all(len(list(sentences(name))) >= 8 for name in NAMES)
    assert len(HELD_OUT) >= 100


@pytest.mark.slow
def test_names_are_found_in_what_is_said_with_them() -> None:
    """Of children, pets and heroes: at most one in a hundred sentences is misread."""
    assert share_wrong(NAMES) <= MOST_WRONG, wrong(NAMES)


@pytest.mark.slow
def test_the_rule_holds_for_names_that_nobody_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each name as if it stood in no list: what names are made of decides."""
    data = names()
    unknown = [name for name in NAMES if not is_known_kind(name)]
    misread = 0
    for name in unknown:
        without = data._replace(children=data.children - {name}, others=data.others - {name})
        monkeypatch.setattr(names_module, "names", lambda without=without: without)
        misread += len(wrong([name]))
    assert misread / sum(len(list(sentences(name))) for name in unknown) <= MOST_WRONG_UNKNOWN


def test_the_rule_holds_for_names_that_were_never_looked_at() -> None:
    """Names that were chosen to be hard, before there was a rule."""
    assert share_wrong(HELD_OUT) <= MOST_WRONG_HELD_OUT


SUBJECT = (("이", "가"),)
TOLD = (("이에요", "예요"), ("이요", "요"))


@pytest.mark.parametrize(
    ("word", "endings", "name"),
    [
        ("콩순이가", SUBJECT, "콩순이"),  # 가 follows a vowel
        ("초롱이", SUBJECT, ""),  # no given name ends in 롱
        ("하음이", SUBJECT, "하음"),
        ("지은", (("은", "는"),), ""),  # 은 follows a consonant
        ("쿠로로", (("으로", "로"),), ""),  # half of a repeated syllable
        ("타요", TOLD, ""),  # one syllable would be left
        ("라푼젤이에요", TOLD, "라푼젤"),
        ("몽글이예요", TOLD, "몽글이"),
        ("민준이를", (("을", "를"),), "민준"),  # what is called after a child's name
        ("토끼를", (("을", "를"),), "토끼"),
        ("곰이", SUBJECT, "곰"),
        ("사과랑", (("이랑", "랑"),), "사과"),
        ("통통이랑", (("이랑", "랑"),), "통통이"),
        ("이순신이랑", (("이랑", "랑"),), "이순신"),
    ],
)
def test_an_ending_is_taken_off_where_a_name_remains(
    word: str, endings: names_module.Pairs, name: str
) -> None:
    """Agreement first, then known names, then what names are made of."""
    assert name_before(word, endings) == name
