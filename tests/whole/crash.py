"""A server with the embedded engines that is killed at random moments: `python -m tests.whole.crash
[KILLS]`. Every book that was asked for is made in the end, whatever was in hand when it died.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

import httpx

from tests.whole.server import Server, serving, storybook

KILLS: Final = 150
MOST_SECONDS: Final = 4.0
"""A server lives as long at most: it starts in one second, and makes most of a book in three."""
OPEN_RUNS: Final = 3
"""Books that are kept in the making, so that every stage is in hand at some kill."""
DONE_SECONDS: Final = 300.0
"""What the books that are still open get when nobody kills the server any more."""


class Loss(AssertionError):
    """A book was not made."""


def play(
    data: Path,
    kills: int,
    chance: random.Random,
    most_seconds: float = MOST_SECONDS,
    books: int = OPEN_RUNS,
) -> Counter[str]:
    """Kill a server so often, then let it finish; how many attempts were put down, and why.

    Raises `Loss` if a run does not end DONE, or the log does not verify.
    """
    for number in range(kills):
        ends = time.monotonic() + chance.uniform(0.0, most_seconds)
        server = Server(data, starts_by=ends)
        try:
            if server.url:
                _ask_for_books(server, books)
                time.sleep(max(0.0, ends - time.monotonic()))
        finally:
            server.kill()
            server.log.close()
        print(f"\r{number + 1} of {kills} kills", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    with serving(data) as server:
        _ask_for_books(server, books)
        _wait_for_all(server)
        reasons = _reasons(server)
        assert server.stop() == 0
    verified = storybook(data, "verify")
    if verified.returncode:
        raise Loss(verified.stdout + verified.stderr)
    return reasons


def _ask_for_books(server: Server, books: int) -> None:
    is_open = [it for it in server.library() if it["status"] in ("QUEUED", "RUNNING")]
    for _ in range(books - len(is_open)):
        server.request()


def _wait_for_all(server: Server) -> None:
    deadline = time.monotonic() + DONE_SECONDS
    while True:
        runs = {it["run_id"]: it["status"] for it in server.library()}
        for run_id, status in runs.items():
            if status in ("FAILED", "CANCELLED"):
                raise Loss(f"run {run_id} is {status}: {server.state(run_id)['error']}")
        if set(runs.values()) == {"DONE"}:
            print(f"{len(runs)} books are made", file=sys.stderr)
            return
        if time.monotonic() > deadline:
            raise Loss(f"not every book is made after {DONE_SECONDS:g} s: {runs}")
        time.sleep(0.1)


def _reasons(server: Server) -> Counter[str]:
    """Why attempts were put down, and how far their work was to blame."""
    found: Counter[str] = Counter()
    for run in server.library():
        for event in server.events(run["run_id"]):
            if event["type"] == "StageAbandoned":
                found[f"{event['data']['reason']}, {event['data'].get('blame', 'alone')}"] += 1
    return found


def main() -> None:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    seed = random.randrange(2**32)
    print(f"seed {seed}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="storybook-crash-") as root:
        for reason, count in play(Path(root) / "data", kills, random.Random(seed)).most_common():
            print(f"{count:5}  {reason}")


if __name__ == "__main__":
    try:
        main()
    except (Loss, httpx.HTTPError) as error:
        sys.exit(f"\n{error}")
