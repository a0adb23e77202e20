"""Whether ComfyUI can paint, from what was found at each of its addresses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from storybook.engines import Readiness
from storybook.stages.illustrator.comfyui.errors import ComfyTrouble, Rejected

if TYPE_CHECKING:
    from storybook.stages.illustrator.comfyui.endpoint_check import EndpointCheck

_MEND_WORKFLOW: Final = (
    "Correct `workflow` in [illustrator]: the full path of a file that ComfyUI has saved"
)
_MEND_LAUNCH: Final = "Correct `launch` and `launch_folder` in [illustrator]"


def readiness_of(checks: Sequence[EndpointCheck], launch_fault: str | None) -> Readiness:
    """Ready if one address can paint, or if ComfyUI can be launched at the first; what is wrong
    with the others is said all the same. `launch_fault` says why it cannot be launched, empty if it
    can; None if it is not to be."""
    if unread := [it for it in checks if it.explanation is None]:
        silent = ", ".join(it.url for it in unread if not it.version)
        more = f"; and nobody answers at {silent}" if silent and launch_fault is None else ""
        return Readiness(False, unread[0].why + more, _MEND_WORKFLOW)
    lacking = [it for it in checks if not it.ok]
    first = checks[0]
    if not (first.ok or first.version or first.mend):  # nobody is there, and nothing else is wrong
        if launch_fault:
            return Readiness(len(lacking) < len(checks), launch_fault, _MEND_LAUNCH)
        if launch_fault is not None:
            lacking = lacking[1:]
    is_away = len(lacking) == len(checks) and any(it.is_away for it in checks)
    troubles = [_trouble(it) for it in lacking]
    why = "; ".join(why for why, _ in troubles)
    if not any(it.version for it in checks) and len(lacking) == len(checks):
        why = f"no ComfyUI {'can be used' if any(it.mend for it in lacking) else 'answers'} ({why})"
    mend = "; ".join(dict.fromkeys(mend for _, mend in troubles))
    return Readiness(len(lacking) < len(checks), why, mend, is_away)


def _trouble(it: EndpointCheck) -> tuple[str, str]:
    """Why nothing can be painted at an address, which is named, and the mend."""
    assert it.explanation is not None
    if it.why:
        return f"{it.url}: {it.why}", it.mend or ComfyTrouble.mend
    rejection = Rejected(it.url, it.explanation.problems)
    return str(rejection), rejection.mend
