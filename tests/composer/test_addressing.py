"""How the two heroes of a book speak to each other."""

from __future__ import annotations

import re

import pytest

from storybook.book import StoryRequest
from storybook.composer.addressing import addressed, said_to
from storybook.composer.storylines import Storyline, storylines
from storybook.composer.tale import told
from storybook.composer.tale_pages import tell
from storybook.lexicon import cast

YOU = re.compile(
    r"(?<![가-힣])(?:너(?:는|도|를|랑|한테|만|밖에)?(?![가-힣])|너였|네가(?![가-힣])"
    r"|네 (?:차례|손|등|눈|탓|말|머리|잘못|하품))"
)


@pytest.mark.parametrize(
    ("speaker", "other", "called"),
    [
        ("나", "언니", "언니"),
        ("동생 지율이", "2학년 형 지호", "형"),
        ("여동생", "오빠 지환이", "오빠"),
        ("동생 토끼", "형 토끼", "형"),
        ("2학년 형 지호", "동생 지율이", ""),
        ("언니", "나", ""),
        ("언니", "오빠", ""),
        ("민지", "서준", ""),
        ("엄마", "언니", ""),
        ("아빠", "할머니", "할머니"),
        ("나", "엄마", ""),
        ("엄마 오리", "아빠 오리", ""),
    ],
)
def test_who_may_not_say_you_says_what_one_says(speaker: str, other: str, called: str) -> None:
    """Younger ones say 형 and 언니, grown-ups names; what a child says to them the story has."""
    assert said_to(cast(other)[0], cast(speaker)[0]) == called


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("네가 먼저 해. 네 차례야.", "형이 먼저 해. 형 차례야."),
        ("너는 뭐 해? 너도 와!", "형은 뭐 해? 형도 와!"),
        ("그 새가 너였구나!", "그 새가 형이었구나!"),
        ("어, 너! 넌 널 몰라?", "어, 형! 형은 형을 몰라?"),
        ("너한테 줄게. 너만 줄게.", "형한테 줄게. 형만 줄게."),
        ("{b:야}, {b:가} 했지?", "형, 형이 했지?"),
        ("네 {bag:이} 좋아.", "형 {bag:이} 좋아."),
        ("네 번 불렀어. 너무 좋아. 네!", "네 번 불렀어. 너무 좋아. 네!"),
        ("네모난 걸 네 개 줘.", "네모난 걸 네 개 줘."),
    ],
)
def test_a_younger_brother_says_brother_for_you(line: str, said: str) -> None:
    """With the particle that the word wants; what only sounds so stays."""
    assert addressed(line, "b", "형", is_said=True) == said


def test_who_is_not_spoken_to_stays_you() -> None:
    """A pebble is 너, whoever stands by."""
    assert addressed("너는 누구니?", "b", "형", is_said=False) == "너는 누구니?"


def _said_to_the_other(line: Storyline) -> set[str]:
    """The lines of a storyline, as written, in which one hero says 너 to the other."""
    beats = " ".join(str(beat) for page in line.page for beat in page.text)
    lines = re.findall(r'"[ab]:([^"|{]*)[|]', beats)
    return {text for text in lines if YOU.search(text)}


@pytest.mark.parametrize(("characters", "elder"), [("언니랑 나", "언니"), ("형, 동생", "형")])
def test_no_younger_sibling_says_you_to_an_elder_one(characters: str, elder: str) -> None:
    """In no storyline; what it says to things it may."""
    seen = 0
    for line in storylines():
        story = StoryRequest("현대", "집", characters, next(filter(None, line.topics), "하루"))
        it = told(line, story, 1)
        if it is None:
            continue
        younger = next(one.name for one in it.who.everyone if one.name != elder)
        said = [it for page in tell(it, 1) for it in page.dialogues if it.character == younger]
        written = _said_to_the_other(line)
        assert not [it.text for it in said if it.text in written], line.name
        seen += len(said)
    assert seen
