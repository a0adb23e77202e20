"""How far a transcript can be trusted."""

from __future__ import annotations

import math

import pytest

from storybook.engines import Transcript
from storybook.stages.transcriber.confidence import Heard, weigh

SURE = math.log(0.9)


def test_all_three_parts_are_in_it() -> None:
    """Probability of the words, of speech, and how much voice there is: p × (1 − n) × v."""
    assert weigh([Heard("숲", SURE, 0.0)], 1.0, 2.0).confidence == 0.9
    assert weigh([Heard("숲", SURE, 0.5)], 1.0, 2.0).confidence == 0.45
    assert weigh([Heard("숲", SURE, 0.0)], 0.15, 0.3).confidence == 0.45
    assert weigh([Heard("숲", SURE, 0.0)], 1.0, 8.0).confidence == 0.675


def test_no_voice_is_no_text() -> None:
    """Whatever the model made of it."""
    assert weigh([Heard("감사합니다", SURE, 0.0)], 0.0, 3.0) == Transcript("", 0.0)
    assert weigh([], 1.0, 3.0) == Transcript("", 0.0)


def test_doubtful_words_in_probable_noise_are_dropped() -> None:
    """Each alone is not enough; to be nearly sure that there is no speech is."""
    assert weigh([Heard("숲", -1.2, 0.7)], 1.0, 2.0).text == ""
    assert weigh([Heard("숲", -1.2, 0.1)], 1.0, 2.0).text == "숲"
    assert weigh([Heard("숲", -0.2, 0.7)], 1.0, 2.0).text == "숲"
    assert weigh([Heard("숲", -0.2, 0.95)], 1.0, 2.0).text == ""


@pytest.mark.parametrize(
    "phantom",
    [
        "시청해 주셔서 감사합니다.",
        "시청해주셔서 감사합니다!",
        "구독과 좋아요 부탁드립니다.",
        "다음 영상에서 만나요~",
        "MBC 뉴스 이덕영입니다.",
        "한글자막 by 한효정",
        "Thanks for watching!",
        "...",
        "♪",
    ],
)
def test_the_ends_of_videos_are_dropped(phantom: str) -> None:
    """What Whisper writes for noise, with no doubt at all."""
    assert weigh([Heard(phantom, SURE, 0.1)], 1.0, 2.0) == Transcript("", 0.0)
    assert weigh([Heard("토끼", SURE), Heard(phantom, SURE)], 1.0, 2.0).text == "토끼"


def test_answers_that_sound_like_them_are_kept() -> None:
    """A book may be about gratitude, or about a reporter."""
    for answer in ("감사하는 마음", "뉴스를 전하는 토끼", "구독자", "다음 시간으로 가는 열차"):
        assert weigh([Heard(answer, SURE)], 1.0, 2.0).text == answer


def test_segments_are_joined_and_weighed_by_their_length() -> None:
    """A doubtful last word spoils a long sentence less than a short one."""
    transcript = weigh([Heard(" 토끼와  거북이", 0.0), Heard(" 숲", -3.0)], 2.0, 2.0)
    assert transcript.text == "토끼와 거북이 숲"
    assert transcript.confidence > 0.5
