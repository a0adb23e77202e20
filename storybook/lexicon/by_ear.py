"""What somebody is taken for, for a voice of their own, by how they are called: how old they are,
and of which sex a name sounds. A story claims none of it.

The tables are `by_ear.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

from storybook.lexicon.character import Character
from storybook.lexicon.people import years_in
from storybook.lexicon.words import folk_of

USUAL_YEARS: Final = 7
"""Of a child."""
_MONTHS: Final = re.compile(r"(\d{1,2})\s*(?:개월|months?)")
_PET_FORM: Final = re.compile(r"(?<=[가-힣]{2})이$")
_NAME_LETTERS: Final = 2


def years_of(who: Character, *, is_child: bool) -> float:
    """How old somebody is, as said, or as those usually are who are called so, or
    children; 0 of whom nobody says it."""
    text = f"{who.description} {who.name}"
    if months := _MONTHS.search(text):
        return int(months[1]) / 12
    said = years_in(text)
    if said is not None:
        return max(float(said), 0.5)
    usual: dict[str, float] = _data()["years"]
    usual_years = float(USUAL_YEARS) if folk_of(who.kind) == "person" and is_child else 0.0
    return next((usual[it] for it in reversed(text.split()) if it in usual), usual_years)


def sex_by_ear(who: Character) -> str:
    """Whom a given name is taken for that both girls and boys have: it sounds rather like one."""
    name = _PET_FORM.sub("", who.name)
    if who.kind.en not in ("child", "young child") or " " in name or len(name) < _NAME_LETTERS:
        return ""
    ends = _data()["names"]
    return next((sex for sex in ("female", "male") if name.endswith(tuple(ends[sex]))), "")


def are_elders(company: Sequence[str]) -> bool:
    """Whether somebody among those who come along is an elder of the hero's own."""
    return bool({*company} & {*_data()["kin"]["elders"]})


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("by_ear.toml").read_text("utf-8"))
