"""What an editor marks in Korean prose."""

from __future__ import annotations

import pytest

from storybook.korean.slips import agreeing, slips


@pytest.mark.parametrize(
    "text",
    [
        "요즘, 숲속 마을에 토끼가 살고 있었어요.",
        "바로 요즘, 학교에 아이가 다녔어요.",
        "돌쇠는 훈장님에게 다가갔어요.",
        "할머니에게도 보여 드렸어요.",
        "때는 이집트, 사막에 낙타가 살았어요.",
        "거센 물살이 휘잉 불었어요.",
        '"곰야, 같이 가자!"',
        '"토끼아, 여기야!"',
        '"할머니야, 어디 있어?"',
        "우산을 들고 다니는은 웃었어요.",
        "너가 먼저 했잖아.",
        "강아지와 아이 두 마리가 놀았어요.",
        "토끼 세 명이 뛰었어요.",
    ],
)
def test_each_fault_is_found(text: str) -> None:
    """The present after 요즘, 께, what stands after 때는, currents, vocatives, pronouns, units."""
    assert slips(text)


@pytest.mark.parametrize(
    "text",
    [
        "요즘, 숲속 마을에 토끼가 살고 있어요.",
        "옛날 조선 시대, 서당에 돌쇠가 다녔어요.",
        "때는 조선시대, 마을에 토끼가 살았어요.",
        "때는 아득한 고대, 바닷가에 거북이가 살았어요.",
        "돌쇠는 훈장님께 다가갔어요. 곰에게 주었어요.",
        "거센 물살이 밀려왔어요.",
        '"곰아, 토끼야, 민준아, 하늘아! 우아, 좋아! 그래야, 엄마!"',
        "곰 세 마리와 아이 두 명이 놀았어요.",
        "네가 먼저 했잖아. 내가 말했지?",
        "오늘 아침에는 비가 왔어요.",
    ],
)
def test_what_is_right_is_not(text: str) -> None:
    """Nothing is marked in a clean text."""
    assert slips(text) == []


def test_a_sentence_of_today_stands_in_the_present() -> None:
    """Others stay as they are."""
    assert agreeing("요즘, 숲에 곰이 살고 있었어요.") == "요즘, 숲에 곰이 살고 있어요."
    assert agreeing("옛날, 숲에 곰이 살았어요.") == "옛날, 숲에 곰이 살았어요."
