"""Secrets that are planted, a search for them, and a server that quotes all it was sent."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx


def forms_of(secret: str) -> set[bytes]:
    """A secret as it stands in a text: as it is, as an address or JSON has it, in hexadecimal, and
    within base64, wherever in it it begins."""
    told = secret.encode()
    found = {told, quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode()}
    found |= {told.hex().encode()}
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + told).rstrip(b"=")
        inner = encoded[4 if before else 0 : -1]
        found |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


class Told:
    """Everything that was told, by where."""

    def __init__(self) -> None:
        self.texts: dict[str, bytes] = {}

    def add(self, where: str, *texts: str | bytes) -> None:
        told = b"\n".join(it if isinstance(it, bytes) else it.encode() for it in texts)
        self.texts[f"{len(self.texts)} {where}"] = told

    def answer(self, answer: httpx.Response) -> httpx.Response:
        """Note an answer, and give it back."""
        head = "".join(f"{name}: {value}\n" for name, value in answer.headers.items())
        request = answer.request
        self.add(f"{request.method} {request.url.path}", head, answer.content)
        return answer

    def files(self, folder: Path, besides: frozenset[str] = frozenset()) -> None:
        """Note all files below a folder, besides some of their names, and those names too."""
        for path in sorted(folder.rglob("*")):
            self.add(f"name of {path.name}", str(path.relative_to(folder)))
            if path.is_file() and path.name not in besides:
                self.add(str(path.relative_to(folder.parent)), path.read_bytes())

    def leaks(self, secrets: Mapping[str, str]) -> list[str]:
        """Which secret is told where."""
        return [
            f"{name} in {where}: …{_around(text, form)}…"
            for name, secret in secrets.items()
            for form in forms_of(secret)
            for where, text in self.texts.items()
            if form in text
        ]


def _around(text: bytes, form: bytes) -> str:
    at = text.index(form)
    return text[max(0, at - 120) : at + len(form) + 40].decode("utf-8", "replace")


# --------------------------------------------------------------------------------------- the parrot

SAID: Final[Mapping[str, tuple[int, str]]] = {
    "refuses-the-key": (401, "application/json"),
    "forbids": (403, "text/html"),
    "redirects": (302, "text/plain"),
    "blames": (400, "application/json"),
    "breaks": (500, "application/json"),
    "is-busy": (429, "application/json"),
    "errs-in-success": (200, "application/json"),
    "rambles": (200, "text/plain"),
}
"""How it may answer: the status, and what it calls what it says."""


class Parrot(ThreadingHTTPServer):
    """Quotes whatever it is sent, as its way is, in its head and its body."""

    daemon_threads = True

    def __init__(self, way: str) -> None:
        super().__init__(("127.0.0.1", 0), _Quoting)
        self.way, self.heard = way, b""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left is no error of a test."""

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class _Quoting(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Parrot

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        heard = _heard(self.path, dict(self.headers))
        self.server.heard += heard.encode()
        status, kind = SAID[self.server.way]
        body = (_error(heard) if kind == "application/json" else heard).encode()
        # http.server would end the line of the status with what it was given: it is one line.
        self.send_response(status, heard)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("WWW-Authenticate", f'Bearer realm="{heard}"'),
            (
                "Location",
                f"http://me:{quote(heard)}@127.0.0.1:1/{quote(heard)}?token={quote(heard)}",
            ),
            ("Set-Cookie", f"seen={quote(heard)}"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Tests are quiet."""


def _heard(path: str, headers: dict[str, str]) -> str:
    """What says who asks: each value as it came, and as it was before it was encoded."""
    told = [urlsplit(path).query, *(it for name, it in headers.items() if name not in _COMMON)]
    for value in [*told]:
        scheme, _, rest = value.partition(" ")
        if scheme == "Basic":
            told.append(base64.b64decode(rest).decode())
    return " ".join(filter(None, told))


_COMMON: Final = {"Accept", "Accept-Encoding", "Connection", "Content-Length", "Content-Type"}


def _error(heard: str) -> str:
    """An error as OpenAI, FastAPI, ComfyUI and a list of models have it, all in one."""
    return json.dumps(
        {
            "error": {"message": f"bad {heard}", "type": heard, "code": heard, "details": heard},
            "detail": [{"loc": ["body", heard], "msg": heard, "input": heard}],
            "message": heard,
            "node_errors": {"3": {"errors": [{"type": heard, "message": heard}]}},
            "data": [{"id": heard}],
            "system": {"comfyui_version": heard},
        }
    )


@contextmanager
def quoting(way: str) -> Iterator[Parrot]:
    """A parrot that runs."""
    server = Parrot(way)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
