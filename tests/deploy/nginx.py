"""A real nginx with one of the files of `deploy/nginx`, on free ports, in a folder of its own."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FILES: Final = Path(__file__).parents[2] / "deploy" / "nginx"
NGINX: Final = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
PATIENCE_SECONDS: Final = 20

_MAIN: Final = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{user}
events {{ worker_connections 256; }}
http {{
    types {{ text/html html; application/json json; }}
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as it:
        return int(it.getsockname()[1])


def site(name: str, server: str, folder: Path, page: Path) -> tuple[str, int]:
    """A file as an operator would fit it to his machine: ports, places of certificate and log,
    and where the server is; and the port of its last `listen`. A page is put beside the server."""
    text = (FILES / f"{name}.conf").read_text("utf-8")
    text = text.replace("127.0.0.1:8000", server.removeprefix("http://"))
    text = text.replace("/etc/storybook/tls", str(folder))
    text = text.replace("/var/log/nginx", str(folder))
    port = 0

    def listen(found: re.Match[str]) -> str:
        nonlocal port
        port = free_port()
        return f"listen 127.0.0.1:{port}{found[1]};"

    text = re.sub(r"listen \d+([^;]*);", listen, text)
    prefix = "/story" if "location /story/" in text else ""
    at_last = text.rindex("location ")
    beside = f"location = {prefix}/page.html {{ alias {page}; }}\n    "
    return text[:at_last] + beside + text[at_last:], port


@contextmanager
def nginx(name: str, server: str, folder: Path, page: Path) -> Iterator[int]:
    """The port at which nginx answers, with a file of `deploy/nginx` before a server."""
    text, port = site(name, server, folder, page)
    (folder / "site.conf").write_text(text, "utf-8")
    is_root = Path("/proc/self").stat().st_uid == 0
    main = _MAIN.format(folder=folder, user="user root;" if is_root else "")
    (folder / "nginx.conf").write_text(main, "utf-8")
    assert NGINX is not None
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    process = subprocess.Popen(command)
    try:
        _await(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise AssertionError(f"nginx did not start: {process.poll()}")
