"""Who is away on a page."""

from __future__ import annotations

import pytest

from storybook.lexicon.absence import away


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("등불을 켜러 간 하나가 돌아오지 않았어요. 토끼는 울었어요.", {"하나"}),
        ("하나의 모습은 보이지 않았어요. 토끼는 떨었어요.", {"하나"}),
        ("하나가 집을 비운 사이에, 무슨 일이 났어요!", {"하나"}),
        ("저 아래에서 하나는 발을 만졌어요. 토끼는 혼자였어요.", {"하나"}),
        ("하나와 토끼는 손을 잡았어요.", set()),
        ('토끼가 물었어요. "하나가 보이지 않아!" 하나는 웃었어요.', set()),
    ],
)
def test_the_text_says_who_is_away(text: str, gone: set[str]) -> None:
    """A sentence counts for those whom it names; what somebody says does not."""
    assert away(text, ("하나", "토끼")) == gone
