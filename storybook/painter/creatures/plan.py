"""Body plans: a kind of character as proportions and named parts, read from `kinds.toml`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import msgspec

Form = Literal["biped", "swimmer", "spirit"]


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Proportions of one kind; `kinds.toml` says what each field means."""

    coats: tuple[str, ...]
    belly: str = "#fbf1de"
    accent: str = "#e9a7a0"
    form: Form = "biped"
    scale: float = 1.0
    head: tuple[float, float, float, float, float] = (1.0, 0.88, 2.15, 0.10, 0.80)
    head_r: float = 0.258
    body: tuple[float, float] = (0.135, 0.185)
    ears: str = "none"
    ear: float = 1.0
    muzzle: str = "soft"
    nose: str = "#5a3b3a"
    tail: str = "none"
    marks: tuple[str, ...] = ()
    limb: float = 0.056
    neck: float = 0.0
    wings: str = ""
    hair: str = ""
    human: bool = False
    shell: tuple[str, ...] = ()
    outfit: str = "none"
    garment: str = ""


@cache
def plans() -> dict[str, Plan]:
    """Every kind's plan, by the kind's English name."""
    text = files(__package__).joinpath("kinds.toml").read_text("utf-8")
    raw: dict[str, dict[str, Any]] = msgspec.toml.decode(text)
    return {kind: msgspec.convert(_whole(raw, kind), Plan) for kind in raw}


def _whole(raw: dict[str, dict[str, Any]], kind: str) -> dict[str, Any]:
    """A plan's own fields over those of the plan that it is like."""
    own = dict(raw[kind])
    base = own.pop("like", None)
    return own if base is None else {**_whole(raw, base), **own}


LONG: Final = frozenset(("car", "bus", "train", "airplane", "boat", "dumpling"))
"""Marks of those that are longer than tall."""

FRIENDLY: Final = "child"
"""The kind that stands for every one that is not known."""
