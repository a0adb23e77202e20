"""A double of an OpenAI-compatible server over real HTTP: chat, speech, transcription, models.

It does all well, unless a **rule** says otherwise: a function that gets what was `Asked` and gives
a `Reply`, or None to leave it to the next rule and at last to the double. A **dialect** is a rule
with a name; `tests/openai_api/dialects.py` is the table of them, and each new one is a line there.

    with serving(refuses("seed", "seed is not supported")) as server:
        OpenAIWriter(url=server.url)

`python -m tests.openai_api.double DIALECT` serves one for trying things out by hand.
"""

from __future__ import annotations

import email.parser
import email.policy
import io
import json
import re
import sys
import threading
import wave
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, NamedTuple

import numpy as np
import soundfile  # type: ignore[import-untyped]  # it has no type information

from storybook.stages.writer.answer.pages import MEMBERS, as_json

MODEL: Final = "Qwen3-8B"
CUT: Final = b": the line goes dead"
"""As the last piece of a reply: the connection breaks without an end."""
HOLD: Final = b""
"""As the last piece of a reply: nothing more comes until the client leaves or the test ends."""
PIECE: Final = 37
"""Characters of a book that come in one event; no power of two, so that cuts fall anywhere."""


class Asked(NamedTuple):
    """A request: its path below /v1, the fields of its JSON or form, and its query."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    query: str = ""

    @property
    def key(self) -> str:
        return self.headers.get("authorization", "")


class Reply(NamedTuple):
    """An answer; its pieces are sent one by one, as chunks."""

    status: int = 200
    pieces: Sequence[bytes] = ()
    headers: Mapping[str, str] = {}


Rule = Callable[[Asked], Reply | None]


class Double(ThreadingHTTPServer):
    """The server: how it behaves, and what it was asked. `gone` is set when a client has left an
    answer that was held."""

    daemon_threads = True

    def __init__(self, *rules: Rule, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.rules = [*rules]
        self.listed: Sequence[Any] = ({"id": MODEL, "object": "model"},)
        self.voices: Sequence[str] = ()
        self.hears = "옛날 조선시대"
        self.requests: list[Asked] = []
        self.gone = threading.Event()
        self.ends = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of what was posted."""
        return [it.body for it in self.requests if it.method == "POST"]

    def reply(self, asked: Asked) -> Reply:
        """What the first rule says that says something, else what a good server does."""
        said = (rule(asked) for rule in self.rules)
        return next((it for it in said if it is not None), None) or self._usual(asked)

    def _usual(self, asked: Asked) -> Reply:
        match asked.method, asked.path:
            case "GET", "/models":
                return as_reply({"object": "list", "data": list(self.listed)})
            case "GET", "/audio/voices" if self.voices:
                return as_reply({"voices": list(self.voices)})
            case "POST", "/chat/completions":
                return completion(asked, book_for(asked))
            case "POST", "/audio/speech":
                return Reply(pieces=[sound(asked.body.get("response_format", "mp3"))])
            case "POST", "/audio/transcriptions":
                return self._transcription(asked)
        return error("no such path", 404)

    def _transcription(self, asked: Asked) -> Reply:
        with wave.open(io.BytesIO(asked.body["file"])) as wav:
            seconds = wav.getnframes() / wav.getframerate()
        if asked.body.get("response_format") != "verbose_json":
            return as_reply({"text": self.hears})
        segment = {"text": self.hears, "avg_logprob": -0.1, "no_speech_prob": 0.02}
        return as_reply({"text": self.hears, "duration": seconds, "segments": [segment]})

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left is no error of a test."""


# ---------------------------------------------------------------------------------------- replies


def as_reply(value: Any, status: int = 200, **headers: str) -> Reply:
    """A reply of JSON."""
    content = json.dumps(value, ensure_ascii=False).encode()
    return Reply(status, [content], {"Content-Type": "application/json", **headers})


def error(message: str, status: int = 400, **more: Any) -> Reply:
    """A refusal as OpenAI words it."""
    return as_reply({"error": {"message": message, **more}}, status)


def event(value: Any) -> bytes:
    """An event of a stream."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"data: {text}\n\n".encode()


def delta(finish: str | None = None, **members: Any) -> dict[str, Any]:
    """A chunk of a streamed completion."""
    choice = {"index": 0, "delta": members, "finish_reason": finish}
    return {"object": "chat.completion.chunk", "model": MODEL, "choices": [choice]}


def said(text: str, finish: str | None = None) -> bytes:
    """An event with some text."""
    return event(delta(finish, content=text))


def whole(text: str, **members: Any) -> dict[str, Any]:
    """A completion that is not streamed."""
    message = {"role": "assistant", "content": text, **members}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"object": "chat.completion", "model": MODEL, "choices": [choice]}


def streamed(*pieces: bytes) -> Reply:
    """A stream of events."""
    return Reply(200, pieces, {"Content-Type": "text/event-stream"})


def cut_up(text: str) -> list[str]:
    """A text as a model gives it, some of it at a time."""
    return [text[at : at + PIECE] for at in range(0, len(text), PIECE)]


def completion(asked: Asked, text: str) -> Reply:
    """The text as a completion: a stream if one was asked for."""
    if not asked.body.get("stream"):
        return as_reply(whole(text))
    return streamed(*map(said, cut_up(text)), said("", "stop"), event("[DONE]"))


def book(first_page: int = 0, pages: int = 5) -> dict[str, Any]:
    """The members of an answer that a good model gives."""
    picture = {"time": "at sunset", "acts": {}, "scene": "A view."}
    summary = "토끼가 살았어요."
    told = {"title": "토끼와 호랑이", "summary": summary, "dialogues": [], "picture": picture}
    return dict.fromkeys(MEMBERS[first_page:pages], told)


def book_for(asked: Asked) -> str:
    """The answer to a request: the pages that its last message asks for."""
    wanted = asked.body["messages"][-1]["content"]
    pages = [int(it) for it in re.findall(r"page_(\d+)", wanted)]
    if not pages:  # a cover that is written anew
        return as_json(book(0, 1))
    return as_json(book(0 if '"cover"' in wanted else min(pages)))


def tone(rate: int = 24_000, seconds: float = 0.5, channels: int = 1) -> Any:
    """A tone of 200 Hz, in the first channel only."""
    sound = np.zeros((int(rate * seconds), channels), np.float32)
    sound[:, 0] = 0.3 * np.sin(2 * np.pi * 200 * np.arange(len(sound)) / rate)
    return sound


_FORMATS: Final = {
    "wav": ("WAV", "PCM_16"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "flac": ("FLAC", "PCM_16"),
    "opus": ("OGG", "OPUS"),
}


def sound(kind: str = "wav", rate: int = 24_000, **options: Any) -> bytes:
    """A tone as a file of a kind, or as raw samples (`pcm`)."""
    samples = tone(rate, **options)
    if kind == "pcm":
        return bytes((samples * 32767).astype("<i2").tobytes())
    file = io.BytesIO()
    container, subtype = _FORMATS[kind]
    soundfile.write(file, samples, rate, format=container, subtype=subtype)
    return file.getvalue()


# ------------------------------------------------------------------------------------------ rules


def at(path: str, rule: Rule) -> Rule:
    """A rule for one path."""
    return lambda asked: rule(asked) if asked.path == path else None


def chat(answer: Reply | Callable[[str], Reply]) -> Rule:
    """Answer a chat so; a function gets the text of the book that a good server would write."""
    return at(
        "/chat/completions",
        lambda asked: answer if isinstance(answer, Reply) else answer(book_for(asked)),
    )


def speech(reply: Reply) -> Rule:
    """Answer what is to be spoken so."""
    return at("/audio/speech", lambda asked: reply)


def hearing(reply: Reply) -> Rule:
    """Answer what is to be heard so."""
    return at("/audio/transcriptions", lambda asked: reply)


def listing(reply: Reply) -> Rule:
    """Answer the question for models so."""
    return at("/models", lambda asked: reply)


def refuses(field: str, message: str, status: int = 400, *, value: Any = None, **more: Any) -> Rule:
    """Refuse requests that have a field (of a value: that it contains or is)."""

    def rule(asked: Asked) -> Reply | None:
        found = asked.body.get(field)
        is_meant = field in asked.body and (value is None or value in (found, *_values(found)))
        return error(message, status, **more) if is_meant else None

    return rule


def needs_key(key: str) -> Rule:
    """Refuse who has not the key, as OpenAI does: it quotes what was sent."""
    return lambda asked: (
        None if asked.key == f"Bearer {key}" else error(f"Incorrect API key: {asked.key}", 401)
    )


def has_models(*names: str) -> Rule:
    """Refuse models of other names."""
    return lambda asked: (
        error("no such model", 404) if asked.body.get("model", names[0]) not in names else None
    )


def takes_at_most(field: str, most: int, message: str, **more: Any) -> Rule:
    """Refuse a field above a limit."""
    return lambda asked: error(message, **more) if asked.body.get(field, 0) > most else None


def first_times(times: int, rule: Rule) -> Rule:
    """Follow a rule so many times, and then do well."""
    left = [None] * times

    def counted(asked: Asked) -> Reply | None:
        reply = rule(asked) if left else None
        if reply is not None:
            left.pop()
        return reply

    return counted


def _values(found: Any) -> tuple[Any, ...]:
    return tuple(found.values()) if isinstance(found, dict) else ()


# ----------------------------------------------------------------------------------------- serving


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Double

    def do_GET(self) -> None:
        self._answer("GET", {})

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        kind = self.headers["Content-Type"]
        self._answer("POST", json.loads(content) if "json" in kind else _form(kind, content))

    def _answer(self, method: str, body: dict[str, Any]) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        place, _, query = self.path.partition("?")
        path = "/" + place.partition("/v1/")[2] if "/v1/" in place else place
        asked = Asked(method, path, headers, body, query)
        self.server.requests.append(asked)
        reply = self.server.reply(asked)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in reply.pieces:
            if piece == HOLD:
                return self._hold()
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        if reply.pieces and reply.pieces[-1] == CUT:
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")
        return None

    def _hold(self) -> None:
        """Keep the line open until the client has left it, or the test has ended."""
        self.close_connection = True
        self.connection.settimeout(0.02)
        while not self.server.ends.is_set():
            try:
                if not self.connection.recv(1):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        self.server.gone.set()

    def log_message(self, format: str, *args: Any) -> None:
        """Tests are quiet."""


def _form(content_type: str, content: bytes) -> dict[str, Any]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + content)
    form: dict[str, Any] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        form[str(name)] = data if name == "file" else data.decode()
    return form


@contextmanager
def serving(*rules: Rule) -> Iterator[Double]:
    """A double that runs."""
    server = Double(*rules)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.ends.set()
        server.shutdown()
        server.server_close()
        thread.join()


def main() -> None:
    """Serve the dialect that is named on the command line, until it is stopped."""
    from tests.openai_api.dialects import BOOKS, FAULTS

    known = {name: it.rule for name, it in BOOKS.items()}
    known |= {name: it.rule for name, it in FAULTS.items()}
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    server = Double(*([known[name]] if name else []), port=8080)
    print(f"{server.url}/v1 speaks {name or 'as it should'}; known are {', '.join(known)}")
    server.serve_forever()


if __name__ == "__main__":
    main()
