"""Where everybody stands is known without painting."""

from __future__ import annotations

import numpy as np
import pytest

from storybook.book import Page, StoryRequest
from storybook.engines import PaintingTask
from storybook.painter.compose import paint
from storybook.painter.group import AFLOAT, faces_in
from storybook.painter.places.atlas import SETTINGS
from storybook.painter.staging import scene_of

COVER = (
    "A storybook cover view of a forest, on a sunny day. A red dragon, happy, standing. "
    "A blue robot, happy, standing."
)


def task(variation: int = 0, seed: int = 4) -> PaintingTask:
    story = StoryRequest(era="오늘날", place="숲", characters="빨간 용, 파란 로봇", topic="우정")
    return PaintingTask(story, Page(0, image_prompt=COVER), seed, variation=variation)


def test_it_knows_where_one_swims() -> None:
    """As the places themselves say."""
    assert {place for place, it in SETTINGS.items() if it.afloat} == AFLOAT


@pytest.mark.parametrize("variation", [0, 7])
def test_a_face_is_where_it_was_painted(variation: int) -> None:
    """The piece of the red one is redder than the piece of the blue one, on either side."""
    faces = faces_in(task(variation))
    page = paint(scene_of(task(variation)), 256)

    def piece(name: str) -> tuple[float, float, float]:
        x, y, side = faces[name]
        left, top = round((x - side / 4) * 256), round((y - side / 4) * 256)
        middle = page[top : top + round(side * 128), left : left + round(side * 128)]
        red, green, blue = np.asarray(middle, float).mean((0, 1))
        return red, green, blue

    assert len(faces) == 2
    for x, y, side in faces.values():
        assert side / 2 <= x <= 1 - side / 2
        assert side / 2 <= y <= 1 - side / 2
        assert 0.08 < side < 0.5
    red, blue = piece("용"), piece("로봇")
    assert red[0] - red[2] > blue[0] - blue[2] + 40
