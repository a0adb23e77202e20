"""The dialects of OpenAI-compatible servers, one entry each: what a server does, what is wanted.

`BOOKS` are those with which a book is written all the same, `FAULTS` those that are told, with the
server's own words; `SPEECH` and `HEARING` are the same for narrators and transcribers. Rules are
made with the words of `tests/openai_api/double.py`.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from storybook.stages.writer.answer.pages import as_json
from tests.openai_api.double import (
    CUT,
    MODEL,
    Asked,
    Reply,
    Rule,
    as_reply,
    at,
    book,
    chat,
    cut_up,
    delta,
    error,
    event,
    hearing,
    refuses,
    said,
    sound,
    speech,
    streamed,
    takes_at_most,
    whole,
)

AWAY: Final = "away"
UNAVAILABLE: Final = "unavailable"


class Written(NamedTuple):
    """A book is written; the request that was taken `has` and `lacks` these fields."""

    rule: Rule
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


class Fails(NamedTuple):
    """It fails: `AWAY`, `UNAVAILABLE` or the kind of a `WorkFailed`, `again` if that may be tried
    again; all that is told has these words."""

    rule: Rule
    kind: str
    words: str
    again: bool = False


class Heard(NamedTuple):
    """What a transcriber makes of an answer."""

    rule: Rule
    text: str


# ----------------------------------------------------------------------------------------- helpers


def both(*rules: Rule) -> Rule:
    """The first of several rules that says something."""

    def rule(asked: Asked) -> Reply | None:
        return next((it for rule in rules if (it := rule(asked)) is not None), None)

    return rule


def in_events(text: str, before: str = "data: ", after: str = "\n\n") -> Reply:
    """A book in events of another form."""
    events = [json.dumps(delta(content=it), ensure_ascii=False) for it in cut_up(text)]
    return streamed("".join(f"{before}{it}{after}" for it in events).encode())


def pieces_of(content: bytes, size: int) -> list[bytes]:
    return [content[at : at + size] for at in range(0, len(content), size)]


def texts(*parts: str) -> Reply:
    """A stream of these texts."""
    return streamed(*(said(it) for part in parts for it in cut_up(part)), said("", "stop"))


def web_page(title: str, status: int = 200) -> Reply:
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>…</body></html>"
    return Reply(status, [page.encode()], {"Content-Type": "text/html"})


def by_line(*values: dict[str, Any]) -> Reply:
    content = "".join(json.dumps(it) + "\n" for it in values).encode()
    return Reply(200, [content], {"Content-Type": "application/x-ndjson"})


def draft(text: str) -> str:
    """A long thought that has a draft of the book in it."""
    return "음, 먼저 생각해 보자. " * 40 + text.replace("토끼와 호랑이", "초안") + " 이제 쓰자."


_EVENTS: Final = {"Content-Type": "text/event-stream"}
_USE_ANOTHER: Final = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. "
    "Use 'max_completion_tokens' instead."
)
_ONLY_DEFAULT: Final = (
    "Unsupported value: 'temperature' does not support 0.7 with this model. "
    "Only the default (1) value is supported."
)
_CONTEXT: Final = {
    "message": "the request exceeds the available context size (2048 tokens), try increasing it",
    "type": "exceed_context_size_error",
    "n_prompt_tokens": 2890,
    "n_ctx": 2048,
}
_BEGUN: Final = said('{"cover":')


# ------------------------------------------------------------------------------------ the request

_FIELDS: Final[Mapping[str, Written]] = {
    "max_completion_tokens": Written(
        refuses("max_tokens", _USE_ANOTHER, param="max_tokens", code="unsupported_parameter"),
        has=("max_completion_tokens",),
        lacks=("max_tokens",),
    ),
    "no temperature": Written(
        refuses("temperature", _ONLY_DEFAULT, param="temperature"), lacks=("temperature",)
    ),
    "no seed": Written(refuses("seed", "seed is not supported"), lacks=("seed",)),
    "no seed, FastAPI": Written(
        lambda asked: (
            as_reply(
                {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs", "input": asked.body}]},
                422,
            )
            if "seed" in asked.body
            else None
        ),
        has=("temperature",),
        lacks=("seed",),
    ),
    "no seed, Go": Written(refuses("seed", 'json: unknown field "seed"'), lacks=("seed",)),
    "another seed": Written(
        refuses("seed", "Extra: seed. Use random_seed."),
        has=("random_seed",),
        lacks=("seed",),
    ),
    "a limit of tokens": Written(
        takes_at_most(
            "max_tokens",
            1_024,
            "max_tokens is too large. This model supports at most 1024 completion tokens.",
        ),
        has=("max_tokens",),
    ),
    "a limit of tokens, unnamed": Written(
        takes_at_most("max_tokens", 2_000, "max_tokens is too large"), has=("max_tokens",)
    ),
    "a limit of tokens, by another name": Written(
        takes_at_most("max_tokens", 4_096, "The maximum output is 4,096 tokens"),
        has=("max_tokens", "response_format", "seed"),
    ),
    "no seed, Mistral": Written(
        lambda asked: (
            as_reply(
                {
                    "object": "error",
                    "message": {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs"}]},
                },
                422,
            )
            if "seed" in asked.body
            else None
        ),
        has=("temperature", "response_format"),
        lacks=("seed",),
    ),
    "a range of tokens": Written(
        takes_at_most("max_tokens", 2_000, "Range of max_tokens should be [1, 2000]"),
        has=("max_tokens",),
    ),
    "room in the context": Written(
        takes_at_most(
            "max_tokens",
            4_000,
            "This model's maximum context length is 6000 tokens. However, you requested 8192 "
            "tokens (2000 in the messages, 6192 in the completion).",
        ),
        has=("max_tokens",),
    ),
    "no response_format": Written(
        refuses("response_format", "response_format is not supported by this server"),
        lacks=("response_format",),
    ),
    "json_object alone": Written(
        refuses(
            "response_format",
            "the type must be 'json_object'",
            param="response_format",
            value="json_schema",
        ),
        has=("response_format",),
    ),
    "no template arguments": Written(
        refuses(
            "chat_template_kwargs",
            "Unrecognized request argument supplied: chat_template_kwargs",
        ),
        has=("response_format", "seed"),
        lacks=("chat_template_kwargs",),
    ),
    "no stream": Written(
        refuses("stream", "Streaming is not supported for this model"), lacks=("stream",)
    ),
    "no system": Written(
        lambda asked: (
            error("System role not supported", 500)
            if asked.path == "/chat/completions" and asked.body["messages"][0]["role"] == "system"
            else None
        ),
        has=("seed", "response_format"),
    ),
    "nothing but the messages, without a word why": Written(
        lambda asked: (
            Reply(400, [b"Bad Request"]) if set(asked.body) - {"model", "messages"} else None
        ),
        has=("messages",),
        lacks=("seed", "stream"),
    ),
    "everything refused in turn": Written(
        both(
            refuses("max_tokens", _USE_ANOTHER, param="max_tokens"),
            refuses("temperature", _ONLY_DEFAULT, 422, param="temperature"),
            refuses("seed", "Unknown parameter: 'seed'.", param="seed"),
            refuses("response_format", "Unsupported: response_format", 501),
            refuses("chat_template_kwargs", "additional properties: chat_template_kwargs"),
        ),
        has=("max_completion_tokens", "stream"),
        lacks=("seed", "temperature", "response_format", "chat_template_kwargs"),
    ),
}

# ------------------------------------------------------------------------------------- the answer

_ANSWERS: Final[Mapping[str, Rule]] = {
    "no space after data:": chat(lambda text: in_events(text, before="data:")),
    "CRLF": chat(lambda text: in_events(text, after="\r\n\r\n")),
    "CR alone": chat(lambda text: in_events(text, after="\r\r")),
    "no empty line between events": chat(lambda text: in_events(text, after="\n")),
    "a BOM, comments and fields for nobody": chat(
        lambda text: in_events("\ufeff" + text, before=": hello\nretry: 3\nid: 1\ndata: ")
    ),
    "empty events": chat(
        lambda text: streamed(b"data:\n\n", b"event: ping\ndata: \n\n", said(text), b"data: \n\n")
    ),
    "pings": chat(
        lambda text: streamed(event({"type": "ping"}), b": ping\n\n", event({}), said(text))
    ),
    "characters cut in their bytes": chat(
        lambda text: Reply(200, pieces_of(said(text), 3), _EVENTS)
    ),
    "events over several data lines": chat(
        lambda text: streamed(
            "".join(
                f"data: {line}\n"
                for line in json.dumps(delta(content=text), indent=1, ensure_ascii=False).split(
                    "\n"
                )
            ).encode()
            + b"\n"
        )
    ),
    "gzip": chat(
        lambda text: Reply(
            200, [gzip.compress(said(text))], {**_EVENTS, "Content-Encoding": "gzip"}
        )
    ),
    "signs cut in their escapes, and NaN": chat(
        lambda text: streamed(
            *(
                f'data: {{"choices":[{{"delta":{{"content":"{it}"}},"logprob":NaN}}]}}\n\n'.encode()
                for it in re.split(r"(?<=\\ud83d)", json.dumps(text.replace("살", "😀살"))[1:-1])
            )
        )
    ),
    "[DONE] with spaces, usage, roles, nulls": chat(
        lambda text: streamed(
            event({"choices": []}),
            event(delta(role="assistant", content=None)),
            said(text),
            event({"choices": [], "usage": {"total_tokens": 9}}),
            b"data: [DONE] \n\n",
        )
    ),
    "choices: null": chat(lambda text: streamed(event({"choices": None}), said(text))),
    "content in parts": chat(
        lambda text: streamed(event(delta(content=[{"type": "text", "text": text}])))
    ),
    "a whole answer": chat(lambda text: as_reply(whole(text))),
    "a whole answer, pretty": chat(
        lambda text: Reply(200, [json.dumps(whole(text), indent=2, ensure_ascii=False).encode()])
    ),
    "a whole answer as one event": chat(lambda text: streamed(event(whole(text)))),
    "all of it again in each event": chat(
        lambda text: streamed(
            *(event(delta(content=text[:at])) for at in range(50, len(text), 400)),
            event(whole(text)),
        )
    ),
    "content that is JSON already": chat(lambda text: as_reply(whole(json.loads(text)))),
    "the arguments of a function": chat(
        lambda text: streamed(
            *(
                event(delta(content=None, tool_calls=[{"function": {"arguments": it}}]))
                for it in cut_up(text)
            )
        )
    ),
    "a thought among the parts": chat(
        lambda text: streamed(
            event(delta(content=[{"type": "thinking", "text": draft(text)}, {"text": text}]))
        )
    ),
    "commas before an end": chat(lambda text: texts(text.replace("}", ",}"))),
    "a whole answer in parts": chat(
        lambda text: as_reply(whole("") | {"choices": [{"message": {"content": [{"text": text}]}}]})
    ),
    "chunks line by line": chat(lambda text: by_line(*(delta(content=it) for it in cut_up(text)))),
    "all in reasoning_content": chat(
        lambda text: streamed(event(delta(reasoning_content=text, content="")))
    ),
    "all in reasoning": chat(lambda text: streamed(event(delta(reasoning=text)))),
    "a whole answer, all in reasoning": chat(lambda text: as_reply(whole("", reasoning=text))),
    "a thought beside it": chat(
        lambda text: streamed(event(delta(reasoning_content=draft(text))), said(text))
    ),
    "<think>": chat(lambda text: texts("<think>", draft(text), "</think>\n\n", text)),
    "<thinking> with braces": chat(
        lambda text: texts('<thinking>{a} {"cover": 1}</thinking>', text)
    ),
    "a thought without its opening tag": chat(lambda text: texts(draft(text), "</think>", text)),
    "[THINK]": chat(lambda text: texts("[THINK]", draft(text), "[/THINK]", text)),
    "◁think▷": chat(lambda text: texts("◁think▷", draft(text), "◁/think▷", text)),
    "<seed:think>": chat(lambda text: texts("<seed:think>", draft(text), "</seed:think>", text)),
    "<|begin_of_thought|>": chat(
        lambda text: texts("<|begin_of_thought|>", draft(text), "<|end_of_thought|>", text)
    ),
    "channels": chat(
        lambda text: texts(
            f"<|channel|>analysis<|message|>{draft(text)}<|end|><|start|>assistant"
            f"<|channel|>final<|message|>{text}"
        )
    ),
    "all in a thought in tags": chat(lambda text: texts("<think>", text, "</think>")),
    "a preamble with a brace": chat(
        lambda text: texts("네! 아래는 {요청하신} 동화입니다:\n", text, "\n즐겁게 읽으세요! {끝}")
    ),
    "a fence": chat(lambda text: texts(f"```json\n{text}\n```")),
    "an array": chat(lambda text: texts(f"[{text}]")),
    "a wrapper": chat(lambda text: texts(f'{{"book": {text}}}')),
    "two wrappers and a word more": chat(
        lambda text: texts(f'{{"language": "ko", "answer": {{"story": {text}}}}}')
    ),
    "pretty": chat(lambda text: texts(json.dumps(json.loads(text), indent=2, ensure_ascii=False))),
    "a page an object": chat(
        lambda text: texts(*(as_json({key: it}) + "\n" for key, it in json.loads(text).items()))
    ),
    "line breaks in strings": chat(lambda text: texts(text.replace("토끼가 ", "토끼가\n"))),
    "a draft that is none": chat(lambda text: texts('{"cover": {]} 아니, 다시: ', text)),
    "a book that is cut and goes on": at(
        "/chat/completions",
        lambda asked: (
            streamed(said(as_json(book())[:900]), said("", "length"))
            if len(asked.body["messages"]) == 2
            else None
        ),
    ),
}

BOOKS: Final[Mapping[str, Written]] = {
    **_FIELDS,
    **{name: Written(rule) for name, rule in _ANSWERS.items()},
}

# ---------------------------------------------------------------------------------------- failures

FAULTS: Final[Mapping[str, Fails]] = {
    "context exceeded": Fails(
        chat(as_reply({"error": {"code": 400, **_CONTEXT}}, 400)),
        "context_too_small",
        r"2890 tokens.*2048.*\[writer\] context",
    ),
    "context exceeded, in words": Fails(
        chat(error("Requested tokens (2890) exceed context window of 2048")),
        "context_too_small",
        r"2890.*2048.*\[writer\] context",
    ),
    "no such model": Fails(
        chat(error('model "qwen3:14b" not found, try pulling it first', 404)),
        UNAVAILABLE,
        rf"try pulling it first.*it lists {MODEL}.*\[writer\] url and model",
    ),
    "loading": Fails(chat(error("Loading model", 503)), AWAY, "Loading model"),
    "loading, by another status": Fails(chat(error("Model is loading", 500)), AWAY, "loading"),
    "busy": Fails(chat(error("slow down", 429)), AWAY, "slow down"),
    "a gateway's page": Fails(chat(web_page("Bad Gateway", 502)), AWAY, "502: a web page: Bad Gat"),
    "a gateway in time": Fails(chat(web_page("Gateway Time-out", 504)), AWAY, "Time-out"),
    "a CDN without its server": Fails(chat(web_page("Origin is down", 521)), AWAY, "521"),
    "no money": Fails(
        chat(error("You exceeded your current quota", 429, code="insufficient_quota")),
        UNAVAILABLE,
        "current quota.*billing",
    ),
    "payment": Fails(chat(error("Insufficient Balance", 402)), UNAVAILABLE, "Insufficient Balance"),
    "no chat": Fails(
        chat(error('"nomic-embed-text" does not support chat')), UNAVAILABLE, "not support chat"
    ),
    "moved": Fails(
        chat(Reply(301, headers={"Location": "https://me:pw@ai.example/v1/chat/completions?k=v"})),
        UNAVAILABLE,
        r"Set \[writer\] url to https://ai\.example/v1$",
    ),
    "a policy": Fails(
        chat(error("This request violates the content policy")), "refused", "content policy"
    ),
    "an unknown trouble": Fails(chat(error("oops", 500)), "endpoint_failed", "oops", again=True),
    "no memory in the midst": Fails(
        chat(streamed(_BEGUN, event({"error": {"message": "CUDA out of memory. Tried 2 GiB"}}))),
        "out_of_memory",
        "CUDA out of memory",
        again=True,
    ),
    "event: error": Fails(
        chat(streamed(_BEGUN, b'event: error\ndata: {"message": "slot broke", "code": 500}\n\n')),
        "endpoint_failed",
        "slot broke",
        again=True,
    ),
    "error: as a field": Fails(
        chat(streamed(_BEGUN, b'error: {"message": "slot broke"}\n\n')),
        "endpoint_failed",
        "slot broke",
        again=True,
    ),
    "an error as vLLM streams it": Fails(
        chat(streamed(_BEGUN, event({"object": "error", "message": "too odd", "code": 400}))),
        "refused",
        "too odd",
    ),
    "an overload in the midst": Fails(
        chat(streamed(_BEGUN, event({"error": {"message": "overloaded", "code": 529}}))),
        AWAY,
        "overloaded",
    ),
    "an error as the text": Fails(
        chat(texts('{"error": "CUDA out of memory"}')),
        "out_of_memory",
        "CUDA out of memory",
        again=True,
    ),
    "an error of the choice": Fails(
        chat(as_reply({"choices": [{"error": {"message": "slot broke", "code": 502}}]})),
        AWAY,
        "slot broke",
    ),
    "an error with 200": Fails(
        chat(as_reply({"error": {"message": "slot broke"}})),
        "endpoint_failed",
        "slot broke",
        again=True,
    ),
    "an error with 200, in detail": Fails(
        chat(as_reply({"detail": "model 'x' not found"})), UNAVAILABLE, "model 'x' not found"
    ),
    "no JSON in an event": Fails(
        chat(streamed(b"data: nonsense\n\n")), "bad_answer", "nonsense", again=True
    ),
    "a web page with 200": Fails(
        chat(web_page("Sign in")), UNAVAILABLE, r"a web page: Sign in.*\[writer\] url"
    ),
    "Ollama's own API": Fails(
        chat(by_line({"model": "m", "message": {"content": "가"}, "done": False})),
        UNAVAILABLE,
        r"Ollama's own API.*\[writer\] url",
    ),
    "Anthropic's API": Fails(
        chat(streamed(event({"type": "message_start", "message": {}}))),
        UNAVAILABLE,
        "Anthropic",
    ),
    "a refusal": Fails(
        chat(streamed(event(delta(refusal="I'm sorry, ")), event(delta(refusal="I can't.")))),
        "refused",
        "I'm sorry, I can't",
    ),
    "a filter": Fails(
        chat(streamed(_BEGUN, said("", "content_filter"))), "refused", "content_filter", again=True
    ),
    "a refusal as text": Fails(
        chat(texts("I cannot write that.")), "cut_answer", "I cannot write that", again=True
    ),
    "only a thought": Fails(
        chat(streamed(event(delta(reasoning="hm " * 99)), said("", "length"))),
        "only_thought",
        "only thought.*reasoning-budget",
        again=True,
    ),
    "cut before a page is whole": Fails(
        chat(streamed(_BEGUN, said("", "length"))), "cut_answer", r"page 0.*length", again=True
    ),
    "nothing at all": Fails(chat(Reply()), "cut_answer", "page 0", again=True),
    "a cut connection": Fails(chat(streamed(_BEGUN, CUT)), "connection", "broke", again=True),
}

# ------------------------------------------------------------------------------------------ speech

SPEECH: Final[Mapping[str, Rule]] = {
    "mp3 alone": refuses(
        "response_format", "Only mp3 is supported for response_format", value="wav"
    ),
    "pcm alone": lambda asked: (
        error("response_format must be pcm")
        if asked.body.get("response_format") not in (None, "pcm")
        else Reply(pieces=[sound("pcm")])
    ),
    "mp3 whatever is asked": speech(Reply(pieces=[sound("mp3")])),
    "flac whatever is asked": speech(Reply(pieces=[sound("flac")])),
    "raw samples that say so": speech(
        Reply(pieces=[sound("pcm", 16_000)], headers={"Content-Type": "audio/L16;rate=16000"})
    ),
    "raw samples that say nothing": speech(Reply(pieces=[sound("pcm")])),
    "no speed": refuses("speed", "speed: extra fields not permitted", 422),
    "no language": refuses("lang", "Unrecognized request argument supplied: lang"),
    "nothing but OpenAI's": lambda asked: (
        Reply(400, [b"Bad Request"])
        if set(asked.body) & {"lang", "speed", "response_format"}
        else None
    ),
}

SPEECH_FAULTS: Final[Mapping[str, Fails]] = {
    "an error with 200": Fails(
        speech(as_reply({"error": {"message": "CUDA out of memory"}})),
        "out_of_memory",
        "CUDA out of memory",
        again=True,
    ),
    "a web page with 200": Fails(speech(web_page("Sign in")), "bad_answer", "a web page: Sign in"),
    "other voices": Fails(
        speech(error("Voice 'M1' not found", 400)),
        "unknown_voice",
        r"Voice 'M1' not found.*af_bella, am_adam.*\[narrator\] voices = \{ M1 = \"af_bella\" \}",
    ),
    "other voices, FastAPI": Fails(
        speech(
            as_reply(
                {"detail": [{"loc": ["body", "voice"], "msg": "Input should be 'alloy'"}]}, 422
            )
        ),
        "unknown_voice",
        r"'alloy'.*af_bella.*\[narrator\].*voices",
    ),
    "other voices, by the field": Fails(
        speech(error("Invalid value: 'M1'", param="voice")), "unknown_voice", "af_bella, am_adam"
    ),
    "busy": Fails(speech(error("slow down", 429)), AWAY, "slow down"),
    "away": Fails(speech(Reply(503)), AWAY, "503"),
}

# ----------------------------------------------------------------------------------------- hearing


def heard(value: Any) -> Rule:
    return hearing(as_reply(value))


def plain(text: str) -> Rule:
    return hearing(
        Reply(200, [f"{text}\n".encode()], {"Content-Type": "text/plain; charset=utf-8"})
    )


_SAID: Final = "옛날 조선시대"
HEARING: Final[Mapping[str, Heard]] = {
    "plain text": Heard(plain(_SAID), _SAID),
    "SRT": Heard(plain(f"1\n00:00:00,000 --> 00:00:02,000\n{_SAID}\n"), _SAID),
    "times before each line": Heard(plain(f"[00:00.000 --> 00:02.000]  {_SAID}"), _SAID),
    "no probabilities": Heard(
        heard({"segments": [{"text": _SAID, "avg_logprob": None, "no_speech_prob": None}]}), _SAID
    ),
    "NaN": Heard(
        hearing(
            Reply(pieces=[f'{{"segments":[{{"text":"{_SAID}","avg_logprob":NaN}}]}}'.encode()])
        ),
        _SAID,
    ),
    "the same words in 80 segments": Heard(
        heard({"segments": [{"text": "토끼와 호랑이가 "}] * 80}), ""
    ),
    "no segments": Heard(heard({"text": _SAID, "segments": []}), _SAID),
    "JSON text": Heard(heard(_SAID), _SAID),
    "another name": Heard(heard({"transcription": _SAID}), _SAID),
    "results": Heard(heard({"results": [{"transcript": _SAID}]}), _SAID),
    "null": Heard(heard({"text": None}), ""),
    "[BLANK_AUDIO]": Heard(heard({"text": " [BLANK_AUDIO]"}), ""),
    "(음악)": Heard(heard({"text": "(음악)"}), ""),
    "♪": Heard(heard({"text": "♪"}), ""),
    "♪ with words": Heard(heard({"text": "♪ 랄라라 ♪"}), ""),
    "a noise before words": Heard(heard({"text": f"[박수] {_SAID}"}), _SAID),
    "the same words 80 times": Heard(heard({"text": "토끼와 " * 80}), ""),
    "no words": Heard(plain(""), ""),
    "no verbose_json": Heard(
        refuses(
            "response_format",
            "response_format 'verbose_json' is not compatible",
            value="verbose_json",
        ),
        _SAID,
    ),
    "no JSON": Heard(
        lambda asked: (
            error("response_format must be text")
            if asked.body.get("response_format") != "text" and asked.method == "POST"
            else plain(_SAID)(asked)
        ),
        _SAID,
    ),
    "no temperature": Heard(refuses("temperature", "unknown field temperature", 422), _SAID),
}

HEARING_FAULTS: Final[Mapping[str, Fails]] = {
    "an error with 200": Fails(
        heard({"error": "CUDA out of memory"}), "out_of_memory", "CUDA out of memory", again=True
    ),
    "a web page with 200": Fails(hearing(web_page("Sign in")), "bad_answer", "a web page: Sign in"),
    "no JSON that is called so": Fails(
        hearing(Reply(200, [b"key=1"], {"Content-Type": "application/json"})),
        "bad_answer",
        "no transcription",
    ),
    "no such model": Fails(
        hearing(error("model whisper-1 not found", 404)), UNAVAILABLE, f"it lists {MODEL}"
    ),
    "another language": Fails(
        hearing(error("Language 'ko' is not supported")), "unsupported_language", "'ko'"
    ),
    "busy": Fails(hearing(error("slow down", 429)), AWAY, "slow down"),
}
