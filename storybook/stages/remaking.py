"""Makes a file of an ended run again: the same task, to the engine that is in force now."""

from __future__ import annotations

from storybook.book import Artifact, RunId, Stage, Work, artifact_name
from storybook.events.catalog import MadeFrom, Submission
from storybook.run import Run
from storybook.stages.artifacts import save_audio, save_picture
from storybook.stages.registry import Engines
from storybook.stages.tasks import narration_task, painting_task
from storybook.stores.artifacts import ArtifactStore


async def make_again(
    run_id: RunId, run: Run, work: Work, engines: Engines, store: ArtifactStore
) -> tuple[Artifact, MadeFrom]:
    """Do a piece of work once more, and keep what it makes in the place of what was kept before.

    Raises what the engine raises, and `CannotKeep`.
    """
    name = artifact_name(work)
    if work.stage is Stage.TTS:
        narration = await engines.narrator.narrate(narration_task(run, work), _nobody_listens)
        spoken, seconds = narration.segments, narration.seconds
        audio = await save_audio(
            store, run_id, name, narration.wav, seconds=seconds, segments=spoken
        )
        return audio, narration.made_from
    painting = await engines.illustrator.paint(
        painting_task(run, work), _nobody_listens, _given_away
    )
    width, height = painting.width, painting.height
    picture = await save_picture(store, run_id, name, painting.png, width=width, height=height)
    return picture, painting.made_from


def _nobody_listens(fraction: float, preview: bytes | None = None) -> None:
    """The run has ended, and so have the streams that tell of progress."""


async def _given_away(submission: Submission) -> None:
    """Not recorded: if this process dies meanwhile, the repair is asked for again."""
