"""A book's characters over HTTP: shown, given a picture, saved, named in another request."""

from __future__ import annotations

import struct
import unicodedata
import zlib
from pathlib import Path
from urllib.parse import quote

import pytest

from storybook.book import RunId
from storybook.engines import Capabilities, PaintingTask
from storybook.stages.reference_pictures import LONGEST_SIDE, MAX_BYTES
from storybook.stores.artifacts import read_whole
from tests.http.serving import WORDS, Site, serving

pytestmark = pytest.mark.anyio

WHERE = b"GPS 37.5665 N"


def png(width: int = 40, height: int = 20, *, text: bytes = WHERE) -> bytes:
    """A picture of two colours, with words beside its pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    row = b"\0" + b"\xff\x80\x00" * (width // 2) + b"\x00\x80\xff" * (width - width // 2)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    said = chunk(b"tEXt", b"Comment\0" + text)
    pixels = chunk(b"IDAT", zlib.compress(row * height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + said + pixels + chunk(b"IEND", b"")


def picture_path(run_id: RunId, name: str = "토끼") -> str:
    return f"/api/runs/{run_id}/cast/{quote(name)}/picture"


async def save(site: Site, name: str, run_id: RunId, character: str = "토끼") -> None:
    body = {"run_id": run_id, "character": character}
    answer = await site.client.put(f"/api/cast/{quote(name)}", json=body)
    assert answer.status_code == 200, answer.text


async def test_the_characters_of_a_book_are_told(site: Site) -> None:
    """Who they are, how they look and how they speak, in the order of the request."""
    voices = {"character_voices": {"토끼": "F2"}}
    run_id = await site.finished_book(characters_ko="호기심 많은 토끼, 호랑이", tts_config=voices)
    cast = (await site.client.get(f"/api/runs/{run_id}/cast")).json()["cast"]
    assert [(it["name"], it["kind"], it["voice"]) for it in cast] == [
        ("토끼", "rabbit", "F2"),
        ("호랑이", "tiger", "M1"),
    ]
    assert cast[0]["description"] == "호기심 많은"
    assert cast[0]["figure"]["kind"] == "rabbit"
    assert "rabbit" in cast[0]["card"]
    assert (cast[0]["pictures"], cast[0]["origin"]) == ([], "")
    assert cast[0]["face"] is None  # another engine has painted it: nobody knows who stands where
    assert (await site.client.get(f"/api/runs/{'0' * 32}/cast")).status_code == 404


async def test_a_picture_is_kept_without_what_else_is_in_it(site: Site) -> None:
    """Its pixels alone, as PNG; it is served, and what illustrators are shown from then on."""
    run_id = await site.finished_book()
    path = picture_path(run_id)
    assert (await site.client.get(path)).status_code == 404
    answer = await site.client.put(path, content=png())
    assert answer.status_code == 200, answer.text
    assert answer.json()["pictures"] == [path]
    served = await site.client.get(path)
    assert served.headers["content-type"] == "image/png"
    assert served.content.startswith(b"\x89PNG") and WHERE not in served.content
    artifacts = site.application.artifacts
    for file in await artifacts.names(run_id):
        assert WHERE not in await read_whole(artifacts, run_id, file)
    log = (await site.client.get(f"/api/runs/{run_id}/log")).json()["events"]
    assert log[-1]["type"] == "CastPictureGiven"
    again = await site.client.put(path, content=png())
    assert again.status_code == 200
    assert (await site.client.get(f"/api/runs/{run_id}/log")).json()["events"] == log
    assert (await site.client.get(path, headers={"Range": "bytes=0-3"})).status_code == 206


async def test_a_large_photograph_is_made_smaller(site: Site) -> None:
    """To what a model looks at."""
    run_id = await site.finished_book()
    await site.client.put(picture_path(run_id), content=png(3_000, 1_000))
    served = (await site.client.get(picture_path(run_id))).content
    assert struct.unpack(">II", served[16:24]) == (LONGEST_SIDE, LONGEST_SIDE // 3)


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a....", b"<svg onload=alert(1)>", png()[:60], png().replace(b"IDAT", b"IDAX")],
    ids=["nothing", "gif", "svg", "cut", "broken"],
)
async def test_what_is_no_picture_is_refused(site: Site, content: bytes) -> None:
    """It is named, and nothing is kept of it."""
    run_id = await site.finished_book()
    answer = await site.client.put(picture_path(run_id), content=content)
    assert answer.status_code == 422
    (fault,) = answer.json()["detail"]
    assert (fault["loc"], fault["type"]) == (["body", "picture"], "bad_picture")
    names = await site.application.artifacts.names(run_id)
    assert not [it for it in names if it.startswith("cast_")]


async def test_a_picture_has_a_limit_and_a_character(site: Site) -> None:
    """What is larger than 8 MB is not read, and nobody else is shown by it."""
    run_id = await site.finished_book()
    large = await site.client.put(picture_path(run_id), content=bytes(MAX_BYTES + 1))
    assert large.status_code == 413
    nobody = await site.client.put(picture_path(run_id, "고래"), content=png())
    assert nobody.status_code == 404
    assert "토끼, 호랑이" in nobody.json()["detail"]


async def test_a_saved_character_comes_back(site: Site) -> None:
    """In another book, with its look, its voice and the cover of the first as its picture."""
    voices = {"character_voices": {"토끼": "F2"}}
    first = await site.finished_book(characters_ko="호기심 많은 토끼, 호랑이", tts_config=voices)
    await save(site, "우리토끼", first)
    (listed,) = (await site.client.get("/api/cast")).json()["characters"]
    assert (listed["name"], listed["run_id"]) == ("우리토끼", first)
    second = await site.finished_book(characters_ko="거북이", cast=["우리토끼"])
    (before, _), (after, turtle) = [
        (await site.client.get(f"/api/runs/{it}/cast")).json()["cast"] for it in (first, second)
    ]
    same = ("name", "kind", "description", "card", "voice", "figure")
    assert {it: after[it] for it in same} == {it: before[it] for it in same}
    assert (after["saved_as"], after["origin"]) == ("우리토끼", first)
    assert turtle["name"] == "거북이"
    shown = await site.client.get(after["pictures"][0])
    cover = await site.client.get(f"/api/runs/{first}/images/cover.png")
    assert shown.content == cover.content
    await site.client.delete("/api/cast/우리토끼")


async def test_nobody_else_needs_to_be_named(site: Site) -> None:
    """Heroes alone make a book."""
    first = await site.finished_book()
    await save(site, "해피", first)
    words = {name: it for name, it in WORDS.items() if name != "characters_ko"}
    answer = await site.client.post("/api/runs", json={**words, "cast": ["해피"]})
    assert answer.status_code == 201, answer.text
    cast = (await site.client.get(f"/api/runs/{answer.json()['run_id']}/cast")).json()["cast"]
    assert [it["name"] for it in cast] == ["토끼"]
    await site.client.delete("/api/cast/해피")


async def test_heroes_names_are_no_words_of_the_request(site: Site) -> None:
    """Who is saved as "you and me" is one, and eight with long names are no long text."""
    animals = ["토끼", "호랑이", "곰", "여우", "사슴", "늑대", "거북이", "고래"]
    first = await site.finished_book(characters_ko=", ".join(animals))
    names = ["나와 너", *(f"{it}{'가' * 30}" for it in animals[1:])]
    for name, animal in zip(names, animals, strict=True):
        await save(site, name, first, animal)
    words = {name: it for name, it in WORDS.items() if name != "characters_ko"}
    key = {"Idempotency-Key": "nobody else"}
    for heroes in (1, 8, 8):
        body = {**words, "cast": names[:heroes]}
        answer = await site.client.post("/api/runs", json=body, headers=key if heroes > 1 else {})
        assert answer.status_code == 201, answer.text
        run_id = RunId(answer.json()["run_id"])
        await site.ended(run_id)
        cast = (await site.client.get(f"/api/runs/{run_id}/cast")).json()["cast"]
        assert [it["name"] for it in cast] == animals[:heroes]
    for name in names:
        await site.client.delete(f"/api/cast/{quote(name)}")


async def test_a_request_with_heroes_is_repeated_by_its_key(site: Site) -> None:
    """The same run again, also when they are saved no more; other heroes are another request."""
    first = await site.finished_book()
    await save(site, "토토", first)
    body, key = {**WORDS, "cast": ["토토"]}, {"Idempotency-Key": "heroes"}
    made = await site.client.post("/api/runs", json=body, headers=key)
    assert made.status_code == 201
    await site.ended(made.json()["run_id"])
    assert (await site.client.delete("/api/cast/토토")).status_code == 204
    again = await site.client.post("/api/runs", json=body, headers=key)
    assert again.json() == made.json()
    other = await site.client.post("/api/runs", json=WORDS, headers=key)
    assert other.status_code == 409
    styled = await site.client.post("/api/runs", json={**body, "style": "oil"}, headers=key)
    assert styled.status_code == 409


async def test_a_hero_without_a_voice_is_no_other_request_once_it_speaks(site: Site) -> None:
    """It comes from a book that is not read aloud, and gets a voice in this one."""
    silent = await site.finished_book(tts_enabled=False)
    await save(site, "조용이", silent)
    body, key = {**WORDS, "cast": ["조용이"], "tts_enabled": True}, {"Idempotency-Key": "silent"}
    made = await site.client.post("/api/runs", json=body, headers=key)
    await site.ended(made.json()["run_id"])
    again = await site.client.post("/api/runs", json=body, headers=key)
    assert again.json() == made.json()
    await site.client.delete("/api/cast/조용이")


async def test_the_last_one_under_a_name_counts_and_can_be_released(site: Site) -> None:
    """Until then requests name it; afterwards they are told that there is nobody."""
    first, second = await site.finished_book(), await site.finished_book()
    await save(site, "영웅", first)
    await save(site, "영웅", second, "호랑이")
    (listed,) = (await site.client.get("/api/cast")).json()["characters"]
    assert (listed["run_id"], listed["character"]["name"]) == (second, "호랑이")
    await save(site, "영웅", first)  # as it was there before, and it is the last one again
    (listed,) = (await site.client.get("/api/cast")).json()["characters"]
    assert (listed["run_id"], listed["character"]["name"]) == (first, "토끼")
    assert (await site.client.delete("/api/cast/영웅")).status_code == 204
    assert (await site.client.get("/api/cast")).json() == {"characters": []}
    assert (await site.client.delete("/api/cast/영웅")).status_code == 404
    answer = await site.client.post("/api/runs", json={**WORDS, "cast": ["영웅"]})
    (fault,) = answer.json()["detail"]
    assert (fault["loc"], fault["type"]) == (["body", "cast", 0], "no_such_character")


async def test_a_name_is_found_however_it_is_spelled(site: Site) -> None:
    """As macOS sends Hangul, too: shown, given a picture, saved, released."""
    run_id = await site.finished_book()
    rabbit, ours = (unicodedata.normalize("NFD", it) for it in ("토끼", "우리토끼"))
    given = await site.client.put(picture_path(run_id, rabbit), content=png())
    assert given.status_code == 200, given.text
    assert (await site.client.get(picture_path(run_id, rabbit))).status_code == 200
    await save(site, ours, run_id, rabbit)
    (saved,) = (await site.client.get("/api/cast")).json()["characters"]
    assert (saved["name"], saved["character"]["name"]) == ("우리토끼", "토끼")
    assert (await site.client.delete(f"/api/cast/{quote(ours)}")).status_code == 204


async def test_forgetting_the_book_forgets_its_heroes(site: Site) -> None:
    """What was saved and the picture go with it; a book that has them keeps its own."""
    first = await site.finished_book()
    await site.client.put(picture_path(first), content=png())
    await save(site, "우리토끼", first)
    second = await site.finished_book(cast=["우리토끼"])
    assert (await site.client.delete(f"/api/runs/{first}")).status_code == 204
    assert (await site.client.get("/api/cast")).json() == {"characters": []}
    assert (await site.client.get(f"/api/runs/{first}/cast")).status_code == 410
    hero, _ = (await site.client.get(f"/api/runs/{second}/cast")).json()["cast"]
    assert hero["origin"] == first and hero["figure"]
    assert (await site.client.get(hero["pictures"][0])).status_code == 404
    body = {"run_id": first, "character": "토끼"}
    assert (await site.client.put("/api/cast/x", json=body)).status_code == 410


@pytest.mark.parametrize(
    ("name", "body", "status", "kind"),
    [
        ("a,b", {"run_id": "RUN", "character": "토끼"}, 422, "name_sign"),
        ("x" * 41, {"run_id": "RUN", "character": "토끼"}, 422, "string_too_long"),
        ("x", {"run_id": "RUN"}, 404, ""),
        ("x", {"run_id": "RUN", "character": "고래"}, 404, ""),
        ("x", {"run_id": "0" * 32}, 404, ""),
        ("x", {}, 422, "validation_error"),
    ],
)
async def test_who_cannot_be_saved_is_told_why(
    site: Site, name: str, body: dict[str, str], status: int, kind: str
) -> None:
    """A name that could be no name, a run with several, one with nobody of the name."""
    run_id = await site.finished_book()
    sent = {key: it.replace("RUN", run_id) for key, it in body.items()}
    answer = await site.client.put(f"/api/cast/{name}", json=sent)
    assert answer.status_code == status, answer.text
    if kind:
        assert answer.json()["detail"][0]["type"] == kind
    assert (await site.client.get("/api/cast")).json() == {"characters": []}


@pytest.mark.parametrize(
    "fields",
    [
        {"cast": "토끼"},
        {"cast": [1]},
        {"cast": [f"토끼 {number}" for number in range(9)]},
        {"cast": ["토끼", " 토끼"]},
        {"style": "x" * 201},
        {"style": 3},
        {"style": "  "},
    ],
)
async def test_a_request_with_a_bad_cast_or_style_is_refused(
    site: Site, fields: dict[str, object]
) -> None:
    """With the field at fault."""
    answer = await site.client.post("/api/runs", json=WORDS | fields)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][:2] == ["body", *fields]


async def test_a_style_is_what_the_illustrator_can_do(tmp_path: Path) -> None:
    """One that it names reaches it with every page; another one is refused, and what there is is
    told."""
    async with serving(tmp_path) as site:
        painter = site.engines.illustrator
        painter.capabilities = Capabilities(styles=("watercolor", "ink"))
        refused = await site.client.post("/api/runs", json={**WORDS, "style": "oil"})
        (fault,) = refused.json()["detail"]
        assert (fault["loc"], fault["type"]) == (["body", "style"], "unsupported")
        assert "watercolor, ink" in fault["msg"]
        engines = (await site.client.get("/api/engines")).json()
        assert engines["illustrator"]["styles"] == ["watercolor", "ink"]
        seen: list[PaintingTask] = []
        paint = painter.paint

        async def noting(task: PaintingTask, *rest: object) -> object:
            seen.append(task)
            return await paint(task, *rest)  # type: ignore[arg-type]  # as it was called

        painter.paint = noting  # type: ignore[method-assign, assignment]  # it looks on
        await site.finished_book(style="ink")
        assert [it.style for it in seen] == ["ink"] * 5
        assert all([who.name for who in it.cast] == ["토끼", "호랑이"] for it in seen)
        assert not any(task.references for task in seen)


async def test_an_illustrator_that_takes_pictures_is_shown_them(tmp_path: Path) -> None:
    """The first book's pages see its cover; a second one's cover sees what its hero was given."""
    async with serving(tmp_path) as site:
        painter = site.engines.illustrator
        painter.capabilities = Capabilities(takes_references=True)
        seen: dict[int, PaintingTask] = {}
        paint = painter.paint

        async def noting(task: PaintingTask, *rest: object) -> object:
            seen[task.page.page] = task
            return await paint(task, *rest)  # type: ignore[arg-type]  # as it was called

        painter.paint = noting  # type: ignore[method-assign, assignment]  # it looks on
        first = await site.finished_book()
        cover = (await site.client.get(f"/api/runs/{first}/images/cover.png")).content
        assert list(seen[0].references) == []
        assert [picture.content for picture in seen[4].references] == [cover]
        await site.client.put(picture_path(first), content=png())
        given = (await site.client.get(picture_path(first))).content
        await save(site, "우리토끼", first)
        await site.finished_book(characters_ko="거북이", cast=["우리토끼"])
        assert [picture.content for picture in seen[0].references] == [given]
        later = [picture.content for picture in seen[4].references]
        assert later[0] == given and len(later) == 2
