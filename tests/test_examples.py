"""The examples do what they say, against a real server."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.whole.server import Server, follow, serving

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parent.parent / "examples"
NODE = shutil.which("node")
BEYOND_THE_LOG = "1000000"

CLIENTS = [
    pytest.param([sys.executable, str(EXAMPLES / "resume_client.py")], id="python"),
    pytest.param(
        [str(NODE), str(EXAMPLES / "resume_client.mjs")],
        id="javascript",
        marks=pytest.mark.skipif(NODE is None, reason="no Node here to run the JavaScript client"),
    ),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose engines make a book at once."""
    with serving(tmp_path_factory.mktemp("served") / "data", "tests.cli.program") as server:
        yield server


@pytest.fixture(scope="module")
def finished(server: Server) -> str:
    """A book that is done."""
    run_id = server.request()
    list(follow(server, run_id))
    return run_id


def run(client: list[str], server: Server, *options: str) -> tuple[list[str], dict[str, Any], str]:
    """What a client prints of a book: its messages, the state at the end, and what it complains."""
    done = subprocess.run(
        [*client, "--url", server.url, *options],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *messages, state = done.stdout.splitlines()
    return messages, json.loads(state), done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_that_hangs_up_misses_nothing(client: list[str], server: Server) -> None:
    """It asks for a book, leaves after two messages, comes back, and has seen each once."""
    messages, state, complaints = run(client, server, "--cut-after", "2")
    run_id = state.pop("run_id")
    assert messages == [f"{position} {data}" for position, data in follow(server, run_id)]
    assert len(messages) > 2
    assert complaints.count("coming back after") == 1
    assert state == server.state(run_id)
    assert state["status"] == "DONE"


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_at_the_end_is_told_to_stop(
    client: list[str], server: Server, finished: str
) -> None:
    """204 has no messages, and the client does not come back."""
    last, _ = list(follow(server, finished))[-1]
    messages, state, complaints = run(client, server, "--run", finished, "--after", last)
    assert (messages, state["status"], complaints) == ([], "DONE", "")


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_from_a_lost_log_begins_anew(
    client: list[str], server: Server, finished: str
) -> None:
    """A cursor beyond the log's end is reset, and the present state follows."""
    messages, state, _ = run(client, server, "--run", finished, "--after", BEYOND_THE_LOG)
    present = list(follow(server, finished))[-1]
    assert messages == ["reset", " ".join(present)]
    assert state["status"] == "DONE"


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_gives_up_what_is_not_there(client: list[str], server: Server) -> None:
    """A book that nobody asked for is no lost connection."""
    done = subprocess.run(
        [*client, "--url", server.url, "--run", "0" * 32],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "404" in done.stderr
