"""A book in two languages over HTTP: how one is asked for, and what is shown of each."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from storybook.book import RunId, narration_of
from storybook.engines import Capabilities, WorkFailed
from storybook.run import prune_artifacts
from tests.books import LAST_PAGE, PAGES
from tests.engines import page_of
from tests.http.serving import Site, eventually, serving
from tests.http.test_editions import V20, change, changed, state_of
from tests.http.test_progress import replay

pytestmark = pytest.mark.anyio

VOICES = {"character_voices": {"토끼": "F2"}}


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[Site]:
    async with serving(tmp_path) as site:
        yield site


async def in_(site: Site, run_id: RunId, language: str, **query: Any) -> dict[str, Any]:
    """The state in a language."""
    params = {"language": language, **query}
    answer = await site.client.get(f"/api/runs/{run_id}", params=params)
    assert answer.status_code == 200, answer.text
    state: dict[str, Any] = answer.json()
    return state


async def faults(site: Site, run_id: RunId, **body: Any) -> set[tuple[Any, ...]]:
    answer = await change(site, run_id, **body)
    assert answer.status_code == 422, answer.text
    return {(*it["loc"][1:], it["type"]) for it in answer.json()["detail"]}


async def test_a_language_is_added(own: Site) -> None:
    """Its text, lines and voice, page by page, beside the book as it was; every voice of the first
    language and every picture keeps its address."""
    run_id = await own.finished_book(tts_config=VOICES)
    before = await state_of(own, run_id)
    assert before["languages"] == ["ko"]
    state = await changed(own, run_id, add_language="en-US")
    assert (state["status"], state["edition"], state["languages"]) == ("DONE", 2, ["ko", "en"])
    assert state["pages"] == before["pages"]
    english = await in_(own, run_id, "EN")
    assert list(english) == list(state)
    for number in PAGES:
        shown, korean = english["pages"][number], state["pages"][number]
        told = page_of(number, language="en")
        assert (shown["title"], shown["summary"]) == (told.title, told.summary)
        said = [
            {"character": it.character, "text": it.text, "voice": "F2"} for it in told.dialogues
        ]
        assert shown["dialogues"] == said
        assert shown["image_url"] == korean["image_url"]
        assert shown["audio_url"] == f"{korean['audio_url']}?language=en&edition=2"
        heard = await own.client.get(shown["audio_url"])
        other = await own.client.get(korean["audio_url"])
        assert heard.status_code == other.status_code == 200
    assert await in_(own, run_id, "ko") == state
    tasks = own.engines.narrator.tasks
    assert [it.lang for it in tasks].count("en") == len(PAGES)
    assert {it.voice for task in tasks for it in task.utterances if it.speaker == "Rabbit"} == {
        "F2"
    }
    assert len(own.engines.illustrator.tasks) == len(PAGES)


async def test_a_language_that_is_not_there_is_404(own: Site) -> None:
    """The sentence says which are; also of an edition from before, and while it is made."""
    run_id = await own.finished_book()
    audio = f"/api/runs/{run_id}/audio/page_1.wav"
    for path in (f"/api/runs/{run_id}", audio):
        answer = await own.client.get(path, params={"language": "en"})
        assert answer.status_code == 404
        assert answer.json()["detail"] == "the book is not in 'en'; it is in ko"
    own.engines.narrator.held = True
    assert (await change(own, run_id, add_language="en")).status_code == 202
    await own.engines.narrator.called(len(PAGES) + 1)
    assert (await own.client.get(audio, params={"language": "en"})).status_code == 404
    assert (await state_of(own, run_id))["languages"] == ["ko"]
    made = await in_(own, run_id, "en", edition=2)
    assert made["pages"][0]["title"] and not made["pages"][0]["audio_url"]
    assert (made["languages"], made["ready_max_audio_page"]) == (["ko", "en"], LAST_PAGE)
    own.engines.narrator.held = False
    own.engines.narrator.let()
    assert (await own.ended(run_id))["languages"] == ["ko", "en"]
    answer = await own.client.get(f"/api/runs/{run_id}", params={"language": "en", "edition": 1})
    assert answer.status_code == 404
    assert answer.json()["detail"] == "the book is not in 'en'; it is in ko"
    for edition, status in ((1, 404), (2, 200), (9, 404)):
        params: dict[str, Any] = {"language": "en", "edition": edition}
        assert (await own.client.get(audio, params=params)).status_code == status
    assert (await own.client.get(f"/api/runs/{run_id}/audio/page_1.en.wav")).status_code == 404


async def test_the_stream_tells_each_page_in_its_language(own: Site) -> None:
    """What a client of earlier versions knows stands first; `ready_*` count the first language."""
    run_id = await own.finished_book()
    await changed(own, run_id, add_language="en")
    updates = [it for it in await replay(own, run_id) if it.event == "update"]
    told = [json.loads(it.data or "") for it in updates]
    added = [it for it in told if "changed" in it]
    assert {(it["page"], it["changed"][0], it["language"]) for it in added} == {
        (page, what, "en") for page in PAGES for what in ("text", "voice")
    }
    assert all(list(it)[:4] == V20 and it["ready_max_audio_page"] == LAST_PAGE for it in added)
    assert {it["stage"] for it in added} == {"LLM", "TTS"}


async def test_a_changed_text_is_told_anew_in_each_language(own: Site) -> None:
    """A translation that is given with it stands; alone it changes nothing but its language."""
    run_id = await own.finished_book()
    await changed(own, run_id, add_language="en")
    before = await in_(own, run_id, "en")
    text = '토끼가 웃었어요. "안녕, 1쪽!"'
    state = await changed(own, run_id, 2, pages=[{"page": 1, "summary": text}])
    english = await in_(own, run_id, "en")
    assert state["pages"][1]["audio_url"].endswith("page_1.wav?edition=3")
    assert english["pages"][1]["audio_url"].endswith("page_1.wav?language=en&edition=3")
    assert english["pages"][1]["summary"] != before["pages"][1]["summary"]
    assert english["pages"][2:] == before["pages"][2:]
    tasks = len(own.engines.writer.tasks)
    given = {"page": 2, "summary": "Rabbit and Tiger slept.", "language": "en"}
    both = [{"page": 2, "summary": "토끼와 호랑이가 잤어요."}, given]
    await changed(own, run_id, 3, pages=both)
    await changed(own, run_id, 4, pages=[{**given, "summary": "They slept."}])
    assert len(own.engines.writer.tasks) == tasks
    assert (await in_(own, run_id, "en"))["pages"][2]["summary"] == "They slept."
    assert (await in_(own, run_id, "en", edition=2))["pages"] == before["pages"]


async def test_editions_and_comparisons_tell_languages(own: Site) -> None:
    """Which was added, what was given in it, and how its texts and voices differ."""
    run_id = await own.finished_book()
    await changed(own, run_id, add_language="en", note="for grandma")
    edits = [
        {"page": 1, "summary": "Rabbit slept.", "language": "en"},
        {"page": 2, "revoice": True, "language": "en"},
    ]
    await changed(own, run_id, 2, pages=edits)
    listed = (await own.client.get(f"/api/runs/{run_id}/editions")).json()["editions"]
    assert [it["add_language"] for it in listed] == [None, "en", None]
    assert listed[2]["translations"] == [{"page": 1, "language": "en"}]
    assert [it["language"] for it in listed[2]["pages"]] == ["en"]
    assert listed[1]["files"][0].endswith("page_0.wav?language=en&edition=2")
    found = (await own.client.get(f"/api/runs/{run_id}/editions/1..3")).json()
    assert found["languages"] == {"before": ["ko"], "after": ["ko", "en"]}
    assert [(it["page"], it["language"], it["picture"]) for it in found["pages"]] == [
        (page, "en", None) for page in PAGES
    ]
    later = (await own.client.get(f"/api/runs/{run_id}/editions/2..3")).json()
    assert later["languages"] is None
    first, second = later["pages"]
    assert (first["page"], first["language"], second["text"]) == (1, "en", None)
    assert "Rabbit slept." in "".join(it["text"] for it in first["text"] if it["kind"] != "removed")
    assert first["audio"]["before"].endswith("?language=en&edition=2")


async def test_what_makes_no_sense_in_two_languages_is_told_with_its_place(own: Site) -> None:
    """Each fault; nothing is recorded."""
    run_id = await own.finished_book()
    assert await faults(own, run_id, add_language="ko-KR") == {("add_language", "language_exists")}
    assert await faults(own, run_id, add_language="fr") == {("add_language", "unknown_language")}
    assert await faults(own, run_id, add_language="English!") == {("add_language", "language_tag")}
    await changed(own, run_id, add_language="en")
    pages = [
        {"page": 1, "repaint": True, "language": "en"},
        {"page": 1, "summary": "Rabbit slept.", "language": "EN"},
        {"page": 2, "rewrite": "더 웃기게"},
        {"page": 2, "summary": "Rabbit slept.", "language": "en"},
        {"page": 3, "image_prompt": "A view.", "language": "en"},
        {"page": 4, "rewrite": "funnier", "language": "en"},
        {"page": 4, "summary": "Il dort.", "language": "fr"},
    ]
    assert await faults(own, run_id, base=2, pages=pages, add_language="en") == {
        ("add_language", "language_exists"),
        ("pages", 0, "repaint", "not_in_language"),
        ("pages", 1, "page", "page_twice"),
        ("pages", 3, "language", "rewrite_and_text"),
        ("pages", 4, "image_prompt", "not_in_language"),
        ("pages", 5, "rewrite", "not_in_language"),
        ("pages", 6, "language", "no_such_language"),
    }
    gun = [{"page": 1, "summary": "Rabbit had a gun.", "language": "en"}]
    assert await faults(own, run_id, base=2, pages=gun) == {("pages", 0, "forbidden_words")}
    state = await changed(own, run_id, 2, pages=gun, accept=True)
    assert state["edition"] == 3


async def test_who_cannot_translate_says_so(own: Site) -> None:
    """At once, with its place; what is given needs nobody."""
    run_id = await own.finished_book()
    writer, narrator = own.engines.writer, own.engines.narrator
    assert (await own.client.get("/api/engines")).json()["writer"]["translates"] is True
    writer.capabilities = Capabilities(rewrites=True)
    assert (await own.client.get("/api/engines")).json()["writer"]["translates"] is False
    narrator.capabilities = Capabilities(languages=("ko",))
    assert await faults(own, run_id, add_language="en") == {("add_language", "unsupported")}
    narrator.capabilities = Capabilities()
    texts = [{"page": 0, "title": "Friends", "language": "en"}]
    texts += [{"page": n, "summary": f"Rabbit {n}.", "language": "en"} for n in PAGES[1:]]
    assert await faults(own, run_id, add_language="en", pages=texts[1:]) == {
        ("add_language", "unsupported")
    }
    state = await changed(own, run_id, add_language="en", pages=texts)
    assert (state["status"], state["languages"]) == ("DONE", ["ko", "en"])
    assert (await in_(own, run_id, "en"))["pages"][0]["title"] == "Friends"
    edit: dict[str, Any] = {"page": 1, "summary": "토끼가 잤어요."}
    lines: dict[str, Any] = {"page": 2, "dialogues": []}
    pages = [edit, lines, {"page": 3, "rewrite": "더 웃기게"}, {"page": 4, "image_prompt": "A."}]
    assert await faults(own, run_id, base=2, pages=pages) == {
        ("pages", 0, "summary", "unsupported"),
        ("pages", 1, "dialogues", "unsupported"),
        ("pages", 2, "rewrite", "unsupported"),
    }
    given = {"page": 1, "summary": "Rabbit slept.", "language": "en"}
    assert (await changed(own, run_id, 2, pages=[edit, given]))["status"] == "DONE"


async def test_a_translation_that_does_not_pass_is_tried_again(own: Site) -> None:
    """Then the edition fails with its page, and the book is as it was."""
    run_id = await own.finished_book()
    own.engines.writer.script[1] += [WorkFailed("bad_answer", "no", retryable=False)]
    state = await changed(own, run_id, add_language="en")
    assert (state["status"], state["error"], state["languages"]) == ("FAILED", "no", ["ko"])
    assert (await own.client.post(f"/api/runs/{run_id}/retry")).status_code == 202
    state = await own.ended(run_id)
    assert (state["status"], state["languages"]) == ("DONE", ["ko", "en"])
    translated = [it.translating for it in own.engines.writer.tasks if it.translating is not None]
    assert [it.page.page for it in translated] == [0, 1, 1, 2, 3, 4]


async def test_a_key_finds_the_edition_that_added_a_language(own: Site) -> None:
    """With the voices by the names that it calls them, too."""
    run_id = await own.finished_book(tts_config=VOICES)
    path, key = f"/api/runs/{run_id}/editions", {"Idempotency-Key": "a"}
    body = {"base_edition": 1, "add_language": "en"}
    for _ in range(2):
        answer = await own.client.post(path, json=body, headers=key)
        assert answer.json() == {"edition": 2}
    body["add_language"] = ""
    assert (await own.client.post(path, json=body, headers=key)).status_code == 409
    await own.ended(run_id)


async def test_a_removed_voice_is_told_where_it_is_missing(own: Site) -> None:
    """In its language alone, by the name that it has there."""
    run_id = await own.finished_book()
    await changed(own, run_id, add_language="en")
    prune = partial(prune_artifacts, names=["page_1.en.e2.wav"])
    pruned = await own.application.commands.execute(run_id, prune)
    await own.application.projections.reached(pruned.position)
    english = await in_(own, run_id, "en")
    assert english["removed"] == ["page_1.wav"]
    audio = f"/api/runs/{run_id}/audio/page_1.wav"
    assert (await own.client.get(audio)).status_code == 200
    assert (await own.client.get(audio, params={"language": "en"})).status_code == 410
    assert (await state_of(own, run_id))["removed"] == []


async def test_a_lost_voice_is_repaired_in_its_language(own: Site) -> None:
    """By a narrator that is told the other text."""
    run_id = await own.finished_book()
    await changed(own, run_id, add_language="en")
    await own.application.artifacts.remove(run_id, ["page_1.en.e2.wav"])
    answer = await own.client.post(f"/api/runs/{run_id}/repair")
    (file,) = answer.json()["files"]
    assert (file["name"], file["language"]) == ("page_1.en.e2.wav", "en")
    await eventually(lambda: own.application.repairs.of(run_id).has_ended)
    repair = own.application.repairs.of(run_id)
    assert [(it.work, it.why) for it in repair.files] == [(narration_of(1, "en"), "")]
    assert own.engines.narrator.tasks[-1].lang == "en"
