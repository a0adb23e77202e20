"""Lost and damaged files of an ended run are made again in place, and the log says so."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import anyio
import pytest

from storybook.application import Application
from storybook.book import WRITING, Artifact, RunId, TtsConfig, narration_of, picture_of
from storybook.engines import (
    Capabilities,
    EngineUnavailable,
    Painting,
    PaintingTask,
    Readiness,
    Report,
    WorkFailed,
)
from storybook.events.catalog import (
    ArtifactRemade,
    EngineInfo,
    Event,
    MadeFrom,
    StageCompleted,
    StageStarted,
    Submission,
)
from storybook.events.log import START, LogUnavailable
from storybook.http.run_state import encode_state
from storybook.projections.artifacts import FILES, recorded_file
from storybook.projections.progress import ProgressFold
from storybook.repair import Repair, RepairOutcome, makers_of
from storybook.run import Refused, Run, fold, prune_artifacts
from storybook.stages.registry import Engines
from storybook.stores.integrity import Integrity
from tests.books import new_run
from tests.engines import NoTranscriber, Scripted, tiny_png
from tests.reading_only import reading_only
from tests.test_application import REQUEST, ended, serving

pytestmark = pytest.mark.anyio


class Other:
    """An illustrator that paints otherwise than the scripted one."""

    info = EngineInfo("other", "2")
    capabilities = Capabilities()
    places = 1

    async def readiness(self) -> Readiness:
        return Readiness(True)

    async def unload(self) -> None:
        return None

    async def paint(
        self,
        task: PaintingTask,
        report: Report,
        submitted: Callable[[Submission], Awaitable[None]],
    ) -> Painting:
        return Painting(tiny_png(200), 2, 2, MadeFrom("otherwise", task.seed))


@asynccontextmanager
async def a_book(
    data: Path, scripted: Scripted | None = None
) -> AsyncIterator[tuple[Application, RunId]]:
    """A finished book of a running service."""
    async with serving(data, scripted or Scripted()) as application:
        run_id = await application.request_run(new_run(REQUEST, TtsConfig()))
        assert await ended(application, run_id) == "DONE"
        yield application, run_id


async def harm(application: Application, run_id: RunId) -> None:
    """One file is lost, one has other bytes, one is cut short."""
    store = application.artifacts
    await store.remove(run_id, ["panel_2.png"])
    await store.put(run_id, "cover.png", tiny_png(0)[:-1] + b"x")
    await store.put(run_id, "page_3.wav", b"RIFF")


async def repaired(application: Application, run_id: RunId) -> Repair:
    """Ask for a repair, and wait for its end."""
    repair = await application.repair_run(run_id, "somebody")
    await the_end_of(repair)
    assert application.repairs.of(run_id) is repair
    return repair


async def the_end_of(repair: Repair) -> None:
    with anyio.fail_after(30):
        while not repair.has_ended:  # noqa: ASYNC110 - it is asked, as a client asks
            await anyio.sleep(0.005)


async def events_of(application: Application, run_id: RunId) -> list[ArtifactRemade]:
    recorded = await application.log.read_run(run_id)
    return [it.event for it in recorded if isinstance(it.event, ArtifactRemade)]


async def written(application: Application, run_id: RunId) -> None:
    """Return when a run's text is whole."""
    run = None
    with anyio.fail_after(30):
        async with aclosing(application.log.tail(START)) as batches:
            async for batch in batches:
                run = fold([it.event for it in batch if it.run_id == run_id], run)
                if run is not None and run.is_complete(WRITING):
                    return


async def loaded(application: Application, run_id: RunId) -> Run:
    run = await application.commands.load(run_id)
    assert run is not None
    return run


async def test_where_nothing_can_be_recorded_no_repair_is_promised(tmp_path: Path) -> None:
    """Nobody would work on it: who asks is told so at once, as for every other command."""
    async with a_book(tmp_path) as (application, run_id):
        await harm(application, run_id)
    with reading_only(tmp_path):
        async with serving(tmp_path, Scripted()) as application:
            with pytest.raises(LogUnavailable, match="let this user write it"):
                await application.repair_run(run_id)
            assert application.repairs.of(run_id).looked_at == 0


async def test_damaged_files_are_made_again_in_place(tmp_path: Path) -> None:
    """Each is there again as it was recorded, and one event says of what and by whom."""
    async with a_book(tmp_path) as (application, run_id):
        before = await loaded(application, run_id)
        await harm(application, run_id)
        repair = await repaired(application, run_id)
        assert [(it.name, it.outcome, it.is_same) for it in repair.files] == [
            ("cover.png", RepairOutcome.DONE, True),
            ("panel_2.png", RepairOutcome.DONE, True),
            ("page_3.wav", RepairOutcome.DONE, True),
        ]
        assert not any(it.is_made_by_another for it in repair.files)
        integrity = Integrity(application.artifacts)
        assert {await integrity.damage(run_id, it) for it in before.artifacts} == {""}
        cover, panel, narration = await events_of(application, run_id)
        assert (panel.work, panel.damage, panel.previous_sha256) == (
            picture_of(2),
            "is missing",
            "",
        )
        assert (panel.engine.name, panel.requested_by) == ("scripted-illustrator", "somebody")
        assert panel.made_from is not None
        assert panel.made_from.prompt == before.pages[2].image_prompt
        assert cover.damage.startswith("has other bytes")
        assert (narration.work, narration.artifact) == (
            narration_of(3),
            before.artifact(narration_of(3)),
        )


async def test_a_repair_changes_nothing_that_readers_see(tmp_path: Path) -> None:
    """The same state and the same progress messages, with their ids."""

    async def seen(application: Application, run_id: RunId) -> tuple[bytes, list[object]]:
        recorded, progress = await application.log.read_run(run_id), ProgressFold()
        told = [(it.position, said) for it in recorded if (said := progress.feed(it))]
        return encode_state(run_id, await loaded(application, run_id)), list(told)

    async with a_book(tmp_path) as (application, run_id):
        before = await seen(application, run_id)
        await harm(application, run_id)
        await repaired(application, run_id)
        assert await seen(application, run_id) == before


async def test_another_engine_makes_another_file_and_both_digests_stand(tmp_path: Path) -> None:
    """It is said before; the run then has the new digest, and the log the old one for ever."""
    async with a_book(tmp_path) as (_, run_id):
        pass
    later = Scripted()
    later.engines = Engines.only(later.writer, Other(), later.narrator, NoTranscriber())
    async with serving(tmp_path, later) as application:
        recorded = (await loaded(application, run_id)).artifact(picture_of(1))
        assert recorded is not None
        await application.artifacts.remove(run_id, ["panel_1.png"])
        found = await application.repairs.look(run_id)
        assert [(it.made_by, it.engine, it.is_made_by_another) for it in found.files] == [
            (EngineInfo("scripted-illustrator", "1"), EngineInfo("other", "2"), True)
        ]
        repair = await repaired(application, run_id)
        assert [it.is_same for it in repair.files] == [False]
        (event,) = await events_of(application, run_id)
        digest = hashlib.sha256(tiny_png(200)).hexdigest()
        assert (event.previous_sha256, event.artifact.sha256) == (recorded.sha256, digest)
        now = (await loaded(application, run_id)).artifact(picture_of(1))
        assert now == event.artifact
        await application.projections.reached(await application.log.head())
        row = application.projections.row(FILES, run_id, 1)
        assert row is not None
        file = recorded_file(row, "panel_1.png")
        assert file is not None
        assert file.artifact == event.artifact, "it is what is served from now on"
        assert (await application.repairs.look(run_id)).files == []


async def test_what_is_whole_and_what_was_pruned_is_left_alone(tmp_path: Path) -> None:
    """No engine is asked, and no event is recorded."""
    scripted = Scripted()
    async with a_book(tmp_path, scripted) as (application, run_id):
        prune = ["cover.png", "page_1.wav"]
        await application.artifacts.remove(run_id, prune)
        await application.commands.execute(run_id, lambda run: prune_artifacts(run, prune))
        painted = len(scripted.illustrator.calls)
        repair = await repaired(application, run_id)
        assert (repair.files, repair.looked_at) == ([], 8)
        assert len(scripted.illustrator.calls) == painted
        assert await events_of(application, run_id) == []


async def test_a_run_in_hand_is_not_repaired(tmp_path: Path) -> None:
    """Nor one that there is not."""
    async with serving(tmp_path, Scripted(held=True)) as application:
        run_id = await application.request_run(new_run(REQUEST, None))
        for run, why in ((run_id, "RUNNING|QUEUED"), (RunId("0" * 32), "no such run")):
            with pytest.raises(Refused, match=why):
                await application.repair_run(run)


async def test_a_run_is_repaired_once_at_a_time(tmp_path: Path) -> None:
    """Whoever asks meanwhile is told so; afterwards it may be asked for again."""
    scripted = Scripted()
    async with a_book(tmp_path, scripted) as (application, run_id):
        await harm(application, run_id)
        scripted.illustrator.held = True
        repair = await application.repair_run(run_id)
        with pytest.raises(Refused, match="being repaired already"):
            await application.repair_run(run_id)
        scripted.illustrator.held = False
        scripted.illustrator.let(0, 2)
        await the_end_of(repair)
        assert (await application.repair_run(run_id)).files == []


async def test_a_file_that_cannot_be_made_stops_no_other(tmp_path: Path) -> None:
    """It is told why, and nothing is recorded of it."""
    scripted = Scripted()
    async with a_book(tmp_path, scripted) as (application, run_id):
        await harm(application, run_id)
        scripted.illustrator.script[0] = [WorkFailed("no_paint", "no paint left", retryable=True)]
        repair = await repaired(application, run_id)
        assert [(it.outcome.value, it.why) for it in repair.files] == [
            ("failed", "no paint left"),
            ("done", ""),
            ("done", ""),
        ]
        assert [it.artifact.name for it in await events_of(application, run_id)] == [
            "panel_2.png",
            "page_3.wav",
        ]
        assert [it.name for it in (await repaired(application, run_id)).files] == ["cover.png"]


async def test_a_repair_on_a_full_disk_says_what_room_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for nobody, records nothing, and goes through when it is asked for again."""

    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with a_book(tmp_path) as (application, run_id):
        await application.artifacts.remove(run_id, ["panel_2.png"])
        with monkeypatch.context() as disk:
            disk.setattr("storybook.stores.files.sync_file", full)
            (file,) = (await repaired(application, run_id)).files
        assert file.outcome is RepairOutcome.FAILED
        path = tmp_path / "outputs" / run_id / "panel_2.png"
        assert file.why.startswith(f"{path} could not be kept: No space left on device")
        assert " bytes are needed, " in file.why
        assert await events_of(application, run_id) == []
        (again,) = (await repaired(application, run_id)).files
        assert again.outcome is RepairOutcome.DONE


async def test_an_engine_that_cannot_work_is_found_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what mends it; an engine that is not needed is not asked."""

    async def away() -> Readiness:
        return Readiness(False, "it is away", "Start it")

    scripted = Scripted()
    async with a_book(tmp_path, scripted) as (application, run_id):
        monkeypatch.setattr(scripted.illustrator, "readiness", away)
        await application.artifacts.put(run_id, "page_0.wav", b"")
        assert [it.outcome.value for it in (await repaired(application, run_id)).files] == ["done"]
        await application.artifacts.put(run_id, "cover.png", b"")
        with pytest.raises(EngineUnavailable, match=r"it is away\. Start it"):
            await application.repair_run(run_id)


async def test_a_repair_waits_for_a_place_at_the_engine(tmp_path: Path) -> None:
    """A book in hand and a repair never have more in hand than the engine has places, and the one
    goes on when the other gives its place back."""
    scripted = Scripted(picture_places=1)
    async with a_book(tmp_path, scripted) as (application, run_id):
        await application.artifacts.remove(run_id, ["cover.png"])
        scripted.illustrator.held = True
        second = await application.request_run(new_run(REQUEST, None))
        await scripted.illustrator.called(6)
        repair = await application.repair_run(run_id)
        scripted.illustrator.held = False
        scripted.illustrator.let(0)
        assert await ended(application, second) == "DONE"
        await the_end_of(repair)
        assert repair.files[0].outcome is RepairOutcome.DONE
        assert scripted.illustrator.most_at_once == 1


async def test_a_book_goes_on_when_a_repair_gives_its_place_back(tmp_path: Path) -> None:
    """Also when the repair has failed, and no event tells of it."""
    scripted = Scripted(picture_places=1)
    async with a_book(tmp_path, scripted) as (application, run_id):
        await application.artifacts.remove(run_id, ["cover.png"])
        scripted.illustrator.held = True
        scripted.illustrator.script[0] = [WorkFailed("no_paint", "no paint left", retryable=True)]
        repair = await application.repair_run(run_id)
        await scripted.illustrator.called(6)
        second = await application.request_run(new_run(REQUEST))
        await written(application, second)
        scripted.illustrator.held = False
        scripted.illustrator.let(0)
        await the_end_of(repair)
        assert repair.files[0].outcome is RepairOutcome.FAILED
        assert await ended(application, second) == "DONE"
        assert scripted.illustrator.most_at_once == 1


def test_the_engine_that_made_a_file_is_the_one_of_the_attempt_that_ended() -> None:
    """Of several attempts, and after a repair the one that made it again."""
    first, second, third = (EngineInfo(name) for name in ("a", "b", "c"))
    cover = picture_of(0)
    events: list[Event] = [
        StageStarted(WRITING.stage, None, 1, "w", EngineInfo("writer")),
        StageStarted(cover.stage, 0, 1, "w", first),
        StageStarted(cover.stage, 0, 2, "w", second),
        StageCompleted(cover.stage, 0, 2, Artifact("cover.png", "image/png", 1, "00")),
    ]
    assert makers_of(events) == {"cover.png": second}
    remade = ArtifactRemade(cover.stage, 0, Artifact("cover.png", "image/png", 1, "00"), third)
    assert makers_of([*events, remade]) == {"cover.png": third}
