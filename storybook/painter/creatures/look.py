"""Looks: what a name adds to a plan — coat, clothes, hair — the same on every page of a book."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from storybook.book import FigureParameters
from storybook.painter.creatures.plan import FRIENDLY, Plan, plans
from storybook.painter.palette import RGB, code_of, difference, hexc, name_hash, shift
from storybook.painter.scene import Actor, Era

T = TypeVar("T")


def _colors(codes: str) -> tuple[RGB, ...]:
    return tuple(map(hexc, codes.split()))


CLOTH: Final = _colors("#d9564a #e8a13a #4f8f9c #6f86c4 #c96f92 #6d9a5b #8d6bab #e07a4c")
HANBOK_TOP: Final = _colors("#f6d76b #f2f0e4 #a9d3b5 #f3b7bd #9fc4e0 #f0c48a")
HANBOK_BOTTOM: Final = _colors("#d3504f #3f6fa8 #8a4f8e #2f7f72 #c65b86 #556aa0")
HAIR: Final = _colors("#4a352c #6b4630 #33292a #8a5a36")
OLD_HAIR: Final = _colors("#51423f #5c463a #4a4348")
GREY_HAIR: Final = hexc("#cfcac8")

GARMENTS: Final[dict[Era, tuple[str, ...]]] = {
    "ancient": ("scarf", "baeja", "flower", "gat", "bojagi"),
    "modern": ("scarf", "vest", "bow", "flower", "satchel", "beret"),
    "future": ("scarf", "vest", "badge", "satchel"),
}
"""What an animal wears when its description does not say."""

OUTFITS: Final = frozenset({"hanbok", "dress", "shirt", "overcoat", "suit"})
"""Garments that cover the body."""

FEMALE: Final = frozenset({"girl", "crown", "queenly", "bun", "chignon"})
"""Styles of hair that go with a skirt."""

_GREY: Final = frozenset({"bun", "beard"})
_ALIKE: Final = 0.16
"""Two coats closer than this need something else to be told apart by."""


class Look(msgspec.Struct, frozen=True):
    """All of a character that must not change from page to page.

    `outfit` covers the body (hanbok_f, hanbok_m, dress, shirt, pelt or none), `garment` is worn
    with it; `marks` are small things that this one of its kind has; `tilt` is how its head is
    held, from -2 to 2.
    """

    plan: Plan
    kind: str
    coat: RGB
    belly: RGB
    accent: RGB
    cloth: RGB
    cloth2: RGB
    hair: RGB
    hair_style: str
    outfit: str
    garment: str
    shell: RGB
    marks: tuple[str, ...]
    tilt: int

    @property
    def female(self) -> bool:
        return self.hair_style in FEMALE

    @property
    def dressed(self) -> bool:
        """Do clothes cover the body?"""
        return self.outfit != "none"


def look_of(actor: Actor, era: Era, seed: int) -> Look:
    """The look of one character in a book; an unknown kind becomes a child. Whose figure is known
    already looks as that says."""
    if actor.figure is not None:
        return _look_from(actor.figure)
    kind = actor.kind if actor.kind in plans() else FRIENDLY
    plan, traits = plans()[kind], _traits(actor, seed)
    style = plan.hair
    cloth, cloth2 = _cloths(era, plan.human, name_hash(traits, "cloth"))
    coat = actor.coat or hexc(_pick(traits, plan.coats, "coat"))
    outfit = _outfit(plan, style, era, actor.garment)
    hair = GREY_HAIR if style in _GREY else _pick(traits, _hairs(era), "hair")
    if actor.coat is not None and plan.human:
        coat, cloth = (
            hexc(_pick(traits, plan.coats, "coat")),
            actor.coat,
        )  # a "red girl" is dressed in red
    return Look(
        plan=plan,
        kind=kind,
        coat=coat,
        belly=hexc(plan.belly),
        accent=hexc(plan.accent),
        cloth=actor.cloth or cloth,
        cloth2=cloth2,
        hair=hair,
        hair_style=style,
        outfit=outfit,
        garment=_garment(actor, plan, style, era, traits),
        shell=hexc(_pick(traits, plan.shell, "shell")) if plan.shell else hexc("#8a7a5a"),
        marks=_marks(plan, traits),
        tilt=traits % 5 - 2,
    )


def figure_of(look: Look) -> FigureParameters:
    """A look as it is recorded, so that it comes back: all of it but the plan, which is the kind's
    and the painter's own."""
    return FigureParameters(
        look.kind,
        coat=code_of(look.coat),
        belly=code_of(look.belly),
        accent=code_of(look.accent),
        cloth=code_of(look.cloth),
        cloth2=code_of(look.cloth2),
        hair=code_of(look.hair),
        shell=code_of(look.shell),
        hair_style=look.hair_style,
        outfit=look.outfit,
        garment=look.garment,
        marks=look.marks,
        tilt=look.tilt,
    )


def _look_from(figure: FigureParameters) -> Look:
    kind = figure.kind if figure.kind in plans() else FRIENDLY
    return Look(
        plan=plans()[kind],
        kind=kind,
        coat=hexc(figure.coat),
        belly=hexc(figure.belly),
        accent=hexc(figure.accent),
        cloth=hexc(figure.cloth),
        cloth2=hexc(figure.cloth2),
        hair=hexc(figure.hair),
        hair_style=figure.hair_style,
        outfit=figure.outfit,
        garment=figure.garment,
        shell=hexc(figure.shell),
        marks=figure.marks,
        tilt=figure.tilt,
    )


def _traits(actor: Actor, seed: int) -> int:
    """A number from a name, for all that is left to chance in a look."""
    kind = actor.kind if actor.kind in plans() else FRIENDLY
    return name_hash(seed, actor.name, kind)


def _marks(plan: Plan, traits: int) -> tuple[str, ...]:
    """The marks that chance gives, of those that the kind can show."""
    by_chance = {
        "wide fringe": bool(plan.hair) and traits % 3 == 0,
        "parted right": bool(plan.hair) and traits % 2 == 1,
        "bent ear": plan.ears == "long" and traits % 3 == 0,
        "pale bands": plan.form == "swimmer" and traits % 2 == 1,
    }
    return tuple(mark for mark, has in by_chance.items() if has)


def looks_of(cast: Sequence[Actor], era: Era, seed: int) -> tuple[Look, ...]:
    """The looks of a whole cast, told apart: nobody wears a colour that somebody before wears,
    and of two of a kind with like coats the second one's is turned towards another hue."""
    looks: list[Look] = []
    for actor in cast:
        look = look_of(actor, era, seed)
        if actor.figure is not None:
            looks.append(look)
            continue
        twins = [other for other in looks if other.kind == look.kind]
        if actor.coat is None and not look.plan.human and twins:
            look = msgspec.structs.replace(look, coat=_other_coat(look, twins))
        if actor.cloth is None:
            cloth = _other_cloth(look, looks, _traits(actor, seed))
            look = msgspec.structs.replace(look, cloth=cloth)
        looks.append(look)
    return tuple(looks)


def _other_coat(look: Look, twins: Sequence[Look]) -> RGB:
    choices = [look.coat, *map(hexc, look.plan.coats)]
    for turn in (0.0, 0.06, -0.06):
        for coat in choices:
            turned = shift(coat, turn, 0.04, -0.10 if turn else 0.0)
            if all(difference(turned, twin.coat) > _ALIKE for twin in twins):
                return turned
    return look.coat


def _other_cloth(look: Look, others: Sequence[Look], traits: int) -> RGB:
    worn = [other.cloth for other in others]
    choices = HANBOK_TOP if look.outfit.startswith("hanbok") else CLOTH
    start = name_hash(traits, "other") % len(choices)
    for cloth in (look.cloth, *choices[start:], *choices[:start]):
        if cloth not in worn and difference(cloth, look.coat) > _ALIKE:
            return cloth
    return look.cloth


def _hairs(era: Era) -> tuple[RGB, ...]:
    return OLD_HAIR if era == "ancient" else HAIR


def _cloths(era: Era, human: bool, chance: int) -> tuple[RGB, RGB]:
    if era == "ancient" and human:
        return HANBOK_TOP[chance % 6], HANBOK_BOTTOM[chance // 6 % 6]
    first = chance % len(CLOTH)
    return CLOTH[first], CLOTH[(first + 2 + chance // 8 % 5) % len(CLOTH)]


def _outfit(plan: Plan, style: str, era: Era, garment: str) -> str:
    female = style in FEMALE
    if garment in OUTFITS and plan.form == "biped" and plan.wings != "arm":
        if garment == "hanbok":
            return "hanbok_f" if female else "hanbok_m"
        return garment
    if not plan.human:
        return plan.outfit
    if era == "ancient":
        return "hanbok_f" if female else "hanbok_m"
    return "dress" if female else "shirt"


def _garment(actor: Actor, plan: Plan, style: str, era: Era, traits: int) -> str:
    """What is worn with the outfit: as described, as the kind does, or as chance has it."""
    described, dressed = actor.garment, actor.garment in OUTFITS
    if described and not dressed:
        return described
    if dressed and _outfit(plan, style, era, described) == plan.outfit:
        return "vest"  # who cannot be dressed wears at least that
    if era == "ancient" and style == "beard" and not plan.garment:
        return "gat"
    if dressed or plan.garment or plan.form != "biped" or plan.outfit != "none":
        return plan.garment
    if not plan.human:
        return _pick(traits, GARMENTS[era], "garment")
    flower, bag = "flower" if style == "girl" else "", "" if era == "ancient" else "satchel"
    return _pick(traits, ("", "", flower, bag), "garment")


def _pick(traits: int, choices: Sequence[T], what: str) -> T:
    return choices[name_hash(traits, what) % len(choices)]
