"""A book of nine pages, one in English, and one in two languages, by a model that is scripted:
through stream, state, exported page, verify and rebuild, with the embedded painter and voices."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.languages.books import (
    BILINGUAL_MODEL,
    ENGLISH_MODEL,
    ENGLISH_STORY,
    ENGLISH_TITLE,
    KOREAN_MODEL,
    KOREAN_STORY,
    KOREAN_TITLE,
)
from tests.openai_api.double import serving as writing
from tests.whole.server import REPOSITORY, WORDS, Server, follow, serving

pytestmark = pytest.mark.slow

PAGES = 9


def run_command(data: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A command beside nobody, with these settings."""
    kept = {name: it for name, it in os.environ.items() if not name.startswith("STORYBOOK_")}
    told = {f"STORYBOOK_{name.upper()}": value for name, value in settings.items()}
    return subprocess.run(
        [sys.executable, "-m", "storybook", "--data", str(data), *arguments],
        cwd=REPOSITORY,
        env={**kept, **told},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def ask(server: Server, body: Mapping[str, Any]) -> httpx.Response:
    return httpx.post(f"{server.url}/api/runs", json={**WORDS, **body}, timeout=60)


def exported(data: Path, run_id: str, url: str) -> str:
    """A finished book's page."""
    done = run_command(data, "make", "--resume", run_id, "--json", writer_url=url)
    assert done.returncode == 0, done.stderr
    return Path(json.loads(done.stdout)["book"]).read_text("utf-8")


def test_nine_pages_go_all_the_way(tmp_path: Path) -> None:
    """Each stage, picture and voice of them, in every place that shows a book."""
    data = tmp_path / "data"
    with writing(KOREAN_MODEL) as model:
        with serving(data, writer_url=model.url) as server:
            assert server.engines()["writer"]["page_counts"] == list(range(5, 14))
            run_id = ask(server, {"page_count": PAGES, "age": "8-9"}).json()["run_id"]
            told = [json.loads(message) for _, message in follow(server, run_id)]
            state = server.state(run_id)
            completed = [
                it["data"] for it in server.events(run_id) if it["type"] == "StageCompleted"
            ]
            server.stop()
        assert told[-1]["status"] == "DONE" and told[-1]["ready_max_page"] == PAGES - 1
        ready = [it["ready_max_page"] for it in told]
        assert ready == sorted(ready)
        assert {it["stage"] for it in completed} >= {f"PANEL_{n}" for n in range(1, PAGES)}
        assert state["age"] == "8-9"
        assert [len(state["pages"]), state["pages"][0]["title"]] == [PAGES, KOREAN_TITLE]
        story = (*KOREAN_STORY[: PAGES - 2], KOREAN_STORY[-1])
        for shown, (summary, _) in zip(state["pages"][1:], story, strict=True):
            assert shown["summary"].startswith(summary)
            assert shown["image_url"] and shown["audio_url"]
        page = exported(data, run_id, model.url)
    assert page.count('<section class="leaf panel"') == PAGES - 1
    assert 'aria-label="8쪽 가운데 8쪽"' in page
    check(data, run_id, state)


def test_an_english_book_goes_all_the_way(tmp_path: Path) -> None:
    """From the same Korean words: in English text, voice and page."""
    data = tmp_path / "data"
    with writing(ENGLISH_MODEL) as model:
        with serving(data, writer_url=model.url) as server:
            voices = {"character_voices": {"토끼": "F2"}}
            body = {"language": "en", "age": "5-7", "tts_config": voices}
            run_id = ask(server, body).json()["run_id"]
            told = [json.loads(message) for _, message in follow(server, run_id)]
            state = server.state(run_id)
            events = server.events(run_id)
            server.stop()
        rules = model.asked[-1]["messages"][0]["content"]
        page = exported(data, run_id, model.url)
    assert told[-1]["status"] == "DONE", told[-1]
    assert "children from five to seven" in rules
    assert (state["language"], state["pages"][0]["title"]) == ("en", ENGLISH_TITLE)
    first, second, *_ = state["pages"][1:]
    assert first["summary"] == ENGLISH_STORY[0][0]
    assert second["summary"].endswith('Rabbit asked, "Shall we make a kite?"')
    made_from = [
        it["data"].get("made_from") or {} for it in events if it["type"] == "StageCompleted"
    ]
    assert {it["language"] for it in made_from if it.get("voices")} == {"en"}
    assert any("F2" in it.get("voices", ()) for it in made_from), "the rabbit's own voice"
    assert {it["voice"] for it in second["dialogues"]} == {"F2"}, "told as it is heard"
    assert '<html lang="en">' in page and "The End" in page and 'aria-label="Page 4 of 4"' in page
    seeds = re.compile(r'<ul class="seeds".*?</ul>', re.DOTALL)
    assert not re.search("[가-힣]", seeds.sub("", page)), "but for the words that were asked for"
    check(data, run_id, state)


def test_what_the_embedded_writer_cannot_is_refused_with_what_it_can(tmp_path: Path) -> None:
    """Each part of a request that is beyond it, at once."""
    with serving(tmp_path / "data") as server:
        answer = ask(server, {"page_count": 9, "language": "en", "age": "3-4"})
        written = server.engines()["writer"]
    assert answer.status_code == 422
    faults = {it["loc"][-1]: it["msg"] for it in answer.json()["detail"]}
    assert faults["page_count"].endswith("it can do 5")
    assert faults["language"].endswith("it can do ko")
    assert faults["age"].endswith("it can do 5-7")
    assert (written["languages"], written["page_counts"]) == (["ko"], [5])
    assert written["ages"] == ["5-7"]


def check(data: Path, run_id: str, state: Mapping[str, Any]) -> None:
    """Whole, and the same again from the log alone."""
    assert run_command(data, "verify").returncode == 0
    assert run_command(data, "rebuild").returncode == 0
    with serving(data) as server:
        assert server.state(run_id) == state
        server.stop()
    assert run_command(data, "verify").returncode == 0


def test_a_bilingual_book_goes_all_the_way(tmp_path: Path) -> None:
    """English is added to a Korean one, page by page; what is shown, heard and kept of each."""
    data = tmp_path / "data"
    with writing(BILINGUAL_MODEL) as model:
        with serving(data, writer_url=model.url) as server:
            run_id = ask(server, {"tts_config": {"character_voices": {"토끼": "F2"}}}).json()[
                "run_id"
            ]
            *_, (last, _) = follow(server, run_id)
            before = server.state(run_id)
            url = f"{server.url}/api/runs/{run_id}"
            body = {"base_edition": 1, "add_language": "en"}
            answer = httpx.post(f"{url}/editions", json=body, timeout=60)
            assert (answer.status_code, answer.json()) == (202, {"edition": 2}), answer.text
            told = [json.loads(message) for _, message in follow(server, run_id, last)]
            state = server.state(run_id)
            english = httpx.get(url, params={"language": "en"}).json()
            heard = [httpx.get(f"{server.url}{it['audio_url']}") for it in english["pages"]]
            server.stop()
        added = [it for it in told if "changed" in it]
        assert told[-1]["status"] == "DONE", told[-1]
        assert {it["language"] for it in added} == {"en"} and len(added) == 10
        assert state == {**before, "languages": ["ko", "en"], "edition": 2}
        first, second = english["pages"][1:3]
        assert english["pages"][0]["title"] == ENGLISH_TITLE
        assert first["summary"] == ENGLISH_STORY[0][0]
        assert second["summary"].endswith('Rabbit asked, "Shall we make a kite?"')
        assert [it["voice"] for it in second["dialogues"]] == ["F2"]
        assert [it.status_code for it in heard] == [200] * 5
        assert len({it.content for it in heard}) == 5
        assert run_command(data, "export", run_id, "--language", "both").returncode == 0
        assert run_command(data, "export", run_id, "--language", "en").returncode == 0
    folder = data / "outputs" / run_id
    both, alone = (
        (folder / name).read_text("utf-8") for name in ("book.both.html", "book.en.html")
    )
    assert '<html lang="ko">' in both and both.count('<div class="other" lang="en">') == 5
    assert '<html lang="en">' in alone and ENGLISH_TITLE in alone and KOREAN_TITLE not in alone
    assert {it.name for it in folder.glob("*.en.*.wav")} == {
        f"page_{page}.en.e2.wav" for page in range(5)
    }
    check(data, run_id, state)
    (folder / "page_1.en.e2.wav").write_bytes(b"x")
    assert run_command(data, "verify").returncode == 1
    assert run_command(data, "repair", run_id).returncode == 0
    assert run_command(data, "verify").returncode == 0
    assert (folder / "page_1.en.e2.wav").read_bytes() == heard[1].content
    backup, restored = tmp_path / "backup", tmp_path / "restored"
    assert run_command(data, "backup", str(backup)).returncode == 0
    assert run_command(data, "restore", str(backup), str(restored)).returncode == 0
    name = f"outputs/{run_id}/page_1.en.e2.wav"
    assert (restored / name).read_bytes() == heard[1].content
    assert run_command(data, "forget", run_id, "--yes").returncode == 0
    assert not folder.exists()
