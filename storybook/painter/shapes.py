"""Geometry. Every shape is an (N, 2) float array in page units: 1000 = page side, y down."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Pts = NDArray[np.float64]
Noise = NDArray[np.float64]


def pts(*xy: tuple[float, float]) -> Pts:
    """Points that are computed where they are drawn."""
    return np.array(xy, float)


@lru_cache(maxsize=1024)
def trace(points: str) -> Pts:
    """Points of a drawing, written as `x,y x,y …`. The array is shared: it cannot be changed."""
    drawn = np.array([pair.split(",") for pair in points.split()], float)
    drawn.setflags(write=False)
    return drawn


def at(x: float, y: float) -> Pts:
    """The offset that brings a drawing made around the origin to (x, y)."""
    return np.array([x, y], float)


def box(x0: float, y0: float, x1: float, y1: float) -> Pts:
    """Upright rectangle."""
    return pts((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def ellipse(
    cx: float, cy: float, rx: float, ry: float | None = None, rot: float = 0.0, n: int = 36
) -> Pts:
    """Ellipse outline; `rot` in radians. Without `ry` it is a circle."""
    t = np.linspace(0, 2 * np.pi, n, endpoint=False)
    x, y = rx * np.cos(t), (rx if ry is None else ry) * np.sin(t)
    c, s = np.cos(rot), np.sin(rot)
    return np.stack([cx + c * x - s * y, cy + s * x + c * y], 1)


def star(cx: float, cy: float, outer: float, inner: float, points: int = 5) -> Pts:
    """Star with its first point upwards."""
    t = np.arange(2 * points) * np.pi / points - np.pi / 2
    r = np.where(np.arange(2 * points) % 2, inner, outer)
    return np.stack([cx + r * np.cos(t), cy + r * np.sin(t)], 1)


def smooth(ctrl: Pts, closed: bool = True, n: int = 8) -> Pts:
    """Catmull-Rom curve through control points, `n` samples a span."""
    c = np.asarray(ctrl, float)
    if closed:
        c = np.concatenate([c[-1:], c, c[:2]])
    else:
        c = np.concatenate([2 * c[:1] - c[1:2], c, 2 * c[-1:] - c[-2:-1]])
    t = np.linspace(0, 1, n, endpoint=False)[None, :, None]
    p0, p1, p2, p3 = (c[i : len(c) - 3 + i, None, :] for i in range(4))
    out = 0.5 * (
        2 * p1
        + (p2 - p0) * t
        + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
        + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    )
    out = out.reshape(-1, 2)
    return out if closed else np.concatenate([out, c[-2:-1]])


def mirror(half: Pts) -> Pts:
    """Close a right-hand half outline (top to bottom, x >= 0) with its mirror image."""
    left = half[::-1] * [-1, 1]
    return np.concatenate([half, left[np.abs(left[:, 0]) > 1e-9]])


def normals(p: Pts, closed: bool) -> Pts:
    """Unit normals of a polyline."""
    d = np.roll(p, -1, 0) - np.roll(p, 1, 0) if closed else np.gradient(p, axis=0)
    d = d / np.maximum(np.hypot(*d.T)[:, None], 1e-9)
    return np.stack([-d[:, 1], d[:, 0]], 1)


def limb(spine: Pts, widths: Sequence[float], n: int = 8) -> Pts:
    """Rounded tapering tube along a spine; `widths` are half widths at even stations."""
    c = smooth(spine, False, n)
    w = np.interp(np.linspace(0, 1, len(c)), np.linspace(0, 1, len(widths)), widths)[:, None]
    nv = normals(c, False)

    def cap(i: int, sign: float) -> Pts:
        t = np.arctan2(nv[i, 1], nv[i, 0]) + sign * np.linspace(0, np.pi, 8)[1:-1]
        rim: Pts = c[i] + w[i] * np.stack([np.cos(t), np.sin(t)], 1)
        return rim

    return np.concatenate([c + nv * w, cap(-1, -1), (c - nv * w)[::-1], cap(0, 1)[::-1]])


def move(p: Pts, x: float = 0, y: float = 0, s: float = 1, rot: float = 0) -> Pts:
    """Scale, rotate (radians) and translate."""
    px, py = np.asarray(p, float).T
    px, py = px * s, py * s
    c, sn = np.cos(rot), np.sin(rot)
    return np.stack([px * c - py * sn + x, px * sn + py * c + y], 1)


def resample(p: Pts, step: float, closed: bool = True) -> tuple[Pts, Noise]:
    """Points every `step` units along a polyline, and their arc length."""
    q = np.concatenate([p, p[:1]]) if closed else p
    s = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(q, axis=0).T))])
    m = int(np.clip(s[-1] / step, 6, 900))
    u = np.linspace(0, s[-1], m, endpoint=not closed)
    return np.stack([np.interp(u, s, q[:, 0]), np.interp(u, s, q[:, 1])], 1), u


def noise1d(u: Noise, cell: float, rng: np.random.Generator, closed: bool = False) -> Noise:
    """Smooth value noise in -1 … 1 along arc length `u`, with features of length `cell`."""
    total = u[-1] + (u[1] - u[0] if len(u) > 1 else 1)
    k = max(3, int(total / cell))
    v = rng.uniform(-1, 1, k + 2)
    if closed:
        v[k] = v[0]
    x = u / total * k
    i = x.astype(int)
    f = x - i
    f = f * f * (3 - 2 * f)
    blend: Noise = v[i] * (1 - f) + v[i + 1] * f
    return blend


def wobble(
    p: Pts,
    amp: float,
    rng: np.random.Generator,
    closed: bool = True,
    cell: float = 34,
    step: float = 5,
) -> Pts:
    """A hand's unsteadiness: displace along the normals by `amp` units of two-octave noise."""
    q, u = resample(p, step, closed)
    d = noise1d(u, cell, rng, closed) + 0.35 * noise1d(u, cell * 0.28, rng, closed)
    return q + normals(q, closed) * (d * amp)[:, None]


def ribbon(p: Pts, width: float, rng: np.random.Generator, closed: bool = False) -> list[Pts]:
    """Outlines of a pencil stroke whose pressure varies along its length."""
    q, u = resample(p, 4, closed)
    pressure = 0.40 + 0.30 * noise1d(u, 64, rng, closed) + 0.14 * noise1d(u, 10, rng, closed)
    w = width * np.clip(pressure, 0.07, 1)
    if not closed:
        w = w * np.clip(np.minimum(u, u[-1] - u) / 14, 0.25, 1)
    nv = normals(q, closed) * w[:, None]
    if closed:
        return [q + nv, (q - nv)[::-1]]
    return [np.concatenate([q + nv, (q - nv)[::-1]])]
