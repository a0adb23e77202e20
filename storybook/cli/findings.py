"""What a check of `storybook doctor` finds, and how bad that is."""

from __future__ import annotations

import enum

import msgspec


class Grade(enum.StrEnum):
    OK = "ok"
    KNOWING = "knowing"
    MISSED = "missed"
    """Asked for in the settings, and cannot be used."""
    BAD = "bad"

    @property
    def is_to_be_mended(self) -> bool:
        return self in (Grade.MISSED, Grade.BAD)


class Finding(msgspec.Struct, frozen=True):
    """What a check found: `name` is what was looked at, `mend` what to do, if anything."""

    name: str
    grade: Grade
    found: str
    mend: str = ""
