"""A book as EPUB: what is in the file."""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZIP_STORED, ZipFile

import msgspec
import pytest
import soundfile  # type: ignore[import-untyped]  # it has no type information

from storybook.export.content import BookContent, CannotExport
from storybook.export.epub import make_epub
from storybook.export.media import Small, SmallMedia
from storybook.stores.files import FileArtifactStore
from tests.export.epub.books import BOOKS, SIGNS, book_of, in_two_languages, partial
from tests.export.finished import RUN, STORY, segments_of

pytestmark = pytest.mark.anyio

XHTML, SMIL, OPF = (
    "{http://www.w3.org/1999/xhtml}",
    "{http://www.w3.org/ns/SMIL}",
    "{http://www.idpf.org/2007/opf}",
)
DC = "{http://purl.org/dc/elements/1.1/}"


@pytest.fixture
def store(tmp_path: Path) -> FileArtifactStore:
    return FileArtifactStore(tmp_path)


class Opened:
    """An EPUB file, taken apart by other libraries than ours."""

    def __init__(self, content: bytes) -> None:
        self.archive = ZipFile(io.BytesIO(content))
        self.names = self.archive.namelist()
        self.package = self.xml("package.opf")

    def read(self, name: str) -> bytes:
        return self.archive.read(f"EPUB/{name}")

    def xml(self, name: str) -> ElementTree.Element:
        return ElementTree.fromstring(self.read(name))

    def meta(self, name: str) -> list[str]:
        return [
            it.text or "" for it in self.package.iter(f"{OPF}meta") if it.get("property") == name
        ]

    def dc(self, name: str) -> list[str]:
        return [it.text or "" for it in self.package.iter(f"{DC}{name}")]

    def text(self, page: int) -> list[str]:
        """The paragraphs of a sheet that are to be seen, in order."""
        body = self.xml(f"p{page}.xhtml").find(f"{XHTML}body")
        assert body is not None
        marks = (f"{XHTML}p", f"{XHTML}h1")
        shown = [it for it in body.iter() if it.tag in marks and it.get("class") != "folio"]
        return ["".join(it.itertext()) for it in shown]

    def clips(self, sheet: str) -> list[tuple[str, float, float]]:
        """What is lit, from when to when."""
        elements = {it.get("id"): it for it in self.xml(f"{sheet}.xhtml").iter()}
        found = []
        for par in self.xml(f"{sheet}.smil").iter(f"{SMIL}par"):
            text, audio = par.find(f"{SMIL}text"), par.find(f"{SMIL}audio")
            assert text is not None and audio is not None
            name, _, place = (text.get("src") or "").partition("#")
            assert (name, audio.get("src")) == (f"{sheet}.xhtml", f"audio/{sheet}.mp3")
            start, end = (float((audio.get(it) or "")[:-1]) for it in ("clipBegin", "clipEnd"))
            found.append(("".join(elements[place].itertext()), start, end))
        return found


async def opened(book: BookContent, store: FileArtifactStore) -> Opened:
    return Opened(await make_epub(book, SmallMedia(store)))


async def test_it_is_told_from_any_other_zip_by_its_first_bytes(store: FileArtifactStore) -> None:
    """The media type first, stored, without anything between: as `file` and readers look for it."""
    content = await make_epub(book_of(store), SmallMedia(store))
    assert content[30:58] == b"mimetypeapplication/epub+zip"
    first = ZipFile(io.BytesIO(content)).infolist()[0]
    assert (first.compress_type, first.extra) == (ZIP_STORED, b"")


@pytest.mark.parametrize("kind", ["of five heroes", "of all signs", "in two languages"])
async def test_the_same_book_is_the_same_bytes(kind: str, store: FileArtifactStore) -> None:
    """Whenever and however often it is made."""
    book = BOOKS[kind](store)
    first = await make_epub(book, SmallMedia(store))
    assert first == await make_epub(book, SmallMedia(store))


async def test_all_that_is_in_it_is_listed_and_known_to_every_reader(
    store: FileArtifactStore,
) -> None:
    """No file that the package does not name, and none that is not there; JPEG, MP3, TrueType."""
    epub = await opened(book_of(store), store)
    items = {it.get("href"): it for it in epub.package.iter(f"{OPF}item")}
    inside = {it.removeprefix("EPUB/") for it in epub.names if it.startswith("EPUB/")}
    assert inside - {"package.opf"} == items.keys()
    assert epub.names[:2] == ["mimetype", "META-INF/container.xml"]
    kinds = {it.get("media-type") for it in items.values()}
    assert kinds == {
        *("application/xhtml+xml", "application/smil+xml", "text/css"),
        *("image/jpeg", "audio/mpeg", "font/ttf"),
    }
    assert epub.read("pictures/p0.jpg").startswith(b"\xff\xd8\xff")
    assert items["pictures/p0.jpg"].get("properties") == "cover-image"
    assert items["nav.xhtml"].get("properties") == "nav"
    spine = [it.get("idref") for it in epub.package.iter(f"{OPF}itemref")]
    assert spine == [*(f"p{it}.xhtml" for it in range(5)), "end.xhtml"]


@pytest.mark.parametrize("kind", ["of two heroes", "with long texts", "of all signs"])
async def test_all_text_is_live(kind: str, store: FileArtifactStore) -> None:
    """Word for word in the document of its page, in whatever letters."""
    book = BOOKS[kind](store)
    epub = await opened(book, store)
    for page in book.pages:
        assert epub.text(page.number) == [*page.text.plain]
    if kind == "of all signs":
        assert epub.text(3) == [SIGNS[3].summary]


async def test_a_sentence_is_lit_while_its_segment_is_spoken(store: FileArtifactStore) -> None:
    """From its own time on until the next one's, so that no pause is left out; in its own words."""
    epub = await opened(book_of(store), store)
    for page in STORY:
        segments = segments_of(page)
        clips = epub.clips(f"p{page.page}")
        assert [round(start, 3) for _, start, _ in clips] == [round(it.start, 3) for it in segments]
        assert [end for _, _, end in clips[:-1]] == [start for _, start, _ in clips[1:]]
        assert clips[-1][2] == max(0.5, round(segments[-1].end, 3))
        lit = ["".join(re.findall(r"\w", text)) for text, _, _ in clips]
        assert lit == ["".join(re.findall(r"\w", it.text)) for it in segments]


async def test_it_says_how_long_it_is_read(store: FileArtifactStore) -> None:
    """Each overlay, and all of them together."""
    epub = await opened(book_of(store), store)
    whole, *each = (float(it[:-1]) for it in epub.meta("media:duration"))
    assert len(each) == 6 and whole == pytest.approx(sum(each), abs=0.01)
    for sheet, told in zip([*(f"p{it}" for it in range(5)), "end"], each, strict=True):
        clips = epub.clips(sheet)
        assert told == pytest.approx(sum(end - start for _, start, end in clips), abs=0.01)
    assert epub.meta("media:active-class")[0] in epub.read("style.css").decode()


async def test_a_book_without_a_voice_says_nothing_of_one(store: FileArtifactStore) -> None:
    """No overlay, no duration, and nobody is promised synchronized audio."""
    epub = await opened(BOOKS["without a voice"](store), store)
    assert not [it for it in epub.names if it.endswith((".smil", ".mp3"))]
    assert not epub.meta("media:duration") + epub.meta("media:active-class")
    assert "synchronizedAudioText" not in epub.meta("schema:accessibilityFeature")
    assert "auditory" not in epub.meta("schema:accessMode")


async def test_who_cannot_see_knows_what_to_expect(store: FileArtifactStore) -> None:
    """EPUB Accessibility 1.1: modes, features, hazards, a summary; each picture is described."""
    book = book_of(store)
    epub = await opened(book, store)
    assert {"textual", "visual", "auditory"} == set(epub.meta("schema:accessMode"))
    assert {"alternativeText", "readingOrder", "synchronizedAudioText"} <= set(
        epub.meta("schema:accessibilityFeature")
    )
    assert epub.meta("schema:accessibilityHazard") == ["none"]
    assert "그림" in epub.meta("schema:accessibilitySummary")[0]
    for page in book.pages:
        (picture,) = epub.xml(f"p{page.number}.xhtml").iter(f"{XHTML}img")
        assert picture.get("alt") == page.described


async def test_it_says_what_it_is_and_who_made_it(store: FileArtifactStore) -> None:
    """To libraries, with what a model generated, in IPTC's words; pictures say it themselves."""
    book = book_of(store)
    epub = await opened(book, store)
    assert epub.dc("identifier") == [book.identifier]
    assert epub.dc("title") == [book.title] and epub.dc("language") == ["ko"]
    assert epub.dc("creator") == [
        *("storybook composer", "ComfyUI (paper.safetensors)", "eSpeak NG")
    ]
    assert epub.meta("role") == ["aut", "ill", "nrt"]
    assert epub.meta("dcterms:modified") == ["2026-11-26T20:01:20Z"]
    types = [it.rpartition("/")[2] for it in epub.meta("Iptc4xmpExt:DigitalSourceType")]
    assert types == ["algorithmicMedia", "trainedAlgorithmicMedia", "algorithmicMedia"]
    assert b"digitalsourcetype/trainedAlgorithmicMedia" in epub.read("pictures/p1.jpg")
    last = epub.read("end.xhtml").decode()
    assert "그림: ComfyUI (paper.safetensors)" in last and "인공지능(AI)이 만든 것: 그림." in last


async def test_who_made_it_is_read_aloud(store: FileArtifactStore) -> None:
    """After the last page, line by line, by the narrator that every installation has."""
    epub = await opened(book_of(store), store)
    assert [text for text, _, _ in epub.clips("end")] == [
        "끝",
        "글: storybook composer",
        "그림: ComfyUI (paper.safetensors)",
        "목소리: eSpeak NG",
        "인공지능(AI)이 만든 것: 그림.",
    ]
    heard = soundfile.info(io.BytesIO(epub.read("audio/end.mp3")))
    assert heard.duration == pytest.approx(epub.clips("end")[-1][2], abs=0.1)


async def test_two_languages_stand_one_below_the_other(store: FileArtifactStore) -> None:
    """Each marked as what it is; the book's own voice reads, and only its text is lit."""
    epub = await opened(in_two_languages(store), store)
    assert epub.dc("language") == ["ko", "en"]
    (other,) = (it for it in epub.xml("p2.xhtml").iter() if it.get("class") == "other")
    assert other.get("lang") == "en" and not [it for it in other.iter() if it.get("id")]
    assert "“Hello!” said the rabbit." in "".join(other.itertext())
    assert len(epub.clips("p2")) == len(segments_of(STORY[2]))


async def test_a_book_that_is_not_done_has_what_there_is(store: FileArtifactStore) -> None:
    """Pages without a picture or a voice, and no pages that are not written."""
    epub = await opened(partial(store), store)
    spine = [it.get("idref") for it in epub.package.iter(f"{OPF}itemref")]
    assert spine == ["p0.xhtml", "p1.xhtml", "p2.xhtml", "end.xhtml"]
    assert not [it for it in epub.names if it.endswith((".jpg", ".mp3", ".smil"))]


async def test_only_mp3_is_put_into_it(store: FileArtifactStore) -> None:
    """Readers know no WAV: where no MP3 can be made, that is said, with the mend."""

    async def as_it_is(wav: bytes) -> Small:
        return "audio/wav", wav

    with pytest.raises(CannotExport, match="install the package soundfile"):
        await make_epub(book_of(store), SmallMedia(store, audio=as_it_is))


async def test_a_picture_that_is_none_is_named(store: FileArtifactStore) -> None:
    """Rather than left out."""
    book = book_of(store)
    page = book.pages[2]
    assert page.picture is not None
    content, digest = b"none", hashlib.sha256(b"none").hexdigest()
    await store.put(RUN, page.picture.name, content)
    broken = msgspec.structs.replace(page.picture, size=len(content), sha256=digest)
    pages = [*book.pages[:2], msgspec.structs.replace(page, picture=broken), *book.pages[3:]]
    with pytest.raises(CannotExport, match=r"panel_2\.png: it is no picture"):
        await make_epub(msgspec.structs.replace(book, pages=tuple(pages)), SmallMedia(store))


async def test_its_fonts_are_inside_with_what_it_needs_of_them(store: FileArtifactStore) -> None:
    """A face for its words, another one for hanja, a third one for pictographs: small ones."""
    epub = await opened(BOOKS["of all signs"](store), store)
    fonts = [it for it in epub.names if it.endswith(".ttf")]
    assert len(fonts) == 3
    assert all(epub.archive.getinfo(it).file_size < 200_000 for it in fonts)
    style = epub.read("style.css").decode()
    assert all(it.removeprefix("EPUB/") in style for it in fonts)
    plain = await opened(book_of(store), store)
    assert len([it for it in plain.names if it.endswith(".ttf")]) == 1
