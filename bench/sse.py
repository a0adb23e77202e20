"""A thousand clients follow one run: `python -m bench.sse [CLIENTS]`.

A server in a process of its own (the real log, the real application, uvicorn), and as many raw
sockets in this one. The run's work is completed piece by piece, each a durable append that makes
one message; measured are the time from the append's call to the last client's receipt, the server's
CPU time a delivery (all its threads), and the memory a client (unique set size, before and after
connecting). Reads /proc: Linux only.
"""

from __future__ import annotations

import resource
import select
import socket
import statistics
import sys
import time
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from bench.apart import measured
from bench.figures import FULL, Effort, Figure, print_figures
from bench.one_run import RUN, STEPS, OneRun, cpu_seconds

CLIENTS: Final = 1_000
PAUSE_SECONDS: Final = 0.02
"""Between two messages, so that one is delivered before the next is made."""
PATIENCE_SECONDS: Final = 60.0


class Round(msgspec.Struct, frozen=True):
    """One server's figures: milliseconds, microseconds and KiB."""

    last_ms: float
    cpu_us: float
    memory_kib: float


def measure(folder: Path, effort: Effort = FULL, clients: int = CLIENTS) -> list[Figure]:
    """Medians over servers started anew, with their logs on the disk of `folder`."""
    allow_many_files()
    clients = effort.of(clients, least=2)
    rounds = [_round(folder, clients) for _ in range(effort.repetitions)]
    last, cpu, memory = (
        statistics.median(values)
        for values in zip(*map(msgspec.structs.astuple, rounds), strict=True)
    )
    note = f"{clients} clients of one run"
    return [
        Figure("append to the last client's receipt", last, "ms", 50, "≤", note),
        Figure("CPU a delivery", cpu, "µs", 25, "≤", note),
        Figure("memory a client", memory, "KiB", 15, "≤", note),
    ]


def allow_many_files() -> None:
    """Raise this process's limit of open files as far as it may."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _round(folder: Path, clients: int) -> Round:
    with OneRun(folder) as server:
        followers = _Followers(server.port)
        followers.connect(1)  # what only the first client costs is not a client's
        before = _unique_kib(server.pid)
        followers.connect(clients - 1)
        memory = (_unique_kib(server.pid) - before) / (clients - 1)
        cpu, last = cpu_seconds(server.pid), []
        for _ in STEPS:
            began = server.step()
            last.append((followers.receive() - began) / 1e6)
            time.sleep(PAUSE_SECONDS)
        cpu = cpu_seconds(server.pid) - cpu
        followers.close()
    return Round(statistics.median(last), cpu / clients / len(STEPS) * 1e6, memory)


class _Followers:
    """Raw sockets that follow the run and count whole messages."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._epoll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}

    def connect(self, count: int) -> None:
        """Open connections until each has its first message."""
        request = f"GET /api/runs/{RUN}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        waiting = set()
        for _ in range(count):
            it = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE_SECONDS)
            it.sendall(request)
            self._sockets[it.fileno()] = it
            self._epoll.register(it.fileno(), select.EPOLLIN)
            waiting.add(it.fileno())
            if len(waiting) >= 64:
                self._wait_for(waiting, 32)
        self._wait_for(waiting, 0)

    def receive(self) -> int:
        """Wait until all have one more message; when the last one had it, in nanoseconds."""
        return self._wait_for(set(self._sockets), 0)

    def _wait_for(self, waiting: set[int], down_to: int) -> int:
        until = time.monotonic() + PATIENCE_SECONDS
        while len(waiting) > down_to:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(waiting)} clients are still waiting")
            for number, _ in self._epoll.poll(1, 1_024):
                if b"event: update" in self._sockets[number].recv(65_536):
                    waiting.discard(number)
        return time.monotonic_ns()

    def close(self) -> None:
        for it in self._sockets.values():
            it.close()
        self._epoll.close()


def _unique_kib(pid: int) -> int:
    """The memory of a process that it shares with no other."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(it.split()[1]) for it in lines if it.startswith("Private_"))


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else CLIENTS
    print_figures(measured(partial(measure, clients=count)))
