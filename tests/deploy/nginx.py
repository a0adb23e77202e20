"""A real nginx with one of the files of `deploy/nginx`, on free ports, in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

FILES: Final = Path(__file__).parents[2] / "deploy" / "nginx"
NGINX: Final = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
PATIENCE_SECONDS: Final = 20
PORTS: Final = (12_000, 32_000)

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
    """Below those that systems give to connections: one that asks for a port at which nobody
    listens any more could be given that very port, and be connected to itself."""
    while True:
        port = random.randrange(*PORTS)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


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


class Nginx:
    """A running nginx with a file of `deploy/nginx` before a server. `port` is where it answers."""

    def __init__(self, name: str, server: str, folder: Path, page: Path) -> None:
        text, self.port = site(name, server, folder, page)
        (folder / "site.conf").write_text(text, "utf-8")
        is_root = Path("/proc/self").stat().st_uid == 0
        main = _MAIN.format(folder=folder, user="user root;" if is_root else "")
        (folder / "nginx.conf").write_text(main, "utf-8")
        self.errors = folder / "error.log"
        self._folder = folder
        self.start()

    def start(self) -> None:
        """Let it run, also once more after it was killed."""
        assert NGINX is not None
        folder = str(self._folder)
        command = [NGINX, "-p", folder, "-c", f"{folder}/nginx.conf", "-e", "stderr"]
        self.process = subprocess.Popen(command, start_new_session=True)
        _await(self.port, self.process)

    def reload(self) -> None:
        """Read the files anew: new workers take its place at the port, and the old ones are told
        to leave their connections."""
        before = self._workers()
        self.process.send_signal(signal.SIGHUP)
        _until(lambda: bool(self._workers() - before))

    def kill(self) -> None:
        """As a power cut would: with its workers, and all connections."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_SECONDS)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE_SECONDS)

    def _workers(self) -> set[int]:
        return {it.pid for it in psutil.Process(self.process.pid).children()}


@contextmanager
def nginx(name: str, server: str, folder: Path, page: Path) -> Iterator[Nginx]:
    """One that is stopped at the end."""
    it = Nginx(name, server, folder, page)
    try:
        yield it
    finally:
        it.stop()


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    def answers() -> bool:
        assert process.poll() is None, f"nginx did not start: {process.poll()}"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True

    _until(answers)


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "nginx did not come to it in time"
        time.sleep(0.02)
