"""What a language model is told for every book alike: the rules of a good picture book, and what
helps against each kind of problem that a page of its had, as its language has them.

Numbers are those of the language's lengths, words for pictures those of `picture`, kinds those of
the check.
"""

from __future__ import annotations

from collections.abc import Sequence

from storybook.languages.language import Language, Writing
from storybook.lexicon.looks import times
from storybook.stages.writer.answer.picture import EMOTIONS, POSES
from storybook.stages.writer.answer.staging import DEEDS, MOST_THINGS


def writing_of(language: Language) -> Writing:
    """What is told in a language that model writers can be asked for."""
    if language.writing is None:
        raise ValueError(f"no model writer is told anything in {language.tag!r}")
    return language.writing


def rules(language: Language, last_page: int, age: str = "") -> str:
    """The rules for a book with panels from page 1 to `last_page`."""
    told, lengths = writing_of(language), language.lengths_for(age)
    return told.rules.format(
        reader=told.readers.get(age) or told.readers[""],
        manner=told.manner.get(age, ""),
        panels=told.count(last_page),
        middle=_middle(told, last_page),
        hardest=last_page - 1,
        last=last_page,
        title_words=_range(lengths.title_words),
        sentences=_range(lengths.sentences),
        words=_range(lengths.sentence_words),
        lines=lengths.lines,
        times=", ".join(f'"{time}"' for time in times()),
        emotions=", ".join(EMOTIONS),
        poses=", ".join(POSES),
        deeds=", ".join(DEEDS),
        things=MOST_THINGS,
    )


def advice(language: Language, kinds: Sequence[str], age: str = "") -> str:
    """What helps against each of these kinds of problems, in their order; empty if nothing is
    known to."""
    told, lengths = writing_of(language), language.lengths_for(age)
    known = [told.advice[kind] for kind in dict.fromkeys(kinds) if kind in told.advice]
    return " ".join(known).format(sentences=_range(lengths.sentences))


def _middle(told: Writing, last_page: int) -> str:
    """What a book of more than four panels has between the event and the hardest moment."""
    first, last = 3, last_page - 2
    if last < first:
        return ""
    pages = told.pages[first < last].format(first=first, last=last)
    return told.middle.format(pages=pages)


def _range(many: tuple[int, int]) -> str:
    return f"{many[0]}~{many[1]}"
