"""`GET /api/runs/{run_id}` beside FastAPI: `python -m bench.get_run [PYTHON]`.

Both servers run under uvicorn with httptools, FastAPI's on uvloop besides, one after the other,
and answer the same body: ours from the projection, the other one from a dict. `PYTHON` is an
interpreter that has fastapi and uvicorn, if this one has not. Eight connections ask as fast as
they are answered. The ratio is of answers a second of the server's CPU time, which other work on
the machine disturbs less than answers a second. Reads /proc: Linux only.
"""

from __future__ import annotations

import select
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.figures import REPETITIONS, Figure, print_figures
from bench.one_run import RUN, STEPS, OneRun, cpu_seconds

CONNECTIONS: Final = 8
REQUESTS: Final = 4_000

FASTAPI: Final = """
import json, socket, sys
import uvicorn
from fastapi import FastAPI, HTTPException

app = FastAPI()
runs = json.loads(sys.argv[1])

@app.get("/api/runs/{run_id}")
async def state(run_id: str):
    if run_id not in runs:
        raise HTTPException(404, "no such run")
    return runs[run_id]

listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
config = uvicorn.Config(app, loop="uvloop", http="httptools", ws="none", access_log=False,
                        log_level="error")
uvicorn.Server(config).run(sockets=[listening])
"""


def measure(
    folder: Path, repetitions: int = REPETITIONS, python: str = sys.executable
) -> list[Figure]:
    """The median ratio over rounds in which the two take turns."""
    with OneRun(folder) as server:
        for _ in STEPS:
            server.step()
        body = _body(server.port)
        with _fastapi(python, body) as (port, pid):
            rounds = [
                (_answers_a_second(server.port, server.pid), _answers_a_second(port, pid))
                for _ in range(repetitions)
            ]
    ours = statistics.median(it for it, _ in rounds)
    theirs = statistics.median(it for _, it in rounds)
    ratio = statistics.median(it / other for it, other in rounds)
    note = f"{len(body):,} bytes; {ours:,.0f} and {theirs:,.0f} answers a CPU second"
    return [Figure("GET a run, against FastAPI from a dict", ratio, "×", 1.5, "≥", note)]


def _body(port: int) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/runs/{RUN}") as answer:
        body: bytes = answer.read()
        return body


@contextmanager
def _fastapi(python: str, body: bytes) -> Iterator[tuple[int, int]]:
    runs = f'{{"{RUN}": {body.decode()}}}'
    server = subprocess.Popen([python, "-c", FASTAPI, runs], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        assert len(_body(port)) == len(body), "the two bodies are not the same"
        yield port, server.pid
    finally:
        server.terminate()
        server.communicate(timeout=10)


def _answers_a_second(port: int, pid: int) -> float:
    """Answers a second of the server's CPU time."""
    request = f"GET /api/runs/{RUN} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()
    with select.epoll() as epoll:
        sockets = {}
        for _ in range(CONNECTIONS):
            it = socket.create_connection(("127.0.0.1", port), timeout=10)
            epoll.register(it.fileno(), select.EPOLLIN)
            sockets[it.fileno()] = it
        cpu = cpu_seconds(pid)
        for it in sockets.values():
            it.sendall(request)
        answered, until = 0, time.monotonic() + 60
        while answered < REQUESTS:
            if time.monotonic() > until:
                raise TimeoutError(f"{answered} of {REQUESTS} requests were answered")
            for number, _ in epoll.poll(1):
                answered += sockets[number].recv(65_536).count(b"HTTP/1.1 200")
                sockets[number].sendall(request)
        cpu = cpu_seconds(pid) - cpu
        for it in sockets.values():
            it.close()
    return answered / cpu


if __name__ == "__main__":
    print_figures(measure(Path.cwd(), python=sys.argv[1] if len(sys.argv) > 1 else sys.executable))
