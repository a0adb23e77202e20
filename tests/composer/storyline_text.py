"""What stands in a storyline's text beside its slots, word by word."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from storybook.composer.storylines import MARK, SLOT, SPOKEN, Cast, Storyline, StorylinePage

HARMLESS: Final = Path(__file__).parent / "harmless.toml"
PARTICLES: Final = (
    *("에서는", "에서도", "에게는", "에게도", "한테는", "으로는", "이라고", "이라는", "이었어요"),
    *("까지도", "이에요", "였어요", "에서", "에게", "한테", "으로", "까지", "부터", "처럼", "마다"),
    *(
        "보다",
        "만큼",
        "이라",
        "라고",
        "라는",
        "이랑",
        "예요",
        "이야",
        "에는",
        "에도",
        "로는",
        "로도",
    ),
    *(
        "은",
        "는",
        "이",
        "가",
        "을",
        "를",
        "과",
        "와",
        "도",
        "만",
        "의",
        "에",
        "로",
        "야",
        "들",
        "랑",
    ),
    *(
        "이면",
        "이나",
        "들은",
        "들이",
        "들을",
        "들도",
        "밖에",
        "뿐",
        "씩",
        "이고",
        "인",
        "께",
        "다",
        "지",
        "지요",
        "인데",
        "이다",
        "란다",
        "이란다",
        "일까요",
        "니",
        "이니",
        "구나",
    ),
    *("이구나", "거든요", "이거든요", "라니", "라도", "였지요", "이었지요", "였을까요"),
    *("구나", "로구나", "잖아", "잖아요", "이잖아"),
    "",
)
_ATTACHED: Final = re.compile(r"\{[^{}]*\}[가-힣]*")
_WORD: Final = re.compile(r"[가-힣]+")
_PREFIX: Final = re.compile(r"^[12+]+:\s*")


@cache
def harmless() -> dict[str, frozenset[str]]:
    """The words that free text may have: `nouns` that show nothing, and beginnings of others."""
    lists = tomllib.loads(HARMLESS.read_text("utf-8"))
    return {name: frozenset(" ".join(text).split()) for name, text in lists.items()}


def tellings(page: StorylinePage, cast: Cast) -> Iterator[str]:
    """Every way in which a page can be told with a cast, slots and marks as they are."""
    return (" ".join(told) for told in itertools.product(*page.beats(cast)))


def ways(page: StorylinePage) -> Iterator[str]:
    """Every phrasing of a page, without what says for whom it is."""
    for beat in page.text:
        for way in (beat,) if isinstance(beat, str) else beat:
            yield _PREFIX.sub("", way)


def free_words(text: str) -> list[str]:
    """The Korean words of a phrasing that are in no slot."""
    plain = MARK.sub(lambda mark: mark[2], text)
    return _WORD.findall(_ATTACHED.sub(" ", plain))


def is_harmless(word: str, unseen: frozenset[str]) -> bool:
    """Whether a word of free text is a listed noun, with or without particles, or no noun."""
    lists = harmless()
    nouns = lists["nouns"] | unseen
    if _is_noun(word, nouns):
        return True
    words = lists["words"]
    return word in words or any(word[:size] in words for size in range(len(word), 1, -1))


def _is_noun(word: str, nouns: frozenset[str]) -> bool:
    """Whether a word is one of some nouns with at most two particles."""
    stems = [word.removesuffix(it) for it in PARTICLES if word.endswith(it)]
    more = [stem.removesuffix(it) for stem in stems for it in PARTICLES if stem.endswith(it)]
    return any(stem in nouns for stem in (*stems, *more) if stem)


def slots(text: str) -> set[str]:
    """The names in a text's slots."""
    return {found[1] for found in SLOT.finditer(text)}


def spoken_by(text: str) -> list[str]:
    """Who says the lines of a text."""
    return [found[1] for found in SPOKEN.finditer(text)]


def all_text(line: Storyline) -> str:
    """All that a storyline can say."""
    return " ".join(itertools.chain(line.titles, *(ways(page) for page in line.page)))
