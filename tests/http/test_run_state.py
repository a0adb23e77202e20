"""What the API shows of a run: its state, its progress, its line in the library."""

from __future__ import annotations

import msgspec
import pytest

from storybook.book import WRITING, narration_of, picture_of
from storybook.http.library import position_of
from storybook.http.run_state import RenderedStates, encode_progress, encode_state
from storybook.http.times import iso_time
from storybook.projections.progress import ProgressFold, RunProgress, progress_of
from storybook.projections.runs import encode_snapshot, snapshot_of
from storybook.run import fold
from tests.books import PAGES
from tests.projections.histories import Book, every_ending
from tests.stores.memory_log import MemoryLog

pytestmark = pytest.mark.anyio


async def test_a_run_that_has_just_been_requested() -> None:
    """Five empty pages, nothing null but the error, and nothing missing."""
    book = Book(MemoryLog())
    await book.request()
    assert book.run is not None
    pages = ",".join(
        f'{{"page":{n},"title":"","summary":"","dialogues":[],"image_url":"","audio_url":""}}'
        for n in PAGES
    )
    assert encode_state(book.run_id, book.run).decode() == (
        '{"status":"QUEUED","stage":"LLM","ready_max_page":-1,"ready_max_audio_page":-1,'
        f'"pages":[{pages}],"error":null,"waiting_for":null,"language":"ko","parked":null,"removed":[],"age":"","languages":["ko"],"eta_seconds":null,"topic_known":null}}'
    )


async def test_a_page_shows_its_text_and_its_files_as_they_come() -> None:
    """Text, picture and voice each appear when they are whole, the dialogue with its voice."""
    book = Book(MemoryLog())
    await book.request()
    await book.start(WRITING)
    await book.write(0, 1)
    await book.make(picture_of(1), narration_of(0))
    assert book.run is not None
    state = msgspec.json.decode(encode_state(book.run_id, book.run))
    cover, panel = state["pages"][:2]
    files = f"/api/runs/{book.run_id}"
    assert (cover["title"], cover["summary"]) == ("토끼와 호랑이", "")
    assert (cover["image_url"], cover["audio_url"]) == ("", f"{files}/audio/page_0.wav")
    assert (panel["image_url"], panel["audio_url"]) == (f"{files}/images/panel_1.png", "")
    assert panel["dialogues"] == [{"character": "토끼", "text": "안녕 1!", "voice": "M1"}]
    assert (state["ready_max_page"], state["ready_max_audio_page"]) == (-1, 0)


async def test_a_pruned_file_keeps_its_url() -> None:
    """The URL stays and answers 410: what was once ready never becomes unready."""
    book = Book(MemoryLog())
    await book.request()
    await book.finish()
    await book.prune(picture_of(0))
    assert book.run is not None
    state = msgspec.json.decode(encode_state(book.run_id, book.run))
    assert state["pages"][0]["image_url"].endswith("/images/cover.png")
    assert state["ready_max_page"] == 4


async def test_the_error_is_the_faults_message_until_a_retry() -> None:
    """It is there while the run is failed, and null again when it goes on."""
    book = Book(MemoryLog())
    await book.request()
    await book.break_down(WRITING)
    assert book.run is not None
    assert snapshot_of(book.run).error == "no paint is left"
    assert b'"error":"no paint is left"' in encode_progress(progress_of(book.run))
    await book.retry()
    assert snapshot_of(book.run).error is None
    assert b"error" not in encode_progress(progress_of(book.run))


async def test_an_old_error_is_told_without_the_password_in_it() -> None:
    """Older versions recorded the addresses of the settings as they were; the log keeps them."""
    book = Book(MemoryLog())
    await book.request()
    await book.break_down(WRITING)
    assert book.run is not None
    assert book.run.fault is not None
    fault = msgspec.structs.replace(book.run.fault, message="http://me:hush@a: it is away")
    run = msgspec.structs.replace(book.run, fault=fault)
    assert b'"error":"http://a: it is away"' in encode_progress(progress_of(run))
    assert b'"error":"http://a: it is away"' in encode_state(book.run_id, run)


async def test_progress_has_one_message_for_each_event_that_changed_it() -> None:
    """Requests and starts of further work are no progress; each message has its event's place."""
    log = MemoryLog()
    book = Book(log)
    await book.request(voices=False)
    await book.start(WRITING)
    await book.write(*PAGES)
    await book.make(picture_of(1))
    await book.complete(WRITING)
    await book.make(picture_of(0))
    feed = ProgressFold()
    messages = [
        (recorded.type, msgspec.json.decode(encode_progress(progress)))
        for recorded in log.events
        if (progress := feed.feed(recorded)) is not None
    ]

    def message(status: str, stage: str, page: int) -> dict[str, object]:
        return {
            "status": status,
            "stage": stage,
            "ready_max_page": page,
            "ready_max_audio_page": -1,
        }

    assert messages == [
        ("RunRequested", message("QUEUED", "LLM", -1)),
        ("StageStarted", message("RUNNING", "LLM", -1)),
        ("StageCompleted", message("RUNNING", "COVER", -1)),
        ("StageCompleted", message("RUNNING", "PANEL_2", 1)),
    ]


async def test_progress_from_a_log_is_the_progress_of_each_state() -> None:
    """For every run of every kind, the messages are the distinct states in order."""
    log = MemoryLog()
    await every_ending(log)
    for run_id in {recorded.run_id for recorded in log.events}:
        events = await log.read_run(run_id)
        feed, run, last = ProgressFold(), None, None
        for recorded in events:
            run = fold([recorded.event], run)
            assert run is not None
            due: RunProgress | None = progress_of(run)
            assert feed.feed(recorded) == (due if due != last else None)
            last = due


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_769_850_000_123_999, "2026-01-31T09:00:00.123Z"),
    ],
)
async def test_times_are_iso_8601_in_utc(microseconds: int, text: str) -> None:
    """Always three digits of a second, cut off rather than rounded up, and a Z."""
    assert iso_time(microseconds) == text


async def test_a_state_is_rendered_once_for_each_change() -> None:
    """The same state gives the very same bytes again, a new one is rendered, and the runs that
    were rendered first make room."""
    book, other = Book(MemoryLog()), Book(MemoryLog(), 2)
    rendered = RenderedStates(None, most=1)
    await book.request()
    await other.request()
    assert book.run is not None and other.run is not None
    first = rendered.body(book.run_id, encode_snapshot(snapshot_of(book.run)))
    assert first == encode_state(book.run_id, book.run)
    assert rendered.body(book.run_id, encode_snapshot(snapshot_of(book.run))) is first
    await book.start(WRITING)
    second = rendered.body(book.run_id, encode_snapshot(snapshot_of(book.run)))
    assert second == encode_state(book.run_id, book.run) != first
    rendered.body(other.run_id, encode_snapshot(snapshot_of(other.run)))
    assert rendered.body(book.run_id, encode_snapshot(snapshot_of(book.run))) is not second


@pytest.mark.parametrize("cursor", ["", "7", "r", "r-1", "rx", "r²", "r" + "9" * 30, "r1 "])
async def test_a_bad_cursor_is_refused_in_words(cursor: str) -> None:
    """Anything but an earlier answer's `next` is a ValueError that says so."""
    with pytest.raises(ValueError, match="`next` of an earlier answer"):
        position_of(cursor)
