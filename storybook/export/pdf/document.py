"""Makes the file of laid out leaves: sides, pictures, faces, structure, outline, metadata."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec
from pikepdf import (
    Array,
    Dictionary,
    Name,
    ObjectStreamMode,
    OutlineItem,
    Pdf,
    String,
)

from storybook.export import xmp
from storybook.export.content import BookContent
from storybook.export.pdf import metadata
from storybook.export.pdf.drawing import FONT_NAMES, SideDrawing
from storybook.export.pdf.embedding import embedded
from storybook.export.pdf.layout import PlacedLeaf, PlacedPicture
from storybook.export.pdf.paper import BLEED, Paper, sides
from storybook.export.pdf.passages import pictures_line
from storybook.export.pdf.picture import Raster
from storybook.export.pdf.structure import Structure
from storybook.export.pdf.typefaces import Typefaces


class _Sheet(msgspec.Struct, frozen=True):
    """A side of the file: its page, what is drawn on it, and its number in the structure."""

    page: Any
    drawing: SideDrawing
    number: int


class Document:
    """One file, of one book on one paper. `rasters` are its pictures by their files' names."""

    def __init__(
        self, book: BookContent, paper: Paper, faces: Typefaces, rasters: Mapping[str, Raster]
    ) -> None:
        self._book, self._paper, self._faces, self._rasters = book, paper, faces, rasters
        self._pdf = Pdf.new()
        self._structure = Structure(self._pdf)
        self._section = self._structure.document
        self._passages: dict[int, Any] = {}
        self._sheets: list[_Sheet] = []

    def write(self, leaves: Sequence[PlacedLeaf]) -> bytes:
        """The bytes of the file, the same for the same book and version of the program."""
        places = self._open_sheets(len(leaves))
        for number, leaf in enumerate(leaves):
            self._draw(leaf, *places[number])
        self._close_sheets()
        self._structure.finish()
        self._outline(leaves, places)
        self._tell([it.picture for it in leaves if it.picture is not None])
        content = io.BytesIO()
        self._pdf.save(
            content,
            min_version="1.7",
            object_stream_mode=ObjectStreamMode.generate,
            deterministic_id=True,
        )
        return content.getvalue()

    def _open_sheets(self, leaves: int) -> dict[int, tuple[_Sheet, int]]:
        """An empty page for each side; on which one, and where on it, each leaf stands."""
        places: dict[int, tuple[_Sheet, int]] = {}
        for side in sides(leaves, self._paper):
            drawing = SideDrawing(self._paper, len(side), self._faces)
            drawing.ground()
            page = self._pdf.add_blank_page(page_size=(drawing.width, drawing.height)).obj
            sheet = _Sheet(page, drawing, self._structure.begin_side())
            self._sheets.append(sheet)
            places.update({it: (sheet, place) for place, it in enumerate(side) if it is not None})
        return places

    def _draw(self, leaf: PlacedLeaf, sheet: _Sheet, place: int) -> None:
        if leaf.name:
            self._section = self._structure.element(self._structure.document, "Sect", T=leaf.name)
        if leaf.picture is not None:
            self._draw_picture(leaf.picture, sheet, place)
        for key, lines in groupby(leaf.lines, key=lambda it: id(it.passage)):
            told = [*lines]
            passage = told[0].passage
            if key not in self._passages:  # else it goes on from the leaf before
                element = self._structure.element(self._section, passage.tag, Lang=passage.language)
                self._passages[key] = element
            mark = self._structure.mark(self._passages[key], sheet.number, sheet.page)
            sheet.drawing.passage(told, place, mark)
        if leaf.number:
            sheet.drawing.folio(leaf.number, self._paper.letters[2], place)

    def _draw_picture(self, picture: PlacedPicture, sheet: _Sheet, place: int) -> None:
        figure = self._structure.element(self._section, "Figure", Alt=picture.described)
        box = Array([round(it, 3) for it in sheet.drawing.box(picture, place)])
        figure.A = Dictionary(O=Name.Layout, Placement=Name.Block, BBox=box)
        mark = self._structure.mark(figure, sheet.number, sheet.page)
        name = f"/P{mark}"
        if Name.XObject not in sheet.page.Resources:
            sheet.page.Resources.XObject = Dictionary()
        sheet.page.Resources.XObject[name] = self._image(picture)
        sheet.drawing.picture(picture, place, name, mark)

    def _image(self, picture: PlacedPicture) -> Any:
        """The picture with all its pixels, and what it says of itself."""
        raster = self._rasters[picture.artifact.name]
        told = metadata.picture_metadata(self._book, raster.width, raster.height, picture.dpi)
        image = self._pdf.make_stream(
            raster.content,
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=raster.width,
            Height=raster.height,
            BitsPerComponent=8,
            ColorSpace=Name.DeviceRGB if raster.channels == 3 else Name.DeviceGray,
            Filter=Name.FlateDecode,
            Metadata=self._packet(told),
        )
        if raster.has_predictors:
            image.DecodeParms = Dictionary(
                Predictor=15, Colors=raster.channels, BitsPerComponent=8, Columns=raster.width
            )
        return image

    def _packet(self, told: bytes) -> Any:
        return self._pdf.make_stream(told, Type=Name.Metadata, Subtype=Name.XML)

    def _close_sheets(self) -> None:
        """Give each page what is drawn on it, its boxes, and its place in the structure."""
        fonts = self._pdf.make_indirect(
            Dictionary(
                {FONT_NAMES[it.face]: embedded(self._pdf, it) for it in self._faces.faces.values()}
            )
        )
        for sheet in self._sheets:
            page, drawing = sheet.page, sheet.drawing
            page.Contents = self._pdf.make_stream(drawing.content)
            page.Resources.Font = fonts
            page.StructParents, page.Tabs = sheet.number, Name.S
            page.TrimBox = page.CropBox = Array([round(it, 3) for it in drawing.trim()])
            if self._paper.is_cut:
                page.BleedBox = Array([round(it, 3) for it in drawing.trim(-BLEED)])

    def _outline(
        self, leaves: Sequence[PlacedLeaf], places: Mapping[int, tuple[_Sheet, int]]
    ) -> None:
        pages = [it.page.objgen for it in self._sheets]
        with self._pdf.open_outline() as outline:
            for number, leaf in enumerate(leaves):
                sheet, place = places[number]
                left, top = sheet.drawing.left(place), sheet.drawing.up(0)
                if leaf.name:
                    page = pages.index(sheet.page.objgen)
                    item = OutlineItem(leaf.name, page, "XYZ", left=left, top=top)
                    outline.root.append(item)

    def _tell(self, pictures: Sequence[PlacedPicture]) -> None:
        """What the file says of itself, and how it wants to be shown and printed."""
        book, root = self._book, self._pdf.Root
        dots = [(it.artifact, it.dpi) for it in pictures]
        line = pictures_line(book.language.furniture, dots)
        root.Lang = String(book.language.tag)
        root.Metadata = self._packet(metadata.book_metadata(book, line))
        root.PageMode = Name.UseNone
        root.ViewerPreferences = Dictionary(DisplayDocTitle=True, PrintScaling=Name("/None"))
        if not self._paper.is_cut:
            root.ViewerPreferences.Duplex = Name.DuplexFlipShortEdge
        date = xmp.made(book).strftime("D:%Y%m%d%H%M%SZ")
        self._pdf.docinfo.update(
            {
                Name.Title: book.title,
                Name.Subject: metadata.subject(book, line),
                Name.Author: ", ".join(xmp.authors(book)),
                Name.Creator: xmp.PROGRAM,
                Name.Producer: xmp.PROGRAM,
                Name.CreationDate: date,
                Name.ModDate: date,
            }
        )
