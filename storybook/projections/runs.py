"""The state of each run: what its readers are told, as a value that knows no address and no JSON.

A pure function of a `Run`, so that a state is the same whether it was folded live, after a restart,
in a rebuild, or up to an old position.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from storybook.book import PAGES, Dialogue, Page, Stage, Work, picture_of, reading_of
from storybook.projections.projection import (
    EVERY_EVENT,
    Projection,
    Put,
    RunChange,
    Table,
)
from storybook.run import Run, Status

KEPT_STATES: Final = 1_000
"""States in memory, about 2 KB each: those of the runs that changed last, which are the ones that
are asked for."""


class PageSnapshot(msgspec.Struct, frozen=True, array_like=True):
    """A page as far as it is made. `picture` and `reading` are names of files; what is not ready
    is an empty text."""

    page: int
    title: str
    summary: str
    dialogues: tuple[tuple[str, str, str], ...]
    """Character, text and voice of each line."""
    picture: str
    reading: str


class RunSnapshot(msgspec.Struct, frozen=True, array_like=True):
    """A run as its readers see it at one moment. `error` is None unless the run failed."""

    status: Status
    stage: Stage
    ready_max_page: int
    ready_max_audio_page: int
    pages: tuple[PageSnapshot, ...]
    error: str | None


def snapshot_of(run: Run) -> RunSnapshot:
    """The state of a run. A pruned file keeps its name."""
    return RunSnapshot(
        run.status,
        run.stage,
        run.ready_max_page,
        run.ready_max_audio_page,
        tuple(_page(run, number) for number in PAGES),
        run.fault.message if run.fault is not None else None,
    )


def _page(run: Run, number: int) -> PageSnapshot:
    page = run.pages[number] if number < len(run.pages) else Page(number)
    return PageSnapshot(
        number,
        page.title,
        page.summary,
        tuple(map(_line, page.dialogues)),
        _file(run, picture_of(number)),
        _file(run, reading_of(number)),
    )


def _line(dialogue: Dialogue) -> tuple[str, str, str]:
    return dialogue.character, dialogue.text, dialogue.voice


def _file(run: Run, work: Work) -> str:
    artifact = run.artifact(work)
    return artifact.name if artifact is not None else ""


# -------------------------------------------------------------------------------------- the table

STATES: Final = Table(
    "run_states",
    {
        "run_id": "TEXT NOT NULL",
        "state": "BLOB NOT NULL",  # a RunSnapshot
    },
    key=("run_id",),
    kept=KEPT_STATES,
)

encode_snapshot: Final = msgspec.msgpack.Encoder().encode
"""A state as the table has it."""
decode_snapshot: Final = msgspec.msgpack.Decoder(RunSnapshot).decode
"""A state from the table's bytes."""


class RunStates(Projection):
    """The state of each run, ready to be shown."""

    name = "run_states"
    version = 1
    tables = (STATES,)
    handles = EVERY_EVENT

    def apply(self, change: RunChange) -> Iterator[Put]:
        yield Put(STATES, (change.run_id, encode_snapshot(snapshot_of(change.run))))
