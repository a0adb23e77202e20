"""The saved characters as a view: whose name means whom, until it is released or forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from storybook.book import CastMember
from storybook.commands import Commands
from storybook.projections.characters import SavedCharacter, all_saved, saved_as
from storybook.projections.projector import Projections
from storybook.run import release_character, save_character
from tests.projections.histories import Book
from tests.stores.memory_log import MemoryLog

pytestmark = pytest.mark.anyio

RABBIT, TIGER = CastMember("토끼", "rabbit"), CastMember("호랑이", "tiger")


async def shown(path: Path, log: MemoryLog) -> dict[str, tuple[str, str]]:
    """Who is saved under which name, and the run."""
    async with Projections.open(path, log) as projections:
        found: list[SavedCharacter] = await projections.ask(all_saved)
        for it in found:
            assert (await projections.ask(saved_as, it.name))[-1] == it
    return {it.name: (it.member.name, it.run_id) for it in found}


async def test_a_name_means_the_one_who_was_saved_last(tmp_path: Path) -> None:
    """Of one book or of two; released in a book it means the other book's again."""
    log, path = MemoryLog(), tmp_path / "views.db"
    one, two = Book(log, 1), Book(log, 2)
    for book in (one, two):
        await book.request()
    await one.do(save_character(one.run, "해피", RABBIT))
    await one.do(save_character(one.run, "해피", TIGER))
    assert await shown(path, log) == {"해피": ("호랑이", one.run_id)}
    await two.do(save_character(two.run, "해피", RABBIT))
    await two.do(save_character(two.run, "나무", RABBIT))
    named = {"나무": ("토끼", two.run_id), "해피": ("토끼", two.run_id)}
    assert await shown(path, log) == named
    assert list(await shown(path, log)) == ["나무", "해피"]
    await one.do(save_character(one.run, "해피", TIGER))
    assert await shown(path, log) == named | {"해피": ("호랑이", one.run_id)}
    await two.do(save_character(two.run, "해피", RABBIT))
    await two.do(release_character(two.run, "해피"))
    assert await shown(path, log) == named | {"해피": ("호랑이", one.run_id)}
    assert release_character(two.run, "해피") == []


async def test_whoever_comes_from_a_forgotten_run_is_gone(tmp_path: Path) -> None:
    """And nobody else."""
    log, path = MemoryLog(), tmp_path / "views.db"
    one, two = Book(log, 1), Book(log, 2)
    for book, name in ((one, "해피"), (two, "나무")):
        await book.request()
        await book.do(save_character(book.run, name, RABBIT))
    assert len(await shown(path, log)) == 2
    await Commands(log).forget(one.run_id)
    assert await shown(path, log) == {"나무": ("토끼", two.run_id)}
    path.unlink()
    assert await shown(path, log) == {"나무": ("토끼", two.run_id)}
