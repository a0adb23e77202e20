"""Who may work where."""

from __future__ import annotations

import heapq
import statistics
from collections.abc import Callable

import pytest

from storybook.book import WRITING, Work, picture_of
from storybook.clock import MICROSECONDS
from storybook.engines import Engine
from storybook.stages.devices import Devices, Unload
from storybook.stages.work_queue import QueuedWork, WorkQueue
from tests.books import PAGES
from tests.engines import ScriptedIllustrator, ScriptedNarrator, ScriptedWriter, run_id

pytestmark = pytest.mark.anyio


def queued(run: int = 1, work: Work = WRITING, due: float = 0) -> QueuedWork:
    return QueuedWork(run_id(run), work, 1, int(due * MICROSECONDS), turn=run)


def admitted(devices: Devices, *engines: Engine, now: float = 0) -> list[Engine]:
    """The engines of the wishes that are fulfilled, if each of these has one, once whoever is to
    unload for them has unloaded."""
    found: list[Engine] = []
    wishes = [(queued(), engine) for engine in engines]
    while wishes:
        answers = devices.admit(wishes, int(now * MICROSECONDS))
        found += [it[1] for it in answers if not isinstance(it, Unload)]
        unloads = [it for it in answers if isinstance(it, Unload)]
        for it in unloads:
            devices.freed(it.device)
        wishes = wishes if unloads else []
    return found


async def test_an_engine_has_so_many_places() -> None:
    """A place that is given back can be taken again."""
    devices, painter = Devices(), ScriptedIllustrator(places=2)
    assert admitted(devices, painter, painter, painter) == [painter, painter]
    devices.release(painter)
    assert admitted(devices, painter, painter) == [painter]


@pytest.mark.parametrize(("device", "roomy"), [("cpu", ()), ("gpu0", ("gpu0",))])
async def test_a_roomy_device_holds_all_engines_at_once(device: str, roomy: tuple[str]) -> None:
    """Engines on the processor, or on a device on which all fit, do not wait for each other."""
    painter, narrator = ScriptedIllustrator(device=device), ScriptedNarrator(device=device)
    assert admitted(Devices(roomy), painter, narrator) == [painter, narrator]


async def test_engines_that_share_a_gpu_take_turns() -> None:
    """Another engine gets the device when the holder has nothing in hand and nothing to do."""
    devices = Devices()
    painter, narrator = ScriptedIllustrator(device="gpu0"), ScriptedNarrator(device="gpu0")
    elsewhere = ScriptedNarrator(device="gpu1")
    assert admitted(devices, painter, narrator, elsewhere) == [painter, elsewhere]
    assert admitted(devices, narrator) == []
    devices.release(painter)
    assert admitted(devices, narrator, painter) == [painter]
    devices.release(painter)
    assert admitted(devices, narrator) == [narrator]
    assert devices.swaps == 1


async def test_patience_ends() -> None:
    """When another engine's work has waited too long, the holder starts nothing new and gives way,
    though it has work left."""
    devices = Devices(patience_seconds=10)
    painter, narrator = ScriptedIllustrator(device="gpu0"), ScriptedNarrator(device="gpu0")
    assert admitted(devices, painter, narrator, now=0) == [painter]
    assert admitted(devices, painter, narrator, now=9) == [painter]
    assert admitted(devices, painter, narrator, now=11) == []
    devices.release(painter)
    assert admitted(devices, painter, narrator, now=11) == []
    devices.release(painter)
    assert admitted(devices, painter, narrator, now=11) == [narrator]


async def test_the_old_holder_unloads_before_the_new_one_starts() -> None:
    """Each change of hands unloads once, and nobody works on the device before that is done."""
    devices = Devices()
    painter, writer = ScriptedIllustrator(device="gpu0"), ScriptedWriter(device="gpu0")
    assert admitted(devices, painter) == [painter]
    devices.release(painter)
    wishes = [(queued(), writer), (queued(2), writer)]
    assert devices.admit(wishes, 0) == [Unload("gpu0", painter)]
    assert devices.admit([*wishes, (queued(3), painter)], 0) == []
    devices.freed("gpu0")
    assert devices.admit(wishes, 0) == wishes


# ------------------------------------------------- many runs on one GPU, under a simulated clock

TEXT, PICTURE, SWAP = 25.0, 24.0, 20.0
"""Seconds for a book's text, for a picture, and for unloading one model and loading the other."""


class Outcome:
    """What 20 runs came to: swaps, and seconds until first pages and whole books."""

    def __init__(self, swaps: int, first_pages: list[float], books: list[float]) -> None:
        self.swaps, self.first_pages, self.books = swaps, first_pages, books


def grouped(runs: int, patience: float) -> Outcome:
    """All runs are requested at once; one GPU holds the writer or the painter."""
    devices, queue = Devices(patience_seconds=patience), WorkQueue()
    writer, painter = ScriptedWriter(places=1, device="gpu0"), ScriptedIllustrator(1, device="gpu0")
    ends: list[tuple[float, int, QueuedWork, Engine]] = []
    now, swaps, first, last = 0.0, 0, dict[int, float](), dict[int, float]()
    for run in range(runs):
        queue.put(queued(run, WRITING))
    while len(queue) or ends:
        moment = int(now * MICROSECONDS)
        wishes = [(it, writer if it.work == WRITING else painter) for it in queue.due(moment)]
        answers = devices.admit(wishes, moment)
        for unload in [it for it in answers if isinstance(it, Unload)]:
            devices.freed(unload.device)
            answers = devices.admit(wishes, moment)
        for it, engine in [it for it in answers if not isinstance(it, Unload)]:
            queue.drop(it.run_id, it.work, it.attempt)
            loads = SWAP if devices.swaps > swaps else 0
            swaps = devices.swaps
            seconds = loads + (TEXT if engine is writer else PICTURE)
            heapq.heappush(ends, (now + seconds, len(ends), it, engine))
        now, _, it, engine = heapq.heappop(ends)
        devices.release(engine)
        if it.work == WRITING:
            for page in PAGES:
                queue.put(queued(it.turn, picture_of(page), due=now))
        else:
            first.setdefault(it.turn, now)
            last[it.turn] = now
    return Outcome(devices.swaps, sorted(first.values()), sorted(last.values()))


def run_by_run(runs: int) -> Outcome:
    """Each run gets the GPU for its text and then for its pictures."""
    now, first, last = 0.0, [], []
    for run in range(runs):
        now += (SWAP if run else 0) + TEXT + SWAP
        first.append(now + PICTURE)
        now += PICTURE * len(PAGES)
        last.append(now)
    return Outcome(2 * runs - 1, first, last)


async def test_twenty_runs_swap_models_less_and_wait_less_than_run_by_run() -> None:
    """Grouping by engine halves the swaps at least, shows every child a first page sooner on
    average, and finishes the last book sooner; no first page waits longer than the worst before."""
    ours, theirs = grouped(20, patience=120), run_by_run(20)
    assert ours.swaps <= theirs.swaps / 2
    mean: Callable[[list[float]], float] = statistics.fmean
    assert mean(ours.first_pages) < mean(theirs.first_pages)
    assert ours.first_pages[-1] < theirs.first_pages[-1]
    assert ours.books[-1] < theirs.books[-1]


async def test_less_patience_swaps_more_and_shows_the_first_page_sooner() -> None:
    """Patience is the knob between throughput and the first child's waiting."""
    patient, hasty = grouped(20, patience=600), grouped(20, patience=30)
    assert patient.swaps < hasty.swaps
    assert patient.books[-1] < hasty.books[-1]
    assert hasty.first_pages[0] < patient.first_pages[0]
