"""What a server's words and status mean."""

from __future__ import annotations

import pytest

from storybook.stages.openai_api.models import ListedModel, chat_models, listed_in
from storybook.stages.openai_api.refusals import Way, meaning_of, refusal_in
from storybook.stages.openai_api.voices import voices_in


@pytest.mark.parametrize(
    ("status", "text", "kind", "way"),
    [
        (503, "Loading model", "away", Way.AWAY),
        (500, "the model is still loading", "loading", Way.AWAY),
        (500, "error loading model: bad file", "endpoint_failed", Way.AGAIN),
        (429, "", "busy", Way.AWAY),
        (429, "You exceeded your current quota, check your plan", "quota", Way.MEND),
        (429, "Quota exceeded: requests per minute", "busy", Way.AWAY),
        (502, "<html><h1>Bad gateway</h1>", "away", Way.AWAY),
        (503, "load balancer has no server", "away", Way.AWAY),
        (524, "", "away", Way.AWAY),
        (404, "", "not_found", Way.MEND),
        (404, "model 'x' not found, try pulling it first", "unknown_model", Way.MEND),
        (400, "No models loaded. Please load one", "unknown_model", Way.MEND),
        (400, '"x" does not support chat', "cannot_chat", Way.MEND),
        (400, "temperature is not supported with this model", "refused", Way.NEVER),
        (400, "flagged by the content filter", "refused", Way.NEVER),
        (500, "CUDA out of memory. Tried to allocate 2 GiB", "out_of_memory", Way.AGAIN),
        (500, "model requires more system memory (9 GiB) than", "out_of_memory", Way.AGAIN),
        (500, "oops", "endpoint_failed", Way.AGAIN),
        (400, "the prompt is too long: 9000 tokens", "context_too_small", Way.NEVER),
        (400, "Voice 'M1' not found", "unknown_voice", Way.NEVER),
        (400, "M1 is no voice of ours. Available voices: a, b", "unknown_voice", Way.NEVER),
        (418, "teapot", "refused", Way.NEVER),
        (307, "", "moved", Way.MEND),
        (200, "something broke", "endpoint_failed", Way.AGAIN),
    ],
)
def test_words_and_status_say_what_becomes_of_the_work(
    status: int, text: str, kind: str, way: Way
) -> None:
    """Clear words first, then the status; an outage is one whatever it says, unless it is money."""
    assert meaning_of(refusal_in(text.encode(), status)) == (kind, way)


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        (b'{"error": {"message": "on\\nfire", "code": "x"}}', "x", "on fire"),
        (b'{"error": {"message": "on fire", "type": "y"}}', "y", "on fire"),
        (b'{"error": "on fire"}', "", "on fire"),
        (b'{"detail": [{"loc": ["body", "a"], "msg": "on fire"}]}', "", "body.a: on fire"),
        (b'[{"error": {"message": "on fire", "status": "INTERNAL"}}]', "INTERNAL", "on fire"),
        (b"<html><title>On &amp; fire</title></html>", "", "a web page: On & fire"),
        (b"\xef\xbb\xbfon\n fire", "", "on fire"),
    ],
)
def test_its_own_words_are_found(body: bytes, code: str, text: str) -> None:
    """On one line, without what is around them."""
    refusal = refusal_in(body, 500)
    assert (refusal.code, refusal.text) == (code, text)


def test_a_code_in_a_stream_counts_as_the_status() -> None:
    """And of a key that is refused nothing is repeated."""
    assert refusal_in(b'{"error": {"message": "busy", "code": 429}}').status == 429
    key = refusal_in(b'{"error": {"message": "bad key sk-12", "code": "401"}}')
    assert (key.status, key.text) == (401, "it refuses the key")


@pytest.mark.parametrize(
    ("content", "fit"),
    [
        (b'{"data": [{"id": "text-embedding-3-small"}, {"id": "gpt-5"}]}', ["gpt-5"]),
        (b'{"data": [{"id": "a", "type": "embeddings"}, {"id": "b", "type": "llm"}]}', ["b"]),
        (b'{"data": [{"id": "a"}, {"id": "b", "type": "chat"}]}', ["b", "a"]),
        (b'{"models": [{"name": "bge-m3"}, {"name": "qwen3:14b"}]}', ["qwen3:14b"]),
        (b'[{"id": "a", "capabilities": {"completion_chat": false}}, {"id": "b"}]', ["b"]),
        (b'{"data": [{"id": "a", "capabilities": ["embedding"]}, {"id": "b"}]}', ["b"]),
        (b'{"data": [{"id": "a", "architecture": {"output_modalities": ["image"]}}]}', []),
        (b'["whisper-1", "tts-1-hd", "kokoro", "all-minilm", "Llama-3"]', ["Llama-3"]),
        (b'{"data": [{"id": "nomic-ai/nomic-embed-text-v1.5"}, {"id": "e5-large"}]}', []),
        (b'{"data": [{"id": "multilingual-e5-base"}, {"id": "exaone-3.5"}]}', ["exaone-3.5"]),
        (
            b'["embeddinggemma:300m", "gpt-image-1", "/embeddings/Qwen3.gguf"]',
            ["/embeddings/Qwen3.gguf"],
        ),
        (b'{"data": [{"id": "qwen2.5-coder"}, {"id": "gemma-3-4b-it-qat"}]}', None),
        (b'{"data": []}', []),
    ],
)
def test_models_that_may_chat_are_told_apart(content: bytes, fit: list[str] | None) -> None:
    """By type, abilities and name, in every usual list; who says so goes first."""
    listed = listed_in(content)
    assert chat_models(listed) == ([it.name for it in listed] if fit is None else fit)


@pytest.mark.parametrize("content", [b"", b"<html>", b"{}", b'{"data": 1}', b"3"])
def test_what_is_no_list_of_models_is_none(content: bytes) -> None:
    """Whatever it is."""
    with pytest.raises(ValueError):
        listed_in(content)


def test_who_says_that_it_chats_is_believed() -> None:
    """Whatever it is called."""
    assert listed_in(b'[{"id": "whisper-chat", "type": "llm"}]') == [
        ListedModel("whisper-chat", chats=True)
    ]


@pytest.mark.parametrize(
    "content",
    [
        b'{"voices": ["a", "b"]}',
        b'["a", "b"]',
        b'{"voices": [{"id": "a"}, {"voice_id": "b"}, {"x": 1}]}',
        b'{"data": [{"name": "a"}, {"name": "b"}]}',
    ],
)
def test_voices_are_read_from_every_usual_list(content: bytes) -> None:
    """The protocol has none."""
    assert voices_in(content) == ["a", "b"]
