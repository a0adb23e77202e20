"""The exported book: one file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]  # it has no type information

from storybook.book import Role
from storybook.export import BOOK_FILE, CannotExport
from storybook.export.content import Maker, book_content
from storybook.export.html import make_html
from storybook.export.media import SmallMedia, small_audio, small_picture
from storybook.run import Run, Status
from storybook.stores.artifacts import read_whole
from storybook.stores.files import FileArtifactStore
from storybook.stores.memory import MemoryArtifactStore
from tests.export.copies import export_book
from tests.export.finished import RUN, STORY, finished_run, png, segments_of, wav

pytestmark = pytest.mark.anyio

CHROMIUM = next((it for it in ("chromium", "google-chrome", "chrome") if shutil.which(it)), None)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--enable-logging=stderr", "--virtual-time-budget=2000", "--dump-dom"),
)


@pytest.fixture
def store(tmp_path: Path) -> FileArtifactStore:
    return FileArtifactStore(tmp_path)


class Elements(HTMLParser):
    """Every element of a document with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


async def exported(store: FileArtifactStore) -> str:
    return await page_of(store, finished_run(store))


async def page_of(store: FileArtifactStore, run: Run) -> str:
    await export_book(RUN, run, store)
    return (await read_whole(store, RUN, BOOK_FILE)).decode()


async def test_everything_is_inside(store: FileArtifactStore) -> None:
    """Five pictures and five recordings, and nothing that is asked for from elsewhere."""
    text = await exported(store)
    elements = Elements(text)
    pictures = [it["src"] or "" for it in elements.of("img") if it.get("class") != "keepsake"]
    recordings = [it["src"] or "" for it in elements.of("audio")]
    assert [len(pictures), len(recordings)] == [5, 5]
    assert all(it.startswith("data:image/webp;base64,") for it in pictures)
    assert all(it.startswith("data:audio/mpeg;base64,") for it in recordings)
    assert not elements.of("link")
    assert not re.search(r"https?:|url\(|@import|\bfetch\b", text)
    sources = [value for _, attributes in elements.found for value in attributes.values() if value]
    assert not [it for it in sources if it.startswith(("//", "file:"))]


async def test_a_book_is_exported_wherever_its_artifacts_are(store: FileArtifactStore) -> None:
    """The same bytes from a folder and from memory: no path is needed."""
    run, elsewhere = finished_run(store), MemoryArtifactStore()
    for name in await store.names(RUN):
        await elsewhere.put(RUN, name, await read_whole(store, RUN, name))
    await export_book(RUN, run, elsewhere)
    assert await read_whole(elsewhere, RUN, BOOK_FILE) == (await page_of(store, run)).encode()


async def test_the_policy_allows_this_style_and_script_only(store: FileArtifactStore) -> None:
    """Their hashes stand in it, and no host."""
    text = await exported(store)
    (policy,) = (it["content"] for it in Elements(text).of("meta") if "http-equiv" in it)
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    for tag in ("style", "script"):
        found = re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert found
        digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


async def test_what_people_wrote_is_text(store: FileArtifactStore) -> None:
    """Signs of HTML, and of the template, stay signs."""
    run = finished_run(store)
    title, *rest = run.pages
    named = msgspec.structs.replace(title, title='<b onload="x">{{script}}</b>')
    run = msgspec.structs.replace(run, pages=(named, *rest))
    text = await page_of(store, run)
    assert "<title>&lt;b onload=&quot;x&quot;&gt;{{script}}&lt;/b&gt;</title>" in text
    assert not Elements(text).of("b")


async def test_everybody_can_read_it(store: FileArtifactStore) -> None:
    """In Korean, each picture described, each button named."""
    elements = Elements(await exported(store))
    assert elements.of("html") == [{"lang": "ko"}]
    assert elements.of("img")[3]["alt"] == "3쪽 그림: 갑자기 비가 쏟아졌어요."
    assert all(it.get("aria-label") for it in elements.of("button") if it.get("class") == "read")
    assert [it["aria-label"] for it in elements.of("section")][:2] == ["표지", "4쪽 가운데 1쪽"]


async def test_it_says_to_machines_what_a_model_made(store: FileArtifactStore) -> None:
    """As its last leaf says it to people."""
    makers = (Maker(Role.WRITER, "llama", "qwen"), Maker(Role.ILLUSTRATOR, "painter"))
    book = book_content(RUN, finished_run(store), makers=makers)
    text = (await make_html(book, SmallMedia(store))).decode()
    told = {it["name"]: it["content"] for it in Elements(text).of("meta") if "name" in it}
    assert told["digital-source-type:writer"] == "trainedAlgorithmicMedia"
    assert told["digital-source-type:illustrator"] == "algorithmicMedia"
    assert "글: llama.cpp (qwen)" in text and "인공지능(AI)이 만든 것: 글." in text


async def test_spoken_words_carry_their_times(store: FileArtifactStore) -> None:
    """So that they can be lit up while they are spoken."""
    spans = [it for it in Elements(await exported(store)).of("span") if "data-from" in it]
    assert len(spans) == sum(len(segments_of(page)) for page in STORY)
    assert [(it["data-from"], it["data-to"]) for it in spans[1:3]] == [
        ("0.000", "0.100"),
        ("0.100", "0.200"),
    ]


async def test_an_unread_book_has_nothing_to_hear(store: FileArtifactStore) -> None:
    """No recordings, no buttons for them."""
    elements = Elements(await page_of(store, finished_run(store, tts=None)))
    assert not elements.of("audio")
    assert elements.of("body") == [{"class": "silent"}]
    assert "read" not in [it.get("class") for it in elements.of("button")]


async def test_only_a_whole_book_is_exported(store: FileArtifactStore) -> None:
    """One that isn't done, has been pruned, or has lost a file is refused, and no file is left."""
    run = finished_run(store)
    for broken, why in (
        (msgspec.structs.replace(run, status=Status.FAILED), "FAILED"),
        (msgspec.structs.replace(run, pruned=frozenset({"cover.png"})), "retention"),
    ):
        with pytest.raises(CannotExport, match=why):
            await export_book(RUN, broken, store)
    await store.put(RUN, "cover.png", png(0xFF000000))
    with pytest.raises(CannotExport, match=r"cover\.png has other bytes"):
        await export_book(RUN, run, store)
    run = finished_run(store)
    await store.remove(RUN, ["panel_2.png"])
    with pytest.raises(CannotExport, match=r"panel_2\.png is missing"):
        await export_book(RUN, run, store)
    assert BOOK_FILE not in await store.names(RUN)


def test_media_become_small() -> None:
    """A picture of a book's size and a minute of voice are a fraction of what they were."""
    assert small_picture(png(side=256))[0] == "image/webp"
    recording = wav(seconds=20)
    kind, content = small_audio(recording)
    assert (kind, len(content) < len(recording) / 5) == ("audio/mpeg", True)
    assert soundfile.info(io.BytesIO(content)).duration == pytest.approx(20, abs=0.1)


@pytest.mark.parametrize("rate, known", [(22_000, 22_050), (96_000, 48_000), (8_000, 8_000)])
def test_a_voice_of_any_rate_becomes_mp3(rate: int, known: int) -> None:
    """At a rate that MP3 knows, as long and as high as it was."""
    kind, content = small_audio(wav(seconds=2, rate=rate))
    samples, made = soundfile.read(io.BytesIO(content))
    assert (kind, made) == ("audio/mpeg", known)
    assert len(samples) / made == pytest.approx(2, abs=0.1)
    loudest = np.argmax(np.abs(np.fft.rfft(samples))) * made / len(samples)
    assert loudest == pytest.approx(220, abs=2)


def test_a_voice_begins_where_it_began() -> None:
    """A player finds a sentence at its time: MP3 adds silence, and says how much."""
    rate, click = 22_050, np.zeros(22_050, np.int16)
    click[11_025:11_225] = 20_000
    file = io.BytesIO()
    soundfile.write(file, click, rate, format="WAV", subtype="PCM_16")
    _, content = small_audio(file.getvalue())
    samples, _ = soundfile.read(io.BytesIO(content), dtype="int16")
    assert len(samples) == len(click)
    assert np.flatnonzero(abs(samples) > 8_000)[0] == pytest.approx(11_025, abs=20)


def test_a_picture_that_cannot_become_small_stays_as_it_is() -> None:
    """One that is none."""
    assert small_picture(b"none") == ("image/png", b"none")


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here to open book.html in")
async def test_a_browser_opens_it_from_disk(store: FileArtifactStore, tmp_path: Path) -> None:
    """The script runs under the policy, opens the page that the address names, and nothing is
    refused."""
    assert CHROMIUM is not None
    await exported(store)
    address = Path(store.location(RUN, BOOK_FILE)).as_uri() + "#p2"
    done = subprocess.run(  # noqa: ASYNC221 - nothing else goes on in this test
        [CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", address],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    elements = Elements(done.stdout)
    here = [it["id"] for it in elements.of("section") if "here" in (it["class"] or "").split()]
    assert here == ["p2"]
    assert len(elements.of("li")) == 6 + 4
    assert "CONSOLE" not in done.stderr
