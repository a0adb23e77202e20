"""What may be wrong with the words of a page.

Measured is what the writer itself wrote: the **title**, the **narration** and the **lines**. Quotes
around lines, and who says them, are put in by `answer.pages`; they make no page longer, more of its
language or more of a story.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from storybook.book import COVER_PAGE, Page, StoryRequest
from storybook.languages.known import cast_in, language_of
from storybook.languages.language import Found, Language, Lengths, Told
from storybook.stages.writer.answer.brief import foreign_words
from storybook.stages.writer.answer.copied import is_copied, is_of_the_task
from storybook.stages.writer.answer.pages import spoken
from storybook.stages.writer.rules import Rules, Wanted

SHINGLE: Final = 5
"""Letters that are compared at a time when two texts are held against each other."""
TOLD_SENTENCE: Final = 10
"""Letters from which a sentence is no mere exclamation, and may not come again at once."""
SAME_SENTENCE: Final = 6
"""Letters from which a sentence may stand on a page but once; "하하하!" may come again."""
ALMOST_ALL: Final = 0.8
"""Share of a page's text that no earlier page may have had, however long ago."""
STAMMER: Final = re.compile(r"(.{2,30}?)\1{4,}")
"""The same piece of text five times in a row: a model that has lost its thread."""
STAMMERS: Final = re.compile(r"(.+?)\1{2,}")
LONG, LONGEST = 8, 32
"""Letters up to which a word of a request is never cut, and of what is left of the longest."""
SOME_WORDS: Final = 8
"""From so many words on, at least half of them are different ones."""
ONE_WORD: Final = (4, 1 / 3)
"""A word that comes so often, and makes up so much of a narration, is all that it says."""
NUMBERED: Final = 1 / 3
"""Most of the words of a narration that may be numbers, with their units."""
SENTENCES_MORE: Final = 1
"""Beyond what is asked for at an age; exclamations of a word are not counted."""
SENTENCE_LONGER: Final = 1.75
"""As long as a sentence may be where it is asked to be shorter: for once, not as a rule."""

_SENTENCE_END: Final = re.compile(r"[.!?…~]+[\"'”’]*\s*")
_LETTERS: Final = re.compile(r"[^\W_]+")
_CLOSING: Final = (".", "!", "?", "…", "~", '"', "'", "”", "’")


def told_of(page: Page, language: Language) -> Told:
    """A page's words without those that were put in around them."""
    narration = page.summary.removesuffix(spoken(page.dialogues, language))
    for line in page.dialogues:  # quotes that a writer wove into its story
        narration = narration.replace(f'"{line.text}"', " ", 1)
    lines = tuple(line.text for line in page.dialogues)
    title = page.title if page.page == COVER_PAGE else ""
    return Told(title, " ".join(narration.split()), lines)


def wording(page: Page, book: Wanted, standing: Sequence[Page], rules: Rules) -> Found:
    """The problems of a page's words; `standing` are the pages before it."""
    language = language_of(book.language)
    told = told_of(page, language)
    yield from _lengths(page, told, rules)
    if book.age and page.page != COVER_PAGE:
        yield from _too_much(told, language.lengths_for(book.age))
    if language.script.letters:
        yield from _strange(page, told, language, book.request, rules)
    if signs := sorted({sign for text in told.texts for sign in text if not _is_readable(sign)}):
        named = ", ".join(f"U+{ord(sign):04X}" for sign in signs)
        yield "language", f"signs that nobody can read aloud: {named}"
    if rules.sensible:
        yield from _copied(told, language, book.request)
        yield from _numbers(told, language, book.request)
    if any(_degenerate(_apart_from(told, _said_by_request(book.request)), rules)):
        yield from _degenerate(told, rules)
    if page.page != COVER_PAGE and standing:
        yield from _repeated(told, [told_of(it, language) for it in standing], rules)


# ------------------------------------------------------------------------------------ lengths


def _lengths(page: Page, told: Told, rules: Rules) -> Found:
    is_cover = page.page == COVER_PAGE
    yield from length("title", page.title, rules.title if is_cover else (0, 0))
    yield from length("summary", page.summary, (0, 0) if is_cover else rules.summary)
    for line in told.lines:
        yield from length("spoken line", line, rules.line)
    lines = sum(line.character not in page.brought for line in page.dialogues)
    if lines > rules.lines:
        yield "length", f"expected at most {rules.lines} spoken lines, found {lines}"
    if is_cover:
        return
    if (letters := sum(map(str.isalpha, told.narration))) < rules.told:
        yield "length", f"expected at least {rules.told} letters of narration, found {letters}"
    if told.narration and not told.narration.endswith(_CLOSING):
        yield "length", f"the text stops in the middle: …{told.narration[-20:]}"


def _too_much(told: Told, lengths: Lengths) -> Found:
    """What children of an age do not follow: long sentences, or many that are not short."""
    split = [sentence.split() for sentence in _SENTENCE_END.split(told.narration)]
    words = [len(sentence) for sentence in split if len(sentence) > 1]
    most, longest = (
        lengths.sentences[1] + SENTENCES_MORE,
        SENTENCE_LONGER * lengths.sentence_words[1],
    )
    if len(words) > most and sum(words) > most * int(longest):
        yield "length", f"for this age at most {most} sentences on a page, found {len(words)}"
    if max(words, default=0) > int(longest):
        yield (
            "length",
            f"for this age at most {int(longest)} words in a sentence, found {max(words)}",
        )


def length(what: str, text: str, bounds: tuple[int, int]) -> Found:
    """The problem of a text that is too short or too long, in characters."""
    least, most = bounds
    if not least <= len(text.strip()) <= most:
        yield "length", f"{what}: expected {least} to {most} characters, found {len(text.strip())}"


# ----------------------------------------------------------------------------------- language


def _strange(
    page: Page, told: Told, language: Language, request: StoryRequest, rules: Rules
) -> Found:
    """What is not the book's language, as far as letters tell it, and what it says itself."""
    letters, name = re.compile(f"[{language.script.letters}]"), language.name
    known = _known(language, request)
    share = _share(letters, _once(f"{told.narration} {' '.join(told.lines)}", known))
    if page.page != COVER_PAGE and share < rules.native:
        yield "language", f"expected {name}, found {share:.0%} of its letters among all"
    if not rules.sensible:
        return
    strange = [it for text in told.texts for it in _foreign(letters, _without(text, known))]
    if strange:
        yield "language", f"expected {name}, found {', '.join(dict.fromkeys(strange))[:80]}"
    if told.title and not letters.search(told.title):
        yield "language", f"the title has no {name} word: {told.title[:40]}"
    for line in told.lines:
        if line and not letters.search(line) and _without(line, known) == line:
            yield "language", f"a spoken line has no {name} word: {line[:40]}"
    yield from language.faults(_apart_from(told, (*_said_by_request(request), *known)))


def _known(language: Language, request: StoryRequest) -> tuple[str, ...]:
    """The request's own words, which a text may have in whatever script."""
    names = (character.name for character in cast_in(language, request))
    words = (it for word in foreign_words(request, language) for it in _beginnings(word))
    return (*words, *names)


def _said_by_request(request: StoryRequest) -> tuple[str, ...]:
    """The words of an era, a place and a topic, which a text may have as they are, and names that
    are numbers or stammer themselves."""
    words = _LETTERS.findall(" ".join((request.era, request.place, request.topic)))
    names = [
        it for it in _LETTERS.findall(request.characters) if STAMMERS.search(it) or it.isdigit()
    ]
    said = (it for it in (*words, *names) if len(it) > 1 or not it.isalpha())
    return tuple(part for word in said for part in _beginnings(word))


def _beginnings(word: str) -> Sequence[str]:
    """A word, and what may be left of one that is too long to stand in a text."""
    return [word, *(word[:n] for n in range(1, min(len(word), LONGEST)) if len(word) > LONG)]


def _apart_from(told: Told, words: Sequence[str]) -> Told:
    """What the writer wrote but for some words that are not its own."""
    title, narration, *lines = (
        _without(it, words) for it in (told.title, told.narration, *told.lines)
    )
    return Told(title, narration, tuple(lines))


def _once(text: str, words: Sequence[str]) -> str:
    """A text with each of some words where it stands first only: a name comes often."""
    for word in filter(None, dict.fromkeys(words)):
        first, found, rest = text.partition(word)
        text = first + found + rest.replace(word, " ")
    return text


def _without(text: str, words: Iterable[str]) -> str:
    """A text without some words: whole ones, though Hangul may stand at either side."""
    pattern = _any_of(tuple(words))
    return pattern.sub(" ", text) if pattern else text


@lru_cache(maxsize=64)
def _any_of(words: tuple[str, ...]) -> re.Pattern[str] | None:
    """The longest of some words, as a whole; None if there are none."""
    longest_first = map(re.escape, sorted(filter(None, words), key=len, reverse=True))
    body = "|".join(longest_first)
    whole = rf"(?<![^\W\uac00-\ud7a3])(?:{body})(?![^\W\uac00-\ud7a3])"
    return re.compile(whole, re.IGNORECASE) if body else None


def _foreign(letters: re.Pattern[str], text: str) -> list[str]:
    """The pieces of a text that are letters of another script."""
    without = letters.sub(" ", text)
    return [run for word in _LETTERS.findall(without) for run in re.findall(r"[^\W\d_]+", word)]


def _share(letters: re.Pattern[str], text: str) -> float:
    signs = [sign for sign in text if sign.isalnum()]
    return sum(map(bool, map(letters.match, signs))) / len(signs) if signs else 0.0


def _is_readable(sign: str) -> bool:
    category = unicodedata.category(sign)
    return category[0] in "LNP" or category == "Mn" or sign in " ~+%"


# ------------------------------------------------------------------------ numbers and copies


def _numbers(told: Told, language: Language, request: StoryRequest) -> Found:
    given, foreign = _given(request), foreign_words(request, language)
    for text in told.texts:
        for sentence in _SENTENCE_END.split(_without(text, foreign)):
            bare = [it for it in _bare_numbers(sentence, language) if it not in given]
            if len(bare) > 1:
                yield "numbers", f"numbers that count nothing: {', '.join(bare)[:60]}"
                return
    words = told.narration.split()
    numbered = [word for word in words if word[0].isdigit() and not _is_given(word, given)]
    if len(numbered) > max(2, NUMBERED * len(words)):
        yield "numbers", f"numbers more than words: {' '.join(numbered)[:60]}"


def _given(request: StoryRequest) -> str:
    return " ".join((request.era, request.place, request.characters, request.topic))


def _is_given(word: str, given: str) -> bool:
    number = re.match(r"\d+", word)
    return number is not None and number[0] in given


def _bare_numbers(sentence: str, language: Language) -> list[str]:
    """The numbers of a sentence that count nothing."""
    letter = f"[{language.script.letters}]" if language.script.letters else r"[^\W\d_]"
    numbers = re.finditer(rf"(?<!\d)(\d+(?:[.,]\d+)*)(%|℃|\s?{letter}+)?", sentence)
    return [it[1] for it in numbers if not language.counts(it[2] or "")]


def _copied(told: Told, language: Language, request: StoryRequest) -> Found:
    own = _apart_from(told, (*_said_by_request(request), *_LETTERS.findall(request.characters)))
    for text in (own.title, *own.lines, *_SENTENCE_END.split(own.narration)):
        if text and is_copied(text, language):
            yield "copied", f"words of what the writer was told: {text[:60]}"
            return
    if is_of_the_task(
        narrated := f"{own.title} {own.narration}".strip(), language, _given(request)
    ):
        yield "copied", f"the narrator speaks of the writing: {narrated[:60]}"


# -------------------------------------------------------------------------------- repetitions


def _degenerate(told: Told, rules: Rules) -> Found:
    if rules.variety == 0:
        return
    pieces = _pieces(told.text)
    if STAMMER.search(told.text) or len(set(pieces)) < rules.variety * len(pieces):
        yield "degenerate", "the text says the same again and again"
    elif said := _said_only(told):
        yield "degenerate", f"the text hardly says more than {said}"
    sentences = _sentences(told.narration, SAME_SENTENCE)
    again = [it for it in dict.fromkeys(sentences) if sentences.count(it) > 1]
    again += [
        it for it in map(_letters, told.lines) if len(it) >= TOLD_SENTENCE and it in sentences
    ]
    if again:
        yield "degenerate", f"the page has a sentence twice: {again[0][:60]}"


def _said_only(told: Told) -> str:
    """The word that a text is made of, if it is made of one or of few."""
    for text in told.texts:
        words = _LETTERS.findall(text)
        if not words:
            continue
        word: str
        (word, count), *_ = Counter(words).most_common(1)
        often, share = ONE_WORD
        few = len(words) >= SOME_WORDS and len(set(words)) < len(words) / 2
        if few or (count >= often and count > share * len(words)):
            return word
    return ""


def _repeated(told: Told, standing: Sequence[Told], rules: Rules) -> Found:
    before = standing[-1]
    known = _sentences(before.narration, TOLD_SENTENCE)
    if again := [it for it in _sentences(told.narration, TOLD_SENTENCE) if it in known]:
        yield "repeated", f"the page before has the same sentence: {again[0][:60]}"
    pieces = set(_pieces(told.text))
    for distance, earlier in enumerate(reversed(standing), start=1):
        shared = len(pieces.intersection(_pieces(earlier.text))) / max(1, len(pieces))
        if shared > (rules.repeated if distance == 1 else max(ALMOST_ALL, rules.repeated)):
            where = "the page before" if distance == 1 else f"{distance} pages before"
            yield "repeated", f"{shared:.0%} of the text is of {where}"
            return


def _letters(text: str) -> str:
    return "".join(_LETTERS.findall(text))


def _pieces(text: str) -> list[str]:
    letters = _letters(text)
    return [letters[at : at + SHINGLE] for at in range(len(letters) - SHINGLE + 1)]


def _sentences(narration: str, least: int) -> list[str]:
    """The narrator's sentences of so many letters and more, as letters only. Spoken lines may come
    again: refrains do."""
    sentences = map(_letters, _SENTENCE_END.split(narration))
    return [sentence for sentence in sentences if len(sentence) >= least]
