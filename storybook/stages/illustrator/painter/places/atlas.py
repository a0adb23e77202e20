"""The table of all settings, by place."""

from __future__ import annotations

from typing import Final

from storybook.stages.illustrator.painter.places.far import DESERT, SNOW, SPACE
from storybook.stages.illustrator.painter.places.home import HOME
from storybook.stages.illustrator.painter.places.setting import Setting
from storybook.stages.illustrator.painter.places.settled import CITY, PALACE, SCHOOL, VILLAGE
from storybook.stages.illustrator.painter.places.waters import SEA, UNDERWATER
from storybook.stages.illustrator.painter.places.wild import FOREST, MOUNTAIN, RIVER
from storybook.stages.illustrator.painter.scene import Place

SETTINGS: Final[dict[Place, Setting]] = {
    "forest": FOREST,
    "village": VILLAGE,
    "palace": PALACE,
    "sea": SEA,
    "underwater": UNDERWATER,
    "mountain": MOUNTAIN,
    "river": RIVER,
    "city": CITY,
    "school": SCHOOL,
    "home": HOME,
    "space": SPACE,
    "desert": DESERT,
    "snow": SNOW,
}
