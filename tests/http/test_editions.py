"""Changing a finished book over HTTP: what is answered, shown and told meanwhile and after."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from storybook.book import RunId, picture_of
from storybook.engines import Capabilities, WorkFailed
from storybook.run import EditionRequest, PageEdit, prune_artifacts
from storybook.stages.progress import MAGIC_BYTES
from tests.books import LAST_PAGE
from tests.http.serving import Site, eventually, serving
from tests.http.sse import Message, following
from tests.http.test_progress import path_of, replay, until

pytestmark = pytest.mark.anyio

V20 = ["status", "stage", "ready_max_page", "ready_max_audio_page"]
"""What a message of the stream has always had, in its order."""


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[Site]:
    """A site of a test's own, whose engines it may hold."""
    async with serving(tmp_path) as site:
        yield site


async def change(site: Site, run_id: RunId, base: int = 1, **body: Any) -> httpx.Response:
    asked = {"base_edition": base, **body}
    return await site.client.post(f"/api/runs/{run_id}/editions", json=asked)


async def changed(site: Site, run_id: RunId, base: int = 1, **body: Any) -> dict[str, Any]:
    """The book's state once the edition that this makes has ended."""
    answer = await change(site, run_id, base, **body)
    assert answer.status_code == 202, answer.text
    return await site.ended(run_id)


async def state_of(site: Site, run_id: RunId, **query: int) -> dict[str, Any]:
    answer = await site.client.get(f"/api/runs/{run_id}", params=query)
    assert answer.status_code == 200, answer.text
    state: dict[str, Any] = answer.json()
    return state


def newest_of(answer: httpx.Response) -> int:
    assert answer.status_code == 409, answer.text
    assert answer.json()["detail"]
    return int(answer.json()["newest"])


def repaint(*pages: int) -> list[dict[str, Any]]:
    return [{"page": page, "repaint": True} for page in pages]


# ------------------------------------------------------------------------------ while it is made


async def test_old_addresses_serve_the_old_file_until_the_new_one_is_whole(own: Site) -> None:
    """Then the state names a new address, and what did not change keeps its own."""
    run_id = await own.finished_book()
    before = await state_of(own, run_id)
    url = before["pages"][2]["image_url"]
    old = await own.client.get(url)
    own.engines.illustrator.held = True
    assert (await change(own, run_id, pages=repaint(2))).json() == {"edition": 2}
    during = await state_of(own, run_id)
    assert during["status"] in ("QUEUED", "RUNNING") and during["stage"] == "PANEL_2"
    same = ("pages", "ready_max_page", "ready_max_audio_page", "error")
    assert {it: during[it] for it in same} == {it: before[it] for it in same}
    assert (list(before)[5], "edition" in before, during["edition"]) == ("error", False, 2)
    assert list(during)[: len(before)] == list(before)
    assert (await own.client.get(url)).content == old.content
    own.engines.illustrator.let(2)
    after = await own.ended(run_id)
    assert after["pages"][2]["image_url"] == f"{url}?edition=2"
    assert after["pages"][:2] + after["pages"][3:] == before["pages"][:2] + before["pages"][3:]
    new, plain = await own.client.get(f"{url}?edition=2"), await own.client.get(url)
    assert new.status_code == 200 and plain.content == new.content
    assert plain.headers["etag"] == new.headers["etag"]
    first = await own.client.get(f"{url}?edition=1")
    assert (first.content, first.headers["etag"]) == (old.content, old.headers["etag"])
    covers = [it["cover_url"] for it in (await own.client.get("/api/runs")).json()["runs"]]
    assert covers == [f"/api/runs/{run_id}/images/cover.png"]


async def test_a_client_that_has_the_old_picture_is_told_by_its_tag(own: Site) -> None:
    """A plain address has another tag once another file is served there; ranges and HEAD work for
    each edition."""
    run_id = await own.finished_book()
    url = f"/api/runs/{run_id}/images/cover.png"
    tag = {"If-None-Match": (await own.client.get(url)).headers["etag"]}
    await changed(own, run_id, pages=[{"page": 0, "repaint": True, "seed": 9}])
    assert (await own.client.get(url, headers=tag)).status_code == 200
    assert (await own.client.get(f"{url}?edition=2", headers=tag)).status_code == 200
    old = f"{url}?edition=1"
    assert (await own.client.get(old, headers=tag)).status_code == 304
    assert (await own.client.head(old)).headers["etag"] == tag["If-None-Match"]
    part = await own.client.get(old, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"\x89PNG")
    for address in (url, old, f"{url}?edition=2"):
        assert (await own.client.get(address)).headers["cache-control"] == "private, no-cache"


async def test_the_edition_in_hand_can_be_looked_at(own: Site) -> None:
    """With what it has made so far, and what was before in the place of the rest; so does
    `?edition=` of a file."""
    run_id = await own.finished_book()
    own.engines.illustrator.held = True
    edits = [*repaint(1, 2), {"page": 0, "title": "새 제목"}]
    await change(own, run_id, pages=edits)
    async with following(own.port, path_of(run_id)) as stream:
        own.engines.illustrator.let(1)
        await until(stream, changed=["picture"], page=1)
    state = await state_of(own, run_id, edition=2)
    pictures = [it["image_url"].rpartition("/")[2] for it in state["pages"][:3]]
    assert pictures == ["cover.png", "panel_1.png?edition=2", "panel_2.png"]
    assert state["pages"][0]["title"] == "새 제목"
    assert (state["edition"], state["ready_max_page"]) == (2, LAST_PAGE)
    assert (await state_of(own, run_id))["pages"][0]["title"] != "새 제목"
    for name in ("panel_1.png", "panel_2.png"):
        got = await own.client.get(f"/api/runs/{run_id}/images/{name}?edition=2")
        assert got.status_code == 200
    own.engines.illustrator.let(2)
    await own.ended(run_id)


async def test_a_picture_of_the_edition_in_hand_has_previews(own: Site) -> None:
    """At the address that the stream names, as those of a new book."""
    run_id = await own.finished_book()
    own.engines.illustrator.held = True
    await change(own, run_id, pages=repaint(3))
    path, look = f"/api/runs/{run_id}/previews/3", next(iter(MAGIC_BYTES))
    live = own.application.live
    await eventually(lambda: picture_of(3) in live.current(run_id))
    assert (await own.client.get(path)).status_code == 404
    async with following(own.port, path_of(run_id)) as stream:
        await stream.change()
        live.report(run_id, picture_of(3), 0.5, look)
        told: dict[str, Any] = {}
        while "preview_url" not in told:
            message = await stream.next()
            assert message is not None
            told = json.loads(message.data or "{}") if message.event == "progress" else {}
    assert told["stage"] == "PANEL_3" and told["preview_url"].startswith(path)
    assert (await own.client.get(told["preview_url"])).content == look
    own.engines.illustrator.let(3)
    await own.ended(run_id)


async def test_cancel_leaves_the_book_at_the_last_whole_edition(own: Site) -> None:
    """The number is used up; the given-up edition is shown until another one is asked for."""
    run_id = await own.finished_book()
    own.engines.illustrator.held = True
    await change(own, run_id, pages=repaint(2))
    assert (await own.client.post(f"/api/runs/{run_id}/cancel")).status_code == 202
    state = await state_of(own, run_id)
    assert (state["status"], state["edition"]) == ("CANCELLED", 2)
    assert state["ready_max_page"] == LAST_PAGE
    own.engines.illustrator.held = False
    assert (await state_of(own, run_id, edition=2))["status"] == "CANCELLED"
    assert (await changed(own, run_id, 2, pages=repaint(1)))["edition"] == 3
    for path in ("", "/images/panel_2.png", "/audio/page_1.wav"):
        gone = await own.client.get(f"/api/runs/{run_id}{path}?edition=2")
        assert gone.status_code == 404
        assert "given up" in gone.json()["detail"] and "edition 3" in gone.json()["detail"]


async def test_a_failed_repaint_keeps_the_old_picture_and_says_so(own: Site) -> None:
    """It can be retried over HTTP as a book can."""
    run_id = await own.finished_book()
    broken = WorkFailed("out_of_paint", "no paint is left", retryable=False)
    own.engines.illustrator.script[2] = [broken]
    state = await changed(own, run_id, pages=repaint(2))
    assert (state["status"], state["error"]) == ("FAILED", "no paint is left")
    assert state["pages"][2]["image_url"].endswith("panel_2.png")
    assert (await own.client.post(f"/api/runs/{run_id}/retry")).status_code == 202
    state = await own.ended(run_id)
    assert state["pages"][2]["image_url"].endswith("panel_2.png?edition=2")


# ------------------------------------------------------------------------------- what is refused


async def test_a_conflict_names_the_newest_edition(own: Site) -> None:
    """While any is made, of one that is not the newest, and where nothing would change."""
    own.engines.illustrator.held = True
    run_id = await own.order(tts_enabled=False)
    assert newest_of(await change(own, run_id, pages=repaint(0))) == 1
    own.engines.illustrator.let(*range(5))
    await own.ended(run_id)
    assert newest_of(await change(own, run_id)) == 1
    await change(own, run_id, pages=repaint(0))
    busy = await change(own, run_id, 2, pages=repaint(1))
    assert newest_of(busy) == 2 and "wait" in busy.json()["detail"]
    own.engines.illustrator.let(0)
    await own.ended(run_id)
    stale = await change(own, run_id, 1, pages=repaint(1))
    assert newest_of(stale) == 2 and "edition 2" in stale.json()["detail"]
    restore = f"/api/runs/{run_id}/editions/{{}}/restore"
    assert newest_of(await own.client.post(restore.format(2))) == 2
    assert newest_of(await own.client.post(restore.format(9))) == 2
    assert (await own.client.post(restore.format("x"))).status_code == 400
    nobody = RunId("0" * 32)
    assert (await change(own, nobody)).status_code == 404
    assert (await own.client.post(f"/api/runs/{nobody}/editions/1/restore")).status_code == 404


async def test_every_fault_of_a_change_is_told(site: Site) -> None:
    """In the shape of those of a request, with the place of each."""
    run_id = await site.finished_book()
    pages = [
        {"page": 1, "repaint": "perhaps", "seed": -1},
        {"summary": 7},
        "page 3",
        {"page": 2, "dialogues": [{"character": "토끼"}], "rewrite": "x" * 201},
    ]
    body = {"pages": pages, "tts_config": {"narrator_voice": "X1"}, "note": 3, "accept": "?"}
    answer = await site.client.post(f"/api/runs/{run_id}/editions", json=body)
    assert answer.status_code == 422
    found = {(*it["loc"][1:], it["type"]) for it in answer.json()["detail"]}
    assert found == {
        ("base_edition", "missing"),
        ("pages", 0, "repaint", "bool_type"),
        ("pages", 0, "seed", "greater_than_equal"),
        ("pages", 1, "page", "missing"),
        ("pages", 1, "summary", "string_type"),
        ("pages", 2, "dict_type"),
        ("pages", 3, "dialogues", 0, "text", "string_type"),
        ("pages", 3, "rewrite", "string_too_long"),
        ("tts_config", "narrator_voice", "enum"),
        ("note", "string_type"),
        ("accept", "bool_type"),
    }
    for wrong in (b"[", b"[]"):
        answer = await site.client.post(f"/api/runs/{run_id}/editions", content=wrong)
        assert answer.status_code == 422


@pytest.mark.parametrize("number", [False, True, "", "1", [], {}], ids=repr)
async def test_what_is_no_number_names_no_page(site: Site, number: Any) -> None:
    """Also what Python takes for 0: it is not the cover."""
    run_id = await site.finished_book()
    answer = await change(site, run_id, pages=[{"page": number, "repaint": True}])
    assert answer.status_code == 422
    assert [it["loc"] for it in answer.json()["detail"]] == [["body", "pages", 0, "page"]]


async def test_what_the_engines_cannot_do_is_refused_with_its_place(own: Site) -> None:
    """A page that nobody writes anew, a style that nobody paints, a voice that nobody has."""
    run_id = await own.finished_book()
    assert (await own.client.get("/api/engines")).json()["writer"]["rewrites"] is True
    own.engines.writer.capabilities = Capabilities()
    assert (await own.client.get("/api/engines")).json()["writer"]["rewrites"] is False
    own.engines.illustrator.capabilities = Capabilities(styles=("ink",))
    own.engines.narrator.capabilities = Capabilities(voices=("M1",))
    answer = await change(
        own,
        run_id,
        pages=[{"page": 1, "rewrite": "더 웃기게"}, {"page": 9, "repaint": True}],
        style="oil",
        tts_config={"narrator_voice": "F1"},
    )
    found = {(*it["loc"], it["type"]) for it in answer.json()["detail"]}
    assert found == {
        ("body", "pages", 0, "rewrite", "unsupported"),
        ("body", "pages", 1, "page", "page_range"),
        ("body", "style", "unsupported"),
        ("body", "tts_config", "narrator_voice", "unsupported"),
    }


async def test_words_that_no_page_may_have_are_refused_unless_accepted(site: Site) -> None:
    """Then the edition tells what was found."""
    run_id = await site.finished_book(tts_enabled=False)
    edit = {"page": 0, "title": "토끼의 권총"}
    (fault,) = (await change(site, run_id, pages=[edit])).json()["detail"]
    assert (fault["loc"], fault["type"]) == (["body", "pages", 0], "forbidden_words")
    await changed(site, run_id, pages=[edit], accept=True)
    told = (await site.client.get(f"/api/runs/{run_id}/editions")).json()["editions"][1]
    assert [it["kind"] for it in told["accepted"]] == ["forbidden"]


async def test_texts_for_an_english_book_are_checked_as_english(site: Site) -> None:
    """A word that no page may have is found where it stands alone, whatever its case; within
    another word it is none. Who speaks is called as in its story."""
    voices = {"character_voices": {"토끼": "F2"}}
    run_id = await site.finished_book(language="en", age="3-4", tts_config=voices)
    edit = {"page": 1, "summary": 'Rabbit had begun. "A GUN," he said.'}
    (fault,) = (await change(site, run_id, pages=[edit])).json()["detail"]
    assert (fault["loc"], fault["type"]) == (["body", "pages", 0], "forbidden_words")
    line = {"character": "Rabbit", "text": "I have begun"}
    edit |= {"summary": '"I have begun," said Rabbit.', "dialogues": [line]}
    state = await changed(site, run_id, pages=[edit])
    assert (state["language"], state["age"], list(state)[-1]) == ("en", "3-4", "edition")
    assert state["pages"][1]["dialogues"] == [{**line, "voice": "F2"}]


async def test_a_book_that_gets_a_voice_is_read_for_its_age(site: Site) -> None:
    """One that was silent, in its language, as slowly as suits; a character may be called as in
    the request. The same key and change give the same edition."""
    run_id = await site.finished_book(language="en", age="3-4", tts_enabled=False)
    config = {"character_voices": {"토끼": "F3"}}
    body, key = {"base_edition": 1, "tts_config": config}, {"Idempotency-Key": run_id}
    path = f"/api/runs/{run_id}/editions"
    for _ in range(2):
        answer = await site.client.post(path, json=body, headers=key)
        assert answer.json() == {"edition": 2}, answer.text
        await site.ended(run_id)
    told = (await site.client.get(path)).json()["editions"][1]["tts_config"]
    assert (told["lang"], told["speed"], told["segment_pause_ms"]) == ("en", 0.9, 450)
    assert told["character_voices"] == {"토끼": "F3", "Rabbit": "F3"}


async def test_voices_that_are_not_named_stay(site: Site) -> None:
    """A change of the speed keeps the narrator."""
    run_id = await site.finished_book(tts_config={"narrator_voice": "F3"})
    await changed(site, run_id, tts_config={"speed": "1.5"})
    told = (await site.client.get(f"/api/runs/{run_id}/editions")).json()["editions"]
    assert told[1]["tts_config"] == {**told[0]["tts_config"], "speed": 1.5}
    assert told[1]["tts_config"]["narrator_voice"] == "F3"


# ------------------------------------------------------------------------- what there is to look at


async def test_the_editions_are_told_compared_and_restored(site: Site) -> None:
    """Who, when, why, what changed, from what to what; a restored one needs no work."""
    run_id = await site.finished_book()
    title = (await state_of(site, run_id))["pages"][0]["title"]
    edits = [{"page": 0, "title": f"{title} 둘"}, {"page": 2, "repaint": True, "seed": 5}]
    await changed(site, run_id, pages=edits, note="둘째")
    first, second = (await site.client.get(f"/api/runs/{run_id}/editions")).json()["editions"]
    files = f"/api/runs/{run_id}"
    assert (first["edition"], first["base_edition"], first["comparison"]) == (1, None, None)
    assert f"{files}/images/panel_2.png?edition=1" in first["files"]
    assert f"{files}/images/panel_1.png" in first["files"]
    assert (second["status"], second["is_shown"], second["note"]) == ("DONE", True, "둘째")
    assert second["pages"] == [
        {"page": 2, "rewrite": "", "repaint": True, "seed": 5, "revoice": False, "language": ""},
    ]
    assert second["texts"] == [0]
    pictures = [it for it in second["files"] if "/images/" in it]
    assert pictures == [f"{files}/images/panel_2.png?edition=2"]
    found = (await site.client.get(second["comparison"])).json()
    cover, panel = found["pages"]
    assert cover["text"] == [{"kind": "same", "text": title}, {"kind": "added", "text": " 둘"}]
    assert panel["picture"] == {
        "before": f"{files}/images/panel_2.png?edition=1",
        "after": f"{files}/images/panel_2.png?edition=2",
    }
    assert (found["tts_config"], found["style"]) == (None, None)
    calls = len(site.engines.illustrator.calls)
    answer = await site.client.post(f"{files}/editions/1/restore", json={"note": "wie zuvor"})
    assert (answer.status_code, answer.json()) == (202, {"edition": 3})
    state = await state_of(site, run_id)
    assert (state["status"], state["pages"][0]["title"]) == ("DONE", title)
    assert state["pages"][2]["image_url"] == f"{files}/images/panel_2.png"
    assert len(site.engines.illustrator.calls) == calls
    told = (await site.client.get(f"{files}/editions")).json()["editions"][2]
    assert (told["restores"], told["note"], told["files"]) == (1, "wie zuvor", [])
    backwards = (await site.client.get(f"{files}/editions/2..1")).json()
    assert backwards["pages"][0]["text"][1]["kind"] == "removed"
    assert (await site.client.get(f"{files}/editions/1..3")).json()["pages"] == []
    for pair, status in (("1..9", 404), ("1-2", 404), ("1..x", 400), ("0..1", 400)):
        assert (await site.client.get(f"{files}/editions/{pair}")).status_code == status


async def test_any_edition_is_shown(site: Site) -> None:
    """Its state, with addresses that lead to its own files, also as it was at any position."""
    run_id = await site.finished_book()
    before = await state_of(site, run_id)
    done = int((await replay(site, run_id))[-1].id or "")
    await changed(site, run_id, pages=[{"page": 1, "summary": "웃어요.", "repaint": True}])
    first = await state_of(site, run_id, edition=1)
    for page, (was, now) in enumerate(zip(before["pages"], first["pages"], strict=True)):
        own = "?edition=1" if page == 1 else ""
        urls = {it: f"{was[it]}{own}" for it in ("image_url", "audio_url")}
        assert now == {**was, **urls}
        for url in urls.values():
            assert (await site.client.get(url)).status_code == 200
    assert await state_of(site, run_id, at=done) == first
    assert await state_of(site, run_id, at=done, edition=1) == first
    assert await state_of(site, run_id, edition=2) == await state_of(site, run_id)
    path = f"/api/runs/{run_id}"
    for query, status in (("edition=3", 404), ("edition=0", 400), ("edition=x", 400)):
        for file in ("", "/images/cover.png", "/audio/page_0.wav"):
            answer = await site.client.get(f"{path}{file}?{query}")
            assert answer.status_code == status, (file, query)
    assert (await site.client.get(f"{path}?at={done}&edition=2")).status_code == 404
    nobody = f"/api/runs/{'0' * 32}"
    for file in ("", "/images/cover.png", "/editions", "/editions/1..2"):
        assert (await site.client.get(f"{nobody}{file}?edition=1")).status_code == 404


@pytest.mark.slow  # a thousand durable appends
async def test_the_first_edition_is_served_a_thousand_changes_later(own: Site) -> None:
    """Its state, and every file of it byte for byte, also of the page that was painted anew ten
    times meanwhile."""
    run_id = await own.finished_book(tts_enabled=False)
    before = await state_of(own, run_id)
    addresses = [it["image_url"] for it in before["pages"]]
    files = [(await own.client.get(it)).content for it in addresses]
    for number in range(1, 1_001):
        is_painted = number % 100 == 0
        edit = PageEdit(2, repaint=True) if is_painted else PageEdit(0, title=f"{number}번째 책")
        await own.application.request_edition(run_id, EditionRequest(number, (edit,)))
        if is_painted:
            await own.ended(run_id)
    now = await state_of(own, run_id)
    assert (now["edition"], now["status"]) == (1_001, "DONE")
    assert now["pages"][2]["image_url"] == f"{before['pages'][2]['image_url']}?edition=1001"
    first = await state_of(own, run_id, edition=1)
    assert [it["title"] for it in first["pages"]] == [it["title"] for it in before["pages"]]
    served = [await own.client.get(it, params={"edition": 1}) for it in addresses]
    assert [it.content for it in served] == files
    assert (await own.client.get(addresses[2])).content != files[2]


@pytest.mark.parametrize("query", ["edition", "edition=", "%65dition=x", "edition=0", "edition=１"])
async def test_what_is_no_number_is_no_edition(site: Site, query: str) -> None:
    """However it is spelled; it is not as if none had been asked for."""
    run_id = await site.finished_book()
    for path in ("", "/images/cover.png", "/audio/page_0.wav"):
        answer = await site.client.get(f"/api/runs/{run_id}{path}?{query}")
        assert (answer.status_code, path) == (400, path)


async def test_the_stores_own_names_are_no_addresses(site: Site) -> None:
    """A file has one name in all editions."""
    run_id = await site.finished_book()
    await changed(site, run_id, pages=repaint(2))
    for name in ("panel_2.e2.png", "panel_2.e1.png", "panel_9.png"):
        assert (await site.client.get(f"/api/runs/{run_id}/images/{name}")).status_code == 404


async def test_removed_files_are_named_as_their_addresses_are(own: Site) -> None:
    """410 for those that retention has taken, of whatever edition."""
    run_id = await own.finished_book()
    await changed(own, run_id, pages=repaint(2))
    taken = ["panel_2.e2.png", "cover.png"]
    outcome = await own.application.commands.execute(
        run_id, lambda run: prune_artifacts(run, taken)
    )
    await own.application.projections.reached(outcome.position)
    state = await state_of(own, run_id)
    assert state["removed"] == ["cover.png", "panel_2.png"]
    assert (await state_of(own, run_id, edition=1))["removed"] == ["cover.png"]
    for page in (0, 2):
        answer = await own.client.get(state["pages"][page]["image_url"])
        assert answer.status_code == 410


# -------------------------------------------------------------------------------------- the stream


async def test_each_changed_page_is_one_message(site: Site) -> None:
    """From the second edition on, after what a message always had, at the position of its event;
    whoever comes back sees the same."""
    run_id = await site.finished_book()
    first = await replay(site, run_id)
    edits = [{"page": 1, "rewrite": "짧게"}, {"page": 0, "title": "새 제목"}]
    await changed(site, run_id, pages=edits)
    messages = await replay(site, run_id)
    assert messages[: len(first)] == first
    later = messages[len(first) :]
    told = [json.loads(it.data or "") for it in later]
    assert all(list(it)[:4] == V20 for it in told)
    assert [json.loads(it.data or "").keys() - set(V20) for it in first] == [set()] * len(first)
    changes = {(it["page"], *it["changed"]) for it in told if "changed" in it}
    assert changes == {(0, "text"), (0, "voice"), (1, "text"), (1, "picture"), (1, "voice")}
    assert {it["edition"] for it in told if "changed" in it} == {2}
    assert all(it["ready_max_page"] == LAST_PAGE for it in told)
    ids = [int(it.id or "") for it in messages]
    assert ids == sorted(set(ids))
    events = await site.application.log.read_run(run_id)
    assert set(ids) <= {it.position for it in events}
    for after in ids[len(first) - 1 : -1]:
        left = [it for it in messages if int(it.id or "") > after]
        assert await replay(site, run_id, after) == left


async def test_the_end_of_an_edition_is_the_end_until_another_is_made(own: Site) -> None:
    """204 after DONE; while an edition is made whoever comes back from there is told of it, and
    204 again after that."""
    run_id = await own.finished_book()
    last = (await replay(own, run_id))[-1].id or ""
    async with following(own.port, path_of(run_id), last_event_id=last) as stream:
        assert stream.status == 204
    own.engines.illustrator.held = True
    async with following(own.port, path_of(run_id)) as early:
        assert [it.id for it in await early.changes()] == [last]
    await change(own, run_id, pages=repaint(2))
    async with following(own.port, path_of(run_id), last_event_id=last) as stream:
        assert stream.status == 200
        await until(stream, status="RUNNING", stage="PANEL_2")
        own.engines.illustrator.let(2)
        rest = [it for it in await stream.changes() if it.data is not None]
    assert json.loads(rest[-1].data or "")["status"] == "DONE"
    assert rest == (await replay(own, run_id))[-len(rest) :]
    async with following(own.port, path_of(run_id), last_event_id=rest[-1].id or "") as stream:
        assert stream.status == 204
    async with following(own.port, path_of(run_id), last_event_id=last) as stream:
        assert stream.status == 200
        assert json.loads((await stream.changes())[-1].data or "")["status"] == "DONE"


class OldClient:
    """A client of v2.0: it knows the members of v2.0, follows a stream to its end, loads what the
    state names, and trusts that what was ready stays so."""

    def __init__(self, site: Site, run_id: RunId) -> None:
        self.site, self.run_id = site, run_id
        self.cursor, self.ready = "0", (-1, -1)
        self.statuses: list[str] = []
        self.files: dict[str, bytes] = {}

    async def follow(self) -> None:
        path = path_of(self.run_id)
        async with following(self.site.port, path, last_event_id=self.cursor) as stream:
            while (message := await stream.change()) is not None:
                self.take(message)

    def take(self, message: Message) -> None:
        assert int(message.id or "") > int(self.cursor)
        self.cursor = message.id or ""
        data = json.loads(message.data or "")
        status, stage, *ready = [data[it] for it in V20]
        assert stage in ("LLM", "COVER", "TTS") or stage.startswith("PANEL_")
        assert ready >= list(self.ready)
        self.ready = tuple(ready)
        self.statuses.append(status)

    async def load(self) -> None:
        state = await state_of(self.site, self.run_id)
        assert [it["page"] for it in state["pages"]] == [0, 1, 2, 3, 4]
        for page in state["pages"]:
            for url in (page["image_url"], page["audio_url"]):
                answer = await self.site.client.get(url)
                assert answer.status_code == 200
                self.files[url] = answer.content


async def test_a_client_of_before_follows_a_book_through_an_edition(own: Site) -> None:
    """It sees the newest whole book, and no member that it does not know stands in its way."""
    run_id = await own.finished_book()
    client = OldClient(own, run_id)
    await client.follow()
    await client.load()
    known = set(client.files)
    await change(own, run_id, pages=[{"page": 2, "rewrite": "더 웃기게"}, *repaint(0)])
    await client.follow()
    await client.load()
    assert client.statuses[-1] == "DONE"
    assert client.ready == (LAST_PAGE, LAST_PAGE)
    assert client.files.keys() - known == {
        f"/api/runs/{run_id}/images/cover.png?edition=2",
        f"/api/runs/{run_id}/images/panel_2.png?edition=2",
        f"/api/runs/{run_id}/audio/page_2.wav?edition=2",
    }


async def test_a_saved_heros_cover_stays_the_one_that_it_was_saved_with(own: Site) -> None:
    """Its address names the edition once the plain one serves another."""
    run_id = await own.finished_book()
    body = {"run_id": run_id, "character": "토끼"}
    saved = (await own.client.put("/api/cast/우리토끼", json=body)).json()
    url = f"/api/runs/{run_id}/images/cover.png"
    assert saved["character"]["pictures"] == [url]
    await changed(own, run_id, pages=repaint(0))
    (again,) = (await own.client.get("/api/cast")).json()["characters"]
    assert again["character"]["pictures"] == [f"{url}?edition=1"]


async def test_a_change_of_a_forgotten_book_is_gone(own: Site) -> None:
    """As is every edition of it."""
    run_id = await own.finished_book()
    await changed(own, run_id, pages=repaint(0))
    assert (await own.client.delete(f"/api/runs/{run_id}")).status_code == 204
    assert (await change(own, run_id, 2, pages=repaint(0))).status_code == 410
    for path in ("/editions", "/editions/1..2", "/images/cover.png?edition=1", "?edition=2"):
        assert (await own.client.get(f"/api/runs/{run_id}{path}")).status_code == 410


async def test_a_change_with_a_key_is_made_once(own: Site) -> None:
    """However often it is asked for, whatever the book has become since; the same key with another
    change is refused."""
    run_id = await own.finished_book()
    path, headers = f"/api/runs/{run_id}/editions", {"Idempotency-Key": "night"}
    body = {"base_edition": 1, "pages": repaint(2), "tts_config": {"speed": 1.5}}

    async def ask(**other: Any) -> httpx.Response:
        return await own.client.post(path, json={**body, **other}, headers=headers)

    own.engines.illustrator.held = True
    first = await ask()
    assert (first.status_code, first.json()) == (202, {"edition": 2})
    assert (await ask()).json() == {"edition": 2}
    own.engines.illustrator.let(2)
    await own.ended(run_id)
    own.engines.illustrator.held = False
    edits = [{"page": 0, "title": "새 제목"}]
    await changed(own, run_id, 2, pages=edits, tts_config={"narrator_voice": "F5"})
    assert (await ask()).json() == {"edition": 2}
    assert len((await own.client.get(path)).json()["editions"]) == 3
    others: list[dict[str, Any]] = [
        {"note": "x"},
        {"pages": repaint(3)},
        {"pages": []},
        {"base_edition": 2},
    ]
    for other in others:
        refused = await ask(**other)
        assert newest_of(refused) == 3
        assert "Idempotency-Key" in refused.json()["detail"]
    twice = {"Idempotency-Key": "two"}
    both = {"base_edition": 3, "pages": repaint(1)}
    async with anyio.create_task_group() as tasks:
        found: list[int] = []

        async def one() -> None:
            answer = await own.client.post(path, json=both, headers=twice)
            found.append(answer.json()["edition"])

        for _ in range(4):
            tasks.start_soon(one)
    assert found == [4] * 4
    await own.ended(run_id)


async def test_a_repetition_asks_for_nothing_once_the_edition_was_cancelled(own: Site) -> None:
    """A change of the same edition would be taken then: who repeats it wants no other."""
    run_id = await own.finished_book()
    own.engines.illustrator.held = True
    body = {"base_edition": 1, "pages": repaint(2)}
    path, key = f"/api/runs/{run_id}/editions", {"Idempotency-Key": "night"}
    assert (await own.client.post(path, json=body, headers=key)).json() == {"edition": 2}
    await own.client.post(f"/api/runs/{run_id}/cancel")
    assert (await own.client.post(path, json=body, headers=key)).json() == {"edition": 2}
    assert (await state_of(own, run_id))["status"] == "CANCELLED"
