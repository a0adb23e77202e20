"""Lines as Korean wants them, in letters that are all one wide."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storybook.export.pdf.lines import lines_of

WORDS = st.lists(st.text("가나다라 Tom3.!?\"'“”()…", min_size=1, max_size=9), max_size=30)


def lines(text: str, width: int) -> list[str]:
    return lines_of(text, width, len)


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("", 10, []),
        ("끝", 10, ["끝"]),
        ("토끼와 호랑이", 7, ["토끼와 호랑이"]),
        ("토끼와 호랑이", 6, ["토끼와", "호랑이"]),
        ("내 친구 Tom Sawyer", 10, ["내 친구 Tom", "Sawyer"]),
    ],
)
def test_lines_end_between_words(text: str, width: int, expected: list[str]) -> None:
    """A word that fits is never cut, in whatever letters."""
    assert lines(text, width) == expected


def test_no_syllable_stands_alone_at_the_end() -> None:
    """A word goes down with it; the lines are no more than they were."""
    assert lines("우리는 모두 집에 갔어 요.", 13) == ["우리는 모두 집에", "갔어 요."]
    assert lines("그리고 해가 졌지요. 꽃", 11) == ["그리고 해가", "졌지요. 꽃"]


def test_lines_are_even() -> None:
    """No last line of one short word, where one more could stand with it."""
    assert lines("드디어 예쁜 무지개가 떴어요 둘이서", 18) == [
        "드디어 예쁜 무지개가",
        "떴어요 둘이서",
    ]


def test_punctuation_stays_with_its_word() -> None:
    """Also where a space stands between them."""
    assert lines("정말 좋아 ! 그래", 5) == ["정말", "좋아 !", "그래"]
    assert lines("아이가 “ 안녕", 5) == ["아이가", "“ 안녕"]


def test_spaces_that_keep_words_together_do() -> None:
    """No-break spaces, which are copied as usual ones."""
    assert lines("모두 세\u00a0마리", 5) == ["모두", "세 마리"]


def test_a_word_wider_than_a_line_is_cut() -> None:
    """Between signs, evenly, before no closing and after no opening punctuation."""
    assert lines("가나다라마바사", 4) == ["가나다라", "마바사"]
    assert lines("가나다라!", 4) == ["가나", "다라!"]
    assert lines("👨‍👩‍👧👨‍👩‍👧", 7) == ["👨‍👩‍👧", "👨‍👩‍👧"]
    assert all(not it.startswith((".", "!")) for it in lines("가나다라.마바사아!", 4))


@given(WORDS, st.integers(8, 40))
def test_nothing_is_lost_and_nothing_juts_out(words: list[str], width: int) -> None:
    """All signs are there in their order, in lines that fit, with no line that is empty."""
    text = " ".join(" ".join(words).split())
    told = lines(text, width)
    assert "".join(told).replace(" ", "") == text.replace(" ", "")
    assert all(told)
    assert all(len(it) <= width for it in told if not set(it) <= set(".!?\"'“”()… "))


@given(st.lists(st.text("가나다", min_size=1, max_size=8), min_size=2, max_size=30))
def test_a_last_syllable_is_alone_only_beside_a_word_as_wide_as_a_line(words: list[str]) -> None:
    """Where the two last words fit into one line, they are in one."""
    told = lines(" ".join(words), 10)
    is_alone = len(told) > 1 and len(told[-1]) == 1
    assert not is_alone or len(words[-2]) + 2 > 10
