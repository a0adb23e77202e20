"""A server that is killed, and one whose clients come and go."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.whole.server import follow, serving, storybook

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # whole books, also on a busy machine


def recorded_files(folder: Path, events: list[dict[str, Any]]) -> dict[str, tuple[int, str]]:
    """The files that the events speak of: when each was written, and its digest."""
    artifacts = [it["data"]["artifact"] for it in events if it["data"].get("artifact")]
    paths = [folder / artifact["name"] for artifact in artifacts]
    return {
        path.name: (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in paths
    }


@pytest.mark.parametrize("kills", [(2, 9, 21), (5, 14, 30)])
def test_a_book_survives_the_death_of_its_server(tmp_path: Path, kills: tuple[int, ...]) -> None:
    """After `kill -9` and a restart the run ends DONE, and no finished page is made again."""
    data = tmp_path / "data"
    run_id, last_id = "", "0"
    finished: dict[str, tuple[int, str]] = {}
    for recorded in kills:
        with serving(data) as server:
            run_id = run_id or server.request()
            for message_id, _ in follow(server, run_id, last_id):
                last_id = message_id
                if len(server.events(run_id)) >= recorded:
                    break
            finished |= recorded_files(data / "outputs" / run_id, server.events(run_id))
            server.kill()
    with serving(data) as server:
        list(follow(server, run_id, last_id))
        assert server.state(run_id)["status"] == "DONE"
        events = server.events(run_id)
        assert server.stop() == 0
    completed = Counter(
        (event["data"]["stage"], event["data"]["page"])
        for event in events
        if event["type"] == "StageCompleted"
    )
    assert len(completed) == 11
    assert set(completed.values()) == {1}
    assert finished.items() <= recorded_files(data / "outputs" / run_id, events).items()
    verified = storybook(data, "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_three_clients_see_the_same_book(tmp_path: Path) -> None:
    """One client cuts its connection ten times and comes back with Last-Event-ID; all three have
    the same messages with the same ids, and so has a fourth that reads them afterwards."""
    data = tmp_path / "data"
    seen: dict[str, list[tuple[str, str]]] = {"a": [], "b": [], "cutting": []}
    with serving(data) as server:
        run_id = server.request()

        def listen(name: str) -> None:
            seen[name] += follow(server, run_id)

        def listen_and_cut() -> None:
            for _ in range(10):
                last_id = seen["cutting"][-1][0] if seen["cutting"] else "0"
                seen["cutting"] += follow(server, run_id, last_id, cut_after=1)
            seen["cutting"] += follow(server, run_id, seen["cutting"][-1][0])

        threads = [threading.Thread(target=listen, args=(name,)) for name in ("a", "b")]
        threads.append(threading.Thread(target=listen_and_cut))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        afterwards = list(follow(server, run_id))
        last_id = afterwards[-1][0]
        assert list(follow(server, run_id, last_id)) == []
        assert server.stop() == 0
    with serving(data) as server:
        after_restart = list(follow(server, run_id))
    assert len(afterwards) > 10
    assert seen["a"] == seen["b"] == seen["cutting"] == afterwards == after_restart
