"""Books that are based on others, with scripted engines: what is kept, what is made, what stays."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

from storybook.application import Application
from storybook.book import BasedOn, KeptPart, RunId, TtsConfig, VoiceDelivery
from storybook.bootstrap import open_application
from storybook.data_folder import DataFolder
from storybook.deriving import Origin, WantedBook, wanted_book, with_voices_cast
from storybook.editions import NoSuchEdition, editions_of
from storybook.engines import Capabilities
from storybook.events.catalog import EngineInfo, PageWritten, RunRequested, StageCompleted
from storybook.idempotency import IdempotencyMismatch, check_same_request
from storybook.new_run import NewRun, check_new_run
from storybook.projections.derived import DerivedBook, all_derived_from
from storybook.request import InvalidRequest
from storybook.retention import Keep
from storybook.run import (
    EditionRequest,
    ForgottenRun,
    NoSuchRun,
    PageEdit,
    Refused,
    Run,
    Status,
    fold,
)
from storybook.stages.casting import settled_cast
from storybook.stores.artifacts import CannotKeep, read_whole
from storybook.stores.files import UNNAMED
from tests.books import PAGES, new_run
from tests.engines import REQUEST, Scripted, page_of
from tests.test_application import serving
from tests.test_editions import book, files_in, settled
from tests.test_repair import the_end_of

pytestmark = pytest.mark.anyio

PICTURES = [f"{name}.png" for name in ("cover", "panel_1", "panel_2", "panel_3", "panel_4")]
NOBODY = RunId("0" * 32)
OTHER_WORDS: dict[str, Any] = {"era": "미래", "place": "우주", "characters": "로봇", "topic": "꿈"}


def asked(run_id: RunId, keep: str, edition: int | None = None, **more: Any) -> NewRun:
    """A request for a book that is based on another."""
    based_on = {"run_id": run_id, "keep": keep, "edition": edition}
    return check_new_run({"based_on": based_on, **more})


def wanted_now(asked: NewRun, origin: Origin | None = None) -> WantedBook:
    """What becomes of it in a library in which nobody has spoken, by a narrator that nobody has
    measured."""
    return with_voices_cast(wanted_book(asked, (), origin), (), {})


async def derive(application: Application, wanted: NewRun, **more: Any) -> tuple[RunId, Run]:
    """The derived book, once it has ended."""
    run_id = await application.request_run(wanted, **more)
    return run_id, await settled(application, run_id)


def calls(scripted: Scripted) -> tuple[int, int, int]:
    """How often writer, illustrator and narrator were called."""
    writer, illustrator, narrator = scripted.writer, scripted.illustrator, scripted.narrator
    return len(writer.calls), len(illustrator.calls), len(narrator.calls)


def rose_by(before: tuple[int, int, int], scripted: Scripted) -> list[int]:
    return [now - was for now, was in zip(calls(scripted), before, strict=True)]


@asynccontextmanager
async def read_aloud(
    folder: Path, scripted: Scripted | None = None, **more: Any
) -> AsyncIterator[tuple[Application, RunId, Scripted]]:
    scripted = scripted or Scripted()
    async with book(folder, scripted, TtsConfig(), **more) as (application, run_id):
        yield application, run_id, scripted


# ------------------------------------------------------------------------------------ what is kept


async def test_the_same_text_in_another_style(tmp_path: Path) -> None:
    """Text and prompts stand as they were; every picture and voice is made anew."""
    async with read_aloud(tmp_path) as (application, origin, scripted):
        before, first = calls(scripted), await settled(application, origin)
        new, run = await derive(application, asked(origin, "text", style="ink"))
        assert rose_by(before, scripted) == [0, 5, 5]
        assert run.status is Status.DONE
        assert (run.pages, run.request, run.tts) == (first.pages, first.request, first.tts)
        assert run.based_on == BasedOn(origin, 1, KeptPart.TEXT)
        task = scripted.illustrator.tasks[-1]
        assert (task.style, task.seed) == ("ink", run.seed)
        assert run.seed != first.seed
        assert [it.figure for it in task.cast] == [it.figure for it in first.cast]
        assert (await application.cast_of(new))[0].origin == origin


async def test_the_same_pictures_with_another_voice(tmp_path: Path) -> None:
    """Nothing is painted; each picture is one file with a name in the folder of either book."""
    async with read_aloud(tmp_path) as (application, origin, scripted):
        before, first = calls(scripted), await settled(application, origin)
        new, run = await derive(
            application, asked(origin, "pictures", tts={"narrator_voice": "F2"})
        )
        assert rose_by(before, scripted) == [0, 0, 5]
        assert (run.status, run.seed, run.style) == (Status.DONE, first.seed, first.style)
        assert run.tts == TtsConfig(narrator_voice="F2", delivery=VoiceDelivery.EXPRESSIVE)
        assert [it.voice for page in run.pages for it in page.dialogues] == ["F2"] * 4
        theirs, ours = files_in(tmp_path, origin), files_in(tmp_path, new)
        outputs = DataFolder(tmp_path).outputs
        for name in PICTURES:
            assert ours[name] == theirs[name]
            assert (outputs / new / name).samefile(outputs / origin / name)
        assert not (outputs / new / UNNAMED).exists()
        assert {it.name: it.sha256 for it in run.artifacts if it.width} == {
            it.name: it.sha256 for it in first.artifacts if it.width
        }


async def test_pictures_alone_need_nothing_made(tmp_path: Path) -> None:
    """A silent book of what another one has is done as it is asked for."""
    async with read_aloud(tmp_path) as (application, origin, scripted):
        before = calls(scripted)
        _, run = await derive(application, asked(origin, "pictures", read_aloud=False))
        assert (run.status, run.tts) == (Status.DONE, None)
        assert rose_by(before, scripted) == [0, 0, 0]


async def test_a_new_story_with_the_same_heroes(tmp_path: Path) -> None:
    """They come with their look and voice, and the cover of their book shows who they are."""
    async with read_aloud(tmp_path) as (application, origin, scripted):
        before, first = calls(scripted), await settled(application, origin)
        words = OTHER_WORDS | {"characters": "고래"}
        new, run = await derive(application, asked(origin, "cast", **words))
        assert rose_by(before, scripted) == [5, 5, 5]  # the writer is asked for each page
        assert run.status is Status.DONE
        assert (run.request.topic, run.request.characters) == ("꿈", "토끼, 호랑이, 고래")
        assert [it.name for it in run.cast] == ["토끼", "호랑이", "고래"]
        assert [it.figure for it in run.cast[:2]] == [it.figure for it in first.cast]
        assert [it.origin for it in run.cast] == [origin, origin, ""]
        (picture,) = run.cast[0].pictures
        cover = first.artifacts
        assert (picture.run_id, picture.sha256) == ("", next(cover).sha256)
        await application.forget_run(origin)
        kept = await read_whole(application.artifacts, new, picture.name)
        assert len(kept) == picture.size


def english(keep: KeptPart) -> Origin:
    """An English book for the smallest, to be kept."""
    words = msgspec.structs.asdict(REQUEST)
    wanted = wanted_now(check_new_run({**words, "language": "en", "age": "3-4"}))
    run = fold(wanted.decision()(None))
    assert run is not None
    run = msgspec.structs.replace(run, pages=tuple(page_of(it) for it in PAGES))
    whole = msgspec.structs.replace(run, cast=settled_cast(run, run.pages[0]))
    return Origin(BasedOn(NOBODY, 1, keep), whole, {})


@pytest.mark.parametrize("keep", [KeptPart.TEXT, KeptPart.PICTURES])
def test_a_kept_text_is_for_whom_it_was(keep: KeptPart) -> None:
    """In its language, for its age and at that age's pace; voices have the names of its story."""
    voices = {"narrator_voice": "F2", "character_voices": {"토끼": "F3", "Tiger": "M2"}}
    wanted = asked(NOBODY, keep, tts=voices, age="")
    run = fold(wanted_now(wanted, english(keep)).decision()(None))
    assert run is not None
    assert (run.language, run.age) == ("en", "3-4")
    spoken = {"토끼": "F3", "Rabbit": "F3", "Tiger": "M2"}
    assert run.tts == TtsConfig("F2", "", spoken, "en", 0.9, 450, delivery=VoiceDelivery.EXPRESSIVE)
    assert {it.name: it.voice for it in run.cast} == {"토끼": "F3", "호랑이": "M2"}
    check_same_request(run, wanted)
    with pytest.raises(IdempotencyMismatch):
        check_same_request(run, asked(NOBODY, keep, tts=voices | {"speed": 1.0}))
    with pytest.raises(InvalidRequest) as raised:
        wanted_book(asked(NOBODY, keep, age="8-9"), (), english(keep))
    assert [(it.loc, it.type) for it in raised.value.faults] == [(("age",), "kept")]


def test_a_new_story_with_the_same_heroes_is_for_whom_it_says() -> None:
    """Language, age and voices are the request's; a hero's voice has its name in the story."""
    words = OTHER_WORDS | {"language": "en", "age": "5-7"}
    wanted = asked(NOBODY, "cast", **words, tts={"character_voices": {"호랑이": "M2"}})
    origin = english(KeptPart.CAST)
    run = fold(wanted_now(wanted, origin).decision()(None))
    assert run is not None and run.tts is not None
    assert (run.language, run.age, run.tts.speed) == ("en", "5-7", 1.0)
    assert run.tts.character_voices.items() >= {"Tiger": "M2", "Rabbit": "F1"}.items()
    check_same_request(run, wanted)


async def test_what_is_kept_stands_in_the_new_books_own_events(tmp_path: Path) -> None:
    """With its origin, its digests, and who made it."""
    async with read_aloud(tmp_path) as (application, origin, _):
        theirs = [it.event for it in await application.log.read_run(origin)]
        new, _ = await derive(application, asked(origin, "pictures"))
        events = [it.event for it in await application.log.read_run(new)]
        assert isinstance(events[0], RunRequested)
        assert events[0].based_on == BasedOn(origin, 1, KeptPart.PICTURES)
        pages = [it for it in events if isinstance(it, PageWritten)]
        assert [(it.page, it.attempt, it.kept) for it in pages] == [(n, 0, True) for n in PAGES]
        kept = [it for it in events if isinstance(it, StageCompleted) and it.attempt == 0]
        assert [it.artifact.name for it in kept if it.artifact] == PICTURES
        made = {it.work: it for it in theirs if isinstance(it, StageCompleted)}
        for it in kept[1:]:
            assert (it.artifact, it.made_from) == (made[it.work].artifact, made[it.work].made_from)
            assert it.made_by == EngineInfo("scripted-illustrator", "1")
        (edition,) = editions_of(await application.log.read_run(new))
        assert (edition.texts, len(edition.files)) == ((), 5)


async def test_an_edition_can_be_named(tmp_path: Path) -> None:
    """Its text and pictures are kept, under the names of a first edition, and can be made again."""
    async with read_aloud(tmp_path) as (application, origin, scripted):
        edit = PageEdit(2, summary="새 이야기.", repaint=True, seed=99)
        await application.request_edition(origin, EditionRequest(1, (edit,)))
        run = await settled(application, origin)
        _, old = await derive(application, asked(origin, "pictures", 1))
        assert old.pages == run.editions[0].pages
        new, newest = await derive(application, asked(origin, "pictures"))
        assert newest.based_on == BasedOn(origin, 2, KeptPart.PICTURES)
        assert newest.pages[2].summary == "새 이야기."
        assert (newest.edition, newest.variations) == (1, {2: 99})
        ours, theirs = files_in(tmp_path, new), files_in(tmp_path, origin)
        assert ours["panel_2.png"] == theirs["panel_2.e2.png"]
        await application.artifacts.remove(new, ["panel_2.png"])
        repair = await application.repair_run(new)
        await the_end_of(repair)
        assert [it.is_same for it in repair.files] == [True]
        assert repair.files[0].made_by == scripted.illustrator.info
        assert scripted.illustrator.tasks[-1].variation == 99


async def test_a_derived_book_can_be_changed_and_kept_again(tmp_path: Path) -> None:
    """It is a book as any other."""
    async with read_aloud(tmp_path) as (application, origin, _):
        first, _ = await derive(application, asked(origin, "pictures"))
        edits = (PageEdit(1, repaint=True), PageEdit(2, summary="다른 글."))
        await application.request_edition(first, EditionRequest(1, edits))
        changed = await settled(application, first)
        assert changed.status is Status.DONE
        made = {it.name for it in changed.artifacts if ".e2." in it.name}
        assert made == {"panel_1.e2.png", "page_2.e2.wav"}
        _, last = await derive(application, asked(first, "pictures", read_aloud=False))
        assert last.pages == tuple(it.voiced(None) for it in changed.pages)
        derived = await application.projections.ask(all_derived_from, origin)
        assert len(derived) == 2


# --------------------------------------------------------------------------- what is left unsaid


async def test_what_is_not_said_is_as_in_the_origin(tmp_path: Path) -> None:
    """Words, length, style and voice; what is said of the voice is all of it, and none is none."""
    scripted = Scripted()
    async with serving(tmp_path, scripted) as application:
        tts = TtsConfig("M3", character_voices={"토끼": "F4"}, speed=0.9)
        wanted = new_run(REQUEST, tts, page_count=7, style="ink")
        origin, first = await derive(application, wanted)
        scripted.writer.capabilities = Capabilities(page_counts=(5,))
        _, same = await derive(application, asked(origin, "text"))
        assert (same.page_count, same.style, same.tts) == (7, "ink", tts)
        assert same.request == first.request
        _, other = await derive(application, asked(origin, "text", tts={"narrator_voice": "F1"}))
        assert other.tts == TtsConfig("F1", delivery=VoiceDelivery.EXPRESSIVE)
        _, silent = await derive(application, asked(origin, "text", read_aloud=False))
        assert silent.tts is None
        _, plain = await derive(application, asked(origin, "text", style=""))
        assert plain.style == ""


async def test_a_silent_book_is_read_aloud_only_if_that_is_said(tmp_path: Path) -> None:
    """What is left unsaid is as it was."""
    async with book(tmp_path, Scripted()) as (application, origin):
        _, silent = await derive(application, asked(origin, "pictures"))
        assert silent.tts is None
        _, told = await derive(application, asked(origin, "pictures", read_aloud=True))
        assert told.tts is not None and told.tts.is_cast
        assert [it.voice for it in told.cast] == [told.tts.casting[it.name] for it in told.cast]


@pytest.mark.parametrize(
    ("keep", "said", "loc"),
    [
        ("text", {"topic": "용기"}, ("topic",)),
        ("text", {"page_count": 7}, ("page_count",)),
        ("text", {"language": "en"}, ("language",)),
        ("text", {"tts": {"lang": "en"}}, ("tts", "lang")),
        ("pictures", {"style": "ink"}, ("style",)),
        ("pictures", {"seed": 1}, ("seed",)),
    ],
)
async def test_what_is_kept_cannot_be_asked_for_otherwise(
    tmp_path: Path, keep: str, said: Mapping[str, Any], loc: tuple[str, ...]
) -> None:
    """It says where, and how it is."""
    async with serving(tmp_path, Scripted()) as application:
        origin = await application.request_run(new_run(REQUEST, seed=7))
        await settled(application, origin)
        with pytest.raises(InvalidRequest) as raised:
            await application.request_run(asked(origin, keep, **said))
        assert [it.loc for it in raised.value.faults] == [loc]
        assert await application.derived_from(origin) == []


async def test_a_new_story_needs_its_words() -> None:
    """Only what comes with the text can be left to the other book."""
    with pytest.raises(InvalidRequest) as raised:
        asked(NOBODY, "cast", era="미래")
    assert [it.loc[0] for it in raised.value.faults] == ["place", "characters", "topic"]


@pytest.mark.parametrize(
    ("based_on", "loc"),
    [
        ("text", ("based_on",)),
        ({"keep": "text"}, ("based_on", "run_id")),
        ({"run_id": "../x", "keep": "text"}, ("based_on", "run_id")),
        ({"run_id": NOBODY}, ("based_on", "keep")),
        ({"run_id": NOBODY, "keep": ["text"]}, ("based_on", "keep")),
        ({"run_id": NOBODY, "keep": "text", "edition": 0}, ("based_on", "edition")),
        ({"run_id": NOBODY, "keep": "text", "edition": True}, ("based_on", "edition")),
    ],
)
def test_a_book_is_named_by_its_id(based_on: object, loc: tuple[str, ...]) -> None:
    """And by what is to be kept of it."""
    words = msgspec.structs.asdict(REQUEST)
    with pytest.raises(InvalidRequest) as raised:
        check_new_run({**words, "based_on": based_on})
    assert [it.loc for it in raised.value.faults] == [loc]


# -------------------------------------------------------------------------------- what is refused


async def test_a_book_that_is_not_there_cannot_be_kept(tmp_path: Path) -> None:
    """An unknown one, a forgotten one, an edition that never was; each is told apart."""
    async with read_aloud(tmp_path) as (application, origin, _):
        with pytest.raises(NoSuchRun, match=f"there is no book {NOBODY} that this one could be"):
            await application.request_run(asked(NOBODY, "text"))
        with pytest.raises(NoSuchEdition):
            await application.request_run(asked(origin, "text", 7))
        await application.forget_run(origin)
        with pytest.raises(ForgottenRun, match=f"the book {origin} was forgotten"):
            await application.request_run(asked(origin, "text"))


async def test_only_a_whole_edition_can_be_kept(tmp_path: Path) -> None:
    """While one is made the one before it can be."""
    scripted = Scripted(held=True)
    async with serving(tmp_path, scripted) as application:
        origin = await application.request_run(new_run(REQUEST))
        with pytest.raises(Refused, match=r"only a whole one can be kept: wait until it is made$"):
            await application.request_run(asked(origin, "text"))
        await application.cancel_run(origin)
        with pytest.raises(Refused, match=r"is CANCELLED, .*: retry it$"):
            await application.request_run(asked(origin, "cast", **OTHER_WORDS))
    scripted = Scripted()
    async with read_aloud(tmp_path / "2", scripted) as (application, origin, _):
        scripted.illustrator.held = True
        repaint = EditionRequest(1, (PageEdit(1, repaint=True),))
        await application.request_edition(origin, repaint)
        with pytest.raises(Refused, match=r"edition 2 .* or take edition 1$"):
            await application.request_run(asked(origin, "pictures", 2))
        new, run = await derive(application, asked(origin, "pictures"))
        assert run.based_on == BasedOn(origin, 1, KeptPart.PICTURES)
        assert len(files_in(tmp_path / "2", new)) == 10


async def test_pictures_that_are_gone_cannot_be_kept(tmp_path: Path) -> None:
    """Removed, lost or damaged: it says what helps; the text can be kept all the same."""
    async with read_aloud(tmp_path) as (application, origin, _):
        outputs = DataFolder(tmp_path).outputs
        (outputs / origin / "panel_3.png").write_bytes(b"else")
        with pytest.raises(Refused, match=rf"panel_3.png .* `storybook repair {origin}` makes it"):
            await application.request_run(asked(origin, "pictures"))
        (outputs / origin / "panel_3.png").unlink()
        with pytest.raises(Refused, match=r"panel_3.png .* is missing"):
            await application.request_run(asked(origin, "pictures"))
        assert [it.name for it in outputs.iterdir()] == [origin]
        await prune(application)
        with pytest.raises(Refused, match=r"retention has removed pictures .*cover.png"):
            await application.request_run(asked(origin, "pictures"))
        _, run = await derive(application, asked(origin, "text"))
        assert run.status is Status.DONE


async def test_a_hero_comes_without_a_picture_that_is_damaged(tmp_path: Path) -> None:
    """Its card and figure say what is to be seen; nothing of the damage is kept."""
    async with read_aloud(tmp_path) as (application, origin, _):
        (DataFolder(tmp_path).outputs / origin / "cover.png").write_bytes(b"else")
        new, run = await derive(application, asked(origin, "cast", **OTHER_WORDS))
        assert run.status is Status.DONE
        assert [it.name for it in run.cast] == ["토끼", "호랑이", "로봇"]
        assert [it.pictures for it in run.cast] == [(), (), ()]
        assert not [it for it in files_in(tmp_path, new) if it.startswith("cast_")]


async def prune(application: Application) -> None:
    """Remove the files of all books that have ended."""
    application.retention.keep = Keep(days=1)
    application.clock.advance(3 * 86_400)  # type: ignore[attr-defined]  # a ManualClock
    await application.retention.prune()


# --------------------------------------------------------------------- neither loses the other's


async def test_each_book_keeps_its_files_when_the_other_loses_them(tmp_path: Path) -> None:
    """Forgotten or removed, on either side; the bytes go with the last one that has them."""
    async with read_aloud(tmp_path) as (application, origin, _):
        one, _ = await derive(application, asked(origin, "pictures"))
        two, _ = await derive(application, asked(origin, "pictures"))
        cover = DataFolder(tmp_path).outputs / two / "cover.png"
        whole = files_in(tmp_path, two)
        assert cover.stat().st_nlink == 3
        await application.forget_run(one)
        assert cover.stat().st_nlink == 2
        await application.forget_run(origin)
        assert cover.stat().st_nlink == 1
        assert files_in(tmp_path, two) == whole
        run = await settled(application, two)
        assert run.status is Status.DONE
        assert await application.based_on(two) == (BasedOn(origin, 1, KeptPart.PICTURES), True)
        await prune(application)
        assert not cover.exists()


async def test_a_repair_is_of_one_book(tmp_path: Path) -> None:
    """Damage is found in each; what is put in place in one leaves the other's as it is."""
    async with read_aloud(tmp_path) as (application, origin, _):
        new, _ = await derive(application, asked(origin, "pictures"))
        outputs = DataFolder(tmp_path).outputs
        with (outputs / origin / "panel_1.png").open("r+b") as file:
            file.write(b"damaged")
        before = (outputs / origin / "panel_1.png").read_bytes()
        repair = await application.repair_run(new)
        assert [it.name for it in repair.files] == ["panel_1.png"]
        await the_end_of(repair)
        assert repair.files[0].is_same
        assert (outputs / origin / "panel_1.png").read_bytes() == before
        assert not (await application.repairs.look(new)).files
        assert (await application.repairs.look(origin)).files


async def test_forgetting_can_take_what_came_of_a_book(tmp_path: Path) -> None:
    """All of it, also what came of that; without being asked it takes nothing else."""
    async with read_aloud(tmp_path) as (application, origin, _):
        child, _ = await derive(application, asked(origin, "text"))
        grandchild, _ = await derive(application, asked(child, "pictures"))
        other, _ = await derive(application, new_run(REQUEST))
        assert await application.derived_from(origin) == [DerivedBook(child, 1, KeptPart.TEXT)]
        await application.forget_run(origin, with_derived=True)
        for run_id in (origin, child, grandchild):
            with pytest.raises(ForgottenRun):
                await application.commands.load(run_id)
        assert await application.commands.load(other) is not None
        assert [it.name for it in DataFolder(tmp_path).outputs.iterdir()] == [other]
        assert await application.derived_from(origin) == []


async def test_of_a_forgotten_book_nothing_more_is_forgotten(tmp_path: Path) -> None:
    """What was left when it went is not taken by asking again."""
    async with read_aloud(tmp_path) as (application, origin, _):
        child, _ = await derive(application, asked(origin, "text"))
        await application.forget_run(origin)
        with pytest.raises(ForgottenRun):
            await application.forget_run(origin, with_derived=True)
        assert await application.commands.load(child) is not None
        assert await application.derived_from(origin) == [DerivedBook(child, 1, KeptPart.TEXT)]


# --------------------------------------------------------------------------------------- repeated


async def test_a_repeated_request_is_the_same_book(tmp_path: Path) -> None:
    """Also when its origin is gone; another origin, edition or part is another request."""
    async with read_aloud(tmp_path) as (application, origin, _):
        for keep in ("text", "pictures", "cast"):
            words: dict[str, Any] = OTHER_WORDS if keep == "cast" else {}
            wanted = asked(origin, keep, **words)
            new, _ = await derive(application, wanted, idempotency_key=keep)
            again = await application.request_run(wanted, idempotency_key=keep)
            named = asked(origin, keep, 1, **words)
            assert again == new == await application.request_run(named, idempotency_key=keep)
            others = [
                asked(NOBODY, keep, **words),
                asked(origin, keep, 2, **words),
                asked(origin, "pictures" if keep == "text" else "text"),
                asked(origin, keep, **words, tts={"narrator_voice": "F1"}),
                new_run(REQUEST, TtsConfig()),
            ]
            for other in others:
                with pytest.raises(IdempotencyMismatch):
                    await application.request_run(other, idempotency_key=keep)
        await application.forget_run(origin)
        assert await application.request_run(wanted, idempotency_key="cast") == new
        assert len(await application.derived_from(origin)) == 3


async def test_the_same_key_at_the_same_moment_is_one_book(tmp_path: Path) -> None:
    """Whoever is second shares nothing and removes nothing."""
    found: set[RunId] = set()
    async with read_aloud(tmp_path) as (application, origin, _):

        async def ask() -> None:
            wanted = asked(origin, "pictures")
            found.add(await application.request_run(wanted, idempotency_key="k"))

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(ask)
        (new,) = found
        await settled(application, new)
        assert set(PICTURES) < set(files_in(tmp_path, new))


# ------------------------------------------------------------------------------ a process that dies


async def test_what_was_shared_for_a_book_that_never_was_goes_at_the_next_start(
    tmp_path: Path,
) -> None:
    """It is no sign of a lost log; what an event names stays, also if its mark does."""
    async with read_aloud(tmp_path) as (application, origin, _):
        named, _ = await derive(application, asked(origin, "pictures"))
        store, outputs = application.artifacts, DataFolder(tmp_path).outputs
        await store.share(origin, "cover.png", NOBODY, "cover.png")
        (outputs / named / UNNAMED).touch()
        assert await store.unnamed() == [NOBODY, named]
        whole = files_in(tmp_path, named)
    async with open_application(application.settings, tmp_path, engines=Scripted().engines) as it:
        assert await it.artifacts.unnamed() == []
        assert sorted(folder.name for folder in outputs.iterdir()) == sorted([origin, named])
        assert set(files_in(tmp_path, named)) == set(whole) - {UNNAMED}


async def test_a_disk_that_takes_no_more_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is asked for, and nothing lies around."""
    async with read_aloud(tmp_path) as (application, origin, _):

        def full(*_: object) -> None:
            raise CannotKeep("no room")

        monkeypatch.setattr("storybook.stores.files._link", full)
        with pytest.raises(CannotKeep):
            await application.request_run(asked(origin, "pictures"))
        assert [it.name for it in DataFolder(tmp_path).outputs.iterdir()] == [origin]
        assert await application.derived_from(origin) == []


async def test_where_files_have_one_name_they_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not every file system has hard links."""
    async with read_aloud(tmp_path) as (application, origin, _):

        def no_links(*_: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", no_links)
        new, run = await derive(application, asked(origin, "pictures"))
        assert run.status is Status.DONE
        outputs = DataFolder(tmp_path).outputs
        assert not (outputs / new / "cover.png").samefile(outputs / origin / "cover.png")
        assert files_in(tmp_path, new)["cover.png"] == files_in(tmp_path, origin)["cover.png"]
