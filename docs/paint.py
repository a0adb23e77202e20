"""Paints the pictures that the page shows: `make pictures`.

The suggestions of the screen that makes a book, and the icons of the installed page, are scenes as
the embedded painter paints them in books. They are kept in `storybook/reader/`: a browser is to
have them before any book is made. Another look of the painter's is another look of theirs, so
they are painted anew when it changes.
"""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import skia  # type: ignore[import-not-found]  # skia-python has no stubs
from msgspec.structs import replace
from numpy.typing import NDArray

from storybook.book import COVER_PAGE, FigureParameters, Page, StoryRequest
from storybook.lexicon import cast
from storybook.lexicon.looks import looks
from storybook.painter import compose, paper, props
from storybook.painter import shapes as sh
from storybook.painter.creatures import forms
from storybook.painter.creatures.figure import Standing
from storybook.painter.creatures.look import look_of
from storybook.painter.creatures.plan import plans
from storybook.painter.palette import MOODS, hexc
from storybook.painter.pigment import MULTIPLY, Brush, PaintBoard
from storybook.painter.places.surroundings import Surroundings
from storybook.painter.reading import read_figures
from storybook.painter.scene import Actor, Scene

READER: Final = Path(__file__).parents[1] / "storybook" / "reader"
SUGGESTIONS: Final = READER / "suggestions"
ICONS: Final = READER / "icons"

PAINTED_AT: Final = 1024
"""Pixels a side, before a piece is cut out: the painter's grain is made for this size."""
SUGGESTION_PIXELS: Final = 320
"""Twice the 160 px that a suggestion is shown at, at the most."""
MOST_BYTES: Final = 10_000
"""Of a suggestion: a field's six are there in a blink on a slow network."""
QUALITIES: Final = range(80, 30, -2)
"""Of WebP: the best that stays under that."""
Pixels = NDArray[np.uint8]
_WORDS: Final = (READER / "making" / "suggestions.js").read_text("utf-8")
SAID: Final = dict(re.findall(r'id: "(characters-\w+)", ko: "([^"]+)"', _WORDS))
"""What a friend among the suggestions is called, by the name of its painting."""


class Cut(msgspec.Struct, frozen=True):
    """A square that is cut out of a page: its middle and its side, in page units (0 to 1000)."""

    x: float
    y: float
    side: float


WHOLE: Final = Cut(500, 500, 1000)
ALONE: Final = Cut(500, 660, 560)


class Piece(msgspec.Struct, frozen=True):
    """A scene, and what is shown of it."""

    scene: Scene
    cut: Cut


def friend(said: str, era: str = "오늘날", seed: int = 3) -> FigureParameters:
    """How a book of an era paints whom these words name."""
    (who,) = cast(said)
    (card,) = looks((who,), era, random.Random(seed))
    story = StoryRequest(era=era, place="숲", characters=said, topic="우정")
    cover = Page(COVER_PAGE, image_prompt=f"A storybook cover view of a forest. {card}.")
    return read_figures(cover, story, seed)[who.name]


def _one(kind: str, cut: Cut = ALONE) -> Piece:
    """A friend that stands alone, near, in a plain place: as its words say, and in no clothes but
    its kind's, since each book has others for it."""
    name = f"characters-{kind}"
    figure = friend(SAID[name])
    if not plans()[figure.kind].human:
        figure = replace(figure, garment=plans()[figure.kind].garment)
    actor = Actor(name, figure.kind, figure=figure)
    scene = Scene("forest", view="glade", season="spring", role="cover", cast=(actor,), seed=3)
    return Piece(scene, cut)


PAINTED: Final = {
    # era
    "era-joseon": Piece(
        Scene("village", "lane", "ancient", "ancient", season="spring", seed=4), Cut(500, 480, 800)
    ),
    "era-dinosaurs": Piece(
        Scene(
            "forest", "jungle", "ancient", role="cover", cast=(Actor("공룡", "dinosaur"),), seed=8
        ),
        Cut(510, 600, 640),
    ),
    "era-castles": Piece(
        Scene("palace", "castle", "ancient", time="sunset", seed=5), Cut(440, 440, 700)
    ),
    "era-winter": Piece(
        Scene("snow", "house", time="snow", season="winter", seed=2), Cut(470, 520, 760)
    ),
    "era-today": Piece(Scene("city", "park", season="summer", seed=3), Cut(520, 500, 760)),
    "era-future": Piece(
        Scene("city", "street", "future", "future", time="sunset", seed=6), Cut(480, 480, 760)
    ),
    # place
    "place-forest": Piece(Scene("forest", "brook", season="spring", seed=5), Cut(480, 480, 800)),
    "place-sea": Piece(
        Scene("underwater", "reef", role="encounter", cast=(Actor("거북", "turtle"),), seed=4),
        Cut(500, 560, 700),
    ),
    "place-palace": Piece(
        Scene("palace", "court", "ancient", season="spring", seed=3), Cut(500, 450, 780)
    ),
    "place-space": Piece(
        Scene("space", "base", "future", time="night", seed=7), Cut(620, 520, 640)
    ),
    "place-school": Piece(Scene("school", "yard", season="spring", seed=2), Cut(490, 470, 780)),
    "place-farm": Piece(Scene("village", "farm", season="autumn", seed=6), Cut(480, 560, 760)),
    # characters
    "characters-rabbit": _one("rabbit"),
    "characters-tiger": _one("tiger", Cut(510, 600, 690)),
    "characters-girl": _one("girl"),
    "characters-goblin": _one("goblin"),
    "characters-robot": _one("robot"),
    "characters-dragon": _one("dragon", Cut(520, 600, 700)),
    # topic
    "topic-friendship": Piece(
        Scene(
            "forest",
            "glade",
            time="sunset",
            role="resolution",
            season="spring",
            seed=3,
            cast=(Actor("토끼", "rabbit", pose="hugging"), Actor("곰", "bear", pose="hugging")),
        ),
        Cut(500, 600, 640),
    ),
    "topic-courage": Piece(
        Scene(
            "mountain",
            "peaks",
            role="cover",
            season="summer",
            seed=3,
            cast=(Actor("사자", "lion", "brave", "standing"),),
            props=("flag",),
        ),
        Cut(520, 590, 700),
    ),
    "topic-sharing": Piece(
        Scene(
            "village",
            "field",
            role="encounter",
            season="autumn",
            seed=3,
            props=("gift",),
            cast=(Actor("다람쥐", "squirrel", pose="pointing"), Actor("고슴도치", "hedgehog")),
        ),
        Cut(560, 600, 640),
    ),
    "topic-family": Piece(
        Scene(
            "home",
            "hearth",
            role="resolution",
            seed=3,
            cast=(Actor("할머니", "grandma"), Actor("아이", "girl", pose="holding")),
        ),
        Cut(500, 590, 620),
    ),
    "topic-adventure": Piece(
        Scene(
            "sea",
            "sails",
            role="encounter",
            season="summer",
            seed=3,
            props=("boat",),
            cast=(Actor("펭귄", "penguin", pose="cheering"),),
        ),
        Cut(420, 600, 640),
    ),
    "topic-dream": Piece(
        Scene(
            "home",
            "bed",
            time="night",
            role="encounter",
            seed=3,
            cast=(Actor("고양이", "cat", "sleeping", "sleeping"),),
            props=("star",),
        ),
        Cut(520, 650, 540),
    ),
}
"""The suggestions by the names of their files; `making/suggestions.js` has their words."""


class Icon(msgspec.Struct, frozen=True):
    """An icon of the page: pixels a side, how large its motif is (1: to the edges), and the radius
    of its corners as a share of the side."""

    pixels: int
    motif: float = 1.0
    corners: float = 0.0


DRAWN: Final = {
    "icon-48": Icon(48, motif=0.96, corners=0.2),
    "icon-192": Icon(192, motif=0.9, corners=0.2),
    "icon-512": Icon(512, motif=0.9, corners=0.2),
    "icon-maskable-512": Icon(512, motif=0.78),  # all that matters is in the middle 80 %
    "apple-touch-icon": Icon(180, motif=0.86),
}
"""The icons by the names of their files. What a system rounds off itself has square corners."""


def painted(piece: Piece, pixels: int = SUGGESTION_PIXELS) -> Pixels:
    """The piece, (pixels, pixels, 3)."""
    return _shrunk(compose.paint(piece.scene, PAINTED_AT), piece.cut, pixels)[..., :3]


def drawn(icon: Icon) -> Pixels:
    """The icon, (pixels, pixels, 4): a rabbit that reads by moonlight."""
    rng = np.random.default_rng(7)
    board = PaintBoard(PAINTED_AT)
    brush = Brush(board.canvas, rng)
    st = Surroundings(brush, MOODS["noon"], "modern", "noon", "cover", 1000)
    brush.graded(1000, (hexc("#1f4a4c"), hexc("#2f6a68"), hexc("#5f9a8c")), 0.5)
    for _ in range(10):
        brush.blob(st.u(0, 1000), st.u(0, 1000), st.u(120, 300), hexc("#3f7f7a"), 0.35, MULTIPLY)
    with brush.seen(icon.motif, 500, 500):
        _reading_rabbit(st)
    page = paper.finish(board.picture(), rng, margin=0)
    return _shrunk(page, WHOLE, icon.pixels, icon.corners)


def _reading_rabbit(st: Surroundings) -> None:
    st.b.glow(500, 430, 540, hexc("#ffe7a0"), 0.5)
    st.b.wash(sh.ellipse(500, 430, 350), hexc("#f6d98a"), edge=0.5, vary=0.6)
    for x, y, size in ((95, 190, 60), (905, 240, 48), (110, 620, 40), (890, 600, 54)):
        props.draw(st, "star", x, y, size)
    rabbit = Actor("토끼", "rabbit", pose="reading", coat=hexc("#f6ecdb"))
    at = Standing(500, 1090, 900)
    forms.draw(st.b, look_of(rabbit, "modern", 3), rabbit, st.mood, at)
    hill = sh.smooth(sh.pts((-200, 1400), (-200, 900), (500, 855), (1200, 900), (1200, 1400)))
    st.b.wash(hill, hexc("#2f6a5c"), edge=0.4)
    props.draw(st, "book", 500, 800, 540)


def _shrunk(rgb: Pixels, cut: Cut, pixels: int, corners: float = 0.0) -> Pixels:
    """What is cut out of a page, at its size, with an alpha."""
    while len(rgb) * cut.side / 1000 >= 2 * pixels:  # what is between pixels is not to be lost
        rgb = rgb.reshape(len(rgb) // 2, 2, -1, 2, 3).mean((1, 3)).round().astype(np.uint8)
    unit, half = len(rgb) / 1000, cut.side / 2
    edges = (cut.x - half, cut.y - half, cut.x + half, cut.y + half)
    surface = skia.Surface(pixels, pixels)
    canvas = surface.getCanvas()
    whole, radius = skia.Rect.MakeWH(pixels, pixels), corners * pixels
    canvas.clipRRect(skia.RRect.MakeRectXY(whole, radius, radius), True)
    sampling = skia.SamplingOptions(skia.FilterMode.kLinear)
    canvas.drawImageRect(
        _image(rgb),
        skia.Rect.MakeLTRB(*(it * unit for it in edges)),
        whole,
        sampling,
    )
    shrunk: Pixels = surface.toarray(colorType=skia.kRGBA_8888_ColorType)
    return shrunk


def _image(pixels: Pixels) -> skia.Image:
    if pixels.shape[2] == 3:
        opaque = np.full((*pixels.shape[:2], 1), 255, np.uint8)
        pixels = np.concatenate([pixels, opaque], 2)
    return skia.Image.fromarray(np.ascontiguousarray(pixels), colorType=skia.kRGBA_8888_ColorType)


def webp(rgb: Pixels) -> bytes:
    """As a suggestion is kept."""
    image, kind = _image(rgb), skia.EncodedImageFormat.kWEBP
    tries = (bytes(image.encodeToData(kind, quality)) for quality in QUALITIES)
    return next(it for it in tries if len(it) <= MOST_BYTES)


def png(rgba: Pixels) -> bytes:
    """As an icon is kept."""
    return bytes(_image(rgba).encodeToData(skia.EncodedImageFormat.kPNG, 100))


def main() -> None:
    SUGGESTIONS.mkdir(exist_ok=True)
    for name, piece in PAINTED.items():
        (SUGGESTIONS / f"{name}.webp").write_bytes(webp(painted(piece)))
    for name, icon in DRAWN.items():
        (ICONS / f"{name}.png").write_bytes(png(drawn(icon)))


if __name__ == "__main__":
    main()
