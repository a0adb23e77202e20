"""Changing finished books, with scripted engines: what is made, what is shown, what is kept."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from storybook.application import Application
from storybook.book import RunId, TtsConfig, picture_of
from storybook.editions import Files, NoSuchEdition, Words, compare, words
from storybook.engines import WorkFailed
from storybook.events.catalog import PageChange, Problem
from storybook.http.run_state import encode_progress
from storybook.projections.artifacts import FILES, file_key, recorded_file
from storybook.projections.library import newest
from storybook.projections.progress import ChangedPage, ProgressFold
from storybook.request import InvalidRequest
from storybook.run import (
    EditionRequest,
    ForgottenRun,
    NoSuchRun,
    PageEdit,
    Refused,
    Run,
    StaleEdition,
    Status,
)
from storybook.settings import Limits, RetentionSettings, Settings
from storybook.stores.sqlite.log import SqliteLog
from tests.books import LAST_PAGE, PAGES, new_run
from tests.clocks import ManualClock
from tests.engines import REQUEST, Scripted
from tests.projections.histories import state_of
from tests.test_application import serving
from tests.test_repair import the_end_of

pytestmark = pytest.mark.anyio


async def settled(application: Application, run_id: RunId) -> Run:
    """The run once its newest edition has ended, and all readers see it."""
    with anyio.fail_after(30):
        while True:
            run = await application.commands.load(run_id)
            assert run is not None
            if run.status.has_ended:
                # Not up to the log's head: it is told of what is written a moment later.
                recorded = await application.log.read_run(run_id)
                await application.projections.reached(recorded[-1].position)
                return run
            await anyio.sleep(0.005)


@asynccontextmanager
async def book(
    folder: Path, scripted: Scripted, tts: TtsConfig | None = None, **more: Any
) -> AsyncIterator[tuple[Application, RunId]]:
    """A finished book, and the application that has made it."""
    async with serving(folder, scripted, **more) as application:
        run_id = await application.request_run(new_run(REQUEST, tts))
        assert (await settled(application, run_id)).status is Status.DONE
        yield application, run_id


def files_in(folder: Path, run_id: RunId) -> dict[str, bytes]:
    return {it.name: it.read_bytes() for it in (folder / "outputs" / run_id).iterdir()}


def repaint(page: int, base: int = 1) -> EditionRequest:
    return EditionRequest(base, (PageEdit(page, repaint=True),))


async def test_a_repaint_makes_exactly_one_file(tmp_path: Path) -> None:
    """By one piece of work; the old picture stays, byte for byte, under its own name."""
    scripted = Scripted()
    async with book(tmp_path, scripted, TtsConfig()) as (application, run_id):
        before = files_in(tmp_path, run_id)
        calls = [len(it.calls) for it in (scripted.writer, scripted.illustrator, scripted.narrator)]
        assert await application.request_edition(run_id, repaint(2), requested_by="me") == 2
        await settled(application, run_id)
        after = files_in(tmp_path, run_id)
        assert set(after) - set(before) == {"panel_2.e2.png"}
        assert before.items() <= after.items()
        now = [len(it.calls) for it in (scripted.writer, scripted.illustrator, scripted.narrator)]
        assert now == [calls[0], calls[1] + 1, calls[2]]
        task = scripted.illustrator.tasks[-1]
        assert task.seed == scripted.illustrator.tasks[0].seed
        assert task.variation != 0 == scripted.illustrator.tasks[0].variation


async def test_the_book_is_as_it_was_until_the_change_is_whole(tmp_path: Path) -> None:
    """State and library show the pages of the last whole edition, and how far the newest is."""
    scripted = Scripted()
    async with book(tmp_path, scripted) as (application, run_id):
        before = state_of(application.projections, run_id)
        assert before is not None
        scripted.illustrator.held = True
        await application.request_edition(run_id, repaint(0))
        during = state_of(application.projections, run_id)
        assert during is not None
        assert (during.edition, during.shown) == (2, 1)
        assert during.status in (Status.QUEUED, Status.RUNNING)
        assert (during.pages, during.ready_max_page) == (before.pages, LAST_PAGE)
        with pytest.raises(Refused, match="wait until it is made"):
            await application.request_edition(run_id, repaint(1, 2))
        scripted.illustrator.let(0)
        await settled(application, run_id)
        after = state_of(application.projections, run_id)
        assert after is not None
        assert (after.edition, after.shown, after.status) == (2, 2, Status.DONE)
        assert after.pages[0].picture == "cover.e2.png"
        assert after.pages[1:] == before.pages[1:]
        (line,) = (await application.projections.ask(newest, 10)).books
        assert line.cover == "cover.e2.png"


async def test_the_writer_writes_a_page_anew(tmp_path: Path) -> None:
    """It knows all pages and the wish; picture and voice follow."""
    scripted = Scripted()
    async with book(tmp_path, scripted, TtsConfig()) as (application, run_id):
        first = (await settled(application, run_id)).pages
        asked = EditionRequest(1, (PageEdit(3, rewrite="더 웃기게"),), note="재미")
        await application.request_edition(run_id, asked)
        run = await settled(application, run_id)
        assert run.status is Status.DONE
        task = scripted.writer.tasks[-1]
        assert task.rewriting is not None
        assert (task.standing, task.rewriting.page) == (first, 3)
        assert run.pages[3].summary.endswith("더 웃기게.")
        assert run.pages[:3] + run.pages[4:] == first[:3] + first[4:]
        made = {it.name for it in run.artifacts if ".e2." in it.name}
        assert made == {"panel_3.e2.png", "page_3.e2.wav"}
        assert run.editions[0].pages == first


async def test_a_page_that_does_not_pass_is_written_anew_once_more(tmp_path: Path) -> None:
    """A refusal is of that page, and counts; after too many the book stays as it was."""
    scripted = Scripted()
    async with book(tmp_path, scripted) as (application, run_id):
        before = await settled(application, run_id)
        await application.request_edition(
            run_id, EditionRequest(1, (PageEdit(1, rewrite="권총과 폭탄"),))
        )
        run = await wait_out(application, run_id)
        assert run.status is Status.FAILED
        assert run.shown.pages == before.pages
        assert [task.refusals for task in scripted.writer.tasks[1:]] == [0, 1, 2]
        assert run.fault is not None
        assert run.fault.kind == "page_refused"


async def wait_out(application: Application, run_id: RunId) -> Run:
    """The run once it has ended, with the clock running on over all back-offs."""
    clock = application.clock
    assert isinstance(clock, ManualClock)
    async with anyio.create_task_group() as tasks:

        async def tick() -> None:
            while True:
                await anyio.sleep(0.002)
                clock.advance(1)

        tasks.start_soon(tick)
        run = await settled(application, run_id)
        tasks.cancel_scope.cancel()
    return run


async def test_a_failed_repaint_keeps_the_old_picture(tmp_path: Path) -> None:
    """And says so; it can be retried, and what is asked for instead begins with what was whole."""
    scripted = Scripted()
    async with book(tmp_path, scripted) as (application, run_id):
        broken = WorkFailed("out_of_paint", "no paint is left", retryable=False)
        scripted.illustrator.script[2] = [broken, broken]
        await application.request_edition(run_id, repaint(2))
        run = await settled(application, run_id)
        assert run.status is Status.FAILED
        state = state_of(application.projections, run_id)
        assert state is not None
        assert (state.error, state.pages[2].picture) == ("no paint is left", "panel_2.png")
        await application.retry_run(run_id)
        assert (await settled(application, run_id)).status is Status.FAILED
        assert await application.request_edition(run_id, repaint(3, base=1)) == 3
        run = await settled(application, run_id)
        assert {it.name for it in run.artifacts if ".e" in it.name} == {"panel_3.e3.png"}
        with pytest.raises(StaleEdition) as stale:
            await application.request_edition(run_id, repaint(1, base=2))
        assert stale.value.newest == 3
        told = await application.editions(run_id)
        assert [it.status for it in told] == [Status.DONE, Status.FAILED, Status.DONE]
        assert [it.can_be_shown for it in told] == [True, False, True]
        with pytest.raises(NoSuchEdition):
            await application.edition(run_id, 2)


@pytest.mark.parametrize("stops_at", ["writing", "painting", "reading"])
async def test_a_process_that_dies_leaves_an_edition_that_ends_right(
    tmp_path: Path, stops_at: str
) -> None:
    """Whatever it was at, the next one goes on there, and makes nothing twice that was made."""
    scripted = Scripted()
    engines = {
        "writing": scripted.writer,
        "painting": scripted.illustrator,
        "reading": scripted.narrator,
    }
    async with book(tmp_path, scripted, TtsConfig()) as (application, run_id):
        before = files_in(tmp_path, run_id)
        engine = engines[stops_at]
        engine.held = True
        count = len(engine.calls)
        asked = EditionRequest(1, (PageEdit(2, rewrite="짧게"),))
        await application.request_edition(run_id, asked)
        with anyio.fail_after(30):
            await engine.called(count + 1)
    again = Scripted()
    async with serving(tmp_path, again) as application:
        run = await settled(application, run_id)
        assert run.status is Status.DONE
        assert run.pages[2].summary.endswith("짧게.")
        after = files_in(tmp_path, run_id)
        assert set(after) - set(before) == {"panel_2.e2.png", "page_2.e2.wav"}
        assert before.items() <= after.items()
        assert len(again.writer.calls) == (1 if stops_at == "writing" else 0)
        assert (await application.edition(run_id, 1)).pages == run.editions[0].pages


async def test_a_text_that_is_not_for_children_is_refused_unless_it_is_accepted(
    tmp_path: Path,
) -> None:
    """Then the event has what was found, and who answers for it."""
    edit = PageEdit(0, title="토끼의 권총")
    async with book(tmp_path, Scripted()) as (application, run_id):
        with pytest.raises(InvalidRequest) as refused:
            await application.request_edition(run_id, EditionRequest(1, (edit,)))
        (fault,) = refused.value.faults
        assert (fault.loc, fault.type) == (("pages", 0), "forbidden_words")
        asked = EditionRequest(1, (edit,), accept=True)
        await application.request_edition(run_id, asked, requested_by="mina")
        told = (await application.editions(run_id))[1]
        assert told.requested_by == "mina"
        assert told.accepted == (Problem("forbidden", "forbidden in a children's book: 권총"),)
        assert told.texts == (0,)


@pytest.mark.parametrize(
    ("edit", "loc", "kind"),
    [
        (PageEdit(1, rewrite="짧게"), ("pages", 0, "rewrite"), "unsupported"),
        (PageEdit(9, repaint=True), ("pages", 0, "page"), "page_range"),
        (PageEdit(1, title="제목"), ("pages", 0, "title"), "no_such_text"),
        (PageEdit(0, summary="글"), ("pages", 0, "summary"), "no_such_text"),
        (PageEdit(1, summary=" "), ("pages", 0, "summary"), "empty"),
        (PageEdit(1, image_prompt=""), ("pages", 0, "image_prompt"), "empty"),
    ],
)
async def test_what_cannot_be_done_is_said_with_its_place(
    tmp_path: Path, edit: PageEdit, loc: tuple[str | int, ...], kind: str
) -> None:
    """Before anything is recorded."""
    scripted = Scripted()
    scripted.writer.capabilities = scripted.narrator.capabilities
    async with book(tmp_path, scripted) as (application, run_id):
        with pytest.raises(InvalidRequest) as refused:
            await application.request_edition(run_id, EditionRequest(1, (edit,)))
        assert [(it.loc, it.type) for it in refused.value.faults] == [(loc, kind)]
        assert len(await application.editions(run_id)) == 1


async def test_an_edition_is_given_back_and_compared(tmp_path: Path) -> None:
    """Without work; the comparison has words and pairs of files."""
    scripted = Scripted()
    async with book(tmp_path, scripted) as (application, run_id):
        first = (await application.edition(run_id, 1)).pages[0].title
        edits = (PageEdit(0, title=f"{first} 둘"), PageEdit(2, repaint=True, seed=5))
        asked = EditionRequest(1, edits, note="why")
        await application.request_edition(run_id, asked, requested_by="me")
        await settled(application, run_id)
        count = len(scripted.illustrator.calls)
        assert await application.restore_edition(run_id, 1, requested_by="me") == 3
        run = await settled(application, run_id)
        assert len(scripted.illustrator.calls) == count
        assert run.shown.artifact(picture_of(2)) == run.editions[0].artifact(picture_of(2))
        told = await application.editions(run_id)
        assert [it.is_shown for it in told] == [False, False, True]
        assert told[1].pages == (PageChange(2, repaint=True, seed=5),)
        assert (told[1].note, told[1].texts, told[1].files) == ("why", (0,), ("panel_2.e2.png",))
        assert told[2].restores == 1
        between = await application.compare_editions(run_id, 1, 2)
        cover, panel = between.pages
        assert cover.text == (Words("same", first), Words("added", " 둘"))
        assert cover.picture is None
        assert panel.picture == Files("panel_2.png", "panel_2.e2.png")
        assert panel.text is None
        assert (await application.compare_editions(run_id, 1, 3)).pages == ()


def test_a_comparison_has_both_texts() -> None:
    """What is the same and what went are the text before; with what came, the one after."""
    old, new = "토끼가 숲에  갔어요.\n끝.", "토끼가 바다에  빨리 갔어요. 끝."
    found = words(old, new)
    assert "".join(it.text for it in found if it.kind != "added") == old
    assert "".join(it.text for it in found if it.kind != "removed") == new
    assert Words("removed", "숲에") in found


def test_the_dullest_texts_are_compared_at_once() -> None:
    """A word over and over, as long as a text may be: seconds of work where nobody bounds it."""
    before, after = "가 " * 500, "가 나 " * 250
    began = time.process_time()
    found = words(before, after)
    assert time.process_time() - began < 0.5
    assert "".join(it.text for it in found if it.kind != "added") == before
    assert "".join(it.text for it in found if it.kind != "removed") == after


async def test_each_changed_page_is_told_once(tmp_path: Path) -> None:
    """By what an event has changed, from the second edition on; older clients are told the same as
    ever."""
    scripted = Scripted()
    async with book(tmp_path, scripted, TtsConfig()) as (application, run_id):
        edits = (PageEdit(1, rewrite="짧게"), PageEdit(0, title="새 제목"))
        await application.request_edition(run_id, EditionRequest(1, edits))
        await settled(application, run_id)
        progress = ProgressFold()
        told = [progress.feed(it) for it in await application.log.read_run(run_id)]
    changes = [it.change for it in told if it is not None and it.change is not None]
    assert Counter(changes) == Counter(
        [
            ChangedPage(2, 0, ("text",)),
            ChangedPage(2, 0, ("voice",)),
            ChangedPage(2, 1, ("text",)),
            ChangedPage(2, 1, ("picture",)),
            ChangedPage(2, 1, ("voice",)),
        ]
    )
    of_first = next(n for n, it in enumerate(told) if it is not None and it.change is not None)
    assert all(it is None or it.change is None for it in told[:of_first])
    for it in told:
        if it is not None:
            assert set(encode_progress(it)) and it.ready_max_page <= LAST_PAGE
    whole = [it for it in told[of_first:] if it is not None]
    assert {it.ready_max_page for it in whole} == {LAST_PAGE}


async def test_old_editions_files_go_when_only_the_newest_keep_theirs(tmp_path: Path) -> None:
    """But for those that a newer one has, too; the book cannot be given back from then on."""
    settings = Settings(
        limits=Limits(shutdown_seconds=0), retention=RetentionSettings(keep_editions=1)
    )
    async with book(tmp_path, Scripted(), settings=settings) as (application, run_id):
        await application.request_edition(run_id, repaint(2))
        await settled(application, run_id)
        await application.retention.prune()
        kept = {f"panel_{n}.png" for n in PAGES[1:] if n != 2} | {"cover.png", "panel_2.e2.png"}
        assert set(files_in(tmp_path, run_id)) == kept
        for name in ("panel_2.png", "panel_2.e2.png"):
            row = application.projections.row(FILES, *file_key(run_id, name))
            assert row is not None
            found = recorded_file(row, name)
            assert found is not None
            assert found.is_pruned == (name == "panel_2.png")
        with pytest.raises(Refused, match="retention"):
            await application.restore_edition(run_id, 1)
        assert await application.request_edition(run_id, repaint(1, base=2)) == 3
        state = state_of(application.projections, run_id)
        assert state is not None
        assert state.removed == ()


async def test_a_lost_file_of_an_old_edition_is_made_again_as_it_was(tmp_path: Path) -> None:
    """From the text and by the chance of its own edition, in its own place."""
    scripted = Scripted()
    async with book(tmp_path, scripted) as (application, run_id):
        prompt = "Another view of page 2, with rabbit, tiger."
        edit = PageEdit(2, image_prompt=prompt, repaint=True)
        await application.request_edition(run_id, EditionRequest(1, (edit,)))
        await settled(application, run_id)
        before = files_in(tmp_path, run_id)
        (tmp_path / "outputs" / run_id / "panel_2.png").unlink()
        repair = await application.repair_run(run_id)
        assert [it.name for it in repair.files] == ["panel_2.png"]
        await the_end_of(repair)
        assert repair.files[0].is_same
        assert files_in(tmp_path, run_id) == before
        task = scripted.illustrator.tasks[-1]
        assert (task.variation, task.page.image_prompt != prompt) == (0, True)


async def test_a_repeated_request_finds_its_book_though_that_was_changed(tmp_path: Path) -> None:
    """What was asked for is what the first edition has."""
    asked = new_run(REQUEST, TtsConfig())
    async with serving(tmp_path, Scripted()) as application:
        run_id = await application.request_run(asked, idempotency_key="k")
        await settled(application, run_id)
        voice = EditionRequest(1, tts=TtsConfig(narrator_voice="F2"))
        await application.request_edition(run_id, voice)
        await settled(application, run_id)
        assert await application.request_run(asked, idempotency_key="k") == run_id


async def test_a_forgotten_book_has_no_editions(tmp_path: Path) -> None:
    """All files of all editions go, and nothing can be asked of them."""
    async with book(tmp_path, Scripted()) as (application, run_id):
        await application.request_edition(run_id, repaint(2))
        await settled(application, run_id)
        await application.forget_run(run_id)
        assert not (tmp_path / "outputs" / run_id).exists()
        for edition in (1, 2):
            assert application.projections.row(FILES, run_id, edition) is None
        for asked in (application.editions(run_id), application.edition(run_id, 1)):
            with pytest.raises(ForgottenRun):
                await asked
        with pytest.raises(ForgottenRun):
            await application.request_edition(run_id, repaint(1, base=2))
        with pytest.raises(NoSuchRun):
            await application.editions(RunId("0" * 32))


@pytest.mark.slow  # a thousand durable appends
async def test_the_thousandth_change_costs_what_the_first_one_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In rows of the log that are read, by whoever follows it too, and in rows of the views that
    are written; the first edition is what it was, byte for byte."""
    read: list[int] = []
    fetch = SqliteLog._fetch

    async def counted(self: SqliteLog, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        rows = await fetch(self, sql, values)
        read.append(len(rows))
        return rows

    async with book(tmp_path, Scripted()) as (application, run_id):
        first = await application.edition(run_id, 1)
        files = files_in(tmp_path, run_id)
        monkeypatch.setattr(SqliteLog, "_fetch", counted)
        costs = []
        for number in range(1, 1_001):
            is_painted = number % 100 == 0
            edit = PageEdit(2, repaint=True) if is_painted else PageEdit(0, title=f"{number}")
            await application.request_edition(run_id, EditionRequest(number, (edit,)))
            if is_painted:
                run = await settled(application, run_id)
                assert run.status is Status.DONE, run.fault
                read.clear()  # that has read all of it
            costs.append(sum(read))
            read.clear()
        assert max(costs) <= max(costs[:101])
        again = await application.edition(run_id, 1)
        assert again.pages == first.pages
        assert list(again.artifacts) == list(first.artifacts)
        assert files.items() <= files_in(tmp_path, run_id).items()
        newest_row = application.projections.row(FILES, run_id, 1_001)
        first_row = application.projections.row(FILES, run_id, 1)
        assert newest_row is not None and first_row is not None
        assert len(newest_row[2]) <= len(first_row[2])
        run = await settled(application, run_id)
        assert len(compare(again, run).pages) == 2
