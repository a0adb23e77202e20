"""A double of an OpenAI-compatible transcription endpoint, over real HTTP.

It checks what the real one checks (the form's fields, a WAV file, the key), keeps what it was
asked, and can be told to answer otherwise.
"""

from __future__ import annotations

import email.parser
import email.policy
import io
import json
import threading
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "whisper-1"


class Endpoint(ThreadingHTTPServer):
    """The endpoint: what it says, what it was asked, how it is to misbehave."""

    daemon_threads = True

    def __init__(self, said: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.said = said
        self.key = ""
        """The key that a call must have; none if empty."""
        self.logprob, self.no_speech = -0.1, 0.02
        self.knows_segments = True
        self.answer: tuple[int, bytes] | None = None
        """Given instead of a transcription."""
        self.hangs = threading.Event()
        self.hangs.set()
        """Cleared, every answer waits for it."""
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left is no error of a test."""


class _Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_GET(self) -> None:
        status, body = (200, {"data": [{"id": MODEL}]}) if self._may() else _refused(self._key())
        self._send(status, json.dumps(body).encode())

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.headers.append(dict(self.headers))
        self.server.hangs.wait(60)
        if self.server.answer is not None:
            return self._send(*self.server.answer)
        if not self._may():
            status, refusal = _refused(self._key())
            return self._send(status, json.dumps(refusal).encode())
        form = _form(self.headers["Content-Type"], content)
        self.server.asked.append(form)
        status, body = self._transcription(form)
        return self._send(status, json.dumps(body).encode())

    def _transcription(self, form: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.path != "/v1/audio/transcriptions" or form["model"] != MODEL:
            return 404, {"error": {"message": "no such model"}}
        with wave.open(io.BytesIO(form["file"])) as wav:
            seconds = wav.getnframes() / wav.getframerate()
        if form["response_format"] == "json":
            return 200, {"text": self.server.said}
        if not self.server.knows_segments:
            return 400, {"error": {"message": "response_format 'verbose_json' is not compatible"}}
        segment = {
            "text": self.server.said,
            "avg_logprob": self.server.logprob,
            "no_speech_prob": self.server.no_speech,
        }
        return 200, {"text": self.server.said, "duration": seconds, "segments": [segment]}

    def _may(self) -> bool:
        return not self.server.key or self._key() == f"Bearer {self.server.key}"

    def _key(self) -> str:
        return self.headers.get("Authorization", "")

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests are quiet."""


def _refused(key: str) -> tuple[int, dict[str, Any]]:
    """As OpenAI does: it quotes the key."""
    return 401, {"error": {"message": f"Incorrect API key provided: {key}"}}


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
def endpoint(said: str) -> Iterator[Endpoint]:
    """An endpoint that runs."""
    server = Endpoint(said)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.hangs.set()
        server.shutdown()
        server.server_close()
        thread.join()
