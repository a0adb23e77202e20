"""What a widget makes of a value that is written into it.

The editor rounds a number that somebody types, and one that a primitive node writes; it leaves the
one that stands in a file as it is. Numbers follow its arithmetic, which is JavaScript's.
"""

from __future__ import annotations

import math
from typing import Any, Final

from storybook.stages.illustrator.comfyui.node_types import Input

FLOAT_STEP: Final = 0.5
LOWEST, HIGHEST = 0, 2_048
"""What the editor takes where the server names none."""


def as_taken(it: Input, value: Any) -> Any:
    """A value as an input's widget has it after it was written."""
    if it.kind == "INT":
        number = _number(value)
        return value if number is None else _whole(it, number)
    if it.kind == "FLOAT" and isinstance(value, int | float):
        return _rounded(it, value)
    return value


def _whole(it: Input, number: float) -> int:
    """To the nearest step, counted from the lowest value."""
    step = int(it.step or 1)
    if step == 1:
        return _nearest(number)
    offset = int(math.fmod(it.low or LOWEST, step))
    return _nearest((number - offset) / step) * step + offset


def _rounded(it: Input, number: float) -> float:
    """To so many places as a step has."""
    step = FLOAT_STEP if it.step is None else it.step
    places = max(0, -math.floor(math.log10(step))) if step > 0 else 0
    unit = it.rounds_to or (10.0**-places if places else 0)
    if not unit:
        return number
    low = LOWEST if it.low is None else it.low
    high = HIGHEST if it.high is None else it.high
    return min(max(round(_nearest(number / unit) * unit, places), low), high)


def _nearest(number: float) -> int:
    """Halves go up."""
    return math.floor(number + 0.5)


def _number(value: Any) -> float | None:
    if value is None:
        return 0
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
