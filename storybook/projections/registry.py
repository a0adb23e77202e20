"""The projections that there are. A new one is a file beside this one and a line here."""

from __future__ import annotations

from typing import Final

from storybook.projections.artifacts import Artifacts
from storybook.projections.characters import SavedCharacters
from storybook.projections.derived import DerivedBooks
from storybook.projections.forgotten import ForgottenRuns
from storybook.projections.library import Books
from storybook.projections.projection import Projection
from storybook.projections.runs import RunStates
from storybook.projections.storylines import ChosenStorylines
from storybook.projections.timings import Timings
from storybook.projections.voices import CastVoices

PROJECTIONS: Final[tuple[Projection, ...]] = (
    RunStates(),
    Books(),
    Timings(),
    Artifacts(),
    ForgottenRuns(),
    SavedCharacters(),
    DerivedBooks(),
    CastVoices(),
    ChosenStorylines(),
)
