"""One character being painted: where it stands, how it is turned, and the marks it is made of.

Drawings of the body are in **body units**: standing height 1, feet at (0, 0), y down, facing +x.
Drawings of the head are in **head units**: head radii around the centre of the head.
"""

from __future__ import annotations

import msgspec
import numpy as np

from storybook.painter import shapes as sh
from storybook.painter.creatures.look import Look
from storybook.painter.palette import (
    INK,
    RGB,
    WHITE,
    Mood,
    deepen,
    mix,
    shift,
    times,
)
from storybook.painter.pigment import MULTIPLY, OVER, Brush, Mode
from storybook.painter.scene import Actor


class Standing(msgspec.Struct, frozen=True):
    """Where a figure stands: feet at (x, y), `height` in page units, `face` +1 right or -1 left.

    `reach` is the page point that its near hand holds on to, `bubble` whether it needs a helmet,
    `close` whether it looks at somebody beside it, and `afloat` whether it swims.
    """

    x: float
    y: float
    height: float
    face: int = 1
    reach: tuple[float, float] | None = None
    close: bool = False
    bubble: bool = False
    afloat: bool = False


class Figure:
    """A character on the page, and the brush that paints it."""

    def __init__(
        self, brush: Brush, look: Look, actor: Actor, mood: Mood, standing: Standing
    ) -> None:
        self.b, self.look, self.plan, self.actor, self.mood = brush, look, look.plan, actor, mood
        self.at, self.h, self.face = standing, standing.height, standing.face
        self.pose = "sleeping" if actor.emotion == "sleeping" else actor.pose
        self.emotion = "sleeping" if self.pose == "sleeping" else actor.emotion
        sad = self.emotion == "sad"
        self.lean = {"walking": 0.04, "running": 0.13}.get(self.pose, 0.0)
        self.tilt = (0.10 if sad else -0.05) + 0.025 * look.tilt
        self.turn = 0.36 if standing.close else 0.25
        """How far the face is turned towards the side, in head units."""
        self.drop = 0.10 if self.pose == "sitting" else 0.0
        """How much lower the body is than when standing, in body units."""
        head_height = -1 + self.plan.head_r * self.plan.head[1] + 0.02 + (0.02 if sad else 0)
        self.head_at = np.array([0.015, head_height + self.drop])
        self.ink = max(1.5, min(3.6, self.h / 135))
        self.hands: list[tuple[float, float]] = []
        """Page points of the hands, the far one first."""

    # Coordinates.

    def page(self, p: sh.Pts) -> sh.Pts:
        """Body units to page units."""
        x, y = self.at.x, self.at.y
        return sh.move(np.asarray(p) * [self.face, 1], x, y, self.h, self.lean * self.face)

    def head(self, p: sh.Pts) -> sh.Pts:
        """Head units to body units."""
        return sh.move(p, self.head_at[0], self.head_at[1], self.plan.head_r, self.tilt)

    def body_from_page(self, point: tuple[float, float]) -> sh.Pts:
        """A page point in body units."""
        x, y = (point[0] - self.at.x) / self.h * self.face, (point[1] - self.at.y) / self.h
        turn = -self.lean
        c, s = np.cos(turn), np.sin(turn)
        return np.array([x * c - y * s, x * s + y * c])

    def has(self, mark: str) -> bool:
        """Does this kind have the mark?"""
        return mark in self.plan.marks

    def lit(self, color: RGB) -> RGB:
        """A colour in the page's light."""
        return times(color, self.mood.skin)

    # Marks, in body units.

    def part(
        self,
        p: sh.Pts,
        color: RGB,
        *,
        line: float = 1.0,
        edge: float = 0.45,
        vary: float = 0.5,
        reserve: float = 1.0,
        light: float = 0.5,
        second: RGB | None = None,
        wob: float = 1.0,
        rooted: bool = False,
    ) -> None:
        """A washed and outlined piece. A `rooted` limb has no outline where it joins the body.

        The wash sits a touch to the lower right of the drawing, so that slivers of paper stay
        white.
        """
        step = max(2.0, self.h / 110)
        amp = self.h * 0.0028 * wob
        q = sh.wobble(self.page(p), amp, self.b.rng, cell=self.h * 0.07, step=step)
        c = self.lit(color)
        if reserve > 0:
            self.b.fill(q, WHITE, reserve, OVER)
        gap = self.h * 0.0045
        self.b.wash(
            q + sh.at(gap * 0.6, gap),
            c,
            wob=gap * 0.35,
            edge=edge * (0.5 if rooted else 1),
            vary=vary,
            reserve=0,
            light=light,
            second=second if second is not None else shift(c, 0.035, 0.12, -0.03),
            cell=self.h * 0.05,
        )
        if line > 0:
            outline = q[int(0.07 * len(q)) : int(0.77 * len(q))] if rooted else q
            pencil = mix(INK, deepen(c, 2.2), 0.5)
            self.b.line(outline, self.ink * line, pencil, 0.8, closed=not rooted, wob=0.5)

    def stroke(self, p: sh.Pts, width: float = 1.0, color: RGB = INK, alpha: float = 0.85) -> None:
        """A pencil line; a light colour covers what is below."""
        mode = OVER if sum(color) > 2.2 else MULTIPLY
        self.b.line(self.page(p), self.ink * width * 1.2, color, alpha, wob=0.3, mode=mode)

    def soft(
        self,
        p: sh.Pts,
        color: RGB,
        alpha: float,
        blur: float,
        mode: Mode = MULTIPLY,
    ) -> None:
        """Unlined touch with a blurred edge."""
        self.b.fill(self.page(p), self.lit(color), alpha, mode, soft=blur * self.h)

    def patch(self, p: sh.Pts, color: RGB, alpha: float = 0.9) -> None:
        """Another colour of the coat, covering what is below."""
        self.soft(p, color, alpha, 0.004, OVER)

    def dot(self, p: sh.Pts, color: RGB, alpha: float = 1.0) -> None:
        """Opaque small mark: eyes, gouache highlights."""
        self.b.fill(self.page(p), color, alpha, OVER)

    def band(self, spine: sh.Pts, half: float, color: RGB, line: float = 0.7) -> None:
        """A ribbon of cloth."""
        self.part(sh.limb(spine, (half, half), n=3), color, line=line, vary=0.2)
