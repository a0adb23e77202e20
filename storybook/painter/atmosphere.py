"""The light of a page, and what the air does: rain, snow, lamplight, the mood of the role."""

from __future__ import annotations

import msgspec

from storybook.painter import shapes as sh
from storybook.painter.palette import MOODS, WHITE, Mood, hexc, mix
from storybook.painter.pigment import MULTIPLY, OVER, SCREEN
from storybook.painter.places.setting import Setting
from storybook.painter.places.surroundings import Surroundings
from storybook.painter.scene import Scene

_replace = msgspec.structs.replace


def mood_of(scene: Scene, setting: Setting) -> Mood:
    """The light of the hour, darkened for a crisis, warmed for a resolution and by a lamp."""
    mood = MOODS["space" if setting.airless else scene.time]
    if setting.indoor and mood.dark:
        mood = _replace(
            mood,
            tint=hexc("#f6d9b4"),
            skin=hexc("#fff0da"),
            shadow=hexc("#7a5a78"),
            dark=False,
            veil=0.0,
        )
    if scene.season == "winter" and not (setting.indoor or setting.airless or mood.dark):
        snow = MOODS["snow"]
        mood = _replace(mood, tint=mix(mood.tint, snow.tint, 0.6), haze=mix(mood.haze, WHITE, 0.4))
    if scene.role == "crisis" and not mood.dark:
        mood = _stormy(mood, 0.35 if setting.indoor else 0.8)
    if scene.role == "resolution" and not mood.dark and scene.place != "snow":
        warm = mix(mood.tint, hexc("#ffe6c4"), 0.45)
        mood = _replace(mood, tint=warm, skin=mix(mood.skin, hexc("#fff0dc"), 0.5))
    return mood


def _stormy(mood: Mood, t: float) -> Mood:
    storm = MOODS["storm"]
    zenith, middle, low = (mix(a, b, t) for a, b in zip(mood.sky, storm.sky, strict=True))
    return _replace(
        mood, sky=(zenith, middle, low), tint=mix(mood.tint, storm.tint, t), veil=0.25 * t
    )


def title_room(st: Surroundings) -> None:
    """Calm the top of a cover, so that a title reads on it: lighter by day, darker by night."""
    dark = st.mood.dark
    color, alpha = (mix(st.mood.sky[0], hexc("#1f2850"), 0.5), 0.2) if dark else (WHITE, 0.30)
    for _ in range(6):
        cloud = sh.ellipse(
            500 + st.u(-130, 130), 165 + st.u(-36, 36), st.u(300, 400), st.u(70, 110)
        )
        st.b.fill(sh.wobble(cloud, 16, st.rng, cell=110), color, alpha, OVER, soft=24)


def air(st: Surroundings, scene: Scene, setting: Setting) -> None:
    """What lies over the whole finished scene."""
    outdoors = not (setting.indoor or setting.airless or setting.afloat)
    wet = scene.time in ("rain", "storm")
    if outdoors and wet and not st.snowing:
        _rain(st)
    if outdoors and st.snowing and (wet or scene.time in ("snow", "morning")):
        st.b.speckle(170, (0, 0, 1000, 1000), (1.6, 8), WHITE, 0.95)
    if setting.indoor and MOODS[scene.time].dark:
        st.b.vignette(560, 700, 0.45, hexc("#f3dcc0"), hexc("#8d7396"))
    if scene.role == "crisis":
        st.b.vignette(620, 720, 0.4, WHITE, mix(st.mood.shadow, WHITE, 0.25))
    if scene.role == "resolution":
        st.b.blob(500, 430, 620, hexc("#ffe2a8"), 0.20, MULTIPLY)
        st.b.blob(st.u(250, 750), 120, 520, hexc("#fff0cc"), 0.30, SCREEN)


def _rain(st: Surroundings) -> None:
    drops = []
    for _ in range(150):
        x, y, k = st.u(-40, 1040), st.u(-20, 980), st.u(16, 46)
        drops.append(sh.pts((x, y), (x - k * 0.28 + 1.3, y + k), (x - k * 0.28 - 1.0, y + k)))
    st.b.fill(drops, WHITE, 0.55, OVER)
