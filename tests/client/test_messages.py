"""Messages of a stream, however its bytes are cut."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from storybook.client.messages import StreamDecoder, StreamMessage

STREAM = (
    "retry: 2000\n\n"
    'id: 7\nevent: update\ndata: {"error":"한\u2028줄"}\n\n'
    ": a comment\n\n"
    "event: keepalive\r\ndata: {}\r\n\r\n"
    "data: two\ndata: lines\n\n"
    "event: cut off"
).encode()
MESSAGES = [
    StreamMessage(retry=2000),
    StreamMessage("update", '{"error":"한\u2028줄"}', "7"),
    StreamMessage("keepalive", "{}"),
    StreamMessage(data="two\nlines"),
]


@given(st.lists(st.integers(0, len(STREAM))))
def test_messages_are_the_same_however_they_are_cut(cuts: list[int]) -> None:
    """In the midst of a letter, too; what is not whole is left out, and comments say nothing."""
    decoder, found = StreamDecoder(), list[StreamMessage]()
    edges = [0, *sorted(cuts), len(STREAM)]
    for begin, end in pairwise(edges):
        found += decoder.feed(STREAM[begin:end])
    assert [it for it in found if it != StreamMessage()] == MESSAGES
