"""Books that are based on others, over HTTP on a real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from storybook.book import RunId
from storybook.request import Loc
from tests.http.serving import WORDS, Site, serving

pytestmark = pytest.mark.anyio

NOBODY = RunId("0" * 32)


async def refused(site: Site, based_on: object, **more: Any) -> tuple[int, Any]:
    """The status and detail with which a request is refused."""
    answer = await site.client.post("/api/runs", json={"based_on": based_on, **more})
    return answer.status_code, answer.json()["detail"]


async def derive(site: Site, origin: RunId, keep: str, **more: Any) -> RunId:
    """A finished book that is based on another; nothing else need be said."""
    body = {"based_on": {"run_id": origin, "keep": keep}, **more}
    answer = await site.client.post("/api/runs", json=body)
    assert answer.status_code == 201, answer.text
    run_id = RunId(answer.json()["run_id"])
    state = await site.ended(run_id)
    assert state["status"] == "DONE", state
    return run_id


async def kin(site: Site, run_id: RunId) -> Any:
    answer = await site.client.get(f"/api/runs/{run_id}/derived")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def files(site: Site, run_id: RunId) -> list[bytes]:
    """The pictures and recordings of a book, as they are served."""
    state = (await site.client.get(f"/api/runs/{run_id}")).json()
    addresses = [it[kind] for it in state["pages"] for kind in ("image_url", "audio_url")]
    answers = [await site.client.get(it) for it in addresses]
    assert {it.status_code for it in answers} == {200}
    return [it.content for it in answers]


async def test_a_book_is_based_on_another(site: Site) -> None:
    """By its id and what is kept; both say so, and the pictures are the same, byte for byte."""
    origin = await site.finished_book()
    new = await derive(site, origin, "pictures", tts_config={"narrator_voice": "F2"})
    before, after = [(await site.client.get(f"/api/runs/{it}")).json() for it in (origin, new)]
    texts = [[(it["title"], it["summary"]) for it in state["pages"]] for state in (before, after)]
    assert texts[0] == texts[1]
    assert (await files(site, origin))[::2] == (await files(site, new))[::2]
    assert await kin(site, origin) == {
        "based_on": None,
        "derived": [{"run_id": new, "edition": 1, "keep": "pictures"}],
    }
    assert await kin(site, new) == {
        "based_on": {"run_id": origin, "edition": 1, "keep": "pictures", "is_gone": False},
        "derived": [],
    }


@pytest.mark.parametrize("keep", ["text", "pictures"])
async def test_a_change_of_a_derived_book_is_made_once(site: Site, keep: str) -> None:
    """Under a key that its own request, another book's change or its origin's may have had, too;
    its origin is what it was, and so is its own first edition."""
    origin = await site.finished_book()
    key = {"Idempotency-Key": f"{keep} {origin}"}
    body = {"based_on": {"run_id": origin, "keep": keep}}
    asked = [await site.client.post("/api/runs", json=body, headers=key) for _ in range(2)]
    (new,) = {RunId(it.json()["run_id"]) for it in asked}
    await site.ended(new)
    before = [await files(site, it) for it in (origin, new)]
    change = {"base_edition": 1, "pages": [{"page": 2, "repaint": True}]}
    path = f"/api/runs/{new}/editions"
    answers = []
    for _ in range(2):
        answers.append(await site.client.post(path, json=change, headers=key))
        await site.ended(new)
    assert [(it.status_code, it.json()) for it in answers] == [(202, {"edition": 2})] * 2
    other = {**change, "note": "밤"}
    assert (await site.client.post(path, json=other, headers=key)).status_code == 409
    of_origin = await site.client.post(f"/api/runs/{origin}/editions", json=other, headers=key)
    assert of_origin.json() == {"edition": 2}
    await site.ended(origin)
    for run_id, whole in zip((origin, new), before, strict=True):
        now = await files(site, run_id)
        assert [a == b for a, b in zip(now, whole, strict=True)].count(False) == 1
        old = await site.client.get(f"/api/runs/{run_id}/images/panel_2.png?edition=1")
        assert old.content == whole[4]
    again = await site.client.post("/api/runs", json=body, headers=key)
    assert again.json()["run_id"] == new
    assert len((await site.client.get(path)).json()["editions"]) == 2


async def test_a_derived_book_outlives_its_origin(tmp_path: Path) -> None:
    """It stays whole, also after a restart, and says that its origin is gone."""
    async with serving(tmp_path) as site:
        origin = await site.finished_book()
        new = await derive(site, origin, "pictures")
        whole = await files(site, new)
        assert (await site.client.delete(f"/api/runs/{origin}")).status_code == 204
        assert await files(site, new) == whole
    async with serving(tmp_path) as site:
        assert await files(site, new) == whole
        assert (await kin(site, new))["based_on"]["is_gone"] is True
        assert (await site.client.get(f"/api/runs/{origin}/derived")).status_code == 410
        assert (await refused(site, {"run_id": origin, "keep": "text"}))[0] == 410


async def test_what_came_of_a_book_can_be_forgotten_with_it(site: Site) -> None:
    """If that is asked for, in so many words."""
    origin = await site.finished_book()
    new = await derive(site, origin, "text")
    last = await derive(site, new, "pictures")
    path = f"/api/runs/{origin}"
    assert (await site.client.delete(path, params={"with_derived": "1"})).status_code == 400
    assert (await site.client.delete(path, params={"with_derived": "true"})).status_code == 204
    for run_id in (origin, new, last):
        assert (await site.client.get(f"/api/runs/{run_id}")).status_code == 410


async def test_a_new_story_has_the_heroes_of_the_old_one(site: Site) -> None:
    """With words of its own, which it needs."""
    origin = await site.finished_book()
    words = {"era_ko": "미래", "place_ko": "우주", "characters_ko": "고래", "topic_ko": "꿈"}
    new = await derive(site, origin, "cast", **words)
    before, after = [
        (await site.client.get(f"/api/runs/{it}/cast")).json()["cast"] for it in (origin, new)
    ]
    assert [it["name"] for it in after] == ["토끼", "호랑이", "고래"]
    for was, now in zip(before, after, strict=False):
        same = ("figure", "card", "voice", "kind")
        assert [was[it] for it in same] == [now[it] for it in same]
    assert (await site.client.get(after[0]["pictures"][0])).status_code == 200
    status, faults = await refused(site, {"run_id": origin, "keep": "cast"})
    assert status == 422
    assert [it["loc"] for it in faults] == [["body", word] for word in WORDS]


@pytest.mark.parametrize(
    ("based_on", "loc"),
    [
        ({"run_id": "latest", "keep": "text"}, ("run_id",)),
        ({"run_id": NOBODY, "keep": "everything"}, ("keep",)),
        ({"run_id": NOBODY, "keep": "text", "edition": "one"}, ("edition",)),
        ([], ()),
    ],
)
async def test_what_names_no_book_is_told_where(site: Site, based_on: object, loc: Loc) -> None:
    """As every fault of a body."""
    status, faults = await refused(site, based_on, **WORDS)
    assert status == 422
    assert [it["loc"] for it in faults] == [["body", "based_on", *loc]]


async def test_a_book_that_cannot_be_kept_is_told_why(site: Site) -> None:
    """Unknown, without that edition, not whole, said otherwise: each with a status of its own."""
    status, why = await refused(site, {"run_id": NOBODY, "keep": "text"})
    assert (status, NOBODY in why) == (404, True)
    origin = await site.finished_book()
    assert (await refused(site, {"run_id": origin, "keep": "text", "edition": 3}))[0] == 404
    status, faults = await refused(site, {"run_id": origin, "keep": "text"}, topic_ko="용기")
    assert (status, faults[0]["loc"]) == (422, ["body", "topic_ko"])
    site.engines.illustrator.held = True
    going_on = await site.order()
    status, why = await refused(site, {"run_id": going_on, "keep": "text"})
    assert status == 409 and "wait until it is made" in why
