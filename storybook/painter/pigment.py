"""The brush: wet-edged, variegated, translucent areas of colour, and the pencil line over them.

A **wash** keeps out what lies below its outline (as masking fluid does), lays a diagonal gradient
of its colour, drops pools of pigment and of clear water into it, and dries with a dark rim. A
**line** is a pencil stroke of varying pressure. Everything else is made of these two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

import numpy as np
import skia  # type: ignore[import-not-found]  # skia-python has no stubs
from numpy.typing import NDArray

from storybook.painter import shapes as sh
from storybook.painter.palette import INK, RGB, WHITE, deepen, mix, shift

Mode: TypeAlias = Any
"""A `skia.BlendMode`."""
MULTIPLY: Final = skia.BlendMode.kMultiply
OVER: Final = skia.BlendMode.kSrcOver
SCREEN: Final = skia.BlendMode.kScreen

_SMALL = 26
"""Page units; a wash smaller than this shows no pools and no rim."""


def argb(color: RGB, alpha: float = 1.0) -> int:
    """Skia's packed colour."""
    a, r, g, b = (int(min(1, max(0, v)) * 255 + 0.5) for v in (alpha, *color))
    return a << 24 | r << 16 | g << 8 | b


def to_path(outlines: Iterable[sh.Pts]) -> skia.Path:
    """One path of several closed polygons."""
    builder = skia.PathBuilder()
    for outline in outlines:
        first, *rest = outline.tolist()
        builder.moveTo(*first)
        for x, y in rest:
            builder.lineTo(x, y)
        builder.close()
    return builder.detach()


def downwards(y0: float, y1: float, colors: Sequence[int], stops: Sequence[float]) -> skia.Shader:
    """A gradient from y0 down to y1."""
    return skia.GradientShader.MakeLinear(
        [skia.Point(0, y0), skia.Point(0, y1)], list(colors), list(stops)
    )


class PaintBoard:
    """A blank white square of `size` pixels, painted on in page units."""

    def __init__(self, size: int) -> None:
        self._pixels = np.full((size, size, 4), 255, np.uint8)
        self._surface = skia.Surface(self._pixels, colorType=skia.kRGBA_8888_ColorType)
        self.canvas = self._surface.getCanvas()
        self.canvas.scale(size / 1000, size / 1000)

    def picture(self) -> NDArray[np.uint8]:
        """What has been painted, (size, size, 3)."""
        self._surface.flushAndSubmit()
        return self._pixels[..., :3]


class Brush:
    """Paints on one skia canvas in page units. All that is left to chance comes from `rng`."""

    def __init__(self, canvas: skia.Canvas, rng: np.random.Generator) -> None:
        self.canvas, self.rng = canvas, rng

    def fill(
        self,
        shape: sh.Pts | list[sh.Pts],
        color: RGB,
        alpha: float = 1.0,
        mode: Mode = MULTIPLY,
        soft: float = 0.0,
    ) -> None:
        """Plain flat fill; `soft` is the blur of its edge (deviation, page units)."""
        path = to_path(shape if isinstance(shape, list) else [shape])
        self.canvas.drawPath(path, _paint(color, alpha, mode, soft))

    def wash(
        self,
        shape: sh.Pts,
        color: RGB,
        *,
        reserve: float = 1.0,
        wob: float = 1.6,
        edge: float = 0.5,
        vary: float = 0.6,
        fade: float = 0.0,
        second: RGB | None = None,
        light: float = 0.45,
        cell: float = 34,
    ) -> None:
        """One wet wash.

        `reserve` is how much of what lies below is kept out (0: a transparent glaze), `wob` the
        edge's wobble and `cell` the length of its features (page units), `edge` the strength of
        the dried rim, `vary` that of the pools inside, `fade` how far pigment thins out towards
        the bottom (misty hills), `second` another pigment dropped in wet, `light` how much paler
        the upper left is.
        """
        q = sh.wobble(shape, wob, self.rng, cell=cell) if wob > 0 else shape
        path = to_path([q])
        (x0, y0), (x1, y1) = q.min(0).tolist(), q.max(0).tolist()
        bounds = (x0, y0, x1, y1)
        if reserve > 0:
            self._reserve(path, y0, y1, reserve, fade)
        self._gradient(path, bounds, color, light, fade)
        size = max(x1 - x0, y1 - y0)
        if size < _SMALL:
            return
        self.canvas.save()
        self.canvas.clipPath(path, skia.ClipOp.kIntersect, True)
        if vary > 0 and size > 40:
            self._pools(bounds, color, second, vary, fade)
        if edge > 0:
            self._rim(path, bounds, color, edge, fade > 0)
        self.canvas.restore()

    def _reserve(self, path: skia.Path, y0: float, y1: float, keep: float, fade: float) -> None:
        paint = _paint(WHITE, keep, OVER)
        if fade > 0:
            white = argb(WHITE, keep)
            paint.setShader(
                downwards(y0, y1, (white, white, argb(WHITE, keep * (1 - fade))), (0, 0.35, 1))
            )
        self.canvas.drawPath(path, paint)

    def _gradient(
        self,
        path: skia.Path,
        bounds: tuple[float, float, float, float],
        color: RGB,
        light: float,
        fade: float,
    ) -> None:
        x0, y0, x1, y1 = bounds
        w = x1 - x0
        pale, turn = light * self.rng.uniform(0.7, 1.0), float(self.rng.uniform(0.4, 0.6))
        if fade > 0:
            ends = [skia.Point(0, y0), skia.Point(0, y1)]
            colors = [
                argb(deepen(color, 1.1)),
                argb(color, 1 - 0.45 * fade),
                argb(color, 1 - fade),
            ]
        else:
            ends = [skia.Point(x0 + w * 0.2, y0), skia.Point(x0 + w * 0.75, y1)]
            colors = [argb(mix(color, WHITE, pale)), argb(color), argb(deepen(color, 1.18))]
        paint = _paint(color, 1, MULTIPLY)
        paint.setShader(skia.GradientShader.MakeLinear(ends, colors, [0, turn, 1]))
        self.canvas.drawPath(path, paint)

    def _pools(
        self,
        bounds: tuple[float, float, float, float],
        color: RGB,
        second: RGB | None,
        vary: float,
        fade: float,
    ) -> None:
        """Pigment and clear water dropped into the wet wash."""
        x0, y0, x1, y1 = bounds
        size = max(x1 - x0, y1 - y0)
        for i in range(int(np.clip(size / 55, 2, 7))):
            x, y = x0 + (x1 - x0) * self.rng.random(), y0 + (y1 - y0) * self.rng.random()
            r = size * self.rng.uniform(0.18, 0.42)
            wet = vary * (1 - fade * float(np.clip((y - y0) / max(y1 - y0, 1), 0, 1)))
            if i % 3 == 2:
                self.blob(x, y, r, WHITE, 0.30 * wet, OVER)
            elif second is not None and i % 2 == 0:
                self.blob(x, y, r, second, 0.5 * wet, MULTIPLY)
            else:
                near = shift(color, self.rng.uniform(-0.035, 0.035), 0.06)
                self.blob(x, y, r, near, 0.38 * wet, MULTIPLY)

    def _rim(
        self,
        path: skia.Path,
        bounds: tuple[float, float, float, float],
        color: RGB,
        edge: float,
        fading: bool,
    ) -> None:
        """The dark line where a wash dries: a soft broad stroke and a sharp thin one."""
        x0, y0, x1, y1 = bounds
        rim = deepen(color, 1.5)
        width = float(np.clip(max(x1 - x0, y1 - y0) * 0.035, 2.5, 9))
        for stroke, alpha, soft in ((width, 0.42, width * 0.35), (1.6, 0.5, 0.0)):
            paint = _paint(rim, alpha * edge, MULTIPLY, soft)
            paint.setStyle(skia.Paint.kStroke_Style)
            paint.setStrokeWidth(stroke)
            if fading:
                paint.setShader(downwards(y0, y1, (argb(rim, alpha * edge), argb(rim, 0)), (0, 1)))
            self.canvas.drawPath(path, paint)

    def blob(self, x: float, y: float, r: float, color: RGB, alpha: float, mode: Mode) -> None:
        """Radial pool of pigment (or of clear water) that fades to nothing at radius `r`."""
        shader = skia.GradientShader.MakeRadial(
            skia.Point(x, y),
            max(r, 1),
            [argb(color, alpha), argb(color, alpha * 0.55), argb(color, 0)],
            [0, 0.5, 1],
        )
        self.canvas.drawCircle(x, y, r, skia.Paint(AntiAlias=False, Shader=shader, BlendMode=mode))

    def glaze(
        self,
        shape: sh.Pts,
        color: RGB,
        alpha: float = 0.5,
        layers: int = 5,
        spread: float = 8.0,
        cell: float = 60,
    ) -> None:
        """Several differently deformed translucent copies of a shape; `spread` in page units."""
        each = 1 - (1 - alpha) ** (1 / layers)
        for i in range(layers):
            amp, length = spread * (0.4 + 0.9 * i / layers), cell * self.rng.uniform(0.6, 1.6)
            self.fill(sh.wobble(shape, amp, self.rng, cell=length), color, each)

    def line(
        self,
        p: sh.Pts,
        width: float = 2.6,
        color: RGB = INK,
        alpha: float = 0.8,
        closed: bool = False,
        wob: float = 0.8,
        mode: Mode = MULTIPLY,
    ) -> None:
        """Coloured-pencil line of varying pressure; `width` in page units."""
        q = sh.wobble(p, wob, self.rng, closed, cell=46) if wob else p
        path = to_path(sh.ribbon(q, width, self.rng, closed))
        path.setFillType(skia.PathFillType.kEvenOdd if closed else skia.PathFillType.kWinding)
        self.canvas.drawPath(path, _paint(color, alpha, mode))

    def dabs(
        self,
        centres: sh.Pts,
        size: tuple[float, float],
        color: RGB,
        alpha: float = 0.7,
        angle: float = 0.0,
        spread: float = 0.6,
        mode: Mode = MULTIPLY,
    ) -> None:
        """Many small leaf-like touches in three hues; `size` is half length and half width."""
        rng = self.rng
        leaf = sh.trace("-1,0 -0.45,-0.8 0.3,-0.9 1,0 0.35,0.85 -0.5,0.7")
        hues: list[list[sh.Pts]] = [[], [], []]
        for i, (x, y) in enumerate(centres):
            k = rng.uniform(0.6, 1.25)
            touch = leaf * [size[0] * k, size[1] * k * rng.uniform(0.7, 1.2)]
            turned = sh.move(touch, x, y, rot=angle + rng.normal(0, spread))
            hues[i % 3].append(sh.smooth(turned, n=3))
        for touches, turn in zip(hues, (-0.05, 0.0, 0.05), strict=True):
            if touches:
                near = shift(color, turn, rng.uniform(-0.05, 0.05), rng.uniform(-0.06, 0.03))
                self.fill(touches, near, alpha, mode)

    def glow(self, x: float, y: float, r: float, color: RGB, alpha: float = 0.7) -> None:
        """Light lifted out of the wash around (x, y)."""
        self.blob(x, y, r, color, alpha, SCREEN)

    def shade(
        self, x: float, y: float, rx: float, ry: float, color: RGB, alpha: float = 0.5
    ) -> None:
        """Soft shadow on the ground."""
        outline = sh.wobble(sh.ellipse(x, y, rx, ry), 3, self.rng)
        self.fill(outline, color, alpha, MULTIPLY, soft=ry * 0.35)

    def graded(self, y1: float, colors: Sequence[RGB], middle: float) -> None:
        """The whole page in three colours, wet in wet from the top down to `y1`; the second is
        at `middle` (0 to 1)."""
        shader = skia.GradientShader.MakeLinear(
            [skia.Point(0, 0), skia.Point(60, y1)], [argb(c) for c in colors], [0, middle, 1]
        )
        self._everywhere(shader)

    def vignette(self, y: float, r: float, clear: float, middle: RGB, rim: RGB) -> None:
        """Shade that gathers towards the edges from `clear` (0 to 1) of the radius `r`."""
        shader = skia.GradientShader.MakeRadial(
            skia.Point(500, y), r, [argb(WHITE), argb(middle), argb(rim)], [0, clear, 1]
        )
        self._everywhere(shader)

    def _everywhere(self, shader: skia.Shader) -> None:
        paint = skia.Paint(BlendMode=MULTIPLY, Shader=shader)
        self.canvas.drawRect(skia.Rect(-60, -60, 1060, 1060), paint)

    def bubble(self, x: float, y: float, r: float) -> None:
        """A bubble of air in water."""
        self.fill(sh.ellipse(x, y, r), WHITE, 0.22, OVER)
        ring = _paint(WHITE, 0.75, OVER)
        ring.setStyle(skia.Paint.kStroke_Style)
        ring.setStrokeWidth(1.6)
        self.canvas.drawCircle(x, y, r, ring)
        self.fill(sh.ellipse(x - r * 0.35, y - r * 0.35, r * 0.22), WHITE, 0.9, OVER)

    def speckle(
        self,
        n: int,
        box: tuple[float, float, float, float],
        radii: tuple[float, float],
        color: RGB,
        alpha: float,
    ) -> None:
        """`n` spattered drops within `box` (x0, y0, x1, y1), most of them small."""
        rng = self.rng
        for _ in range(n):
            x, y = rng.uniform(box[0], box[2]), rng.uniform(box[1], box[3])
            r = radii[0] + (radii[1] - radii[0]) * rng.random() ** 3
            self.canvas.drawCircle(x, y, r, _paint(color, alpha * rng.uniform(0.5, 1), OVER))

    @contextmanager
    def group(self, blur: float) -> Iterator[None]:
        """Paint what follows as one layer, wet in wet: `blur` in page units."""
        paint = skia.Paint()
        paint.setImageFilter(skia.ImageFilters.Blur(blur, blur))
        self.canvas.saveLayer(None, paint)
        yield
        self.canvas.restore()

    @contextmanager
    def seen(self, nearer: float, x: float, y: float, tilt: float = 0.0) -> Iterator[None]:
        """Paint what follows `nearer` times as large about (x, y), turned by `tilt` (degrees)."""
        self.canvas.save()
        self.canvas.translate(x, y)
        self.canvas.rotate(tilt)
        self.canvas.scale(nearer, nearer)
        self.canvas.translate(-x, -y)
        yield
        self.canvas.restore()

    @contextmanager
    def within(self, outline: sh.Pts) -> Iterator[None]:
        """Paint what follows only inside an outline."""
        self.canvas.save()
        self.canvas.clipPath(to_path([outline]), skia.ClipOp.kIntersect, True)
        yield
        self.canvas.restore()


def _paint(color: RGB, alpha: float, mode: Mode, soft: float = 0.0) -> skia.Paint:
    paint = skia.Paint(AntiAlias=True, Color=argb(color, alpha), BlendMode=mode)
    if soft > 0:
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, soft))
    return paint
