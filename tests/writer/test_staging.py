"""What a model says of a page's scene: who does what, with which things, where."""

from __future__ import annotations

import json
from collections.abc import Mapping

from storybook.book import Page, StoryRequest
from storybook.engines import WritingTask
from storybook.scene import SceneAction
from storybook.stages.writer.answer.brief import brief_of
from storybook.stages.writer.answer.pages import MEMBERS
from storybook.stages.writer.answer.prompt import messages
from storybook.stages.writer.answer.schema import schema
from storybook.stages.writer.answer.staging import DEEDS
from storybook.stages.writer.answer.telling import Telling

REQUEST = StoryRequest("현대", "집", "토끼, 호랑이", "양치질")
BRIEF = brief_of(REQUEST, 5)
PICTURE: Mapping[str, object] = {
    "time": "on a starry night",
    "where": "inside a small bathroom",
    "acts": {"토끼": "happy, standing", "호랑이": "calm, sitting"},
    "action": {"who": "토끼", "does": "gives", "what": "a blue toothbrush", "whom": "호랑이"},
    "things": ["a round mirror"],
    "scene": "They laugh at the foam.",
}


def written(picture: Mapping[str, object]) -> Page:
    """The first page of a scripted model's answer with this picture."""
    panel = {"summary": "토끼가 칫솔을 건넸어요.", "dialogues": [], "picture": picture}
    answer = {"cards": {}, "cover": {"title": "토끼", "picture": picture}, "page_1": panel}
    telling = Telling(BRIEF, WritingTask(REQUEST, 7, 1), lambda fraction: None)
    return list(telling.hear(json.dumps(answer, ensure_ascii=False)))[1]


def test_a_model_tells_actors_one_action_things_and_place() -> None:
    """The page has them as its scene, and its prompt says who gives what to whom, where."""
    page = written(PICTURE)
    scene = page.scene
    assert scene is not None and not scene.faults()
    assert (scene.place.looks, scene.place.inside) == ("a small bathroom", True)
    assert [(it.name, it.feeling, it.pose) for it in scene.actors] == [
        ("토끼", "happy", "standing"),
        ("호랑이", "calm", "sitting"),
    ]
    assert scene.actions == (SceneAction("토끼", "gives", "thing1", "호랑이"),)
    assert [it.looks for it in scene.things] == ["a blue toothbrush", "a round mirror"]
    assert ", happy, standing, giving a blue toothbrush to the tiger." in page.image_prompt
    assert "It is inside a small bathroom." in page.image_prompt
    assert page.image_prompt.endswith("Nearby: a round mirror.")


def test_what_cannot_be_is_left_out() -> None:
    """A stranger, an unknown deed, nobody to give to, a thing in Korean."""
    for wrong in (
        {"who": "곰", "does": "gives", "what": "an apple", "whom": "토끼"},
        {"who": "토끼", "does": "eats up", "what": "an apple", "whom": ""},
        {"who": "토끼", "does": "gives", "what": "an apple", "whom": ""},
        {"who": "토끼", "does": "holds", "what": "사과", "whom": ""},
    ):
        page = written({**PICTURE, "action": wrong, "where": "somewhere", "things": ["사과"]})
        assert page.scene is not None
        assert (page.scene.actions, page.scene.things) == ((), ())
        assert "It is" not in page.image_prompt


def test_an_answer_without_them_is_a_page_as_before() -> None:
    """Weaker models leave members out."""
    bare = {key: PICTURE[key] for key in ("time", "acts", "scene")}
    page = written(bare)
    assert page.scene is not None and page.scene.names == ("토끼", "호랑이")
    assert page.image_prompt.endswith("calm, sitting. They laugh at the foam.")


def test_a_model_is_told_and_bound_to_them() -> None:
    """Schema, rules and example have the same members."""
    picture = schema(BRIEF)["$defs"]["picture"]
    assert list(picture["properties"]) == [
        *("time", "where", "acts", "action", "things", "scene"),
    ]
    rules, order = (message["content"] for message in messages(BRIEF))
    assert all(deed in rules for deed in DEEDS)
    assert '"where":' in order and '"does":' in order
    assert MEMBERS[1] in order
