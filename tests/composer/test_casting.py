"""Who plays what, and who is brought along."""

from __future__ import annotations

from storybook.book import StoryRequest
from storybook.composer.casting import casting
from storybook.composer.storylines import by_name
from storybook.composer.tale import tell, told
from storybook.lexicon import cast

LINE = by_name()["shoe-looks-outward"]


def test_an_elder_comes_first_where_the_story_wants_one() -> None:
    """Mother goes to work and not the little brother; without an elder, a peer does."""
    family = casting(LINE, cast("동생, 엄마, 나"))
    friends = casting(LINE, cast("토끼와 곰"))
    assert family is not None and family.name(family.second or 0) == "엄마"
    assert friends is not None and friends.name(friends.second or 0) == "곰"


def test_a_doctor_of_old_korea_is_called_and_looks_as_one() -> None:
    """Whom a story brings along has the words of its time."""
    line = by_name()["all-mouths-but-one"]
    for era, name, looks in (
        ("현대", "의사 선생님", "dentist"),
        ("조선시대", "의원님", "herb doctor"),
    ):
        it = told(line, StoryRequest(era, "숲속 마을", "토끼와 곰", "치과"), 1)
        assert it is not None
        page = tell(it, 1)[1]
        assert name in page.text and looks in page.image_prompt


def test_who_has_no_other_words_is_the_same_in_every_time() -> None:
    """A baby is a baby."""
    line = by_name()["a-pebble-for-each-wait"]
    it = told(line, StoryRequest("조선시대", "집", "토끼", "동생"), 1)
    assert it is not None and it.line.extras == line.extras
