"""What is drawn: the board of a book in the making, the timeline, the sentences, the figures."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import msgspec
import pytest
from rich.console import Console, RenderableType

from storybook.book import WRITING, Artifact, StoryRequest, TtsConfig, narration_of, picture_of
from storybook.cli.board import Board, Mark, Sign
from storybook.cli.output import age, duration, size
from storybook.cli.story import sentence
from storybook.cli.timeline import attempts, chart, faults
from storybook.cli.watching import draw
from storybook.events.catalog import (
    EVENT_TYPES,
    AbandonReason,
    ArtifactRemade,
    ArtifactsPruned,
    EngineInfo,
    Event,
    Fault,
    PageRefused,
    PageWritten,
    Problem,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunRequested,
    RunRetried,
    StageAbandoned,
    StageCompleted,
    StageFailed,
    StageRequested,
    StageStarted,
    StageSubmitted,
    Submission,
)
from storybook.events.codec import encode
from storybook.events.log import Position, Recorded, Version
from storybook.run import complete_stage, fail_stage, fold, request_run, start_stage, write_page
from tests.export.finished import REQUEST, RUN, STORY

SECOND = 1_000_000
ENGINE = EngineInfo("double", "1.0")


def record(events: Iterable[Event]) -> list[Recorded]:
    """Events as recorded, one a second."""
    return [
        Recorded(
            *(Position(n), RUN, Version(n), type(event).__name__, 1),
            *(n * SECOND, encode(event), bytes(32)),
        )
        for n, event in enumerate(events, start=1)
    ]


def begun(tts: TtsConfig | None = None) -> list[Event]:
    """A book whose cover is written and painted, and whose first page is being painted."""
    events = request_run(None, REQUEST, 7, tts)
    events += start_stage(fold(events), WRITING, 1, worker="w", engine=ENGINE)
    for page in STORY[:2]:
        events += write_page(fold(events), 1, page)
    for work in (picture_of(0), picture_of(1)):
        events += start_stage(fold(events), work, 1, worker="w", engine=ENGINE)
    events += complete_stage(fold(events), picture_of(0), 1)
    return events


def board_of(events: Sequence[Event]) -> Board:
    board = Board(RUN, {})
    for recorded in record(events):
        board.feed(recorded)
    return board


def drawn(what: RenderableType, *, terminal: bool = False, width: int = 110) -> str:
    out = Console(file=io.StringIO(), width=width, force_terminal=terminal, highlight=False)
    out.print(what)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def test_each_page_has_its_three_marks() -> None:
    """Writing goes page by page; a page that isn't written is not due to be painted."""
    board = board_of(begun(TtsConfig()))
    board.fractions = {picture_of(1): 0.4}
    marks = [(it.writing.sign, it.painting.sign, it.reading.sign) for it in board.lines()]
    assert marks == [
        (Sign.DONE, Sign.DONE, Sign.WAITING),
        (Sign.DONE, Sign.WORKING, Sign.WAITING),
        (Sign.WORKING, Sign.NOT_DUE, Sign.NOT_DUE),
        (Sign.NOT_DUE, Sign.NOT_DUE, Sign.NOT_DUE),
        (Sign.NOT_DUE, Sign.NOT_DUE, Sign.NOT_DUE),
    ]
    assert board.lines()[1].painting == Mark(Sign.WORKING, 0.4)


def test_an_unread_book_has_no_reading_marks() -> None:
    """Nothing is said of what nobody asked for."""
    assert {it.reading.sign for it in board_of(begun()).lines()} == {Sign.UNWANTED}


def test_a_failed_page_is_marked() -> None:
    """And the others go on."""
    events = begun()
    fault = Fault("no_paint", "none left", retryable=False)
    events += fail_stage(fold(events), picture_of(1), 1, fault, now=0, chance=0.0)
    text = drawn(draw(board_of(events), 60 * SECOND))
    assert "✗ failed" in text
    assert "RUNNING" in text


def test_the_board_says_how_far_work_is_and_since_when() -> None:
    """A bar for a known fraction, the seconds since the book was asked for."""
    board = board_of(begun())
    board.fractions = {picture_of(1): 0.4}
    text = drawn(draw(board, 31 * SECOND))
    assert "▰▰▱▱▱  40%" in text
    assert "RUNNING  30.0 s" in text
    assert "토끼와 호랑이의 봄" in text


def test_the_board_says_that_nobody_works() -> None:
    """Rather than when it would be done."""
    board = board_of(begun())
    assert "no process makes books" in drawn(draw(board, SECOND, is_worked_on=False))


def test_the_board_is_coloured_on_a_terminal_only() -> None:
    """No escape codes elsewhere."""
    board = board_of(begun())
    assert "\x1b" in drawn(draw(board, SECOND), terminal=True)
    assert "\x1b" not in drawn(draw(board, SECOND))


def test_the_timeline_has_a_row_an_attempt() -> None:
    """What it waited, what it took, on which engine, and why it failed."""
    events = begun(TtsConfig())
    fault = Fault("no_paint", "none left", retryable=True)
    events += fail_stage(fold(events), picture_of(1), 1, fault, now=0, chance=0.0)
    events += start_stage(fold(events), picture_of(1), 2, worker="w", engine=ENGINE)
    history = record(events)
    found = attempts(history)
    assert [(it.page, it.attempt) for it in found if it.stage.is_picture] == [
        (0, 1),
        (1, 1),
        (1, 2),
    ]
    rows = drawn(chart(found, history[-1].recorded_at, 110)).splitlines()[1:]
    assert len(rows) == len(found)
    assert rows[3].split()[:7] == ["painting", "page", "1", "1", "double", "1.0", "3.00"]
    assert rows[3].rstrip().endswith("failed")
    (waiting,) = (row for row in rows if row.startswith("reading page 1 aloud"))
    assert "·" in waiting
    assert "█" not in waiting
    assert [it.plain for it in faults(found)] == ["painting page 1, attempt 1, failed: none left"]


@pytest.mark.parametrize("width", [80, 110, 200])
def test_the_timeline_fits_the_terminal(width: int) -> None:
    """The bars take what is left of the line, and all of the time is in them."""
    history = record(begun(TtsConfig()))
    rows = drawn(chart(attempts(history), history[-1].recorded_at, width), width=width)
    assert "…" not in rows
    assert max(map(len, rows.splitlines())) <= width


@pytest.mark.parametrize("now_by", [0, -86_400, -2 * 86_400])
def test_a_clock_that_was_set_back_a_day_leaves_the_timeline_its_width(now_by: int) -> None:
    """Half of the events, and now, are a day earlier than what came before them."""
    history = record(begun(TtsConfig()))
    day = 86_400 * SECOND
    half = len(history) // 2
    history[half:] = [
        msgspec.structs.replace(it, recorded_at=it.recorded_at - day) for it in history[half:]
    ]
    rows = drawn(chart(attempts(history), history[0].recorded_at + now_by * SECOND, 110), width=110)
    assert max(map(len, rows.splitlines())) <= 110
    assert "-" not in rows.replace("page-", "")


EVENTS: list[Event] = [
    RunRequested(StoryRequest("조선", "숲", "토끼", "우정"), 7),
    StageRequested(picture_of(2).stage, 2, 3),
    StageStarted(WRITING.stage, None, 1, "w", EngineInfo("painter", "1.0", device="gpu0")),
    StageSubmitted(picture_of(0).stage, 0, 1, Submission("http://x", "id")),
    PageWritten(0, 1, title="제목"),
    PageRefused(1, 1, (Problem("length", "too short"), Problem("names", "nobody is named"))),
    StageCompleted(narration_of(1).stage, 1, 1),
    StageFailed(narration_of(0).stage, 0, 1, Fault("kind", "why", False)),
    StageAbandoned(WRITING.stage, None, 1, AbandonReason.CRASH),
    RunCompleted(),
    RunFailed(Fault("kind", "why", False), picture_of(4).stage, 4),
    RunCancelled("somebody"),
    RunRetried(),
    ArtifactsPruned(("cover.png",)),
    ArtifactRemade(
        picture_of(0).stage, 0, Artifact("cover.png", "image/png", 3, "00"), EngineInfo("painter")
    ),
]
SENTENCES = [
    "a book is asked for: 조선 · 숲 · 토끼 · 우정 (seed 7, not to be read aloud)",
    "painting page 2, attempt 3, is wanted",
    "writing begins (painter 1.0 on gpu0)",
    "painting the cover was given to http://x as id",
    "the cover is written: 제목",
    "page 1 is refused: too short; nobody is named",
    "reading page 1 aloud is done",
    "reading the cover aloud failed (kind): why",
    "writing was put down (crash)",
    "the book is done",
    "the book failed at painting page 4: why",
    "the book was cancelled by somebody",
    "the book goes on",
    "removed by retention: cover.png",
    "cover.png was made again, with the same bytes (painter)",
]


def test_every_event_reads_as_a_sentence() -> None:
    """The log reads aloud as a story; a new event type needs a sentence here."""
    assert {type(event) for event in EVENTS} == set(EVENT_TYPES.values())
    assert [sentence(event) for event in EVENTS] == SENTENCES


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.004, "0.00 s"),
        (9.5, "9.50 s"),
        (61.0, "61.0 s"),
        (245, "4 min 05 s"),
        (7_800, "2 h 10 min"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    """As exact as is useful."""
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1, "0 s"), (59, "59 s"), (60, "1 min"), (7_300, "2 h"), (1e6, "11 d")]
)
def test_ages(seconds: float, text: str) -> None:
    """Roughly how long ago."""
    assert age(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        *((0, "0 B"), (999, "999 B"), (1_200, "1.2 KB"), (34_400, "34 KB")),
        *((999_900, "1.0 MB"), (2_345_678, "2.3 MB"), (3_400_000_000, "3.4 GB")),
    ],
)
def test_sizes(count: int, text: str) -> None:
    """In the units that disks are sold by."""
    assert size(count) == text
