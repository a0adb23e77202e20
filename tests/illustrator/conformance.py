"""What every illustrator keeps. An engine's tests make a subclass with its own `illustrator`."""

from __future__ import annotations

import anyio
import msgspec
import pytest

from storybook.book import Page, StoryRequest
from storybook.engines import Illustrator, Painting, PaintingTask, Readiness
from storybook.events.catalog import Submission
from storybook.stages.illustrator.comfyui import png

REQUEST = StoryRequest("조선시대", "깊은 숲속 마을", "호기심 많은 토끼, 겁 많은 호랑이", "우정")
TASK = PaintingTask(
    REQUEST, Page(1, image_prompt="A rabbit meets a tiger in a deep forest village."), 7
)


class Told:
    """What an illustrator told while it painted."""

    def __init__(self) -> None:
        self.fractions: list[float] = []
        self.submissions: list[Submission] = []

    def report(self, fraction: float, preview: bytes | None = None) -> None:
        self.fractions.append(fraction)

    async def submitted(self, submission: Submission) -> None:
        self.submissions.append(submission)


async def paint(illustrator: Illustrator, task: PaintingTask) -> Painting:
    told = Told()
    return await illustrator.paint(task, told.report, told.submitted)


@pytest.mark.anyio
class IllustratorConformance:
    """Subclasses define the fixture `illustrator`."""

    @pytest.fixture
    def illustrator(self) -> Illustrator:
        raise NotImplementedError

    async def test_it_names_itself(self, illustrator: Illustrator) -> None:
        """Events record the engine's name, and on which device it works."""
        assert illustrator.info.name and illustrator.info.device
        assert illustrator.places >= 1

    async def test_it_is_ready(self, illustrator: Illustrator) -> None:
        """Asked twice it answers the same, and then knows its version."""
        first = await illustrator.readiness()
        assert first == await illustrator.readiness() == Readiness(True)
        assert illustrator.info.version

    async def test_a_picture_is_a_png_of_the_size_asked_for(self, illustrator: Illustrator) -> None:
        """Whole, with something in it, and telling what it was made from."""
        painting = await paint(illustrator, TASK)
        png.check(painting.png, TASK.width, TASK.height)
        assert (painting.width, painting.height) == (TASK.width, TASK.height)
        assert painting.made_from.seed == TASK.seed
        assert TASK.page.image_prompt in painting.made_from.prompt

    async def test_the_same_task_gives_the_same_bytes(self, illustrator: Illustrator) -> None:
        """And another page another picture."""
        first = await paint(illustrator, TASK)
        page = Page(2, image_prompt="A tiger climbs a tall tree at night.")
        other = await paint(illustrator, msgspec.structs.replace(TASK, page=page))
        assert (await paint(illustrator, TASK)).png == first.png != other.png

    async def test_progress_never_goes_back(self, illustrator: Illustrator) -> None:
        """From 0 to 1."""
        told = Told()
        await illustrator.paint(TASK, told.report, told.submitted)
        assert told.fractions == sorted(told.fractions)
        assert all(0 <= it <= 1 for it in told.fractions)

    async def test_it_may_be_cancelled_and_used_again(self, illustrator: Illustrator) -> None:
        """At once, and nothing is left behind that would hold up the next picture."""
        with anyio.move_on_after(0.001):
            await paint(illustrator, TASK)
        png.check((await paint(illustrator, TASK)).png, TASK.width, TASK.height)

    async def test_it_may_be_unloaded_and_used_again(self, illustrator: Illustrator) -> None:
        """Twice, and before it was ever used."""
        await illustrator.unload()
        first = await paint(illustrator, TASK)
        await illustrator.unload()
        await illustrator.unload()
        assert (await paint(illustrator, TASK)).png == first.png
