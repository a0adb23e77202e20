"""The book's page is made ready while the book is being made: the order of the work."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from storybook.application import Application
from storybook.book import RunId, TtsConfig
from storybook.events.log import EventLog
from storybook.export import BOOK_FILE
from storybook.export.encoding import encode_as_done, picture_processes
from storybook.export.media import Small, SmallMedia, small_picture
from storybook.notifier import Notifier
from storybook.run import EditionRequest, PageEdit, Run, Status
from storybook.stores.files import FileArtifactStore
from tests.books import PAGES, new_run
from tests.engines import Scripted, tiny_png
from tests.export.copies import export_book
from tests.export.finished import RUN, finished_run, png
from tests.test_application import REQUEST, ended, serving

pytestmark = pytest.mark.anyio


class ScriptedEncoder:
    """Makes nothing smaller; notes what it was given, and waits while it is `held`."""

    def __init__(self, kind: str) -> None:
        self.given: list[bytes] = []
        self.done = 0
        self.held = False
        self._kind, self._changed = kind, Notifier()

    async def __call__(self, content: bytes) -> Small:
        self.given.append(content)
        self._changed.notify()
        while self.held:
            await self._changed.next.wait()
        self.done += 1
        self._changed.notify()
        return self._kind, content

    def let_go(self) -> None:
        self.held = False
        self._changed.notify()

    async def was_given(self, times: int) -> None:
        with anyio.fail_after(30):
            while len(self.given) < times:
                await self._changed.next.wait()


@pytest.fixture
def picture() -> ScriptedEncoder:
    return ScriptedEncoder("image/webp")


@pytest.fixture
def voice() -> ScriptedEncoder:
    return ScriptedEncoder("audio/mpeg")


@pytest.fixture
async def application(tmp_path: Path) -> AsyncIterator[tuple[Application, Scripted]]:
    """A service whose illustrator paints a page when it is told to."""
    scripted = Scripted()
    scripted.illustrator.held = True
    async with serving(tmp_path, scripted) as running:
        yield running, scripted


async def test_each_page_is_made_small_as_soon_as_it_is_done(
    application: tuple[Application, Scripted], picture: ScriptedEncoder, voice: ScriptedEncoder
) -> None:
    """While the others are still painted; the export then has only the last one to do, and nothing
    is done twice."""
    service, scripted = application
    media = SmallMedia(service.artifacts, picture, voice)
    run_id = await service.request_run(new_run(REQUEST, TtsConfig()))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(encode_as_done, service.log, run_id, media)
        for number in PAGES[:-1]:
            scripted.illustrator.let(number)
            await picture.was_given(number + 1)
            assert picture.given[number] == tiny_png(number)
        await voice.was_given(len(PAGES))
        assert len(picture.given) == len(PAGES) - 1
        tasks.cancel_scope.cancel()  # nobody encodes the last one beforehand
    scripted.illustrator.let(PAGES[-1])
    assert await ended(service, run_id) == "DONE"
    run = await service.commands.load(run_id)
    assert run is not None and run.status is Status.DONE
    await export_book(run_id, run, service.artifacts, media)
    assert Counter(picture.given) == Counter(tiny_png(number) for number in PAGES)
    assert len(voice.given) == len(PAGES)
    assert BOOK_FILE in await service.artifacts.names(run_id)


async def test_a_slow_encoder_holds_nobody_up(
    application: tuple[Application, Scripted], picture: ScriptedEncoder, voice: ScriptedEncoder
) -> None:
    """The book is painted on, and the export waits for what has been begun, once."""
    service, scripted = application
    picture.held = True
    media = SmallMedia(service.artifacts, picture, voice)
    exported = anyio.Event()

    async def export(run_id: RunId, run: Run) -> None:
        await export_book(run_id, run, service.artifacts, media)
        exported.set()

    run_id = await service.request_run(new_run(REQUEST, None))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(encode_as_done, service.log, run_id, media)
        scripted.illustrator.let(*PAGES)
        assert await ended(service, run_id) == "DONE"
        await picture.was_given(len(PAGES))
        assert picture.done == 0
        run = await service.commands.load(run_id)
        assert run is not None
        tasks.start_soon(export, run_id, run)
        picture.let_go()
        await exported.wait()
        tasks.cancel_scope.cancel()
    assert BOOK_FILE in await service.artifacts.names(run_id)
    assert len(picture.given) == picture.done == len(PAGES)


async def test_what_was_done_before_is_made_small_too(
    tmp_path: Path, picture: ScriptedEncoder, voice: ScriptedEncoder
) -> None:
    """Of a book that is gone on with."""
    async with serving(tmp_path, Scripted()) as service:
        run_id = await service.request_run(new_run(REQUEST, None))
        assert await ended(service, run_id) == "DONE"
        log: EventLog = service.log
        async with anyio.create_task_group() as tasks:
            media = SmallMedia(service.artifacts, picture, voice)
            tasks.start_soon(encode_as_done, log, run_id, media)
            await picture.was_given(len(PAGES))
            tasks.cancel_scope.cancel()


async def test_what_a_later_edition_has_replaced_is_not_made_small(
    tmp_path: Path, picture: ScriptedEncoder, voice: ScriptedEncoder
) -> None:
    """Only what the book is made of now: after many changes, too, it is one book."""
    async with serving(tmp_path, Scripted()) as service:
        run_id = await service.request_run(new_run(REQUEST, None))
        assert await ended(service, run_id) == "DONE"
        asked = EditionRequest(1, (PageEdit(2, repaint=True, seed=50),))
        await service.request_edition(run_id, asked)
        assert await ended(service, run_id) == "DONE"
        async with anyio.create_task_group() as tasks:
            media = SmallMedia(service.artifacts, picture, voice)
            tasks.start_soon(encode_as_done, service.log, run_id, media)
            await picture.was_given(len(PAGES))
            tasks.cancel_scope.cancel()
    assert tiny_png(2) not in picture.given
    assert tiny_png(52) in picture.given


async def test_an_encoder_that_fails_beforehand_is_asked_again(tmp_path: Path) -> None:
    """The making goes on, and the export does what was left."""
    calls = 0

    async def fails_once(content: bytes) -> Small:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RuntimeError("no memory left")
        return "image/webp", content

    store = FileArtifactStore(tmp_path)
    run = finished_run(store, None)
    media = SmallMedia(store, fails_once)
    first = next(run.artifacts)
    with pytest.raises(RuntimeError):
        await media.uri(RUN, first)
    await export_book(RUN, run, store, media)
    assert calls == len(PAGES) + 1


@pytest.mark.slow
async def test_a_process_makes_pictures_small() -> None:
    """As it would be done here; if somebody kills it, it is done here."""
    picture, before = png(side=256), set(multiprocessing.active_children())
    async with picture_processes() as made_small:
        assert await made_small(picture) == small_picture(picture)
        (process,) = set(multiprocessing.active_children()) - before
        process.kill()
        process.join()
        assert await made_small(picture) == small_picture(picture)
        assert await made_small(picture) == small_picture(picture)
    assert set(multiprocessing.active_children()) <= before
