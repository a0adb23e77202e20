"""Pictures: every kind and place, looks that last, light, and who stands where."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storybook.painter import layout, paper
from storybook.painter.compose import CAMERAS, paint, view_of
from storybook.painter.creatures.look import look_of, looks_of
from storybook.painter.creatures.plan import plans
from storybook.painter.group import size_of
from storybook.painter.palette import difference, hexc
from storybook.painter.places.atlas import SETTINGS
from storybook.painter.places.surroundings import SEASONS
from storybook.painter.scene import (
    ROLES,
    Actor,
    Emotion,
    Era,
    Place,
    Pose,
    Role,
    Scene,
    Time,
)
from storybook.painter.story_things import STORY_THINGS

pytestmark = pytest.mark.slow

SMALL = 64


def luminance(picture: paper.Picture) -> float:
    return float(picture[8:-8, 8:-8].mean())


@pytest.mark.parametrize("place", get_args(Place))
def test_every_place_can_be_painted_from_every_side(place: Place) -> None:
    """Each view of each place, in each role, era and hour in turn, gives a picture."""
    eras, times = get_args(Era), get_args(Time)
    for i, view in enumerate(SETTINGS[place].views):
        scene = Scene(
            place=place,
            view=view,
            era=eras[i % 3],
            time=times[(2 * i) % 7],
            role=ROLES[(i + 3) % 5],
            cast=(Actor("토토", "rabbit"),),
            props=("gift", "star"),
            seed=i,
        )
        assert paint(scene, SMALL).std() > 10


@pytest.mark.parametrize("role", ["encounter", "crisis"])
def test_the_thing_of_a_story_is_seen(role: Role) -> None:
    """Held up or before its owners, each keepsake changes a good part of the picture."""
    cast = (Actor("토토", "rabbit"), Actor("곰돌", "bear"))
    without = paint(Scene(role=role, cast=cast), SMALL).astype(float)
    for name in sorted(STORY_THINGS)[role == "crisis" :: 4]:
        picture = paint(Scene(role=role, cast=cast, props=(name,)), SMALL).astype(float)
        changed = np.abs(picture - without).max(axis=2) > 24
        assert changed.mean() > 0.002, name


@pytest.mark.parametrize("era", get_args(Era))
def test_every_kind_can_be_painted(era: Era) -> None:
    """Each kind, in poses and moods in turn, on land and afloat, changes the empty picture."""
    poses, emotions = get_args(Pose), get_args(Emotion)
    kinds = sorted(plans())
    for i in range(3 * get_args(Era).index(era), len(kinds), 9):
        cast = tuple(
            Actor(f"이름{j}", kind, emotions[(i + j) % 6], poses[(i * 5 + j) % len(poses)])
            for j, kind in enumerate(kinds[i : i + 3])
        )
        place: Place = "underwater" if i % 2 else "river"
        empty = Scene(place=place, era=era, dress=era, role="encounter", seed=i)
        peopled = Scene(place=place, era=era, dress=era, role="encounter", cast=cast, seed=i)
        assert not np.array_equal(paint(empty, SMALL), paint(peopled, SMALL))


def test_a_character_looks_the_same_on_all_five_pages() -> None:
    """The look comes from the book, not from the page: emotion and pose do not change it."""
    first, *rest = (
        looks_of((Actor("토토", "rabbit", emotion, pose), Actor("범", "tiger")), "ancient", 5)
        for emotion, pose in zip(get_args(Emotion)[:5], get_args(Pose)[:5], strict=True)
    )
    assert all(looks == first for looks in rest)


def test_the_colours_of_a_description_are_worn() -> None:
    """Coat, cloth and garment of the prompt overrule what the name would give."""
    white, red = hexc("#ffffff"), hexc("#ff0000")
    look = look_of(Actor("토토", "fox", coat=white, cloth=red, garment="cap"), "modern", 1)
    assert (look.coat, look.cloth, look.garment) == (white, red, "cap")


def test_a_white_rabbit_is_painted_lighter_than_a_black_one() -> None:
    """The coat's colour reaches the paper."""

    def painted(code: str) -> float:
        actor = Actor("토토", "rabbit", coat=hexc(code))
        picture = paint(Scene(role="cover", cast=(actor,), seed=3), 128)
        return float(picture[60:110, 50:78].mean())

    assert painted("#fbf6ee") > painted("#5f5860") + 15


def test_two_of_a_kind_wear_different_coats_and_colours() -> None:
    """Nobody in a cast has to be guessed at."""
    for seed in range(8):
        a, b = looks_of((Actor("하나", "tiger"), Actor("두리", "tiger")), "modern", seed)
        assert a.cloth != b.cloth
        assert difference(a.coat, b.coat) > 0.1


@pytest.mark.parametrize("place", ["forest", "village", "sea", "city"])
def test_night_is_darker_than_noon(place: Place) -> None:
    """The hour shows in the picture's mean luminance."""
    noon, night = (luminance(paint(Scene(place=place, time=t), SMALL)) for t in ("noon", "night"))
    assert night < noon - 40


def test_snow_lies_on_the_ground() -> None:
    """A snowy day whitens a meadow."""
    noon, snow = (paint(Scene(place="river", time=t), SMALL) for t in ("noon", "snow"))
    assert snow[40:56, 8:56].mean() > noon[40:56, 8:56].mean() + 10


def test_winter_lies_on_roofs_and_ground() -> None:
    """A village in winter is whiter than in autumn, and its winter is never left to chance."""
    autumn, winter = (
        paint(Scene(place="village", season=s, time="noon"), SMALL)[30:58, 8:56].mean()
        for s in ("autumn", "winter")
    )
    assert winter > autumn + 15
    assert "winter" not in SEASONS


def test_the_camera_is_nearer_when_they_meet() -> None:
    """The same place fills the page on another scale by the page's role."""
    scenes = [Scene(place="school", time="noon", role=role) for role in ("wide", "encounter")]
    wide, close = (paint(scene, SMALL).astype(int) for scene in scenes)
    assert np.abs(wide - close).mean() > 12
    assert CAMERAS["encounter"].nearer > CAMERAS["resolution"].nearer > CAMERAS["wide"].nearer


def test_a_helper_is_painted() -> None:
    """What is nearby changes the picture, and stays beside the cast."""
    alone = Scene(cast=(Actor("토토", "rabbit"),))
    helped = Scene(cast=alone.cast, nearby=(Actor("a small bird", "bird"),))
    difference_ = np.abs(paint(alone, SMALL).astype(int) - paint(helped, SMALL).astype(int))
    assert 0 < (difference_.max(axis=2) > 40).mean() < 0.1


def test_under_water_only_swimmers_float() -> None:
    """A fish hovers above the ground on which a rabbit and a crab stand."""
    kinds = ("fish", "rabbit", "crab")
    actors = [Actor(kind, kind) for kind in kinds]
    looks = looks_of(actors, "modern", 1)
    sizes = [size_of(a, look, afloat=True) for a, look in zip(actors, looks, strict=True)]
    assert [size.floats for size in sizes] == [True, False, False]
    feet = {kinds[spot.index]: spot.y for spot in layout.place(sizes, "wide", 1)}
    assert feet["fish"] < min(feet["rabbit"], feet["crab"]) - 80


@pytest.mark.parametrize("role", ROLES)
def test_the_back_row_is_seen_over_the_front_row(role: Role) -> None:
    """In casts of five and six, who stands behind shows at least a third of its height."""
    for n in (5, 6):
        for seed in range(6):
            spots = layout.place([layout.Size(1.0)] * n, role, seed)
            front = min(spot.y - spot.height for spot in spots if not spot.behind)
            for spot in spots:
                assert not spot.behind or front - (spot.y - spot.height) > spot.height / 3


def test_the_crisis_has_trouble_of_its_own() -> None:
    """The page of the crisis is darker than the same place on an ordinary page."""
    wide, crisis = (luminance(paint(Scene(place="sea", role=r), SMALL)) for r in ROLES[1:4:2])
    assert crisis < wide - 10


def test_the_view_of_a_place_is_the_same_on_all_pages_and_varies_by_seed() -> None:
    """The seed chooses the landmark once for the whole book."""
    setting = SETTINGS["sea"]
    views = {
        seed: {view_of(Scene(place="sea", role=role, seed=seed), setting) for role in ROLES}
        for seed in range(12)
    }
    assert all(len(of_a_book) == 1 for of_a_book in views.values())
    assert len(set.union(*views.values())) > 1


closeness = st.sampled_from(get_args(layout.Closeness))
casts = st.lists(st.sampled_from(sorted(plans())), min_size=1, max_size=6)


@settings(max_examples=80, deadline=None)
@given(casts, st.sampled_from(ROLES), st.integers(0, 2**63), st.booleans(), closeness)
def test_everybody_is_on_the_page_and_hides_nobody(
    kinds: list[str], role: Role, seed: int, afloat: bool, close: layout.Closeness
) -> None:
    """Each character of a cast has one spot inside the page, and in its row covers at most a
    third of its neighbour."""
    actors = [Actor(f"이름{i}", kind) for i, kind in enumerate(kinds)]
    looks = looks_of(actors, "modern", seed)
    sizes = [size_of(a, look, afloat=afloat) for a, look in zip(actors, looks, strict=True)]
    spots = layout.place(sizes, role, seed, closeness=close)
    assert sorted(spot.index for spot in spots) == list(range(len(kinds)))
    for spot in spots:
        half = spot.height * sizes[spot.index].width / 2
        assert spot.x - half >= 20
        assert spot.x + half <= 980
        assert spot.y - spot.height >= 30
        assert spot.y <= 960
    for i, a in enumerate(spots):
        for b in spots[:i]:
            if a.behind == b.behind:
                assert layout.overlap(a, b, sizes) <= 0.34


def test_neighbours_look_at_each_other() -> None:
    """Two who meet face one another, the left one to the right."""
    left, right = sorted(
        layout.place([layout.Size(1), layout.Size(1)], "encounter", 3), key=lambda spot: spot.x
    )
    assert (left.face, right.face) == (1, -1)
    assert (left.partner, right.partner) == (right.index, left.index)


def test_difference_tells_light_from_dark_and_hue_from_hue() -> None:
    """Contrast is seen in lightness first, then in hue."""
    black, white, red, green = map(hexc, ("#000000", "#ffffff", "#d9564a", "#6fa653"))
    assert difference(black, white) > difference(red, green) > difference(red, red) == 0


def test_noise_has_the_size_and_spread_that_are_asked_for() -> None:
    """Paper noise is centred, of about unit deviation, and smooth at the scale of its cells."""
    noise = paper.field(128, 16, np.random.default_rng(1))
    assert abs(float(noise.mean())) < 0.3
    assert 0.6 < float(noise.std()) < 1.4
    assert float(np.abs(np.diff(noise, axis=0)).mean()) < 0.2


def test_a_blur_keeps_the_mean_and_softens_edges() -> None:
    """The blur behind the wet edges loses no pigment."""
    plane = np.zeros((128, 128), np.float32)
    plane[:, 64:] = 1
    soft = paper.blur(plane, 4.5)
    assert abs(float(soft.mean()) - 0.5) < 0.02
    assert 0.3 < float(soft[64, 63]) < 0.7
