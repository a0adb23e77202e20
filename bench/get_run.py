"""`GET /api/runs/{run_id}` beside FastAPI: `python -m bench.get_run [PYTHON]`.

Both servers run under uvicorn with httptools, FastAPI's on uvloop besides, and answer the same
body: ours from the projection, the other one from a dict. `PYTHON` is an interpreter that has
fastapi and uvicorn, if this one has not. They take turns: in each round each is asked on one kept
connection, which is what one reader feels, and on 64, where each asks again once it is answered.

Measured is what a client sees, wall time: answers a second, and how long half (p50) and 99 of 100
answers (p99) take at most. The figures are the ratios of the answers a second; the notes have the
rest, and the ratio of answers a second of the server's CPU time, which other work on the machine
disturbs less. Reads /proc: Linux only.
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
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from bench.apart import measured
from bench.figures import FULL, Effort, Figure, print_figures
from bench.one_run import RUN, STEPS, OneRun, cpu_seconds

REACHES: Final = {1: 2.5, 64: 3.0}
"""How many times as many answers a second as FastAPI gives, by the number of connections."""
REQUESTS: Final = {1: 1_500, 64: 4_000}
"""Answers that are counted, by the number of connections: about a second each."""
REQUEST: Final = f"GET /api/runs/{RUN} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
END: Final = b"}"
"""What a state ends with, and no head."""

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


class Load(msgspec.Struct, frozen=True):
    """What clients saw of a server: answers a second, of wall time and of the server's CPU time,
    and within how many milliseconds 50 and 99 of 100 answers came."""

    a_second: float
    a_cpu_second: float
    p50_ms: float
    p99_ms: float


def measure(folder: Path, effort: Effort = FULL, python: str = sys.executable) -> list[Figure]:
    """The median ratios over rounds in which the two take turns."""
    with OneRun(folder) as server:
        for _ in STEPS:
            server.step()
        with _fastapi(python, _body(server.port)) as (port, pid):
            return [
                _figure(
                    connections,
                    [
                        (
                            _load(server.port, server.pid, connections, requests),
                            _load(port, pid, connections, requests),
                        )
                        for _ in range(effort.repetitions)
                    ],
                )
                for connections in REACHES
                for requests in [effort.of(REQUESTS[connections], least=connections)]
            ]


def _figure(connections: int, rounds: list[tuple[Load, Load]]) -> Figure:
    ratio = statistics.median(ours.a_second / theirs.a_second for ours, theirs in rounds)
    cpu = statistics.median(ours.a_cpu_second / theirs.a_cpu_second for ours, theirs in rounds)
    ours, theirs = (_median(loads) for loads in zip(*rounds, strict=True))
    note = f"{_told(ours)}; FastAPI {_told(theirs)}; {cpu:.2f} × by CPU time"
    what = f"GET a run, {connections} connection{'s' * (connections > 1)}, against FastAPI"
    return Figure(what, ratio, "×", REACHES[connections], "≥", note)


def _median(loads: tuple[Load, ...]) -> Load:
    return Load(*map(statistics.median, zip(*map(msgspec.structs.astuple, loads), strict=True)))


def _told(load: Load) -> str:
    return f"{load.a_second:,.0f}/s, p50 {load.p50_ms:.2f}, p99 {load.p99_ms:.2f} ms"


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


def _load(port: int, pid: int, connections: int, requests: int) -> Load:
    """Ask on so many connections, on each again as soon as it is answered."""
    sockets = {it.fileno(): it for it in _connected(port, connections)}
    waits: list[float] = []
    with select.epoll() as epoll:
        for number in sockets:
            epoll.register(number, select.EPOLLIN)
        cpu, began = cpu_seconds(pid), time.perf_counter()
        asked = dict.fromkeys(sockets, began)
        for it in sockets.values():
            it.sendall(REQUEST)
        while len(waits) < requests:
            if not (ready := epoll.poll(10)):
                raise TimeoutError(f"{len(waits)} of {requests} requests answered")
            for number, _ in ready:
                if _is_answered(sockets[number]):
                    now = time.perf_counter()
                    waits.append(now - asked[number])
                    asked[number] = now
                    sockets[number].sendall(REQUEST)
        seconds, cpu = time.perf_counter() - began, cpu_seconds(pid) - cpu
    for it in sockets.values():
        it.close()
    percent = statistics.quantiles(waits, n=100)
    return Load(len(waits) / seconds, len(waits) / cpu, percent[49] * 1e3, percent[98] * 1e3)


def _connected(port: int, connections: int) -> Iterator[socket.socket]:
    for _ in range(connections):
        connection = socket.create_connection(("127.0.0.1", port), timeout=10)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


def _is_answered(connection: socket.socket) -> bool:
    """Take what has come; whether it is the end of an answer. A body may come after its head."""
    piece = connection.recv(65_536)
    if not piece:
        raise ConnectionError("the server closed a connection")
    return piece.endswith(END)


if __name__ == "__main__":
    interpreter = sys.argv[1] if len(sys.argv) > 1 else sys.executable
    print_figures(measured(partial(measure, python=interpreter)))
