"""The table of all settings, by place."""

from __future__ import annotations

from typing import Final

from storybook.painter.places.far import DESERT, SNOW, SPACE
from storybook.painter.places.home import HOME
from storybook.painter.places.setting import Setting
from storybook.painter.places.settled import CITY, PALACE, SCHOOL, VILLAGE
from storybook.painter.places.waters import SEA, UNDERWATER
from storybook.painter.places.wild import FOREST, MOUNTAIN, RIVER
from storybook.painter.scene import Place

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
