"""Draws a film's leaves: paper, the picture on it as the camera sees it, and words beside it."""

from __future__ import annotations

from typing import Any, Final

import skia  # type: ignore[import-not-found]  # skia-python has no stubs

from storybook.export.film.camera import NEAR, CameraView
from storybook.export.film.script import FilmLeaf
from storybook.export.film.typesetting import Typesetter

PAPER: Final = 0xFFFDFAF3
"""The tone of the painter's paper, into which its pictures run out."""
INK: Final = 0xFF3A322B
FAINT_INK: Final = 0xFF6B6157
_SHORT_SIDE: Final = 1080
"""Pixels of a film's shorter side for which the lengths below are."""
_FEATHER: Final = 9.0
"""How softly a picture runs out into the paper: the sigma of a blur."""
_BESIDE_WORDS: Final = 0.93
"""A picture beside words is so much smaller: it never touches the edge of its half."""
_SOFTER: Final = 0.35
"""There the camera moves by so much of what it does elsewhere: words stand still beside it."""
_MARGIN: Final = 90.0
_GAP: Final = 44.0
_TITLE: Final = (100.0, 48.0)
_TEXT: Final = (54.0, 22.0)
_SUBTITLE: Final = (46.0, 22.0)
_NOTE: Final = (40.0, 18.0)
"""The largest and the smallest size of letters."""
_SMOOTH: Final = skia.SamplingOptions(skia.CubicResampler.Mitchell())
_LINEAR: Final = skia.SamplingOptions(skia.FilterMode.kLinear)


class DrawnLeaf:
    """A leaf that is ready to be filmed, in a frame of `width` × `height` pixels."""

    def __init__(
        self, leaf: FilmLeaf, picture: bytes | None, size: tuple[int, int], setter: Typesetter
    ) -> None:
        self._leaf, self._setter = leaf, setter
        self._width, self._height = size
        self._unit = min(size) / _SHORT_SIDE
        image = skia.Image.MakeFromEncoded(skia.Data.MakeWithCopy(picture)) if picture else None
        self._window = self._window_of(image is not None)
        self._picture: Any = self._on_paper(image) if image is not None else None
        self._ground = self._drawn_ground()

    def draw(self, canvas: Any, view: CameraView) -> None:
        """The whole frame."""
        canvas.drawImage(self._ground, 0, 0)
        if self._picture is None:
            return
        canvas.save()
        canvas.clipRect(self._window)
        canvas.drawImageRect(self._picture, self._seen(view), _LINEAR)
        canvas.restore()

    def _window_of(self, has_picture: bool) -> Any:
        """Where the picture is: everywhere, or in the left or upper part with words beside it."""
        if not (has_picture and self._leaf.has_words):
            return skia.Rect.MakeWH(self._width, self._height)
        side = min(self._width, self._height)
        return skia.Rect.MakeXYWH(0, 0 if self._is_wide else 0.08 * self._height, side, side)

    @property
    def _is_wide(self) -> bool:
        return self._width > self._height

    def _seen(self, view: CameraView) -> Any:
        """The picture's place in the frame, whole in its window when the camera is far away."""
        zoom = self._zoom(view)
        fit = _fit(self._picture, self._window) * zoom
        width, height = self._picture.width() * fit, self._picture.height() * fit
        x = self._window.centerX() - width / 2 + width * (1 - 1 / zoom) * (0.5 - view.x)
        y = self._window.centerY() - height / 2 + height * (1 - 1 / zoom) * (0.5 - view.y)
        return skia.Rect.MakeXYWH(x, y, width, height)

    def _zoom(self, view: CameraView) -> float:
        if not self._leaf.has_words:
            return view.zoom
        return _BESIDE_WORDS * (1 - _SOFTER * (NEAR - view.zoom))

    def _on_paper(self, image: Any) -> Any:
        """The picture as large as it is ever seen, running out into the paper."""
        fit = _fit(image, self._window) * NEAR
        width, height = round(image.width() * fit), round(image.height() * fit)
        surface = skia.Surface.MakeRaster(pixels(width, height))
        canvas, blur = surface.getCanvas(), _FEATHER * self._unit
        canvas.clear(PAPER)
        whole = skia.Rect.MakeWH(width, height)
        canvas.saveLayer(whole, skia.Paint())
        canvas.drawImageRect(image, whole, _SMOOTH)
        mask = skia.Paint(AntiAlias=True, BlendMode=skia.BlendMode.kDstIn)
        canvas.saveLayer(whole, mask)
        inner = skia.RRect.MakeRectXY(whole.makeInset(2 * blur, 2 * blur), 2 * blur, 2 * blur)
        soft = skia.MaskFilter.MakeBlur(skia.BlurStyle.kNormal_BlurStyle, blur)
        canvas.drawRRect(inner, skia.Paint(AntiAlias=True, MaskFilter=soft))
        canvas.restore()
        canvas.restore()
        return surface.makeImageSnapshot()

    def _drawn_ground(self) -> Any:
        surface = skia.Surface.MakeRaster(pixels(self._width, self._height))
        canvas = surface.getCanvas()
        canvas.clear(PAPER)
        if self._leaf.has_words:
            self._draw_words(canvas, self._words_area())
        return surface.makeImageSnapshot()

    def _words_area(self) -> Any:
        margin = _MARGIN * self._unit
        if self._picture is None:
            return skia.Rect.MakeWH(self._width, self._height).makeInset(2 * margin, margin)
        if self._is_wide:
            left = self._window.right() + margin / 3
            return skia.Rect.MakeLTRB(left, margin, self._width - margin, self._height - margin)
        below = self._window.bottom() + margin / 3
        return skia.Rect.MakeLTRB(margin, below, self._width - margin, self._height - margin)

    def _draw_words(self, canvas: Any, area: Any) -> None:
        """Title, paragraphs and notes under each other, in the middle of an area."""
        leaf, unit = self._leaf, self._unit
        parts = [
            ((leaf.title,) if leaf.title else (), _TITLE, INK),
            (leaf.paragraphs, _SUBTITLE if leaf.title else _TEXT, FAINT_INK if leaf.title else INK),
            (leaf.notes, _NOTE, FAINT_INK),
        ]
        told = [it for it in parts if it[0]]
        gap = _GAP * unit
        room = (area.height() - gap * (len(told) - 1)) / (1 if len(told) == 1 else 2)
        blocks = [
            self._setter.fitted(texts, area.width(), room, (sizes[0] * unit, sizes[1] * unit))
            for texts, sizes, _ in told
        ]
        height = sum(it.height for it in blocks) + gap * (len(blocks) - 1)
        y = area.centerY() - height / 2
        for block, (texts, _, colour) in zip(blocks, told, strict=True):
            place = skia.Rect.MakeLTRB(area.left(), y, area.right(), area.bottom())
            is_text = texts is leaf.paragraphs and not leaf.title
            self._setter.draw(canvas, block, place, colour, centred=not is_text)
            y += block.height + gap


def _fit(image: Any, window: Any) -> float:
    """How much larger an image is, just whole in a window."""
    return float(min(window.width() / image.width(), window.height() / image.height()))


def pixels(width: int, height: int) -> Any:
    """A frame of so many pixels, as skia names it: blue, green, red, and nothing seen through."""
    return skia.ImageInfo.Make(width, height, skia.kBGRA_8888_ColorType, skia.kOpaque_AlphaType)
