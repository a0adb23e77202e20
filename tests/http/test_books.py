"""Books to be taken along over HTTP: kept, shared, in parts, and told of while they are made."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import anyio
import httpx
import msgspec
import pytest

from storybook.book import RunId
from storybook.export.formats import FORMATS
from storybook.export.making import MOST_WAITING
from storybook.projections.runs import STATES, decode_snapshot
from storybook.run import prune_artifacts
from tests.export.scripted_format import ScriptedFormat
from tests.http.serving import Site, eventually, serving

pytestmark = pytest.mark.anyio

Replaced = Callable[..., ScriptedFormat]


class TakenAlong(msgspec.Struct):
    """A finished book on a running site."""

    site: Site
    run_id: RunId

    async def get(
        self, of: str = "book.html", method: str = "GET", **headers: str
    ) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.site.client.request(
            method, f"/api/runs/{self.run_id}/{of}", headers=named
        )

    async def until_there(self, of: str = "book.html") -> httpx.Response:
        return await self.until_not(202, of)

    async def until_not(self, status: int, of: str = "book.html") -> httpx.Response:
        with anyio.fail_after(30):
            while True:
                answer = await self.get(of)
                if answer.status_code != status:
                    return answer
                await anyio.sleep(0.01)

    @property
    def folder(self) -> Path:
        return Path(self.site.application.artifacts.location(self.run_id))


@pytest.fixture
async def book(site: Site) -> AsyncIterator[TakenAlong]:
    yield TakenAlong(site, await site.finished_book())


@pytest.fixture
def replaced(monkeypatch: pytest.MonkeyPatch) -> Replaced:
    """The format of pages for browsers is another one, which a test has in its hands."""

    def replace(
        *, held: bool = False, error: Exception | None = None, **more: Any
    ) -> ScriptedFormat:
        scripted = ScriptedFormat(held=held, error=error)
        monkeypatch.setitem(FORMATS, "html", scripted.as_format(**more))
        return scripted

    return replace


# -------------------------------------------------------------------------- what is there is served


async def test_a_book_is_made_and_kept(book: TakenAlong) -> None:
    """Its bytes, under their SHA-256 as a tag; it lies beside the run then, and is the same."""
    answer = await book.get()
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    assert b"<html" in answer.content
    assert (book.folder / "book.html").read_bytes() == answer.content
    assert (await book.get()).content == answer.content


async def test_its_file_is_called_as_the_book(book: TakenAlong) -> None:
    """In Korean, as RFC 6266 has it, and without the title for who does not read that."""
    title = (await book.site.client.get(f"/api/runs/{book.run_id}")).json()["pages"][0]["title"]
    disposition = (await book.get()).headers["content-disposition"]
    assert disposition.startswith("attachment; filename=\"book.html\"; filename*=UTF-8''")
    assert unquote(disposition.rpartition("''")[2]) == f"{title}.html"
    assert disposition.isascii()


async def test_head_copies_and_ranges(book: TakenAlong) -> None:
    """As pictures and recordings have them: a download that broke off goes on."""
    whole = await book.get()
    head = await book.get(method="HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.content))
    assert (await book.get(if_none_match=whole.headers["etag"])).status_code == 304
    rest = await book.get(range="bytes=100-", if_range=whole.headers["etag"])
    assert (rest.status_code, rest.content) == (206, whole.content[100:])
    assert (await book.get(range=f"bytes={len(whole.content)}-")).status_code == 416


async def test_each_choice_is_a_copy_of_its_own(book: TakenAlong, replaced: Replaced) -> None:
    """The first is meant by none, and is made once for both."""
    scripted = replaced()
    usual, small = await book.get(), await book.get("book.html?size=a5")
    assert (await book.get("book.html?size=a4")).content == usual.content
    assert small.content.endswith(b"a5\n") and scripted.made == ["a4", "a5"]
    assert unquote(small.headers["content-disposition"]).endswith(".a5.html")


async def test_what_is_asked_for_once_is_made_once(book: TakenAlong, replaced: Replaced) -> None:
    """Ten who ask at the same moment share it."""
    scripted = replaced(held=True)
    answers: list[httpx.Response] = []

    async def ask() -> None:
        answers.append(await book.get())

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(ask)
        await eventually(lambda: scripted.at_once == 1)
        scripted.let()
    assert {it.status_code for it in answers} == {200} and scripted.made == ["a4"]


async def test_a_changed_book_is_made_anew(book: TakenAlong, replaced: Replaced) -> None:
    """Another text is another tag; the edition before it is still to be had."""
    scripted = replaced()
    before = await book.get()
    change = {"base_edition": 1, "pages": [{"page": 0, "title": "아주 다른 제목"}]}
    answer = await book.site.client.post(f"/api/runs/{book.run_id}/editions", json=change)
    assert answer.status_code == 202, answer.text
    await book.site.ended(book.run_id)
    after = await book.get()
    assert (
        after.text.startswith("아주 다른 제목") and after.headers["etag"] != before.headers["etag"]
    )
    first = await book.get("book.html?edition=1")
    assert first.content == before.content
    assert ".e1.html" in unquote(first.headers["content-disposition"])
    assert len(scripted.made) == 3


async def test_whatever_lies_there_is_not_served(book: TakenAlong, replaced: Replaced) -> None:
    """Neither another file of the name, nor one without a note, nor half a one."""
    scripted = replaced()
    right = await book.get()
    for spoil in (
        lambda: (book.folder / "book.html").write_bytes(b"half"),
        lambda: (book.folder / "book.html.made").unlink(),
        lambda: (book.folder / "book.html.made").write_bytes(b"{"),
        lambda: (book.folder / "book.html").unlink(),
    ):
        spoil()
        assert (await book.get()).content == right.content
    assert len(scripted.made) == 5


async def test_another_version_of_a_format_makes_it_anew(
    book: TakenAlong, replaced: Replaced
) -> None:
    """What an earlier one had made is not served."""
    replaced()
    await book.get()
    later = replaced(version=2)
    await book.get()
    assert later.made == ["a4"]


# ------------------------------------------------------------------------------- what is refused


async def test_bad_options_are_told(book: TakenAlong, replaced: Replaced) -> None:
    """422 names the option and what it may be; what is no option of the format is ignored."""
    replaced()
    for option, word in (("size=a3", "a4, a5"), ("partial=perhaps", "1 or 0")):
        answer = await book.get(f"book.html?{option}")
        assert answer.status_code == 422
        (fault,) = answer.json()["detail"]
        assert fault["loc"] == ["query", option.partition("=")[0]] and word in fault["msg"]
    assert (await book.get("book.html?edition=x")).status_code == 400
    assert (await book.get("book.html?shape=round")).status_code == 200


async def test_what_is_not_there_is_told(book: TakenAlong) -> None:
    """No such run, edition, language or format."""
    assert (await book.site.client.get(f"/api/runs/{'f' * 32}/book.html")).status_code == 404
    for query in ("edition=7", "language=fr", "language=both"):
        assert (await book.get(f"book.html?{query}")).status_code == 404, query
    assert (await book.get("book.doc")).status_code == 404


async def test_half_a_book_is_given_to_who_asks_for_it(tmp_path: Path) -> None:
    """Else 409 says what is missing; of a book that is whole the whole one is given."""
    async with serving(tmp_path, held=True) as site:
        run_id = await site.order()
        half = TakenAlong(site, run_id)
        answer = await half.get()
        assert answer.status_code == 409 and "partial" in answer.json()["detail"]
        assert "text of pages 0, 1, 2, 3 and 4" in answer.json()["detail"]
        site.engines.writer.let(0, 1, 2)
        await eventually(lambda: len(_pages(site, run_id)) == 3)
        missing = (await half.get()).json()["detail"]
        assert "the text of pages 3 and 4; the picture of pages 0" in missing
        given = await half.get("book.html?partial=1")
        assert given.status_code == 200 and b"<html" in given.content
        assert "the text of pages 3 and 4; the picture of" in given.headers["storybook-missing"]
        assert (await half.get()).status_code == 409


def are_gone(paths: Iterable[str]) -> bool:
    return not any(Path(it).exists() for it in paths)


def leave_half(data: Path) -> None:
    """What a process that was killed leaves of a film."""
    half = data / "in-hand" / "storybook-killed"
    half.mkdir(parents=True)
    (half / "film.mp4").write_bytes(b"half")


def _pages(site: Site, run_id: RunId) -> list[object]:
    row = site.application.projections.row(STATES, run_id)
    pages = decode_snapshot(row[1]).pages if row is not None else ()
    return [it for it in pages if it.title or it.summary]


async def test_lost_files_are_told_with_their_mend(book: TakenAlong) -> None:
    """409 names the file and the command that makes it again; then it is made."""
    picture = book.folder / "panel_2.png"
    content = picture.read_bytes()
    picture.write_bytes(b"other")
    answer = await book.get()
    assert answer.status_code == 409
    assert (
        "panel_2.png" in answer.json()["detail"] and "storybook repair" in answer.json()["detail"]
    )
    picture.write_bytes(content)
    assert (await book.get()).status_code == 200


@pytest.mark.parametrize("format_", ["html", "epub", "pdf", "srt", "zip"])
async def test_a_part_of_a_book_is_without_what_is_damaged_or_lost(
    book: TakenAlong, format_: str
) -> None:
    """And says so; a book that was repaired is whole, also when a part of it is asked for."""
    picture, voice = book.folder / "panel_2.png", book.folder / "page_1.wav"
    content = picture.read_bytes(), voice.read_bytes()
    picture.write_bytes(b"other")
    voice.unlink()
    given = await book.get(f"book.{format_}?partial=1")
    assert given.status_code == 200, given.text
    told = given.headers["storybook-missing"]
    assert told == "the voice of page 1; the picture of page 2"
    picture.write_bytes(content[0])
    voice.write_bytes(content[1])
    whole = await book.get(f"book.{format_}?partial=1")
    assert "storybook-missing" not in whole.headers
    assert whole.content == (await book.get(f"book.{format_}")).content


async def test_another_key_signs_an_archive_anew(book: TakenAlong) -> None:
    """What was signed with the one before it is not served."""
    before = await book.get("book.zip")
    assert (await book.get("book.zip")).content == before.content
    (book.folder.parent.parent / "keys" / "archive.pem").unlink()
    after = await book.get("book.zip")
    keys = {json.loads(_in_zip(it, "signature.json"))["public_key"] for it in (before, after)}
    assert after.status_code == 200 and len(keys) == 2
    assert _in_zip(before, "book.json") == _in_zip(after, "book.json")


def _in_zip(answer: httpx.Response, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return archive.read(name)


async def test_copies_go_with_the_files_of_the_run(book: TakenAlong) -> None:
    """With retention 410 says so; a forgotten run leaves nothing."""
    await book.get()
    other = TakenAlong(book.site, await book.site.finished_book())
    await other.get()
    application = book.site.application
    await application.retention._prune_run(book.run_id, 0)
    assert not book.folder.exists()
    assert (await book.get()).status_code == 410
    await book.site.client.delete(f"/api/runs/{other.run_id}")
    assert not other.folder.exists() and (await other.get()).status_code == 410


async def test_what_goes_while_it_is_made_is_not_kept(book: TakenAlong, replaced: Replaced) -> None:
    """Retention that came in between finds nothing of it later, either."""
    scripted = replaced(held=True)
    answers: list[httpx.Response] = []

    async def ask() -> None:
        answers.append(await book.get())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await eventually(lambda: scripted.at_once == 1)
        names = [f"panel_{it}.png" for it in range(1, 5)]
        await book.site.application.commands.execute(
            book.run_id, partial(prune_artifacts, names=names)
        )
        scripted.let()
    assert answers[0].status_code == 410
    assert not list(book.folder.glob("book.*"))


async def test_a_forgotten_run_ends_what_is_made_of_it(
    book: TakenAlong, replaced: Replaced
) -> None:
    """At once, and its half goes."""
    scripted = replaced(held=True)
    answers: list[httpx.Response] = []

    async def ask() -> None:
        answers.append(await book.get())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await eventually(lambda: scripted.at_once == 1)
        await book.site.client.delete(f"/api/runs/{book.run_id}")
    assert answers[0].status_code == 410
    assert are_gone(scripted.workspaces)


async def test_a_missing_extra_is_told_with_its_mend(book: TakenAlong, replaced: Replaced) -> None:
    """503 names the package and the command; so does the list of formats, which says what is
    there."""
    replaced(packages=("no_such_package",), extra="film")
    answer = await book.get()
    assert answer.status_code == 503
    assert "no_such_package" in answer.json()["detail"] and "film" in answer.json()["detail"]
    listed = {it["format"]: it for it in (await book.get("formats")).json()["formats"]}
    assert not listed["html"]["ready"] and "pip install" in listed["html"]["mend"]
    assert listed["html"]["url"] == f"/api/runs/{book.run_id}/book.html"
    assert (await book.site.client.get(f"/api/runs/{'f' * 32}/formats")).status_code == 404


# ---------------------------------------------------------------------------- what takes its time


async def test_a_long_one_is_told_of_until_it_is_there(
    book: TakenAlong, replaced: Replaced
) -> None:
    """202 with the same address, when to come back, and how far it is; then 200."""
    scripted = replaced(held=True, is_long=True)
    first = await book.get("book.html?size=a5")
    assert first.json()["waiting"] == 0
    assert first.status_code == 202 and first.headers["retry-after"].isdigit()
    assert first.headers["location"] == f"/api/runs/{book.run_id}/book.html?size=a5"
    assert "etag" not in first.headers
    await eventually(lambda: scripted.at_once == 1)
    assert (await book.get("book.html?size=a5")).json() == {"fraction": 0.5, "waiting": 0}
    assert (await book.get("book.html?size=a5", method="HEAD")).status_code == 202
    scripted.let()
    there = await book.until_there("book.html?size=a5")
    assert there.status_code == 200 and scripted.made == ["a5"]


async def test_two_long_ones_at_once_and_the_others_wait(site: Site, replaced: Replaced) -> None:
    """In the order in which they were asked for, told how many come before."""
    scripted = replaced(held=True, is_long=True)
    books = [TakenAlong(site, await site.finished_book()) for _ in range(4)]
    for it in books:
        assert (await it.get()).status_code == 202
    await eventually(lambda: scripted.at_once == 2)
    assert [(await it.get()).json()["waiting"] for it in books] == [0, 0, 1, 2]
    scripted.let()
    assert [(await it.until_there()).status_code for it in books] == [200] * 4
    assert scripted.most_at_once == 2


async def test_a_failure_is_told_and_can_be_tried_again(
    book: TakenAlong, replaced: Replaced, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To all who ask within some seconds, not 202 for ever; then it is made."""
    monkeypatch.setattr("storybook.export.making.FAILURE_SECONDS", 0.3)
    scripted = replaced(is_long=True, error=RuntimeError("x264 is unwell"))
    assert (await book.get()).status_code == 202
    failed = await book.until_there()
    assert failed.status_code == 500
    assert "another try" in failed.json()["detail"] and "unwell" not in failed.text
    scripted.error = None
    assert (await book.until_not(500)).status_code == 202
    answer = await book.until_there()
    assert answer.status_code == 200 and not list(book.folder.glob(".writing*"))


async def test_who_asks_for_too_many_is_told_to_come_back(
    book: TakenAlong, replaced: Replaced
) -> None:
    """429, with when; those that wait already are told of as before."""
    choices = tuple(f"a{it}" for it in range(MOST_WAITING + 1))
    scripted = replaced(held=True, is_long=True, choices=choices)
    statuses = [(await book.get(f"book.html?size={it}")).status_code for it in choices]
    assert statuses == [202] * MOST_WAITING + [429]
    assert (await book.get(f"book.html?size={choices[-2]}")).status_code == 202
    scripted.let()
    await book.until_there(f"book.html?size={choices[-2]}")


async def test_a_stopped_server_leaves_nothing_half(tmp_path: Path, replaced: Replaced) -> None:
    """What was in hand is not there after it, and made from the beginning by the next."""
    scripted = replaced(held=True, is_long=True)
    async with serving(tmp_path) as site:
        book = TakenAlong(site, await site.finished_book())
        await book.get()
        await eventually(lambda: scripted.at_once == 1)
    assert are_gone(scripted.workspaces)
    leave_half(tmp_path)
    async with serving(tmp_path) as site:
        again = TakenAlong(site, book.run_id)
        assert not list((tmp_path / "in-hand").glob("*")) and not list(again.folder.glob("book.*"))
        scripted.let()
        await again.get()
        assert (await again.until_there()).status_code == 200


async def test_a_copy_that_is_replaced_while_it_is_opened_is_not_served(
    book: TakenAlong, replaced: Replaced, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its tag would name other bytes: 503, and the next answer is whole."""
    replaced()
    await book.get()
    store = book.site.application.artifacts
    copies = book.site.application.copies
    ask = copies.ask

    async def overtaken(order: object) -> object:
        found = await ask(order)  # type: ignore[arg-type]  # as it came
        await store.put(book.run_id, "book.html", b"somebody else's")
        return found

    monkeypatch.setattr(copies, "ask", overtaken)
    assert (await book.get()).status_code == 503
    monkeypatch.undo()
