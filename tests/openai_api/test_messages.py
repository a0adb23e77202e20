"""Messages are told apart in whatever form an answer comes, however it is cut."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storybook.stages.openai_api.completions import OtherProtocol, Said, error_in, said_in
from storybook.stages.openai_api.messages import Message, MessageReader
from storybook.stages.openai_api.refusals import Refusal
from tests.openai_api.double import delta


def messages(content: bytes, size: int = 10_000) -> Iterator[Message]:
    """The messages of an answer that comes in pieces of a size."""
    reader = MessageReader()
    for at in range(0, len(content), size):
        yield from reader.feed(content[at : at + size])
    yield from reader.end()


@given(
    st.lists(st.text(min_size=1), max_size=4),
    st.sampled_from(["\n\n", "\r\n\r\n", "\r\r", "\n", "\r\n", "\r"]),
    st.sampled_from(["data:", "data: ", "id: 3\ndata: ", ": hello\ndata: ", "data:\n\ndata: "]),
    st.sampled_from(["", "\ufeff"]),
    st.integers(1, 40),
)
def test_events_are_read_however_they_are_cut(
    texts: list[str], after: str, before: str, mark: str, size: int
) -> None:
    """With any line end, with or without the space, the empty line, and what is for nobody."""
    events = [f"{before}{json.dumps({'t': it}, ensure_ascii=False)}{after}" for it in texts]
    content = (mark + "".join(events) + f"data: [DONE]{after}").encode("utf-8", "surrogatepass")
    assert [it.value["t"] for it in messages(content, size)] == texts


def test_an_event_comes_with_the_end_of_its_line() -> None:
    """A page does not wait for the next event, whatever the lines end with."""
    for end in ("\n", "\r\n", "\r"):
        reader = MessageReader()
        assert [it.value for it in reader.feed(f'data: {{"a": 1}}{end}'.encode())] == [{"a": 1}]


@pytest.mark.parametrize(
    ("content", "values"),
    [
        (b'{"a": 1}', [{"a": 1}]),
        (b'{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        (b'{\n "a": 1\n}', [{"a": 1}]),
        (b'[{"a": 1}]', [[{"a": 1}]]),
        (b"<html>", [None]),
        (b"", []),
    ],
)
def test_what_is_no_stream_is_read_as_a_whole_or_by_line(
    content: bytes, values: list[object]
) -> None:
    """JSON of one line or many, an array, or no JSON at all."""
    for size in (1, 3, 100):
        found = list(messages(content, size))
        assert [it.value for it in found] == values
        assert not any(it.is_event for it in found)


def test_the_kind_of_an_event_is_its_own() -> None:
    """It does not stay for the next one; a field `error` is one."""
    content = b'event: error\ndata: {}\n\ndata: {}\n\nerror: {"a": 1}\n'
    assert [it.kind for it in messages(content)] == ["error", "", "error"]


# ------------------------------------------------------------------------------------ what is said


def said(value: object) -> Said:
    return said_in(Message("", value, json.dumps(value), is_event=True))


def test_text_thought_and_refusal_are_told_apart() -> None:
    """In a chunk or a whole answer, as text or as parts."""
    assert said(delta(content="가")) == Said(text="가", model="Qwen3-8B")
    assert said(delta("stop", reasoning="hm")).thought == "hm"
    parts = [{"type": "text", "text": "가"}, {"type": "refusal", "refusal": "no"}, "?"]
    assert said({"choices": [{"message": {"content": parts}}]}) == Said("가", refusal="no")
    assert said({"choices": [{"text": "가", "finish_reason": "length"}]}).finished == "length"


@pytest.mark.parametrize(
    "value", [{}, [], 1, "x", {"choices": None}, {"choices": []}, {"usage": {}}, {"type": "ping"}]
)
def test_what_is_for_nobody_says_nothing(value: object) -> None:
    """An event that a newer server has added stops no book."""
    assert said(value) == Said()


@pytest.mark.parametrize(
    "value",
    [
        {"error": "broke"},
        {"error": {"message": "broke"}},
        {"error": {"error": {"message": "broke"}}},
        {"object": "error", "message": "broke"},
        {"detail": "broke"},
        {"type": "error", "error": {"message": "broke"}},
    ],
)
def test_an_error_in_whatever_shape_is_one(value: object) -> None:
    """With the server's own words."""
    with pytest.raises(Refusal, match=r"^broke$"):
        said(value)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({"message": {"content": "a"}, "done": False}, "Ollama"),
        ({"response": "a", "done": False}, "Ollama"),
        ({"candidates": []}, "Google"),
        ({"type": "content_block_delta", "delta": {}}, "Anthropic"),
        ({"type": "response.created", "response": {}}, "Responses"),
    ],
)
def test_another_protocol_is_named(value: object, name: str) -> None:
    """It is the address that is to be mended."""
    with pytest.raises(OtherProtocol, match=name):
        said(value)


def test_an_answer_that_is_an_error_is_known() -> None:
    """As its whole text; a book that speaks of errors is none."""
    assert error_in('{"error": "no memory"}') == "no memory"
    assert error_in('{"cover": {}, "error": ""}') == ""
    assert error_in("an error") == ""
