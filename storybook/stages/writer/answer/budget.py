"""How long an answer can become, as text whose tokens a model can count beforehand."""

from __future__ import annotations

from functools import cache
from itertools import cycle, islice
from typing import Final

from storybook.book import COVER_PAGE, FEWEST_PAGES, MOST_PAGES, StoryRequest
from storybook.lexicon.looks import times
from storybook.stages.writer.answer import bounds
from storybook.stages.writer.answer.brief import Brief, brief_of
from storybook.stages.writer.answer.pages import MEMBERS, as_json
from storybook.stages.writer.answer.picture import ACTS
from storybook.stages.writer.answer.prompt import messages

_KOREAN: Final = ("무너뜨렸답니다", "이야기책이었어요", "두근거리는", "반짝이는", "살금살금")
_ENGLISH: Final = ("wonderfully", "decorated", "lanterns", "together", "mountainside")


def longest_answer(brief: Brief, first_page: int = COVER_PAGE) -> str:
    """An answer with as many words as the grammar allows, and long ones."""
    names = brief.names
    picture = {
        "time": max(times(), key=len),
        "acts": dict.fromkeys(names, max(ACTS, key=len)),
        "scene": _words(_ENGLISH, bounds.SCENE_WORDS[1]),
    }
    line = {"character": max(names, key=len), "text": _words(_KOREAN, bounds.LINE_WORDS[1])}
    narration = bounds.SENTENCES[1] * bounds.SENTENCE_WORDS[1]
    panel = {
        "summary": _words(_KOREAN, narration),
        "dialogues": [line] * bounds.LINES,
        "picture": picture,
    }
    cover = {"title": _words(_KOREAN, bounds.TITLE_WORDS[1]), "picture": picture}
    cards = dict.fromkeys(names, f"a {_words(_ENGLISH, bounds.CARD_ADJECTIVES + 6)}")
    numbers = brief.wanted(first_page)
    pages = {MEMBERS[it]: panel if it != COVER_PAGE else cover for it in numbers}
    return as_json(pages if first_page else {"place": brief.place_en, "cards": cards, **pages})


@cache
def page_counts_within(context: int) -> tuple[int, ...]:
    """The lengths of books for which a model has room with a context of so many tokens, with a cast
    of two. The shortest is always among them: whether the very request fits, a larger cast and all,
    is told when it is written, with what to set."""
    longer = range(FEWEST_PAGES + 1, MOST_PAGES + 1)
    return (FEWEST_PAGES, *(count for count in longer if _usual_tokens(count) <= context))


def _usual_tokens(page_count: int) -> int:
    request = StoryRequest("조선시대", "깊은 숲속 마을", "호기심 많은 토끼, 겁 많은 호랑이", "우정")
    brief = brief_of(request, page_count)
    texts = (*(message["content"] for message in messages(brief)), longest_answer(brief))
    return sum(map(estimated_tokens, texts))


def _words(vocabulary: tuple[str, ...], count: int) -> str:
    return " ".join(islice(cycle(vocabulary), count))


def estimated_tokens(text: str) -> int:
    """About how many tokens a text has in present models' vocabularies, on the safe side: one for a
    syllable of Hangul, one for three other characters."""
    hangul = sum("가" <= sign <= "힣" for sign in text)
    return hangul + (len(text) - hangul) // 3 + 1
