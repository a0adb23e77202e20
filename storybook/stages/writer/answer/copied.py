"""Whether words of an answer are words of the question: a model's way of saying nothing."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from storybook.stages.writer.answer.instructions import ADVICE, RULES

COPIED_LETTERS: Final = 10
"""Letters from which a sentence that stands in the rules stands there by no chance."""

_NO_ANSWERS: Final = frozenset(
    [
        *("제목", "책제목", "그림책", "그림책제목", "이야기", "본문", "내용", "요약", "줄거리"),
        *("문장", "대사", "한마디", "이름", "등장인물", "장면", "그림", "영어한문장", "예시"),
        *("title", "summary", "text", "string", "scene", "place", "sentence", "example", "todo"),
        *("dialogue", "dialogues", "placeholder", "none", "null", "untitled", "loremipsum"),
        *("oneenglishsentence", "anenglishsentence", "englishsentence", "happywaving"),
    ]
)
"""What a model puts where it has nothing to say, as letters only: the name of the thing itself."""

_OF_THE_TASK: Final = re.compile(
    r"등장인물|요청하신|(?:보여|써|적어|만들어|작성해) ?드리겠|작성(?:하|해|합|된)|출력(?:하|합)|"
    r"(?:이야기|그림책|동화|문장|글)[을를]? (?:쓰|작성|만들)겠|JSON|json"
)
"""What an assistant says of its task, and no story says of itself."""
_TERMS: Final = re.compile("(?<![가-힣])(감정|동작|대사|지시|재료|주제|시대|낱말|꼴|페이지)")
SEVERAL: Final = 3
"""Different terms of the task on a page that no story has by chance."""

_LETTERS: Final = re.compile(r"[^\W_]+")


def is_copied(sentence: str) -> bool:
    """Whether a sentence is one of the rules, or no more than the name of what was to be there."""
    said = _letters(sentence)
    is_rule = len(said) >= COPIED_LETTERS and any(said in rule for rule in _told())
    return said in _NO_ANSWERS or is_rule


def is_of_the_task(text: str, given: str = "") -> bool:
    """Whether a page speaks of the writing instead of the story: in an assistant's words, or in
    several of the terms that its writer was told it in, but for those that were `given`."""
    terms = {term for term in _TERMS.findall(text) if term not in given}
    return len(terms) >= SEVERAL or _OF_THE_TASK.search(text) is not None


def _letters(text: str) -> str:
    return "".join(_LETTERS.findall(text)).casefold()


@cache
def _told() -> tuple[str, ...]:
    """Each rule and piece of advice that a model may be given, as letters only."""
    return tuple(map(_letters, (*RULES.splitlines(), *ADVICE.values())))
