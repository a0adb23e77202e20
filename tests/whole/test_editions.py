"""Editions with the engines that come with the service, on a server in a process of its own."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from tests.whole.server import Server, follow, serving, storybook

pytestmark = pytest.mark.slow


def get(server: Server, path: str) -> bytes:
    answer = httpx.get(f"{server.url}{path}")
    assert answer.status_code == 200, answer.text
    return answer.content


def test_a_repaint_makes_one_file_and_the_old_one_is_served_until_then(tmp_path: Path) -> None:
    """Byte for byte; afterwards both are, and the book is whole in every edition."""
    data = tmp_path / "data"
    with serving(data) as server:
        run_id = server.request()
        *_, (last, _) = follow(server, run_id)
        folder = data / "outputs" / run_id
        before = {it.name: it.read_bytes() for it in folder.iterdir()}
        url = server.state(run_id)["pages"][2]["image_url"]
        asked = {"base_edition": 1, "pages": [{"page": 2, "repaint": True, "seed": 7}]}
        answer = httpx.post(f"{server.url}/api/runs/{run_id}/editions", json=asked)
        assert (answer.status_code, answer.json()) == (202, {"edition": 2})
        seen = []
        for _, data_of in follow(server, run_id, last):
            seen.append(json.loads(data_of))
            content, state = get(server, url), server.state(run_id)
            assert state["ready_max_page"] == 4
            if state["status"] != "DONE":
                assert content == before["panel_2.png"]
                assert state["pages"][2]["image_url"] == url
        assert len(seen) >= 3
        assert [it["changed"] for it in seen if "changed" in it] == [["picture"]]
        after = {it.name: it.read_bytes() for it in folder.iterdir()}
        assert set(after) - set(before) == {"panel_2.e2.png"}
        assert before.items() <= after.items()
        new = server.state(run_id)["pages"][2]["image_url"]
        assert new == f"{url}?edition=2"
        assert get(server, new) == get(server, url) == after["panel_2.e2.png"]
        assert get(server, f"{url}?edition=1") == before["panel_2.png"] != after["panel_2.e2.png"]
        assert server.stop() == 0
    assert storybook(data, "verify").returncode == 0
    again = storybook(data, "edit", run_id, "--page", "2", "--repaint", "--seed", "7", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["edition"] == 3
    made = (folder / "panel_2.e3.png").read_bytes()
    assert made == after["panel_2.e2.png"], "the same seed paints the same picture"
    assert (folder / "book.html").exists()
