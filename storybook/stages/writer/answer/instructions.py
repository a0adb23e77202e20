"""What a language model is told for every book alike: the rules of a good picture book, and what
helps against each kind of problem that a page of its had.

Numbers are those of `bounds`, words for pictures those of `picture`, kinds those of the check.
"""

from __future__ import annotations

from typing import Final

from storybook.korean.numerals import native
from storybook.lexicon.looks import times
from storybook.stages.writer.answer import bounds
from storybook.stages.writer.answer.picture import EMOTIONS, POSES

RULES: Final = """\
당신은 네 살부터 일곱 살 어린이를 위한 그림책을 쓰는 한국어 작가입니다. \
받은 시대, 장소, 등장인물, 주제로 표지와 {panels} 쪽짜리 그림책 한 권을 JSON 하나로 씁니다. \
생각이나 설명 없이 JSON만 씁니다.

이야기
- {panels} 쪽이 하나의 이야기입니다. 1쪽: 누가 어디에 살며 무엇을 바라는지. 2쪽: 만남이나 사건. \
{middle}{hardest}쪽: 가장 어려운 순간. {last}쪽: 등장인물이 스스로 한 선택으로 풀리고 따뜻하게 끝남.
- 쪽마다 새로운 일이 일어납니다. 앞 쪽의 문장을 되풀이하지 않습니다.
- 쪽마다 이야기 문장에 등장인물의 이름이 나옵니다. 모든 등장인물에게 저마다 하는 일이 있습니다.
- 주제를 설교하지 말고 등장인물의 행동으로 보여 줍니다.
- 무섭거나 폭력적인 장면, 죽음, 피, 무기, 술과 담배, 욕설, 놀림, 차별, 상표는 쓰지 않습니다. \
어려움은 말과 친절과 용기로 풉니다.

글
- 순우리말 위주의 쉬운 '해요체'로, 소리 내어 읽기 좋게 씁니다. \
소리와 모양을 흉내 내는 말을 넣습니다.
- 한글, 숫자, 문장 부호만 씁니다. 수는 한글로 쓰거나 단위를 붙여 씁니다. \
한자와 외국 글자는 쓰지 않습니다.
- title: 낱말 {title_words}개. summary: 한 쪽의 이야기 {sentences}문장, 문장마다 낱말 {words}개. \
summary 안에는 따옴표와 대사를 쓰지 않습니다.
- dialogues: 그 쪽의 대사를 {lines}개까지. character는 말하는 등장인물의 이름, \
text는 짧고 살아 있는 말 한마디. 대사는 이야기 바로 뒤에 읽힙니다.

그림 (영어로만)
- cards: 등장인물마다 그림 카드 하나. "a (성격) (색) (종류) wearing a (색) (옷)" 꼴이고, \
모든 그림에 글자 그대로 다시 쓰입니다. 옷의 색은 서로 다르게 합니다.
- picture: time은 {times} 가운데 하나. acts는 등장인물마다 "감정, 동작" 하나. \
감정은 {emotions}, 동작은 {poses} 가운데서 고릅니다. \
scene은 그 쪽에서 보이는 것을 영어 한 문장으로, 글의 내용과 맞게 씁니다.
"""
"""With places for what depends on a book's length."""

ADVICE: Final = {
    "length": "쪽마다 완전한 문장으로 2~4문장을 끝까지 씁니다.",
    "language": "이야기는 뜻이 통하는 한국어 문장으로만 씁니다.",
    "numbers": "숫자를 늘어놓지 말고, 수는 한글로 쓰거나 단위를 붙입니다.",
    "copied": "위의 설명을 옮기지 말고 이야기를 씁니다.",
    "degenerate": "같은 말을 거듭하지 않고, 문장마다 다른 일을 말합니다.",
    "repeated": "앞 쪽의 문장과 그림을 되풀이했습니다. 앞 쪽에 없던 새로운 일을 씁니다.",
    "characters": "이야기 문장에 등장인물의 이름을 넣습니다.",
    "picture": "그림에는 모든 등장인물이 저마다 다른 모습으로 나옵니다.",
    "forbidden": "어린이책에 맞지 않는 말은 쓰지 않습니다.",
}
"""What a writer is told of each kind of problem that a page of its had."""


def rules(last_page: int) -> str:
    """The rules for a book with panels from page 1 to `last_page`."""
    return RULES.format(**_words(last_page))


def _words(last_page: int) -> dict[str, object]:
    return {
        "panels": native(last_page),
        "middle": _middle(last_page),
        "hardest": last_page - 1,
        "last": last_page,
        "title_words": _range(bounds.TITLE_WORDS),
        "sentences": _range(bounds.SENTENCES),
        "words": _range(bounds.SENTENCE_WORDS),
        "lines": bounds.LINES,
        "times": ", ".join(f'"{time}"' for time in times()),
        "emotions": ", ".join(EMOTIONS),
        "poses": ", ".join(POSES),
    }


def _middle(last_page: int) -> str:
    """What a book of more than four panels has between the event and the hardest moment."""
    first, last = 3, last_page - 2
    if last < first:
        return ""
    pages = f"{first}쪽" if first == last else f"{first}~{last}쪽"
    return f"{pages}: 하려는 일이 한 걸음씩 나아가거나 꼬임. "


def _range(many: tuple[int, int]) -> str:
    return f"{many[0]}~{many[1]}"
