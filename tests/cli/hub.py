"""A model hub on the loopback, as unreliable as a test wants it."""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Hub:
    """Serves files by their path in a repository, whatever the repository and revision."""

    def __init__(self) -> None:
        self.url = ""
        self.files: dict[str, bytes] = {}
        self.etags: dict[str, str] = {}
        self.linked: dict[str, str] = {}
        """Digests that the hub announces, by path."""
        self.has_ranges = True
        self.cuts: list[int] = []
        """After how many bytes the next answers are cut."""
        self.status = 200
        self.asked: list[tuple[str, str, str]] = []
        """Each request: path, Range, If-Range."""


@contextmanager
def serving(hub: Hub, tls: ssl.SSLContext | None = None) -> Iterator[Hub]:
    """The hub on a free port; with `tls`, a server's certificate, by https."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(hub, self)

        def log_message(self, format: str, *arguments: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        scheme = "https" if tls else "http"
        hub.url = f"{scheme}://127.0.0.1:{server.server_port}"
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()


def _answer(hub: Hub, request: BaseHTTPRequestHandler) -> None:
    path = re.sub(r"^/[^/]+/[^/]+/resolve/[^/]+/", "", request.path)
    wanted, condition = request.headers.get("Range", ""), request.headers.get("If-Range", "")
    hub.asked.append((path, wanted, condition))
    content = hub.files.get(path)
    if content is None or hub.status != 200:
        request.send_error(404 if content is None else hub.status)
        return
    etag = hub.etags.get(path, '"1"')
    start, status = 0, 200
    if hub.has_ranges and wanted and condition in ("", etag):
        start, status = int(wanted.removeprefix("bytes=").rstrip("-")), 206
    if status == 206 and start >= len(content):
        request.send_response(416)
        request.send_header("Content-Range", f"bytes */{len(content)}")
        request.end_headers()
        return
    request.send_response(status)
    request.send_header("Content-Length", str(len(content) - start))
    request.send_header("ETag", etag)
    if path in hub.linked:
        request.send_header("X-Linked-ETag", f'"{hub.linked[path]}"')
    if status == 206:
        request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
    request.end_headers()
    sent = content[start:]
    request.wfile.write(sent[: hub.cuts.pop(0)] if hub.cuts else sent)
