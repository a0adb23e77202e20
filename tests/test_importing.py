"""Books that are taken in from a file: books like any others, that say where they came from."""

from __future__ import annotations

import io
from pathlib import Path

import anyio
import msgspec
import pytest

from storybook.application import Application
from storybook.book import RunId, TtsConfig
from storybook.data_folder import DataFolder
from storybook.deriving import finish_sharing
from storybook.events.catalog import (
    EVENT_TYPES,
    PageTranslated,
    PageWritten,
    RunCompleted,
    RunImported,
    RunRequested,
    StageCompleted,
)
from storybook.evidence import look_for_evidence
from storybook.export.archive.checking import open_archive
from storybook.export.archive.shapes import ArchivedBook
from storybook.export.archive.zipping import ArchiveRefused
from storybook.importing import TakenIn, run_id_of, take_in
from storybook.projections.rebuild import differences
from storybook.retention import Keep
from storybook.run import EditionRequest, PageEdit, Run, Status
from storybook.stores.artifacts import CannotKeep
from storybook.stores.files import UNNAMED, FileArtifactStore
from storybook.stores.sqlite.verify import verify_log
from tests.engines import Scripted
from tests.export.archive import books as archives
from tests.test_application import serving
from tests.test_editions import book, files_in, repaint, settled
from tests.test_repair import the_end_of

pytestmark = pytest.mark.anyio

OF_ITS_OWN = {"identifier", "run_id", "edition", "modified"}
"""What of `book.json` is a run's own."""


async def exported(
    application: Application, folder: Path, run_id: RunId, language: str = "", **more: bool
) -> bytes:
    """A book's archive, as the installation in a folder makes it."""
    it = application
    return await archives.exported(it.log, it.artifacts, folder, run_id, language, **more)


async def imported(application: Application, archive: bytes, by: str = "me") -> TakenIn:
    return await application.import_book(io.BytesIO(archive), by)


def told_in(archive: bytes) -> dict[str, object]:
    """What `book.json` says, but for what is a run's own."""
    found = open_archive(io.BytesIO(archive))
    assert isinstance(found.book, ArchivedBook) and not found.faults
    told = msgspec.to_builtins(found.book)
    return {name: it for name, it in told.items() if name not in OF_ITS_OWN}


async def made(folder: Path, tts: TtsConfig | None = TtsConfig()) -> tuple[bytes, Run]:  # noqa: B008 - frozen
    """An archive of a book that was made in a folder, and the book."""
    async with book(folder, Scripted(), tts) as (application, run_id):
        return await exported(application, folder, run_id), await settled(application, run_id)


@pytest.fixture
async def archive(tmp_path: Path) -> bytes:
    """Of a book that is read aloud."""
    return (await made(tmp_path / "there"))[0]


async def test_a_book_is_taken_in_as_it_was(tmp_path: Path) -> None:
    """Nothing is made, all is there: text, files byte for byte, and who made what from what."""
    archive, first = await made(tmp_path / "there")
    scripted, here = Scripted(), tmp_path / "here"
    async with serving(here, scripted) as application:
        taken = await imported(application, archive)
        run = await settled(application, taken.run_id)
        assert (taken.is_new, run.status) == (True, Status.DONE)
        assert (run.pages, run.request, run.tts, run.cast) == (
            *(first.pages, first.request, first.tts),
            first.cast,
        )
        assert [*run.artifacts] == [*first.artifacts]
        assert not scripted.writer.calls
        again = await exported(application, here, taken.run_id)
        assert told_in(again) == told_in(archive)
        there = next((tmp_path / "there" / "outputs").iterdir()).name
        assert files_in(here, taken.run_id) == files_in(tmp_path / "there", RunId(there))


async def test_its_history_says_where_it_came_from(tmp_path: Path, archive: bytes) -> None:
    """Its second event does; what follows is of the same append, as attempt 0."""
    async with serving(tmp_path / "here", Scripted()) as application:
        taken = await imported(application, archive)
        events = [it.event for it in await application.log.read_run(taken.run_id)]
    requested, told, *content, end = events
    assert isinstance(requested, RunRequested) and isinstance(end, RunCompleted)
    assert isinstance(told, RunImported)
    found = open_archive(io.BytesIO(archive))
    assert (told.origin, told.edition) == (found.manifest.run_id, 1)
    assert (told.sha256, told.key, told.imported_by) == (found.sha256, found.key, "me")
    assert all(isinstance(it, PageWritten | StageCompleted) and not it.attempt for it in content)


async def test_it_is_read_in_every_way_in(tmp_path: Path, archive: bytes) -> None:
    """As are all books: the library, search, state, and a verdict on its events and files; the
    views are those that a rebuild makes of the log."""
    here = tmp_path / "here"
    async with serving(here, Scripted()) as application:
        taken = await imported(application, archive)
        await settled(application, taken.run_id)
        assert [it.name for it in await application.cast_of(taken.run_id)]
        assert [it.edition for it in await application.editions(taken.run_id)] == [1]
        await application.projections.reached(await application.log.head())
        folder = DataFolder(here)
        assert await differences(folder.projections, application.log) == []
    assert list(verify_log(folder.log)) == []
    assert look_for_evidence(folder) is None


async def test_the_same_file_is_the_same_run(tmp_path: Path, archive: bytes) -> None:
    """However often it is taken in, by many at once, and also after the book was changed here."""
    async with serving(tmp_path / "here", Scripted()) as application:
        found = []

        async def once() -> None:
            found.append(await imported(application, archive))

        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(once)
        assert len({it.run_id for it in found}) == 1
        assert sorted(it.is_new for it in found) == [False, False, True]
        run_id = found[0].run_id
        await settled(application, run_id)
        await application.request_edition(run_id, repaint(2))
        await settled(application, run_id)
        assert await imported(application, archive) == TakenIn(run_id, is_new=False)


async def test_what_was_forgotten_is_taken_in_anew(tmp_path: Path, archive: bytes) -> None:
    """As another run: what is forgotten stays so."""
    async with serving(tmp_path / "here", Scripted()) as application:
        first = (await imported(application, archive)).run_id
        await settled(application, first)
        await application.forget_run(first)
        again = await imported(application, archive)
        assert again.is_new and again.run_id != first
        assert (await settled(application, again.run_id)).status is Status.DONE
        assert await imported(application, archive) == TakenIn(again.run_id, is_new=False)


async def test_what_retention_has_removed_is_taken_in_anew(tmp_path: Path, archive: bytes) -> None:
    """Its files are gone like those of any book; the file on the stick has them still."""
    async with serving(tmp_path / "here", Scripted()) as application:
        first = (await imported(application, archive)).run_id
        await settled(application, first)
        second = await application.import_book(
            io.BytesIO((await made(tmp_path / "other", None))[0])
        )
        await settled(application, second.run_id)
        application.retention.keep = Keep(runs=1)
        await application.retention.prune()
        assert (await settled(application, first)).pruned
        assert not (tmp_path / "here" / "outputs" / first).exists()
        again = await imported(application, archive)
        assert again.is_new and again.run_id not in (first, second.run_id)


async def test_it_can_be_changed_and_repaired(tmp_path: Path, archive: bytes) -> None:
    """By the engines that are here: a picture anew, another sentence, a file that was lost."""
    here, scripted = tmp_path / "here", Scripted()
    async with serving(here, scripted) as application:
        run_id = (await imported(application, archive)).run_id
        await settled(application, run_id)
        changed = PageEdit(1, summary="토끼와 호랑이가 웃었어요.", dialogues=(), repaint=True)
        await application.request_edition(run_id, EditionRequest(1, (changed,)))
        run = await settled(application, run_id)
        assert (run.status, run.edition) == (Status.DONE, 2)
        assert run.pages[1].summary == "토끼와 호랑이가 웃었어요."
        assert scripted.illustrator.tasks[-1].cast == run.cast
        (here / "outputs" / run_id / "cover.png").unlink()
        await application.repair_run(run_id)
        await the_end_of(application.repairs.of(run_id))
        assert (here / "outputs" / run_id / "cover.png").exists()


async def test_an_edition_is_taken_in_as_the_first_of_another_book(tmp_path: Path) -> None:
    """What is exported of a changed book is what readers see; its files have the names of a book
    that was never changed."""
    there = tmp_path / "there"
    async with book(there, Scripted(), TtsConfig()) as (application, run_id):
        await application.request_edition(run_id, repaint(2))
        changed = await settled(application, run_id)
        archive = await exported(application, there, run_id)
    async with serving(tmp_path / "here", Scripted()) as application:
        taken = await imported(application, archive)
        run = await settled(application, taken.run_id)
        assert (run.edition, run.variations) == (1, changed.variations)
        new, old = ({it.sha256 for it in of.artifacts} for of in (run, changed))
        assert new == old
        assert {it.name for it in run.artifacts if it.width} == {
            *("cover.png", "panel_1.png", "panel_2.png", "panel_3.png", "panel_4.png")
        }


async def test_a_book_that_is_not_whole_is_stopped_as_it_is(tmp_path: Path) -> None:
    """Its pages are to be read; the rest is made here when somebody asks for it."""
    there, scripted = tmp_path / "there", Scripted()
    async with book(there, scripted, TtsConfig()) as (application, run_id):
        application.retention.keep = Keep(runs=0, bytes=1)
        await application.retention.prune()
        archive = await exported(application, there, run_id, partial=True)
    here = Scripted()
    async with serving(tmp_path / "here", here) as application:
        taken = await imported(application, archive)
        run = await settled(application, taken.run_id)
        assert (run.status, len(run.pages), [*run.artifacts]) == (Status.CANCELLED, 5, [])
        await application.retry_run(taken.run_id)
        run = await settled(application, taken.run_id)
        assert (run.status, len([*run.artifacts])) == (Status.DONE, 10)
        assert not here.writer.calls


async def test_all_languages_are_taken_in(tmp_path: Path) -> None:
    """Each with its text and its voice, from the first edition on."""
    there = tmp_path / "there"
    async with book(there, Scripted(), TtsConfig()) as (application, run_id):
        await application.request_edition(run_id, EditionRequest(1, add_language="en"))
        assert (await settled(application, run_id)).status is Status.DONE
        archive = await exported(application, there, run_id, "both")
    here = tmp_path / "here"
    async with serving(here, Scripted()) as application:
        taken = await imported(application, archive)
        run = await settled(application, taken.run_id)
        assert (run.status, run.languages, run.edition) == (Status.DONE, ("ko", "en"), 1)
        assert len(run.translations["en"]) == 5
        assert {f"page_{n}.en.wav" for n in range(5)} <= files_in(here, taken.run_id).keys()
        events = [it.event for it in await application.log.read_run(taken.run_id)]
        assert [it.kept for it in events if isinstance(it, PageTranslated)] == [True] * 5
        assert told_in(await exported(application, here, taken.run_id, "both")) == told_in(archive)


# ------------------------------------------------------------------------------- when it goes wrong


async def test_what_is_wrong_leaves_nothing(tmp_path: Path, archive: bytes) -> None:
    """No event, no file."""
    here = tmp_path / "here"
    damaged = bytearray(archive)
    damaged[archive.index(b"RIFF") + 60] ^= 1
    async with serving(here, Scripted()) as application:
        with pytest.raises(ArchiveRefused, match=r"page_\d\.wav is damaged"):
            await imported(application, bytes(damaged))
        assert await application.log.head() == 0
    assert not (here / "outputs").exists()


async def test_a_file_that_cannot_be_kept_leaves_nothing(
    tmp_path: Path, archive: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full in the midst of it; once there is room, it is taken in."""
    here = tmp_path / "here"
    async with serving(here, Scripted()) as application:
        put = FileArtifactStore.put

        async def full(self: FileArtifactStore, run_id: RunId, name: str, content: bytes) -> object:
            if name == "panel_3.png":
                raise CannotKeep("the disk is full")
            return await put(self, run_id, name, content)

        monkeypatch.setattr(FileArtifactStore, "put", full)
        with pytest.raises(CannotKeep):
            await imported(application, archive)
        assert await application.log.head() == 0
        assert list((here / "outputs").iterdir()) == []
        monkeypatch.undo()
        assert (await imported(application, archive)).is_new


async def test_killed_in_the_midst_nothing_looks_lost(tmp_path: Path, archive: bytes) -> None:
    """Files without an event are those of a book that was about to be taken in: they are no
    evidence of a log that is gone, go at the next start, and are no hindrance."""
    here = tmp_path / "here"
    folder = DataFolder(here)
    run_id = run_id_of(open_archive(io.BytesIO(archive)))
    async with serving(here, Scripted()) as application:
        await application.artifacts.take_in(run_id)
        await application.artifacts.put(run_id, "cover.png", b"half of it")
    assert (folder.outputs / run_id / UNNAMED).exists()
    assert look_for_evidence(folder) is None
    async with serving(here, Scripted()) as application:
        assert not (folder.outputs / run_id).exists()
        await application.artifacts.take_in(run_id)
        await application.artifacts.put(run_id, "cover.png", b"half of it")
        assert await imported(application, archive) == TakenIn(
            run_id, True, await application.log.head()
        )
        assert not (folder.outputs / run_id / UNNAMED).exists()
        await finish_sharing(application.log, application.artifacts)
        assert (folder.outputs / run_id / "cover.png").read_bytes() != b"half of it"


async def test_one_that_was_not_looked_at_cannot_be_taken_in(
    tmp_path: Path, archive: bytes
) -> None:
    """An archive with faults makes no run, whoever asks."""
    packed = bytearray(archive)
    packed[archive.index(b"RIFF") + 60] ^= 1
    found = open_archive(io.BytesIO(bytes(packed)))
    async with serving(tmp_path / "here", Scripted()) as application:
        with pytest.raises(ArchiveRefused):
            await take_in(found, application.commands, application.artifacts, "me")


def test_the_event_is_one_of_all() -> None:
    """Its name stands in the catalogue: streams, the API's schema and projections take it."""
    assert EVENT_TYPES["RunImported"] is RunImported
