"""A server with the embedded engines that is killed at random moments: `python -m tests.whole.crash
[KILLS]`. Every book that was asked for is made in the end, and every edition of it, whatever was in
hand when it died. Every other server dies while books are changed.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from tests.whole.server import Server, serving, storybook

KILLS: Final = 150
MOST_SECONDS: Final = 4.0
"""A server lives as long at most: it starts in one second, and makes most of a book in three."""
OPEN_RUNS: Final = 3
"""Books that are kept in the making, so that every stage is in hand at some kill."""
CHANGED_RUNS: Final = 2
"""Books that are changed at once: a repaint takes a second, so that most kills find one in hand."""
DONE_SECONDS: Final = 300.0
"""What the books that are still open get when nobody kills the server any more."""
LAST_PAGE: Final = 4


class Loss(AssertionError):
    """A book or an edition was not made, or not once."""


class Outcome(msgspec.Struct, frozen=True):
    """How many kills struck a book that was being changed, how many editions there are beside the
    first ones, and how many attempts were put down, and why."""

    strikes: int
    editions: int
    reasons: Counter[str]


def play(
    data: Path,
    kills: int,
    chance: random.Random,
    most_seconds: float = MOST_SECONDS,
    books: int = OPEN_RUNS,
) -> Outcome:
    """Kill a server so often, then let it finish.

    Raises `Loss` if a run does not end DONE, one of its editions is not whole or was made twice, or
    the log does not verify.
    """
    with serving(data) as server:
        server.request()
        _wait_for_all(server)
        assert server.stop() == 0
    strikes = 0
    for number in range(kills):
        seconds = chance.uniform(0.0, most_seconds)
        strikes += _strike(data, seconds, chance if number % 2 else None, books)
        print(f"\r{number + 1} of {kills} kills", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    with serving(data) as server:
        _ask_for_books(server, books)
        _wait_for_all(server)
        found = [it for run in server.library() for it in _checked(server, run["run_id"])]
        reasons = _reasons(server)
        assert server.stop() == 0
    verified = storybook(data, "verify")
    if verified.returncode:
        raise Loss(verified.stdout + verified.stderr)
    return Outcome(strikes, sum(it > 1 for it in found), reasons)


def _strike(data: Path, seconds: float, changes: random.Random | None, books: int) -> bool:
    """Kill a server so long after its start; one that is to change books, as `changes` have it, so
    long after it has been asked. Whether a book was being changed then, as far as it served."""
    ends = time.monotonic() + seconds
    server = Server(data, starts_by=None if changes else ends)
    try:
        if not server.url:
            return False
        if changes is not None:
            _ask_for_changes(server, changes)
            ends = time.monotonic() + seconds
        else:
            _ask_for_books(server, books)
        time.sleep(max(0.0, ends - time.monotonic()))
        return bool(_changing(server))
    finally:
        server.kill()
        server.log.close()


def _ask_for_books(server: Server, books: int) -> None:
    is_open = [it for it in server.library() if it["status"] in ("QUEUED", "RUNNING")]
    for _ in range(books - len(is_open)):
        server.request()


def _changing(server: Server) -> list[str]:
    """The books that are being changed."""
    runs = [it["run_id"] for it in server.library() if it["status"] in ("QUEUED", "RUNNING")]
    return [it for it in runs if "edition" in server.state(it)]


def _ask_for_changes(server: Server, chance: random.Random) -> None:
    whole = [it["run_id"] for it in server.library() if it["status"] == "DONE"]
    for run_id in chance.sample(whole, min(len(whole), CHANGED_RUNS - len(_changing(server)))):
        newest = server.state(run_id).get("edition", 1)
        path = f"{server.url}/api/runs/{run_id}/editions"
        if newest > 1 and chance.random() < 0.25:  # as it was: refused where it is so already
            answer = httpx.post(f"{path}/{chance.randint(1, newest - 1)}/restore")
        else:
            answer = httpx.post(path, json={"base_edition": newest, "pages": _change(chance)})
        if answer.status_code not in (202, 409):
            raise Loss(f"a change was answered {answer.status_code}: {answer.text}")


def _change(chance: random.Random) -> list[dict[str, Any]]:
    """Another picture of one page, and a text of another one, which is read aloud anew."""
    painted, told = chance.sample(range(LAST_PAGE + 1), 2)
    text = f"토끼와 호랑이는 별을 {chance.randint(2, 10_000)}개 세었어요."
    return [
        {"page": painted, "repaint": True},
        {"page": told, "title" if told == 0 else "summary": text},
    ]


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


def _checked(server: Server, run_id: str) -> list[int]:
    """The numbers of a book's editions, once each was found to be whole and made once."""
    answer = httpx.get(f"{server.url}/api/runs/{run_id}/editions")
    listed = answer.json()["editions"]
    for it in listed:
        asked = {"edition": it["edition"]}
        state = httpx.get(f"{server.url}/api/runs/{run_id}", params=asked).json()
        files = [page[kind] for page in state["pages"] for kind in ("image_url", "audio_url")]
        if it["status"] != "DONE" or not all(files):
            raise Loss(f"edition {it['edition']} of {run_id} is not whole: {it}")
    made = Counter(
        it["data"]["artifact"]["name"] for it in server.events(run_id) if it["data"].get("artifact")
    )
    if twice := [name for name, times in made.items() if times > 1]:
        raise Loss(f"of {run_id} was made more than once: {', '.join(twice)}")
    return [it["edition"] for it in listed]


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
        outcome = play(Path(root) / "data", kills, random.Random(seed))
    print(f"{outcome.strikes:5}  kills of {kills} struck a book that was being changed")
    print(f"{outcome.editions:5}  editions were made of changes")
    for reason, count in outcome.reasons.most_common():
        print(f"{count:5}  {reason}")


if __name__ == "__main__":
    try:
        main()
    except (Loss, httpx.HTTPError) as error:
        sys.exit(f"\n{error}")
