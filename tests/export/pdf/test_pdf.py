"""A book as PDF, read by programs that others made."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import msgspec
import pikepdf
import pytest
import skia  # type: ignore[import-not-found]  # skia-python has no stubs

from storybook.export.content import CannotExport
from storybook.export.pdf import PaperSize, make_pdf
from storybook.export.pdf.paper import BLEED, PAPERS, SLUG
from tests.export.pdf import poppler
from tests.export.pdf.books import ENGLISH, TEXTS, TITLE, plain_png, printed

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.skipif(not poppler.IS_HERE, reason="no pdftotext here (poppler-utils)"),
]
CUT = [PaperSize.A4, PaperSize.A5, PaperSize.SQUARE]


_MADE: dict[tuple[Any, ...], bytes] = {}
"""Each book of these tests is made once."""


async def made(folder: Path, size: PaperSize = PaperSize.A5, **book: Any) -> Path:
    key = size, *sorted(book.items())
    if key not in _MADE:
        one = await printed(**book)
        _MADE[key] = await make_pdf(one.content, one.media, size)
    path = folder / f"{size}.pdf"
    path.write_bytes(_MADE[key])
    return path


def boxes(pdf: Path) -> dict[str, list[float]]:
    said = poppler.info(pdf, "-box")
    return {
        name.removesuffix("Box"): [*map(float, value.split())]
        for name, value in said.items()
        if name.endswith("Box")
    }


@pytest.mark.parametrize("size", CUT)
async def test_a_page_is_cut_from_a_larger_one(tmp_path: Path, size: PaperSize) -> None:
    """The cut page is what is seen and printed at home; around it 3 mm bleed, then marks."""
    paper, found = PAPERS[size], boxes(await made(tmp_path, size))
    page = [SLUG, SLUG, SLUG + paper.width, SLUG + paper.height]
    bled = [page[0] - BLEED, page[1] - BLEED, page[2] + BLEED, page[3] + BLEED]
    assert found["Trim"] == found["Crop"] == pytest.approx(page, abs=0.01)
    assert found["Bleed"] == pytest.approx(bled, abs=0.01)
    assert found["Media"] == pytest.approx([0, 0, page[2] + SLUG, page[3] + SLUG], abs=0.01)


async def test_paper_goes_on_to_the_bleed_and_marks_stand_outside(tmp_path: Path) -> None:
    """As it is rendered, at 254 dots an inch: ten a millimetre."""
    image = poppler.page(await made(tmp_path), 1, 254)
    pixels = image.toarray()[:, :, :3]
    row, left = pixels[pixels.shape[0] // 2], 100  # the cut is 10 mm from the sheet's edge
    is_paper = [tuple(it) == (243, 250, 253) for it in row[: left + 40]]
    assert is_paper.index(True) == pytest.approx(left - 30, abs=1)
    assert all(is_paper[left - 28 :])
    corner = pixels[left - 3 : left + 4, : left - 30]
    dark = [x for x in range(corner.shape[1]) if corner[:, x].min() < 100]
    assert [dark[0], dark[-1]] == pytest.approx([20, 69], abs=2)


async def test_a_booklet_is_a4_with_two_leaves_a_side(tmp_path: Path) -> None:
    """Six leaves and two empty ones on two sheets, printed on both sides."""
    pdf = await made(tmp_path, PaperSize.BOOKLET)
    said = poppler.info(pdf)
    assert (said["Pages"], said["Page size"]) == ("4", "841.89 x 595.276 pts (A4)")
    halves = [
        [
            poppler.text(pdf, *side, "-x", x, "-y", "0", "-W", "420", "-H", "595")
            for x in ["0", "421"]
        ]
        for side in (("-f", str(it), "-l", str(it)) for it in range(1, 5))
    ]
    begins = [[it.split(" ")[0] for it in side] for side in halves]
    assert begins == [["", "토끼와"], ["", "끝"], ["드디어", "옛날"], ["어느", "우리"]]
    with pikepdf.open(pdf) as file:
        assert file.Root.ViewerPreferences.Duplex == "/DuplexFlipShortEdge"


@pytest.mark.parametrize("size", PaperSize)
async def test_text_is_found_and_copied(tmp_path: Path, size: PaperSize) -> None:
    """Word for word: Hangul, Latin, digits, hanja and pictographs, across lines too."""
    told = poppler.text(await made(tmp_path, size, under=ENGLISH), "-raw")
    for text in (TITLE, *TEXTS, *ENGLISH):
        assert " ".join(text.split()) in told


async def test_letters_that_came_in_parts_are_whole(tmp_path: Path) -> None:
    """Hangul as a Mac's file names have it is found as everybody types it."""
    apart = unicodedata.normalize("NFD", TITLE)
    assert apart != TITLE
    assert poppler.text(await made(tmp_path, title=apart)).startswith(TITLE)


async def test_faces_are_inside_and_small(tmp_path: Path) -> None:
    """Subsets with what they are as text, nothing from elsewhere."""
    pdf = await made(tmp_path, PaperSize.A4)
    fonts = poppler.table("pdffonts", pdf)
    assert [it[0][7:] for it in fonts] == [
        "GowunBatang-Regular",
        "NotoSerifCJKkr-Regular",
        "NotoEmoji-Regular",
    ]
    for name, *_, embedded, subset, unicode, _, _ in fonts:
        assert re.match(r"[A-Z]{6}\+", name)
        assert (embedded, subset, unicode) == ("yes", "yes", "yes")
    assert pdf.stat().st_size < 150_000


@pytest.mark.parametrize("size", PaperSize)
async def test_pictures_are_whole_and_the_file_says_how_fine(
    tmp_path: Path, size: PaperSize
) -> None:
    """Every pixel; and poppler finds as many dots in an inch as the file says itself, each
    picture, the last page and the document."""
    pdf = await made(tmp_path, size, picture=plain_png(1024, 1024))
    rows = poppler.table("pdfimages -list", pdf)
    assert [it[3:6] for it in rows] == [["1024", "1024", "rgb"]] * 5
    dots = sorted({int(it[12]) for it in rows})
    said = f"그림 1024 × 1024픽셀, 이 종이에서 {'–'.join(map(str, dots))} dpi"
    assert said in poppler.text(pdf)
    assert poppler.info(pdf)["Subject"].endswith(said)
    with pikepdf.open(pdf) as file:
        images = [it for page in file.pages for it in page.Resources.get("/XObject", {}).values()]
        told = [it.Metadata.read_bytes().decode() for it in images]
    resolutions = [int(found[1]) for it in told if (found := re.search(r"XResolution>(\d+)/1", it))]
    assert sorted(set(resolutions)) == dots
    assert all("digitalsourcetype/algorithmicMedia<" in it for it in told)


async def test_pictures_are_seen_as_they_are(tmp_path: Path) -> None:
    """The pixels that were taken over are those that are shown."""
    pdf = await made(tmp_path, picture=plain_png(256, 256))
    poppler.run("pdfimages", "-png", "-f", "1", "-l", "1", str(pdf), str(tmp_path / "it"))
    out = skia.Image.open(str(tmp_path / "it-000.png")).toarray()
    given = skia.Image.MakeFromEncoded(skia.Data.MakeWithCopy(plain_png(256, 256))).toarray()
    assert (out == given).all()


async def test_the_file_says_what_it_is(tmp_path: Path) -> None:
    """Title, makers, dates of the book, tagged; and that a model made a part of it."""
    said = poppler.info(await made(tmp_path))
    assert said["Title"] == TITLE
    assert said["Author"] == "llama.cpp (some-model.gguf), storybook painter, eSpeak NG"
    assert said["Tagged"] == "yes"
    assert said["CreationDate"] == said["ModDate"] == "Wed Nov 18 11:06:40 2026 UTC"
    meta = poppler.run("pdfinfo", "-meta", str(tmp_path / "a5.pdf"))
    assert f'<rdf:li xml:lang="x-default">{TITLE}</rdf:li>' in meta
    assert "urn:uuid:" in meta
    kind = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    assert f"<Iptc4xmpExt:DigitalSourceType>{kind}<" in meta


async def test_whoever_cannot_see_it_is_told_what_is_on_it(tmp_path: Path) -> None:
    """In the order in which it is read, also in a booklet: headings, paragraphs, pictures."""
    for size in (PaperSize.A5, PaperSize.BOOKLET):
        tree = poppler.run("pdfinfo", "-struct-text", str(await made(tmp_path, size)))
        told = re.findall(r"^ +(H1|H2|P|Figure)\b.*?$(?:\n +/.*)*\n +\"(.*)\"$", tree, re.M)
        told = [(tag, " ".join(text.split())) for tag, text in told]
        assert told[:3] == [("Figure", ""), ("H1", TITLE), ("Figure", "")]
        paragraphs = [text for tag, text in told if tag == "P"]
        wanted = [part for it in TEXTS for part in it.split("\n")]
        assert paragraphs[: len(wanted)] == wanted
        assert [text for tag, text in told if tag == "H2"] == [
            "이 책을 만든 네 낱말",
            "이 책을 만든 것",
        ]


async def test_structure_names_pictures_and_languages(tmp_path: Path) -> None:
    """Each picture is described and has its place; what is in another language says so. What only
    decorates is marked as that."""
    with pikepdf.open(await made(tmp_path, under=ENGLISH)) as file:
        root = file.Root
        assert root.MarkInfo.Marked
        assert str(root.Lang) == "ko"
        assert root.ViewerPreferences.DisplayDocTitle
        sections = [*root.StructTreeRoot.K[0].K]
        figures = [it for section in sections for it in section.K if it.S == "/Figure"]
        assert [str(it.Alt) for it in figures] == [f"{it}쪽 그림" for it in range(5)]
        assert all(len(it.A.BBox) == 4 for it in figures)
        under = [it for it in sections[1].K if "/Lang" in it]
        assert [str(it.Lang) for it in under] == ["en"]
        for page in file.pages:
            assert page.Tabs == "/S"
            content = page.Contents.read_bytes()
            assert content.count(b"BDC") == content.count(b"EMC")
            outside = re.sub(rb"BDC.*?EMC", b"", content, flags=re.DOTALL)
            assert not re.search(rb"\b(Tj|Do|f|S)\b", outside.replace(b"/S", b""))


async def test_a_paragraph_that_goes_on_is_one_to_whoever_hears_it(tmp_path: Path) -> None:
    """Its parts on several pages belong to one element."""
    long = ("토끼는 숲길을 따라 걸으며 노래를 불렀어요. " * 60).strip()
    with pikepdf.open(await made(tmp_path, texts=(long,))) as file:
        section = file.Root.StructTreeRoot.K[0].K[1]
        (paragraph,) = (it for it in section.K if it.S == "/P")
        assert len({it.Pg.objgen for it in paragraph.K}) == len(paragraph.K) > 1
        assert len(file.pages) == 2 + len(paragraph.K)


@pytest.mark.parametrize("size", PaperSize)
async def test_the_outline_leads_to_each_leaf(tmp_path: Path, size: PaperSize) -> None:
    """The cover, the pages, who made it."""
    with pikepdf.open(await made(tmp_path, size)) as file, file.open_outline() as outline:
        assert [it.title for it in outline.root] == [
            "표지",
            *(f"4쪽 가운데 {it}쪽" for it in range(1, 5)),
            "이 책을 만든 것",
        ]
        pages = {page.obj.objgen for page in file.pages}
        found = [it.destination for it in outline.root if isinstance(it.destination, pikepdf.Array)]
        assert len(found) == 6
        assert all(it[0].objgen in pages for it in found)


@pytest.mark.parametrize("size", [PaperSize.A4, PaperSize.BOOKLET])
async def test_the_same_book_gives_the_same_bytes(tmp_path: Path, size: PaperSize) -> None:
    """Also in another process, where sets have another order; another book gives others."""
    here = (await made(tmp_path, size)).read_bytes()
    there = subprocess.run(  # noqa: ASYNC221 - nothing else goes on in this test
        [sys.executable, "-c", _ELSEWHERE, size], capture_output=True, timeout=60, check=True
    )
    assert there.stdout.decode().strip() == hashlib.sha256(here).hexdigest()
    assert here != (await made(tmp_path, size, title="다른 책")).read_bytes()


_ELSEWHERE = """
import sys, hashlib, anyio
from storybook.export.pdf import PaperSize, make_pdf
from tests.export.pdf.books import printed
async def main():
    one = await printed()
    made = await make_pdf(one.content, one.media, PaperSize(sys.argv[1]))
    print(hashlib.sha256(made).hexdigest())
anyio.run(main)
"""


@pytest.mark.parametrize("size", PaperSize)
async def test_the_file_is_well_formed(tmp_path: Path, size: PaperSize) -> None:
    """To qpdf, which has nothing to say of it."""
    with pikepdf.open(await made(tmp_path, size)) as file:
        assert file.check_pdf_syntax() == []


async def test_a_book_without_pictures_or_makers_is_made_all_the_same(tmp_path: Path) -> None:
    """It says nothing of what it does not know."""
    one = await printed(picture=b"")
    book = msgspec.structs.replace(one.content, makers=())
    path = tmp_path / "it.pdf"
    path.write_bytes(await make_pdf(book, one.media, PaperSize.A4))
    assert "dpi" not in poppler.text(path)
    assert "DigitalSourceType" not in poppler.run("pdfinfo", "-meta", str(path))
    assert poppler.info(path)["Pages"] == "6"


async def test_signs_that_xml_has_not_are_no_harm(tmp_path: Path) -> None:
    """In a title, which the metadata repeats."""
    pdf = await made(tmp_path, title="<b>토끼 & \x08호랑이</b>")
    assert "&lt;b&gt;토끼 &amp; 호랑이&lt;/b&gt;" in poppler.run("pdfinfo", "-meta", str(pdf))


async def test_what_is_no_picture_is_told(tmp_path: Path) -> None:
    """By its name."""
    with pytest.raises(CannotExport, match=r"cover\.png is no picture"):
        await made(tmp_path, picture=b"no picture, but twenty-four bytes")


async def test_every_page_shows_something(tmp_path: Path) -> None:
    """Rendered without complaint, with ink on it wherever a leaf is."""
    pdf = await made(tmp_path, PaperSize.SQUARE, under=ENGLISH)
    for number in range(1, 7):
        pixels = poppler.page(pdf, number, 40, "-cropbox").toarray()[:, :, :3]
        assert pixels.shape[:2] == (331, 331)
        assert (pixels < 128).any()
