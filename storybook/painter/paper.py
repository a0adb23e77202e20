"""The sheet: tooth, capillary creep, wet edges, granulation, tide marks and the raking light.

What the brush leaves is flat colour. Here it becomes optical density (minus the logarithm of what
is reflected), in which pigment adds up: more of it at the rim of an area, in pools and in the
valleys of the paper, less on its peaks.

The same scene is to give the same bytes, and numpy's `exp`, `log` and `tanh` differ in their last
bits between processors. So transcendental functions of the whole image are read from small tables
of rounded values (which is quicker, too), and the rest is sums and products.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Picture = NDArray[np.uint8]

_PAPER: Final = np.array([0.995, 0.982, 0.952], np.float32)
_DEPTH: Final = 1 << 9
"""Table entries per unit of optical density."""
_DEEPEST: Final = 8.0


def _table(of: Callable[[float], float]) -> Plane:
    steps = range(int(_DEEPEST * _DEPTH) + 1)
    return np.array([round(of(step / _DEPTH), 7) for step in steps], np.float32)


_REFLECTED: Final = _table(lambda d: math.exp(-d))
_TIDE: Final = _table(lambda d: 0.22 * math.exp(-0.9 * d))
_GRAIN: Final = _table(lambda d: 0.135 * math.exp(-(((d - 0.45) / 0.6) ** 2)))
_DRY: Final = _table(lambda d: 0.22 * math.exp(-3.5 * d))
_DENSITY: Final = np.round(-np.log((np.arange(256) + 6) / 261), 6).astype(np.float32)


def _at(density: Plane) -> NDArray[np.int32]:
    """Where a density stands in the tables."""
    return np.clip(density * _DEPTH, 0, len(_REFLECTED) - 1).astype(np.int32)


def enlarge(grid: Plane, size: int) -> Plane:
    """Cubic interpolation of a small square grid to (size, size); outermost cells lie outside."""
    k = grid.shape[0]
    at = np.linspace(1, k - 2, size)
    i = np.clip(at.astype(int), 1, k - 3)
    f = (at - i).astype(np.float32)
    taps = (
        ((-0.5 * f + 1.0) * f - 0.5) * f,
        (1.5 * f - 2.5) * f * f + 1.0,
        ((-1.5 * f + 2.0) * f + 0.5) * f,
        (0.5 * f - 0.5) * f * f,
    )
    wide = np.zeros((k, size), np.float32)
    out = np.zeros((size, size), np.float32)
    for j, tap in enumerate(taps):
        wide += grid[:, i + j - 1] * tap
    for j, tap in enumerate(taps):
        out += wide[i + j - 1] * tap[:, None]
    return out


def field(
    size: int, cell: float, rng: np.random.Generator, octaves: int = 1, gain: float = 0.5
) -> Plane:
    """Smooth noise of about zero mean and unit deviation; `cell` is its feature size in pixels."""
    out = np.zeros((size, size), np.float32)
    amp, power = 1.0, 0.0
    for _ in range(octaves):
        k = max(4, int(size / cell) + 3)
        grid = rng.standard_normal((k, k))
        grid = np.round((grid - grid.mean()) / grid.std() * 1.3, 5)  # 1.3: interpolation evens out
        out += enlarge((amp * grid).astype(np.float32), size)
        power += amp * amp
        amp, cell = amp * gain, cell / 2.1
    out *= np.float32(power**-0.5)
    return out


@lru_cache(maxsize=4)
def sheet(size: int) -> tuple[Plane, Plane]:
    """Cold-pressed paper shared by all pages: height of its tooth, and the light on it."""
    rng = np.random.default_rng(20240501)
    px = size / 1024
    raw = (
        0.55 * field(size, 4.2 * px, rng, 2, 0.7)
        + 0.6 * field(size, 1.9 * px, rng)
        + 0.2 * field(size, 12 * px, rng)
    )
    x = np.clip(raw * np.float32(0.9), -3, 3)
    tooth = x * (27 + x * x) / (27 + 9 * x * x)  # tanh, by sums and products alone
    gy, gx = np.gradient(tooth)
    return tooth.astype(np.float32), (gx * 0.7 + gy).astype(np.float32)


def blur(plane: Plane, radius: float) -> Plane:
    """Gaussian blur of `radius` pixels (deviation), on a grid as coarse as the blur allows."""
    size = plane.shape[0]
    step = max(1, int(radius / 1.1))
    while size % step:
        step -= 1
    small = plane.reshape(size // step, step, size // step, step).sum((1, 3)) / step**2
    reach = np.arange(-3, 4)
    weight = np.round(np.exp(-0.5 * (reach * step / radius) ** 2), 6)
    weight = (weight / weight.sum()).astype(np.float32)
    for axis in (0, 1):
        padded = np.pad(small, [(3, 3) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
        n = small.shape[0]
        small = np.asarray(
            sum(w * padded.take(range(j, j + n), axis) for j, w in enumerate(weight)), np.float32
        )
    return enlarge(np.pad(small, 1, mode="edge"), size) if step > 1 else small


def _creep(density: Plane, rng: np.random.Generator, px: float) -> Plane:
    """Capillary creep: every point displaced by a pixel or two of noise, so that no edge stays
    ruled. It does more than anything else to take the vector look away."""
    size = density.shape[0]
    base = np.arange(size, dtype=np.float32)
    dy, dx = (
        (1.3 * field(size, 36 * px, rng) + 0.45 * field(size, 3.6 * px, rng)) * np.float32(px)
        for _ in range(2)
    )
    y = np.clip(base[:, None] + dy, 0, size - 1.01)
    x = np.clip(base[None, :] + dx, 0, size - 1.01)
    iy, ix = y.astype(np.int32), x.astype(np.int32)
    fy, fx = (y - iy)[..., None], (x - ix)[..., None]
    flat, at = density.reshape(-1, 3), iy * size + ix
    top = flat.take(at, 0)
    top += (flat.take(at + 1, 0) - top) * fx
    low = flat.take(at + size, 0)
    low += (flat.take(at + size + 1, 0) - low) * fx
    top += (low - top) * fy
    crept: Plane = top
    return crept


def _settle(density: Plane, tooth: Plane, mottle: Plane, rng: np.random.Generator) -> Plane:
    """How much of the pigment stays at each point, about 1: pools and tide marks where water
    stood, more at the rim of an area, more in the valleys of the tooth, less where it is dry."""
    size = density.shape[0]
    px = size / 1000
    total = density.mean(2)
    at = _at(total)
    ring = (0.55 * field(size, 300 * px, rng, 2, 0.35) + np.float32(0.05) * mottle) % np.float32(
        1.0
    )
    ring4 = ring * ring * ring * ring
    tide = ring4 * ring4 * ring - np.float32(0.10)  # sharp on one side, soft on the other
    factor = 1 + np.float32(0.10) * field(size, 240 * px, rng, 3)
    factor += tide * _TIDE[at]
    rim = np.clip(total - blur(total, 4.5 * px), -0.03, 0.22)
    factor += np.float32(0.85) * rim / (total + np.float32(0.12))
    # Blues and greens granulate, warm reds stain.
    cool = np.clip(0.55 + np.float32(0.9) * (density[..., 0] - density[..., 2]), 0.35, 1.15)
    patchy = np.float32(0.65) + np.float32(0.35) * np.clip(mottle, -1, 1)
    factor -= _GRAIN[at] * tooth * cool * patchy
    factor *= 1 - _DRY[at] * np.clip(tooth - np.float32(0.35), 0, 1)
    settled: Plane = factor
    return settled


def _vignette(size: int, margin: float, corners: float, mottle: Plane, grain: Plane) -> Plane:
    """1 inside the painted area, 0 outside, a darker wet line along its ragged edge."""
    across = np.abs(np.linspace(-1, 1, size)) ** corners
    sums = np.linspace(0, 2, 4097)
    inward = np.round(500 * (1 - sums ** (1 / corners)), 4).astype(np.float32)
    at = ((across[:, None] + across[None, :]) * 2048).astype(np.int32)
    d = inward[at] + np.float32(3.2 if corners > 6 else 4.6) * mottle + np.float32(0.7) * grain
    d -= np.float32(margin)
    inside = np.clip(d / np.float32(2.6), 0, 1)
    line = np.clip(1 - np.abs(d - 4) / 8, 0, 1)
    vignette: Plane = inside * (1 + np.float32(0.28) * line * line)
    return vignette


def _spatter(factor: Plane, vignette: Plane, rng: np.random.Generator) -> None:
    """A few drops that fell outside the painted area."""
    size = factor.shape[0]
    px = size / 1000
    for _ in range(int(rng.integers(4, 10))):
        x, y = rng.uniform(8, 992, 2) * px
        r = (1.0 + 4.5 * rng.random() ** 2) * px
        if vignette[int(y), int(x)] > 0:
            continue
        y0, x0 = max(int(y - r - 2), 0), max(int(x - r - 2), 0)
        part = factor[y0 : int(y + r + 3), x0 : int(x + r + 3)]
        yy, xx = np.ogrid[y0 : y0 + part.shape[0], x0 : x0 + part.shape[1]]
        distance = np.sqrt((yy - y) ** 2 + (xx - x) ** 2)
        part[:] = np.maximum(part, 0.55 * np.clip(r - distance, 0, 1))


def finish(
    rgb: Picture, rng: np.random.Generator, margin: float = 30.0, corners: float = 9.0
) -> Picture:
    """Turn a flat (size, size, 3) painting into a dried watercolour sheet.

    `margin` is the unpainted border in page units (0: none), `corners` the superellipse exponent
    of the painted area (3.5 round … 9 square).
    """
    size = rgb.shape[0]
    px = size / 1000
    roll = tuple(int(v) for v in rng.integers(0, size, 2))
    tooth, light = (np.roll(plane, roll, (0, 1)) for plane in sheet(size))
    density = _creep(_DENSITY[rgb], rng, px)
    mottle = field(size, 150 * px, rng, 4, 0.55)
    factor = _settle(density, tooth, mottle, rng)
    if margin > 0:
        edge = _vignette(size, margin, corners, mottle, field(size, 16 * px, rng, 2))
        factor *= edge
        _spatter(factor, edge, rng)
    density *= factor[..., None]
    relief = 1 + np.float32(0.030) * light + np.float32(0.012) * tooth
    out = _REFLECTED[_at(density)] * _PAPER
    out *= relief[..., None] * np.float32(255)
    out += np.float32(0.5)
    dried: Picture = np.clip(out, 0, 255).astype(np.uint8)
    return dried
