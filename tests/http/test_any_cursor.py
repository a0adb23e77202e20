"""Cursors as any client may send them: each is a position, or refused in words."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storybook.book import RunId
from storybook.events.log import START, Recorded
from storybook.http import log_stream
from storybook.settings import Limits
from tests.fuzzing import BOUNDED
from tests.http.asgi import Answer, call
from tests.http.serving import Site, serving

pytestmark = pytest.mark.anyio

BOOKS: Final = 3


class Told(msgspec.Struct):
    """A site with some books, and what it tells of one of them and of all."""

    site: Site
    run_id: RunId
    events: list[Recorded]
    changes: list[tuple[int, str]]
    """The messages of one book, with their positions."""

    @property
    def head(self) -> int:
        return self.events[-1].position


@pytest.fixture(scope="module")
async def told(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Told]:
    limits = Limits(runs_per_minute=10_000)
    async with serving(tmp_path_factory.mktemp("told"), limits=limits) as site:
        run_id, *_ = [await site.finished_book() for _ in range(BOOKS)]
        events = await site.application.log.read(START, 10_000)
        whole = await call(site, f"/api/runs/{run_id}/events", query=b"last_event_id=0")
        yield Told(site, run_id, events, updates(whole))


def messages(answer: Answer) -> list[dict[str, str]]:
    blocks = answer.body.decode().split("\n\n")[:-1]
    return [dict(line.split(": ", 1) for line in it.split("\n")) for it in blocks]


def updates(answer: Answer) -> list[tuple[int, str]]:
    return [(int(it["id"]), it["data"]) for it in messages(answer) if it.get("event") == "update"]


def as_position(text: str) -> int | None:
    """What a text means, said here anew: up to 18 of the ten digits."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


TEXTS: Final = (
    st.integers(-2, 120).map(str)
    | st.integers(0, 99).map(lambda it: f"{it:018}")
    | st.integers(17, 20).map(lambda it: "9" * it)
    | st.text(max_size=6)
    | st.sampled_from(["", "+1", "1.0", "1e1", "0x1", "1 2", "1_0", "٣", "१", "²", "null", "-0"])
)
HEADERS: Final = st.none() | TEXTS.map(
    lambda it: re.sub(r"[\x00-\x1f\x7f]", "", it).strip(" ").encode("utf-8")
)
"""As a header can have them."""
QUERIES: Final = st.none() | TEXTS


def sent(in_header: bytes | None, in_query: str | None) -> dict[str, Any]:
    headers = [] if in_header is None else [(b"last-event-id", in_header)]
    query = "" if in_query is None else urlencode({"last_event_id": in_query})
    return {"headers": headers, "query": query.encode()}


def check_refusal(answer: Answer) -> None:
    assert answer.status == 400
    assert isinstance(answer.json["detail"], str) and "position in the log" in answer.json["detail"]


@pytest.mark.slow
@BOUNDED
@given(in_header=HEADERS, in_query=QUERIES)
async def test_the_stream_of_a_book(
    told: Told, in_header: bytes | None, in_query: str | None
) -> None:
    """What comes after the position, all of it and once; the present state where none is named or
    it lies beyond the log's end; 204 after the last."""
    named = [it for it in (in_header and in_header.decode("latin-1"), in_query) if it]
    path = f"/api/runs/{told.run_id}/events"
    answer = await call(told.site, path, **sent(in_header, in_query))
    if None in (positions := [as_position(it) for it in named]):
        check_refusal(answer)
        return
    after = positions[0] if positions else None
    is_beyond = after is not None and after > told.head
    if after is not None and told.changes[-1][0] <= after <= told.head:
        assert (answer.status, answer.body) == (204, b"")
        return
    assert answer.status == 200
    resets = [it["data"] for it in messages(answer) if it.get("event") == "reset"]
    assert resets == [f'{{"head":{told.head}}}'] * is_beyond
    expected = told.changes[-1:]
    if after is not None and not is_beyond:
        expected = [it for it in told.changes if it[0] > after]
    assert updates(answer) == expected
    (resumed,) = answer.header(b"storybook-resumed-after")
    assert [it for it in told.changes if it[0] > int(resumed)] == expected


@pytest.mark.slow
@BOUNDED
@given(
    in_header=HEADERS,
    in_query=QUERIES,
    types=st.none() | st.sets(st.sampled_from(["RunRequested", "StageCompleted", "RunCompleted"])),
    page=st.integers(1, 20),
)
async def test_the_stream_of_the_log(
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
    in_header: bytes | None,
    in_query: str | None,
    types: set[str] | None,
    page: int,
) -> None:
    """The same of every event, in pages of any size."""
    monkeypatch.setattr(log_stream, "PAGE", page)
    named = [it for it in (in_header and in_header.decode("latin-1"), in_query) if it]
    asked = sent(in_header, in_query)
    if types is not None:
        asked["query"] += b"&types=" + ",".join(sorted(types)).encode()
    positions = [as_position(it) for it in named]
    after = positions[0] if positions and positions[0] is not None else told.head
    expected = [
        (str(it.position), it.type)
        for it in told.events
        if it.position > after and (not types or it.type in types)
    ]
    answer = await call(told.site, "/api/events", **asked, enough=holding(len(expected)))
    if None in positions:
        check_refusal(answer)
        return
    found = messages(answer)
    assert [(it["id"], it["event"]) for it in found if "id" in it] == expected
    assert [it["event"] for it in found if it.get("event") == "reset"] == ["reset"] * (
        after > told.head
    )


def holding(count: int) -> Callable[[bytes], bool]:
    """Whether so many messages with a position have come."""
    return lambda body: body.count(b"id: ") >= count


@BOUNDED
@given(after=QUERIES, limit=st.none() | st.integers(1, 50).map(str) | TEXTS)
async def test_the_log_of_a_book_in_pages(told: Told, after: str | None, limit: str | None) -> None:
    """From any position, in pages of any size, page after page: each event once."""
    own = [it.position for it in told.events if it.run_id == told.run_id]
    start = as_position(after) if after else 0
    size = 200 if limit is None else as_position(limit)
    is_refused = start is None or size is None or not 1 <= size <= 1_000 or len(limit or "") > 9
    found: list[int] = []
    while after is not None or not found:
        parameters = {"after": after, "limit": limit}
        text = urlencode({name: it for name, it in parameters.items() if it is not None})
        answer = await call(told.site, f"/api/runs/{told.run_id}/log", query=text.encode())
        assert answer.status == (400 if is_refused else 200), answer.body
        if is_refused:
            assert "is to be" in answer.json["detail"]
            return
        found += [it["position"] for it in answer.json["events"]]
        assert len(found) <= len(own)
        if (going_on := answer.json["next"]) is None:
            break
        after = str(going_on)
    assert found == [it for it in own if it > (start or 0)]


@BOUNDED
@given(at=TEXTS)
async def test_the_state_of_a_book_at_a_position(told: Told, at: str) -> None:
    """As it was then; 404 before it began, and 400 beyond the log's end."""
    answer = await call(told.site, f"/api/runs/{told.run_id}", query=urlencode({"at": at}).encode())
    position, (first, *_) = as_position(at), told.changes
    if position is None or position > told.head:
        assert answer.status == 400 and re.search("position|beyond", answer.json["detail"])
    elif position < first[0]:
        assert answer.status == 404
    else:
        status = json.loads([it for it in told.changes if it[0] <= position][-1][1])["status"]
        assert (answer.status, answer.json["status"]) == (200, status)


@settings(BOUNDED, max_examples=60)
@given(before=st.none() | TEXTS | TEXTS.map(lambda it: f"r{it}"), limit=st.integers(1, 5))
async def test_the_library_in_pages(told: Told, before: str | None, limit: int) -> None:
    """From any cursor, in pages of any size: each book once, or what a cursor is."""
    found: list[str] = []
    while True:
        parameters = {"limit": str(limit)} | ({} if before is None else {"before": before})
        answer = await call(told.site, "/api/runs", query=urlencode(parameters).encode())
        if before and not re.fullmatch("r[0-9]{1,18}", before):
            assert answer.status == 400 and answer.json["detail"]
            return
        assert answer.status == 200 and len(found) <= BOOKS
        found += [it["run_id"] for it in answer.json["runs"]]
        if (going_on := answer.json["next"]) is None:
            break
        before = going_on
    assert len(found) == len(set(found)) <= BOOKS
    assert before or len(found) == BOOKS
