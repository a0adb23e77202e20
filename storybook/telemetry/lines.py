"""The line that tells of an attempt, with the same members every time.

Members are a record's `extra`, which the formatter (`logs`) shows by name. What a child wrote or
said is in none of them: a failure is told by its kind (`storybook show RUN` has its message).
"""

from __future__ import annotations

import logging
from typing import Final

from storybook.telemetry.attempts import Ended, EndedAttempt

attempts_log: Final = logging.getLogger("storybook.attempts")
"""Tells of what the events say, too."""


def log_ended(ended: Ended) -> None:
    """One line for an attempt that has ended, and one for a run."""
    if not isinstance(ended, EndedAttempt):
        attempts_log.info("run", extra={"run": ended.run_id, "status": ended.status})
        return
    members = {
        "run": ended.run_id,
        "stage": ended.work.stage.value,
        "page": ended.work.page,
        "attempt": ended.attempt,
        "engine": ended.engine,
        "wait_s": round(ended.waited, 3),
        "work_s": round(ended.worked, 3),
        "outcome": ended.outcome,
        "fault": ended.fault,
        "language": ended.work.language,
    }
    is_well = ended.outcome in ("completed", "abandoned")
    attempts_log.log(logging.INFO if is_well else logging.WARNING, "attempt", extra=members)
