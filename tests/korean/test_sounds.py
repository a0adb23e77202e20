"""Written Korean becomes what it sounds like, by the Standard Pronunciation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storybook.korean.sounds import as_sounded
from storybook.korean.syllables import letters, syllable

RULES = {
    "a final before a vowel (articles 12 to 15)": (
        "옷이 오시, 깊은 기픈, 있어요 이써요, 값을 갑쓸, 앉아 안자, 좋아요 조아요, 많이 마니, "
        "싫어 시러, 강아지 강아지, 맛있어요 마시써요, 맛없다 마덥따, 겉옷 거돋, 첫인사 처딘사"
    ),
    "before i (article 17)": "같이 가치, 굳이 구지, 밭이 바치, 붙여 부처, 햇볕이 핻뼈치",
    "with h (article 12)": (
        "좋다 조타, 이렇게 이러케, 많소 만쏘, 입학 이팍, 못해 모태, 밝히다 발키다, 앉히다 안치다, "
        "닫혀 다처, 놓는 논는, 따뜻해 따뜨태"
    ),
    "finals that are heard, and what they tense (articles 9 to 11, 23 to 26)": (
        "학교 학꾜, 숲속 숩쏙, 낮잠 낟짬, 꽃밭 꼳빧, 읽다 익따, 읽고 일꼬, 닭과 닥꽈, 밟고 밥꼬, "
        "넓다 널따, 젊다 점따, 삶과 삼과, 앉고 안꼬, 결정 결쩡, 활동 활똥, 물질 물찔"
    ),
    "nasals and liquids (articles 18 to 20)": (
        "국물 궁물, 읽는 잉는, 있는 인는, 합니다 함니다, 앞마당 암마당, 독립 동닙, 협력 혐녁, "
        "종로 종노, 난로 날로, 설날 설랄, 끓는 끌른"
    ),
    "compounds and vowels (articles 5 and 29)": (
        "꽃잎 꼰닙, 서울역 서울력, 색연필 생년필, 희망 히망, 계속 게속, 가져 가저, 의자 의자, "
        "예쁜 예쁜"
    ),
}
SOUNDS = [
    (written, sounding)
    for words in RULES.values()
    for written, sounding in (pair.split() for pair in words.split(", "))
]


@pytest.mark.parametrize(("written", "sounding"), SOUNDS)
def test_a_word_sounds_as_the_norm_has_it(written: str, sounding: str) -> None:
    """Each rule, by words of stories."""
    assert as_sounded(written) == sounding


@pytest.mark.parametrize(
    ("written", "sounding"),
    [
        ("할 거예요.", "할 꺼예요."),
        ("갈 수 있어요.", "갈 쑤 이써요."),
        ("먹을 것", "머글 껃"),
        ("내가 도와줄게!", "내가 도와줄께!"),
        ("할게요.", "할께요."),
    ],
)
def test_what_follows_an_ending_in_l_is_tense(written: str, sounding: str) -> None:
    """Article 27, also across the space."""
    assert as_sounded(written) == sounding


@pytest.mark.parametrize(
    "text", ["오늘 수요일", "길게.", "오늘 거미가", "하늘 게가", "가을 데이지"]
)
def test_other_words_after_l_are_not(text: str) -> None:
    """What only begins like such a noun is another word, and 길게 is no promise."""
    assert as_sounded(text) == text


def test_other_characters_stay() -> None:
    """Sounds change within a word, not across a space or a sign."""
    assert as_sounded("밥 먹어, 국! 나는 Tom 3") == "밥 머거, 국! 나는 Tom 3"


@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3)))
def test_every_word_keeps_its_syllables_and_ends_in_what_is_heard(word: str) -> None:
    """Whatever is written: as many syllables, and of finals only the seven that there are."""
    sounding = as_sounded(word)
    assert len(sounding) == len(word)
    assert {letters(it)[2] for it in sounding} <= set("-ㄱㄴㄷㄹㅁㅂㅇ")


@given(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3))
def test_a_syllable_is_its_letters(written: str) -> None:
    """All 11,172 of them."""
    assert syllable(letters(written)) == written
