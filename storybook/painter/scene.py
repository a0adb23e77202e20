"""What to paint: the structured description of one page."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from storybook.book import FigureParameters
from storybook.painter.palette import RGB, name_hash

Place = Literal[
    "forest",
    "village",
    "palace",
    "sea",
    "underwater",
    "mountain",
    "river",
    "city",
    "school",
    "home",
    "space",
    "desert",
    "snow",
]
Era = Literal["ancient", "modern", "future"]
Time = Literal["morning", "noon", "sunset", "night", "rain", "storm", "snow"]
Season = Literal["spring", "summer", "autumn", "winter"]
Emotion = Literal["happy", "sad", "surprised", "sleeping", "calm", "brave"]
Pose = Literal[
    "standing",
    "walking",
    "running",
    "sitting",
    "waving",
    "sleeping",
    "swimming",
    "hugging",
    "holding",
    "cheering",
    "reading",
    "pointing",
]
Role = Literal["cover", "wide", "encounter", "crisis", "resolution"]

ROLES: Final[tuple[Role, ...]] = ("cover", "wide", "encounter", "crisis", "resolution")
"""The part that each page plays in the story, by page number."""

LARGEST_CAST: Final = 6
"""More characters than this cannot be told apart on one page: of a larger cast the text tells of
all (up to eight), and the pictures show the first six."""


class Actor(msgspec.Struct, frozen=True):
    """A character on this page.

    `name` and `kind` (a body plan) fix its looks for the whole book; what its description says of
    coat, cloth and garment overrules them. `garment` is one that the wardrobe knows, or empty.
    `figure` is how it looks for certain, whatever name and description say.
    """

    name: str
    kind: str
    emotion: Emotion = "happy"
    pose: Pose = "standing"
    coat: RGB | None = None
    cloth: RGB | None = None
    garment: str = ""
    figure: FigureParameters | None = None


class Scene(msgspec.Struct, frozen=True):
    """One page. `view` is the side of the place that is shown: empty leaves it to the seed.

    `dress` is the era of the book, in which its characters are clothed; `era` is that of the
    place on this page. `nearby` are kinds of small helpers that stand by. Every page of a book
    has the same `seed`: it fixes the season where none is named, the view and the looks, and the
    role varies the rest. Of a page that is painted once more, `variation` varies the rest anew.
    """

    place: Place = "forest"
    view: str = ""
    era: Era = "modern"
    dress: Era = "modern"
    time: Time = "morning"
    role: Role = "wide"
    cast: tuple[Actor, ...] = ()
    props: tuple[str, ...] = ()
    nearby: tuple[Actor, ...] = ()
    season: Season | None = None
    seed: int = 0
    variation: int = 0

    @property
    def chance(self) -> int:
        """What decides where everybody stands and how the paint runs, and nothing of how anybody
        looks."""
        return name_hash("variation", self.seed, self.variation) if self.variation else self.seed
