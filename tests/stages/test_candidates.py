"""The candidates for a role: who is chosen, who stands in for whom, and what is said of that."""

from __future__ import annotations

import logging

import anyio
import pytest

from storybook.book import Role
from storybook.engines import EngineUnavailable, Readiness
from storybook.stages import candidates
from storybook.stages.candidates import Candidate, Candidates
from tests.engines import ScriptedIllustrator

pytestmark = pytest.mark.anyio
AWAY = Readiness(False, "nobody answers", "Start it")


def engine(name: str, found: Readiness = Readiness(True)) -> ScriptedIllustrator:  # noqa: B008 - frozen
    made = ScriptedIllustrator(name=name)
    made.found = found
    return made


def of(*found: Candidate[ScriptedIllustrator]) -> Candidates[ScriptedIllustrator]:
    return Candidates(Role.ILLUSTRATOR, found)


async def test_the_best_that_is_ready_is_chosen() -> None:
    """The order decides, and it is asked anew at each look."""
    first, second = engine("first", AWAY), engine("second")
    both = of(Candidate(first), Candidate(second), Candidate(engine("third")))
    await both.look()
    assert both.best is second
    first.found = Readiness(True)
    assert both.best is second
    await both.look()
    assert both.best is first


async def test_the_last_one_is_taken_ready_or_not() -> None:
    """Its work then says what it lacks."""
    last = engine("last", AWAY)
    both = of(Candidate(engine("first", AWAY)), Candidate(last))
    await both.look()
    assert both.best is last
    with pytest.raises(
        EngineUnavailable, match=r"last is not available: nobody answers\. Start it"
    ):
        await both.ready()


async def test_a_book_keeps_its_engine() -> None:
    """The first of those that have begun its work and are here; nobody else knows one."""
    first, second = engine("first"), engine("second")
    both = of(Candidate(first), Candidate(second))
    assert both.of(["second", "first"]) is second
    assert both.of(["gone", "first"]) is first
    assert both.of(["gone"]) is both.of([]) is None


async def test_who_works_in_the_place_of_what_is_asked_for_stands_in() -> None:
    """Whoever is worse than it, also when it is ready again; who comes before it does not."""
    best, asked, last = engine("best"), engine("asked", AWAY), engine("last")
    three = of(Candidate(best), Candidate(asked, ["`urls`"]), Candidate(last))
    await three.look()
    assert [three.stands_in_for(it) for it in (best, asked, last)] == ["", "", "asked"]
    assert of(Candidate(best), Candidate(last)).stands_in_for(last) == ""


async def test_who_goes_on_for_an_engine_that_is_gone_stands_in_for_it() -> None:
    """It is the one that began the book."""
    only = of(Candidate(last := engine("last")))
    assert only.stands_in_for(last, ["gone", "last"]) == "gone"
    assert only.stands_in_for(last, ["last"]) == only.stands_in_for(last) == ""


async def test_a_stand_in_is_reported_with_what_it_stands_in_for() -> None:
    """Which setting asks for what, why it cannot be used, and the mend."""
    both = of(Candidate(engine("asked", AWAY), ["`urls`", "`style`"]), Candidate(engine("last")))
    await both.look()
    report = both.report()
    assert (report.engine, report.ready, report.configured) == ("last", True, "asked")
    assert report.why == "asked, asked for by `urls` and `style`: nobody answers"
    assert report.mend == "Start it"


async def test_all_that_is_asked_for_and_lacking_is_reported() -> None:
    """Also what would not be chosen anyway; not what nobody asked for."""
    gone = Readiness(False, "no such file", "Correct it")
    some = of(
        Candidate(engine("unasked", AWAY)),
        Candidate(engine("far", AWAY), ["`url`"]),
        Candidate(engine("near")),
        Candidate(engine("file", gone), ["`model`"]),
    )
    await some.look()
    report = some.report()
    assert (report.engine, report.configured) == ("near", "far, file")
    assert "far, asked for by `url`: nobody answers" in report.why
    assert "file, asked for by `model`: no such file" in report.why
    assert report.mend == "Start it; Correct it"


async def test_an_engine_that_is_ready_in_part_says_what_it_lacks() -> None:
    """One of its servers may be away; it is chosen all the same."""
    part = Readiness(True, "http://b: nobody answers", "Start it")
    both = of(Candidate(asked := engine("asked", part), ["`urls`"]), Candidate(engine("last")))
    await both.look()
    report = both.report()
    assert both.best is asked and both.is_lacking
    assert (report.engine, report.ready, report.why) == ("asked", True, part.why)


async def test_where_nothing_is_asked_for_the_best_speaks_for_itself() -> None:
    """`auto` is what was configured; what merely is not there is no matter."""
    both = of(Candidate(engine("first", AWAY)), Candidate(last := engine("last")))
    await both.look()
    assert (both.report().configured, both.report().why) == ("auto", "")
    last.found = Readiness(False, "broken", "Mend it")
    await both.look()
    assert (both.report().ready, both.report().why, both.report().mend) == (
        *(False, "broken"),
        "Mend it",
    )


async def test_what_comes_and_goes_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """In the log of the process; what was so from the start is told where it starts."""
    caplog.set_level(logging.INFO)
    asked = engine("asked", AWAY)
    both = of(Candidate(asked, ["`urls`"]), Candidate(engine("last")))
    for found in (AWAY, AWAY, Readiness(True), Readiness(True), AWAY):
        asked.found = found
        await both.look()
    assert caplog.messages == [
        "asked can be used again",
        "asked cannot be used now: nobody answers. Start it",
    ]


async def test_an_engine_of_others_that_breaks_at_a_look_is_not_ready(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It keeps nobody from working."""

    class Broken(ScriptedIllustrator):
        async def readiness(self) -> Readiness:
            raise RuntimeError("no GPU")

    both = of(Candidate(Broken(name="broken"), ["`engine`"]), Candidate(last := engine("last")))
    await both.look()
    assert both.best is last
    assert "looking at it failed: RuntimeError('no GPU')" in both.report().why
    assert "broken could not be looked at" in caplog.text


async def test_an_engine_that_never_answers_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look has an end."""
    monkeypatch.setattr(candidates, "LOOK_SECONDS", 0.01)

    class Silent(ScriptedIllustrator):
        async def readiness(self) -> Readiness:
            await anyio.sleep_forever()
            raise AssertionError

    both = of(Candidate(Silent(name="silent"), ["`urls`"]), Candidate(last := engine("last")))
    await both.look()
    assert both.best is last
    assert "it has not said within 0.01 s" in both.report().why


async def test_who_asks_during_a_look_waits_for_the_next_and_shares_it() -> None:
    """What they ask about may have changed since the first one began."""
    began, go_on = anyio.Event(), anyio.Event()

    class Slow(ScriptedIllustrator):
        async def readiness(self) -> Readiness:
            found = await super().readiness()
            began.set()
            await go_on.wait()
            return found

    slow = Slow()
    one = of(Candidate(slow))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(one.look)
        await began.wait()
        for _ in range(5):
            tasks.start_soon(one.look)
        await anyio.wait_all_tasks_blocked()
        slow.found = AWAY
        go_on.set()
    assert slow.looks == 2
    assert one.report().why == "nobody answers"
