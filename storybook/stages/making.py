"""Makes the file of a piece of work, a picture or a narration: for an attempt, or once more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import cast

import msgspec

from storybook.book import Artifact, RunId, Work, artifact_name
from storybook.engines import Engine, Illustrator, Narrator, PaintingReport, WorkFailed
from storybook.events.catalog import MadeFrom, Submission
from storybook.request import RequestFault
from storybook.run import Run
from storybook.stages.artifacts import save_audio, save_picture
from storybook.stages.capabilities import narration_faults, painting_faults
from storybook.stages.references import references
from storybook.stages.tasks import narration_task, painting_task, spoken_as
from storybook.stores.artifacts import ArtifactStore


class FileTask(msgspec.Struct, frozen=True):
    """What is to be made, by which engine of its role, where it is kept, and whom to tell how far
    it is and what was given to another server."""

    run_id: RunId
    run: Run
    work: Work
    engine: Engine
    artifacts: ArtifactStore
    report: PaintingReport
    submitted: Callable[[Submission], Awaitable[None]]


class MadeFile(msgspec.Struct, frozen=True):
    """What an engine has made. `save` keeps it, and raises `CannotKeep`; it may be tried again."""

    save: Callable[[], Awaitable[Artifact]]
    made_from: MadeFrom


def check_able(faults: Iterable[RequestFault]) -> None:
    """Raise `WorkFailed` if the engine in force cannot do it, such as one of another day."""
    for fault in faults:
        raise WorkFailed("unsupported", fault.msg, retryable=False)


async def paint(task: FileTask) -> MadeFile:
    """The cover, or a page's picture. Raises what the illustrator raises."""
    illustrator = cast("Illustrator", task.engine)
    check_able(painting_faults(task.run, illustrator.capabilities))
    asked = painting_task(task.run, task.work)
    if illustrator.capabilities.takes_references:
        shown = await references(task.run, task.run_id, task.work, task.artifacts)
        asked = msgspec.structs.replace(asked, references=shown)
    painting = await illustrator.paint(asked, task.report, task.submitted)
    save = partial(
        save_picture,
        task.artifacts,
        task.run_id,
        artifact_name(task.work, task.run.edition),
        painting.png,
        width=painting.width,
        height=painting.height,
    )
    return MadeFile(save, painting.made_from)


async def narrate(task: FileTask) -> MadeFile:
    """A page, read aloud. Raises what the narrator raises."""
    narrator = cast("Narrator", task.engine)
    check_able(narration_faults(spoken_as(task.run, task.work), narrator.capabilities))
    narration = await narrator.narrate(narration_task(task.run, task.work), task.report)
    save = partial(
        save_audio,
        task.artifacts,
        task.run_id,
        artifact_name(task.work, task.run.edition),
        narration.wav,
        seconds=narration.seconds,
        segments=narration.segments,
    )
    return MadeFile(save, narration.made_from)
