"""Makes a file of an ended run again: the same task, to an engine of its role."""

from __future__ import annotations

from storybook.book import Artifact, RunId, Work
from storybook.engines import Engine
from storybook.events.catalog import MadeFrom, Submission
from storybook.run import Run
from storybook.stages.handlers import HANDLERS
from storybook.stages.making import FileTask
from storybook.stores.artifacts import ArtifactStore


async def make_again(
    run_id: RunId, run: Run, work: Work, engine: Engine, store: ArtifactStore
) -> tuple[Artifact, MadeFrom]:
    """Do a piece of work once more, and keep what it makes in the place of what was kept before.

    Raises what the engine raises, and `CannotKeep`.
    """
    make = HANDLERS[work.stage].make
    assert make is not None, f"{work.stage} makes no file"
    made = await make(FileTask(run_id, run, work, engine, store, _nobody_listens, _given_away))
    return await made.save(), made.made_from


def _nobody_listens(fraction: float, preview: bytes | None = None) -> None:
    """The run has ended, and so have the streams that tell of progress."""


async def _given_away(submission: Submission) -> None:
    """Not recorded: if this process dies meanwhile, the repair is asked for again."""
