"""How far a transcript can be trusted."""

from __future__ import annotations

import math

import pytest

from storybook.engines import Transcript
from storybook.languages.field import Field
from storybook.languages.ko.spoken.plausible import UNKNOWN
from storybook.stages.transcriber.confidence import Heard, is_loop, weigh
from tests.transcriber.heard import HEARD, answers
from tests.transcriber.understood import field_confidence

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


@pytest.mark.parametrize(
    "loop",
    [
        "쩐" * 60,
        "3, 2, " * 30,
        "1,500" + ",000" * 30,
        "나는 너를 사랑해 " * 12,
        "옥옥옥옥옥옥옥옥",
        "하나, 옷, 옷, 옷, 옷, 옷, 옷",
    ],
)
def test_loops_were_not_said(loop: str) -> None:
    """A model that has lost its way says one thing again and again, and is very sure of it."""
    assert is_loop(loop)
    assert weigh([Heard(loop, math.log(0.99))], 2.0, 2.0, "ko") == Transcript("", 0.0)


@pytest.mark.parametrize(
    "said",
    [
        "토끼 토끼요",
        "반짝반짝 작은 별",
        "하하하",
        "옛날 옛날 아주 먼 옛날",
        "칙칙폭폭 칙칙폭폭 기차",
    ],
)
def test_what_children_say_twice_is_no_loop(said: str) -> None:
    """Words are doubled in Korean, and by children."""
    assert not is_loop(said)


def confidence_of(text: str, seconds: float = 1.5, language: str = "ko") -> float:
    return weigh([Heard(text, SURE)], seconds, seconds, language).confidence


def test_letters_of_another_script_count_against_a_text() -> None:
    """All of them, some of them, and signs that were broken on the way; digits do not."""
    assert confidence_of("여우와 늑대") == 0.9
    assert confidence_of("2050년이요") == 0.9
    assert confidence_of("How many keep you") == 0.0
    assert confidence_of("소용利용") == pytest.approx(0.9 * 0.75**2, abs=0.001)
    assert confidence_of("여우\ufffd늑\ufffd") < 0.9 / 2
    assert "\ufffd" not in weigh([Heard("여우\ufffd", SURE)], 1.0, 1.0, "ko").text
    assert confidence_of("a fox and a wolf", language="en") == 0.9
    assert confidence_of("un renard", language="fr") == 0.9


def test_a_row_of_numbers_counts_against_a_text() -> None:
    """Who does not understand a word counts; a date has two numbers."""
    assert confidence_of("3, 2, 1") < 0.4
    assert confidence_of("10월 3일") == 0.9


def test_more_or_fewer_syllables_than_a_mouth_makes_count_against_a_text() -> None:
    """One in two seconds of voice, or thirty in one."""
    assert confidence_of("황", 2.0) == 0.45
    assert confidence_of("숲", 0.9) == 0.9
    assert confidence_of("가나다라마바사아자차카타파하" * 2, 1.0) == 0.45


def test_noises_in_brackets_were_not_said() -> None:
    """Alone they are nothing, beside words they are left out."""
    for noise in ("[BLANK_AUDIO]", "(음악)", "♪", "*기침*"):
        assert weigh([Heard(noise, SURE)], 1.0, 2.0) == Transcript("", 0.0)
    assert weigh([Heard("(웃음) 토끼", SURE)], 1.0, 2.0).text == "토끼"


@pytest.mark.parametrize(
    ("field", "known", "unknown"),
    [
        (Field.ERA, "조선시대", "소상시 메뉴"),
        (Field.ERA, "먼 미래", "미맨 오파"),
        (Field.PLACE, "깊은 숲속", "무기패 안아"),
        (Field.PLACE, "할머니 집", "하노니 찌"),
        (Field.CHARACTERS, "토끼, 거북이", "토키안 드라므비"),
        (Field.CHARACTERS, "뽀로로, 민준", "보보셔"),
        (Field.TOPIC, "우정", "무섭니"),
    ],
)
def test_an_answer_with_known_words_is_trusted_more(field: Field, known: str, unknown: str) -> None:
    """What a model makes of a word that it did not understand is rarely another word."""
    assert field_confidence(0.5, field, known, known) > field_confidence(
        0.5, field, unknown, unknown
    )
    assert field_confidence(0.5, field, unknown, unknown) == 0.5 * UNKNOWN


def test_no_answer_is_trusted_little() -> None:
    """However clearly it was heard; and what is empty not at all."""
    assert field_confidence(0.99, Field.PLACE, "네? 뭐라고요?", "네? 뭐라고요?") <= 0.2
    assert field_confidence(0.99, Field.PLACE, "시청해주셔서 감사합니다", "") == 0.0


def test_another_language_is_not_judged_by_korean_words() -> None:
    """An English answer is as sure as it was heard."""
    assert field_confidence(0.8, Field.PLACE, "the deep forest", "the deep forest") == 0.8


def auc(right: list[float], wrong: list[float]) -> float:
    """How often a right answer is surer than a wrong one."""
    surer = sum((r > w) + (r == w) / 2 for r in right for w in wrong)
    return surer / (len(right) * len(wrong))


def test_right_answers_are_surer_than_wrong_ones() -> None:
    """Of recordings that Whisper's base model really heard, in several voices and noise."""
    judged = [(it.is_right, it.confidence) for it in answers(HEARD)]
    right = [confidence for is_right, confidence in judged if is_right]
    wrong = [confidence for is_right, confidence in judged if not is_right]
    assert len(right) >= 10
    assert len(wrong) >= 50
    assert auc(right, wrong) >= 0.7
