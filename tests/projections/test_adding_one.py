"""Adding a projection: one that is not keyed by run, as a file and a line of registration would."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from storybook.book import StoryRequest, TtsConfig, picture_of
from storybook.events.catalog import RunRequested
from storybook.projections import checkpoints, views
from storybook.projections.projection import (
    Key,
    Projection,
    Put,
    Remove,
    Row,
    RunChange,
    Table,
    TableRows,
    collect,
)
from storybook.projections.projector import Projections
from storybook.projections.rebuild import differences, rebuild
from storybook.projections.registry import PROJECTIONS
from storybook.run import request_run
from tests.projections.histories import Book, all_rows, every_ending, library_of
from tests.stores.memory_log import MemoryLog

pytestmark = pytest.mark.anyio

TOPICS = Table(
    "books_by_topic",
    {"topic": "TEXT NOT NULL", "books": "INTEGER NOT NULL"},
    key=("topic",),
    sums=frozenset({"books"}),
)


class BooksByTopic(Projection):
    """How many books were asked for, of each topic."""

    name = "books_by_topic"
    version = 1
    tables = (TOPICS,)
    handles = frozenset({RunRequested})

    def apply(self, change: RunChange) -> Iterator[Put]:
        yield Put(TOPICS, (change.run.request.topic, 1))


class NewerBooksByTopic(BooksByTopic):
    """The same, from another version of the code."""

    version = 2


WITH_TOPICS = (*PROJECTIONS, BooksByTopic())


def topics(db: sqlite3.Connection) -> dict[str, int]:
    return dict(db.execute("SELECT topic, books FROM books_by_topic").fetchall())


async def ask_for(log: MemoryLog, number: int, topic: str) -> Book:
    book = Book(log, number)
    words = StoryRequest("미래", "바다", "고래", topic)
    await book.do(request_run(None, words, 7, TtsConfig()))
    return book


def silent(done: int, head: int) -> None:
    """A progress that nobody watches."""


def generations(path: Path) -> dict[str, int]:
    with closing(views.connect_known(path, read_only=True)) as db:
        return {name: it.generation for name, it in checkpoints.read_checkpoints(db).items()}


async def test_a_new_projection_catches_up_by_itself(tmp_path: Path) -> None:
    """Beside those that have seen everything, from the log's beginning; then all advance."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)
    async with Projections.open(path, log):
        pass
    before = all_rows(path)
    async with Projections.open(path, log, projections=WITH_TOPICS) as projections:
        assert await projections.ask(topics) == {"우정": 8}
        assert all_rows(path) == before
        for number, topic in enumerate(["용기", "우정", "용기"], start=20):
            await ask_for(log, number, topic)
        await projections.reached(await log.head())
        assert await projections.ask(topics) == {"우정": 9, "용기": 2}
        assert projections.row(TOPICS, "용기") == ("용기", 2)
        assert len(await library_of(projections)) == 11
        assert await differences(path, log, WITH_TOPICS) == []
        with closing(views.connect_known(path)) as db:
            assert {it.position for it in checkpoints.read_checkpoints(db).values()} == {
                len(log.events)
            }


async def test_only_the_projection_that_is_named_is_rebuilt(tmp_path: Path) -> None:
    """The tables of the others are not touched, beside a projector that goes on."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)
    async with Projections.open(path, log, projections=WITH_TOPICS) as projections:
        with closing(views.connect(path)) as db:
            db.execute("UPDATE books_by_topic SET books = 70")
        assert await differences(path, log, WITH_TOPICS) == [
            "books_by_topic: topic 우정: differs from a replay in books"
        ]
        await rebuild(path, log, silent, ["books_by_topic"], WITH_TOPICS)
        assert generations(path) == {it.name: 0 for it in PROJECTIONS} | {"books_by_topic": 1}
        await ask_for(log, 20, "용기")
        await projections.reached(await log.head())
        assert await projections.ask(topics) == {"우정": 8, "용기": 1}
        assert await differences(path, log, WITH_TOPICS) == []


async def test_another_version_of_one_projection_makes_only_that_one_anew(tmp_path: Path) -> None:
    """What the others have computed stays as it is."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)
    async with Projections.open(path, log, projections=WITH_TOPICS):
        pass
    with closing(views.connect(path)) as db:
        db.execute("UPDATE books_by_topic SET books = 70")
        db.execute("UPDATE library SET title = 'kept'")
    newer = (*PROJECTIONS, NewerBooksByTopic())
    async with Projections.open(path, log, projections=newer) as projections:
        assert await projections.ask(topics) == {"우정": 8}
    assert {row[10] for row in all_rows(path)["library"]} == {"kept"}


async def test_a_projection_that_is_no_longer_there_is_forgotten(tmp_path: Path) -> None:
    """Others go on without it, a rebuild removes its tables, and it may come again."""
    log, path = MemoryLog(), tmp_path / "p.db"
    await every_ending(log)
    async with Projections.open(path, log, projections=WITH_TOPICS):
        pass
    async with Projections.open(path, log):
        pass
    async with Projections.open(path, log, projections=WITH_TOPICS) as projections:
        assert await projections.ask(topics) == {"우정": 8}
    await rebuild(path, log, silent)
    with closing(views.connect_known(path)) as db, pytest.raises(sqlite3.OperationalError):
        topics(db)


async def test_an_unknown_name_is_refused_with_those_there_are(tmp_path: Path) -> None:
    """Before anything is done."""
    with pytest.raises(ValueError, match="no projection 'topics'; there are run_states, library"):
        await rebuild(tmp_path / "p.db", MemoryLog(), silent, ["topics"])
    assert not (tmp_path / "p.db").exists()


@pytest.mark.parametrize("size", [1, 3, 1_000])
async def test_sums_are_the_same_however_events_are_cut_into_batches(
    tmp_path: Path, size: int
) -> None:
    """A row that is put adds to the one that stands there, within a batch and after it."""
    log, path = MemoryLog(), tmp_path / "p.db"
    for number in range(7):
        await ask_for(log, number, "우정")
    whole, log.events = log.events, []
    async with Projections.open(path, log, projections=WITH_TOPICS) as projections:
        while len(log.events) < len(whole):
            for recorded in whole[len(log.events) :][:size]:
                log.add(recorded)
            await projections.reached(await log.head())
        assert await projections.ask(topics) == {"우정": 7}


# ------------------------------------------------------------------------ rows, without a file

SHELVES = Table("shelves", {"name": "TEXT", "height": "INTEGER"}, key=("name",))


def collected(changes: Sequence[Put | Remove]) -> dict[Key, Row | None]:
    rows: TableRows = {}
    collect(changes, rows)
    (of_table,) = rows.values()
    return of_table


def test_the_last_change_of_a_row_counts() -> None:
    """Put over put, remove over put, put over remove."""
    put, higher = Put(SHELVES, ("a", 1)), Put(SHELVES, ("a", 2))
    assert collected([put, higher]) == {("a",): ("a", 2)}
    assert collected([put, Remove(SHELVES, ("a",))]) == {("a",): None}
    assert collected([Remove(SHELVES, ("a",)), put]) == {("a",): ("a", 1)}


def test_what_is_put_into_sums_is_added() -> None:
    """And nothing can be removed from them, since it could not be told apart from a zero."""
    assert collected([Put(TOPICS, ("a", 1)), Put(TOPICS, ("a", 2))]) == {("a",): ("a", 3)}
    with pytest.raises(ValueError, match="nothing can be removed"):
        collected([Remove(TOPICS, ("a",))])


def test_a_tables_columns_begin_with_its_key() -> None:
    """So that a row's key is its beginning."""
    with pytest.raises(ValueError, match="begin with the key"):
        Table("shelves", {"height": "INTEGER", "name": "TEXT"}, key=("name",))


async def test_rows_that_are_removed_are_gone(tmp_path: Path) -> None:
    """Live and in a rebuild."""

    class Unpainted(Projection):
        """Runs whose cover is not painted yet."""

        name, version, tables = "shelves", 1, (SHELVES,)
        handles = PROJECTIONS[0].handles

        def apply(self, change: RunChange) -> Iterator[Put | Remove]:
            if change.run.artifact(picture_of(0)) is None:
                yield Put(SHELVES, (change.run_id, 0))
            else:
                yield Remove(SHELVES, (change.run_id,))

    log, path, only = MemoryLog(), tmp_path / "p.db", (Unpainted(),)
    one, other = Book(log, 1), Book(log, 2)
    async with Projections.open(path, log, projections=only) as projections:
        await one.request()
        await other.request()
        await projections.reached(await log.head())
        assert len(all_rows(path, only)["shelves"]) == 2
        await one.finish()
        await projections.reached(await log.head())
        assert all_rows(path, only)["shelves"] == [(other.run_id, 0)]
        assert await differences(path, log, only) == []


def test_names_are_used_once() -> None:
    """Every projection has a name and tables of its own."""
    names = [it.name for it in PROJECTIONS]
    tables = [table.name for it in PROJECTIONS for table in it.tables]
    assert len(set(names)) == len(names) and len(set(tables)) == len(tables)
    assert all(it.handles for it in PROJECTIONS)
