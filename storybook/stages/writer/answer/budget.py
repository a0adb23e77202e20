"""How long an answer can become, as text whose tokens a model can count beforehand."""

from __future__ import annotations

from functools import cache
from itertools import cycle, islice
from typing import Final

from storybook.book import COVER_PAGE, FEWEST_PAGES, MOST_PAGES
from storybook.languages.known import LANGUAGES
from storybook.languages.language import Language
from storybook.lexicon.looks import times
from storybook.stages.writer.answer import bounds
from storybook.stages.writer.answer.brief import Brief, brief_of
from storybook.stages.writer.answer.instructions import writing_of
from storybook.stages.writer.answer.pages import MEMBERS, as_json
from storybook.stages.writer.answer.picture import ACTS
from storybook.stages.writer.answer.prompt import messages
from storybook.stages.writer.answer.staging import DEEDS, MOST_THINGS

_ENGLISH: Final = ("wonderfully", "decorated", "lanterns", "together", "mountains")


def longest_answer(brief: Brief, first_page: int = COVER_PAGE) -> str:
    """An answer with as many words as the grammar allows, and long ones."""
    names, lengths = brief.names, brief.lengths
    title, narration, said = longest_texts(brief)
    picture = {
        "time": max(times(), key=len),
        "where": f"outside {_words(_ENGLISH, bounds.WHERE_WORDS)}",
        "acts": dict.fromkeys(names, max(ACTS, key=len)),
        "action": {
            "who": max(names, key=len),
            "does": max(DEEDS, key=len),
            "what": f"a {_words(_ENGLISH, bounds.THING_WORDS)}",
            "whom": max(names, key=len),
        },
        "things": [f"a {_words(_ENGLISH, bounds.THING_WORDS)}"] * MOST_THINGS,
        "scene": _words(_ENGLISH, bounds.SCENE_WORDS[1]),
    }
    line = {"character": max(names, key=len), "text": said}
    panel = {"summary": narration, "dialogues": [line] * lengths.lines, "picture": picture}
    cover = {"title": title, "picture": picture}
    cards = dict.fromkeys(names, f"a {_words(_ENGLISH, bounds.CARD_ADJECTIVES + 6)}")
    numbers = brief.wanted(first_page)
    pages = {MEMBERS[it]: panel if it != COVER_PAGE else cover for it in numbers}
    return as_json(pages if first_page else {"place": brief.place_en, "cards": cards, **pages})


def longest_texts(brief: Brief) -> tuple[str, str, str]:
    """A title, a narration and a spoken line with as many words as they may have."""
    lengths, long_words = brief.lengths, writing_of(brief.language).long_words
    narration = lengths.sentences[1] * lengths.sentence_words[1]
    many = (lengths.title_words[1], narration, lengths.line_words[1])
    title, told, line = (_words(long_words, count) for count in many)
    return title, told, line


FIRST_WIDE: Final = 0x1100
"""From here on, Unicode has scripts of which a letter is rarely a part of a longer token."""


@cache
def page_counts_within(context: int) -> tuple[int, ...]:
    """The lengths of books for which a model has room with a context of so many tokens, in every
    language that it can be asked for, with a cast of two. The shortest is always among them:
    whether the very request fits, a larger cast and all, is told when it is written, with what to
    set."""
    longer = range(FEWEST_PAGES + 1, MOST_PAGES + 1)
    return (FEWEST_PAGES, *(count for count in longer if _usual_tokens(count) <= context))


def _usual_tokens(page_count: int) -> int:
    written = (it for it in LANGUAGES.values() if it.writing is not None)
    return max(_sample_tokens(it, page_count) for it in written)


def _sample_tokens(language: Language, page_count: int) -> int:
    brief = brief_of(language.sample, page_count, language.tag)
    texts = (*(message["content"] for message in messages(brief)), longest_answer(brief))
    return sum(map(estimated_tokens, texts))


def _words(vocabulary: tuple[str, ...], count: int) -> str:
    return " ".join(islice(cycle(vocabulary), count))


def estimated_tokens(text: str) -> int:
    """About how many tokens a text has in present models' vocabularies, on the safe side: one for a
    syllable or a sign of a script with many of them, one for three letters of others."""
    wide = sum(ord(sign) >= FIRST_WIDE for sign in text)
    return wide + (len(text) - wide) // 3 + 1
