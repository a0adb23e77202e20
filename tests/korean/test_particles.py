"""Which form of a particle follows which ending."""

from __future__ import annotations

import unicodedata

import pytest

from storybook.korean.particles import Ending, ending_of, particle, with_particle

WORDS_WITH_PARTICLES = """
토끼 는 토끼는
곰 는 곰은
호랑이 은 호랑이는
달 은 달은
토끼 이 토끼가
곰 가 곰이
별 가 별이
토끼 을 토끼를
곰 를 곰을
토끼 과 토끼와
곰 와 곰과
별 와 별과
토끼 으로 토끼로
곰 로 곰으로
별 으로 별로
서울 으로 서울로
부산 로 부산으로
마을 으로 마을로
바닷속 로 바닷속으로
토끼 아 토끼야
곰 야 곰아
하늘 야 하늘아
토끼 이에요 토끼예요
곰 예요 곰이에요
별 예요 별이에요
토끼 이었어요 토끼였어요
곰 였어요 곰이었어요
토끼 이랑 토끼랑
곰 랑 곰이랑
토끼 이라고 토끼라고
곰 라고 곰이라고
별 라는 별이라는
곰 나 곰이나
토끼 이야 토끼야
곰 이야 곰이야
곰 와는 곰과는
서울 으로는 서울로는
김치 이라고만 김치라고만
토끼 에서 토끼에서
곰 도 곰도
곰 에게 곰에게
Tom 는 Tom은
Anna 은 Anna는
Jack 는 Jack은
Mike 은 Mike는
Jane 는 Jane은
Peter 은 Peter는
Apple 로 Apple로
Nicole 는 Nicole은
Robert 은 Robert는
Scott 는 Scott은
Eric 는 Eric은
Bob 는 Bob은
James 은 James는
José 은 José는
DNA 은 DNA는
AI 이 AI가
URL 으로 URL로
FM 가 FM이
R2D2 은 R2D2는
3 는 3은
7 으로 7로
7 는 7은
2 은 2는
6 로 6으로
10 는 10은
100 는 100은
10000 는 10000은
1000000000000 은 1000000000000는
1,000 는 1,000은
3.5 은 3.5는
5km 은 5km는
3kg 는 3kg은
50% 은 50%는
A+ 은 A+는
20℃ 은 20℃는
★ 으로 ★로
토끼(rabbit) 은 토끼(rabbit)는
'곰' 는 '곰'은
"별" 으로 "별"로
토끼! 은 토끼!는
토끼🐰 은 토끼🐰는
ㅋㅋ 는 ㅋㅋ은
ㄹ 으로 ㄹ로
ㅏ 은 ㅏ는
ラーメン 는 ラーメン은
さくら 은 さくら는
7 는 7은
"""


@pytest.mark.parametrize("line", WORDS_WITH_PARTICLES.strip().splitlines())
def test_a_particle_takes_the_form_of_the_words_last_sound(line: str) -> None:
    """Any ending gets the particle's right form, whichever of its forms is asked for."""
    word, form, expected = line.split(" ")
    assert with_particle(word, form) == expected


@pytest.mark.parametrize("unreadable", ["", "🐰", "!?", "  ", "()"])
def test_what_cannot_be_read_counts_as_open(unreadable: str) -> None:
    """A word without a sound is no error."""
    assert ending_of(unreadable) is Ending.OPEN


def test_a_decomposed_word_ends_like_a_composed_one() -> None:
    """Hangul in the decomposed form, as macOS writes file names, is read as usual."""
    assert particle(unicodedata.normalize("NFD", "곰"), "는") == "은"


@pytest.mark.parametrize(
    ("word", "form", "expected"),
    [
        ("나", "가", "내가"),
        ("나", "이", "내가"),
        ("나", "는", "나는"),
        ("나", "의", "내"),
        ("나", "를", "나를"),
        ("나", "에게", "나에게"),
        ("엄마, 아빠, 그리고 나", "이", "엄마, 아빠, 그리고 내가"),
        ("너", "가", "네가"),
        ("하나", "가", "하나가"),
        ("할머니", "에게", "할머니께"),
        ("훈장님", "에게", "훈장님께"),
        ("토끼 할아버지", "에게만", "토끼 할아버지께만"),
        ("엄마", "에게", "엄마에게"),
        ("해님", "에게", "해님에게"),
        ("토끼", "에게", "토끼에게"),
    ],
)
def test_pronouns_and_the_honoured_have_forms_of_their_own(
    word: str, form: str, expected: str
) -> None:
    """내가, not 나가; a gift is 할머니께, and 토끼에게."""
    assert with_particle(word, form) == expected
