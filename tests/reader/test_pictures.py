"""The pictures and voices that the page shows before there is any book."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
import skia  # type: ignore[import-not-found]  # skia-python has no stubs
import soundfile  # type: ignore[import-untyped]  # it has no type information

from docs import paint, speak
from storybook.book import VOICES
from storybook.stages.narrator.espeak.engine import NAME

MAKING = paint.READER / "making" / "suggestions.js"
FOLDER = paint.READER
SAID_OF_FRIENDS = re.findall(
    r'id: "(characters-\w+)", ko: "([^"]+)", en: "([^"]+)"', MAKING.read_text("utf-8")
)


def pixels(path: Path) -> paint.Pixels:
    image = skia.Image.open(str(path))
    found: paint.Pixels = image.toarray(colorType=skia.kRGBA_8888_ColorType)
    return found


def test_each_suggestion_has_its_painting_and_each_painting_its_words() -> None:
    """The words are the page's, the scenes the painter's: both name the same files."""
    named = re.findall(r'\{ id: "([a-z-]+)"', MAKING.read_text("utf-8"))
    kept = sorted(it.stem for it in paint.SUGGESTIONS.iterdir())
    assert len(named) == 24
    assert sorted(named) == sorted(paint.PAINTED) == kept


@pytest.mark.parametrize("name", paint.PAINTED)
def test_a_suggestion_is_small_and_twice_as_large_as_it_is_shown(name: str) -> None:
    """For sharp screens on slow networks."""
    path = paint.SUGGESTIONS / f"{name}.webp"
    assert path.stat().st_size <= paint.MOST_BYTES
    assert pixels(path).shape == (paint.SUGGESTION_PIXELS, paint.SUGGESTION_PIXELS, 4)


@pytest.mark.parametrize(
    ("name", "said"),
    [(name, said) for name, *both in SAID_OF_FRIENDS for said in both],
)
def test_a_friend_that_is_tapped_is_the_one_in_the_book(name: str, said: str) -> None:
    """In every era and in whatever book: its kind, its coat and what nobody puts on. Only a
    person's hair and skin are a book's own, as clothes are."""
    shown = paint.PAINTED[name].scene.cast[0].figure
    assert shown is not None
    for era in ("조선시대", "오늘날", "먼 미래", "중세 시대"):
        for seed in range(12):
            figure = paint.friend(said, era, seed)
            assert (figure.kind, figure.hair_style) == (shown.kind, shown.hair_style)
            assert (figure.belly, figure.accent) == (shown.belly, shown.accent)
            assert figure.coat == shown.coat or figure.kind == "girl"


@pytest.mark.slow
def test_what_is_kept_is_what_the_painter_paints() -> None:
    """One of each field, and an icon: whoever changes the painter's hand is told to run
    `make pictures`."""
    for name in ("era-winter", "place-sea", "characters-rabbit", "topic-family"):
        now = paint.painted(paint.PAINTED[name]).astype(int)
        kept = pixels(paint.SUGGESTIONS / f"{name}.webp")[..., :3].astype(int)
        assert np.abs(now - kept).mean() < 8, name
    now = paint.drawn(paint.DRAWN["icon-192"]).astype(int)
    assert np.abs(now - pixels(FOLDER / "icons" / "icon-192.png").astype(int)).mean() < 2


def test_the_icons_have_the_sizes_that_systems_ask_for() -> None:
    """What a system rounds off itself is opaque to its corners; the others are rounded."""
    for name, icon in paint.DRAWN.items():
        found = pixels(paint.ICONS / f"{name}.png")
        assert found.shape == (icon.pixels, icon.pixels, 4)
        assert (found[0, 0, 3] == 0) == (icon.corners > 0)


def test_each_voice_of_the_embedded_narrator_has_a_sample() -> None:
    """In each language that the page names, and of nobody else's voices."""
    kept = re.search(r"const KEPT = (\{.*?\});", (FOLDER / "narrator_voices.js").read_text())
    assert kept is not None
    languages = json.loads(re.sub(r"(\w+):", r'"\1":', kept[1]))
    assert languages == {NAME: [*speak.SAID]}
    for language in speak.SAID:
        folder = speak.FOLDER / language
        assert {it.stem for it in folder.iterdir()} == set(VOICES)
        for path in folder.iterdir():
            sound, rate = soundfile.read(io.BytesIO(path.read_bytes()))
            assert 1 < len(sound) / rate < 4
            assert np.abs(sound).max() > 0.05
