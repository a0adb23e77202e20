"""What a check of `storybook doctor` finds, and how bad that is."""

from __future__ import annotations

import enum

import msgspec


class Grade(enum.StrEnum):
    OK = "ok"
    KNOWING = "knowing"
    BAD = "bad"


class Finding(msgspec.Struct, frozen=True):
    """What a check found: `name` is what was looked at, `mend` what to do, if anything."""

    name: str
    grade: Grade
    found: str
    mend: str = ""
