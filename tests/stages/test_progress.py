"""Progress inside a stage, for live listeners."""

from __future__ import annotations

import anyio
import anyio.to_thread
import pytest

from storybook.book import WRITING, picture_of
from storybook.stages.progress import MOST_PREVIEW_BYTES, WorkProgress
from tests.engines import run_id, tiny_png

pytestmark = pytest.mark.anyio
RUN = run_id(1)
PICTURE = picture_of(1)
JPEG = b"\xff\xd8\xff\xe0 and so on"


async def test_a_report_from_a_thread_wakes_who_waits() -> None:
    """Engines report from threads; the listener sees the fraction."""
    live = WorkProgress()
    live.begin(RUN, WRITING)
    seen = live.version
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(anyio.to_thread.run_sync, live.report, RUN, WRITING, 0.25, None)
        with anyio.fail_after(30):
            assert await live.wait(seen) > seen
    assert live.current(RUN) == {WRITING: 0.25}


async def test_work_that_has_ended_is_forgotten_and_stays_so() -> None:
    """A late report does not bring ended work back."""
    live = WorkProgress()
    live.begin(RUN, WRITING)
    live.end(RUN, WRITING)
    live.report(RUN, WRITING, 0.9)
    await anyio.lowlevel.checkpoint()
    await anyio.lowlevel.checkpoint()
    assert live.current(RUN) == {}


async def test_a_fraction_stays_between_nothing_and_all() -> None:
    """An engine that miscounts does no harm."""
    live = WorkProgress()
    live.begin(RUN, WRITING)
    live.report(RUN, WRITING, 7.0)
    await live.wait(live.version)
    assert live.current(RUN) == {WRITING: 1.0}


async def test_the_latest_preview_stands_until_its_work_ends() -> None:
    """Each has a number of its own; a report without one changes nothing."""
    live = WorkProgress()
    live.begin(RUN, PICTURE)
    await reported(live, 0.1)
    assert live.preview(RUN, PICTURE) is None
    await reported(live, 0.2, JPEG)
    first = live.preview(RUN, PICTURE)
    assert first is not None and (first.media_type, first.content) == ("image/jpeg", JPEG)
    await reported(live, 0.3)
    assert live.preview(RUN, PICTURE) is first
    await reported(live, 0.3, tiny_png())
    second = live.preview(RUN, PICTURE)
    assert second is not None and (second.media_type, second.content) == ("image/png", tiny_png())
    assert first.number != second.number
    assert live.preview(run_id(2), PICTURE) is None and live.preview(RUN, picture_of(2)) is None
    live.end(RUN, PICTURE)
    live.report(RUN, PICTURE, 0.0, JPEG)  # late
    await anyio.lowlevel.checkpoint()
    assert live.preview(RUN, PICTURE) is None and live.current(RUN) == {}


@pytest.mark.parametrize(
    "preview",
    [b"", b"<svg onload=alert(1)>", b"RIFF0000WEBP", JPEG + bytes(MOST_PREVIEW_BYTES)],
    ids=["empty", "markup", "another format", "too large"],
)
async def test_what_is_no_small_picture_is_passed_over(preview: bytes) -> None:
    """The fraction counts all the same, and the preview before it stands."""
    live = WorkProgress()
    live.begin(RUN, PICTURE)
    await reported(live, 0.1, JPEG)
    before = live.preview(RUN, PICTURE)
    await reported(live, 0.2, preview)
    assert live.preview(RUN, PICTURE) is before is not None
    assert live.current(RUN) == {PICTURE: 0.2}


async def reported(live: WorkProgress, fraction: float, preview: bytes | None = None) -> None:
    """Report, and wait until it is known."""
    seen = live.version
    live.report(RUN, PICTURE, fraction, preview)
    with anyio.fail_after(30):
        await live.wait(seen)
