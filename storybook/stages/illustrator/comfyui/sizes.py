"""How large a picture a graph gives, and which of its values decide that.

The picture is followed upwards through everything that is done to it. Each **step** on the way sets
a size (an empty latent, a scaling to a width and a height), scales it by a factor (a scaling, an
upscale model), or fixes it in a way that is not ours to change (a crop, a loaded picture). The size
that is set nearest to the picture is the one to ask for; an earlier one is that of a first pass,
which keeps its number of pixels and gets the picture's shape.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import msgspec

from storybook.stages.illustrator.comfyui.arithmetic import evaluated
from storybook.stages.illustrator.comfyui.graph import NodeId, class_of, link_of
from storybook.stages.illustrator.comfyui.wiring import (
    PIXELS,
    NodeInput,
    Wiring,
    is_literal,
    last_part,
)

LATENT_GRID: Final = 8
"""Pixels that a latent's sides are multiples of: what a decoder makes of one of its values."""
PASS_GRID: Final = 16
"""Pixels that a first pass's sides are multiples of: the most that any common model asks for."""

MODEL_FACTOR: Final = 4
"""What an upscale model does whose name does not say: most of them."""
FACTOR_IN_NAME: Final = re.compile(r"(?<![0-9])([1-8])x|x([1-8])(?![0-9])", re.IGNORECASE)

FACTORS: Final = ("scale_by", "upscale_by", "resize_type.multiplier")
"""Inputs that say by how much a picture is scaled."""

CROPS: Final = frozenset({"ImageCrop", "LatentCrop", "CenterCropImages", "RandomCropImages"})
"""Nodes that cut a picture of `width` and `height` out of one."""

SIDES_BEGIN: Final = ("", "target_", "empty_latent_")
"""What may stand before `width` and `height` in the name of an input."""

SIZED_ALIKE: Final = frozenset({"MODEL", "SIGMAS", "CONDITIONING"})
"""What is made for a size that is told beside the picture's."""


class PictureSize(NamedTuple):
    """Pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


Sides = tuple[NodeInput, NodeInput]
"""The places of a width and a height."""


class SizeStep(msgspec.Struct, frozen=True):
    """What one node does to the size. A step that neither sets nor scales fixes it."""

    node: NodeId
    sets: Sides | None = None
    alike: tuple[Sides, ...] = ()
    """Where else the size is told: for a noise schedule, for a model."""
    factor: float | None = None
    is_latent: bool = False
    size: PictureSize | None = None
    """What stands in the file."""


class Sizes:
    """Reads the sizes of a graph."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring

    def steps(self, output: NodeId) -> list[SizeStep]:
        """The steps to a picture, the last one first."""
        found: list[SizeStep] = []
        seen: set[NodeId] = set()
        node_id: NodeId | None = output
        while node_id is not None and node_id not in seen:
            seen.add(node_id)
            before = self._before(node_id)
            step = self._step(node_id, is_first=before is None)
            if step is not None:
                found.append(step)
            node_id = before
        return found

    def size(self, output: NodeId) -> PictureSize | None:
        """The size that a graph gives as it stands; None if that is not known beforehand."""
        return self._size(output, {output})

    # -------------------------------------------------------------------------------------- nodes

    def _before(self, node_id: NodeId) -> NodeId | None:
        """Where a node has its picture from."""
        return next((link.node for _, link in self._wiring.sources(node_id, PIXELS)), None)

    def _step(self, node_id: NodeId, *, is_first: bool) -> SizeStep | None:
        places = self._width_and_height(node_id)
        name = class_of(self._wiring.graph[node_id])
        if places and name not in CROPS:
            alike = tuple(self._alike(places))
            is_latent, size = self._is_latent(node_id), self._read(places)
            return SizeStep(node_id, places, alike, None, is_latent, size)
        factor = self._factor(node_id)
        if factor is not None:
            return SizeStep(node_id, factor=factor)
        if is_first or name in CROPS or name in _FIXED:
            return SizeStep(node_id, size=self._size(node_id, {node_id}))
        return None

    def _width_and_height(self, node_id: NodeId) -> Sides | None:
        return next(self._all_sides(node_id), None)

    def _all_sides(self, node_id: NodeId) -> Iterator[Sides]:
        inputs = self._wiring.inputs(node_id)
        for prefix in SIDES_BEGIN:
            sides = [
                NodeInput(node_id, name)
                for side in ("width", "height")
                for name in inputs
                if last_part(name) == prefix + side and self._is_length(inputs[name])
            ]
            if len(sides) == 2:
                yield sides[0], sides[1]

    def _alike(self, places: Sides) -> Iterator[Sides]:
        """The other places of a size: with the same links, or the same numbers where those can
        mean nothing else."""
        wanted = [self._wiring.value(it) for it in places]
        is_linked = link_of(wanted[0]) is not None
        for node_id in self._wiring.graph:
            kind = self._wiring.kind(node_id)
            is_told = is_linked if kind is None else not SIZED_ALIKE.isdisjoint(kind.outputs)
            if is_told and node_id != places[0].node:
                for sides in self._all_sides(node_id):
                    if [self._wiring.value(it) for it in sides] == wanted:
                        yield sides

    @staticmethod
    def _is_length(value: Any) -> bool:
        return is_literal(value, int) or link_of(value) is not None

    def _is_latent(self, node_id: NodeId) -> bool:
        kind = self._wiring.kind(node_id)
        if kind is not None:
            return "LATENT" in kind.outputs
        return "latent" in class_of(self._wiring.graph[node_id]).lower()

    def _factor(self, node_id: NodeId) -> float | None:
        inputs = self._wiring.inputs(node_id)
        for name in FACTORS:
            if name in inputs:
                value = self._wiring.value(self._wiring.written(NodeInput(node_id, name), float))
                return float(value) if isinstance(value, int | float) else None
        link = link_of(inputs.get("upscale_model"))
        if link is not None and link.node in self._wiring.graph:
            name = str(self._wiring.inputs(link.node).get("model_name", ""))
            found = FACTOR_IN_NAME.search(name)
            return float(found[1] or found[2]) if found else float(MODEL_FACTOR)
        return None

    # ---------------------------------------------------------------------------------- measuring

    def _size(self, node_id: NodeId, seen: set[NodeId]) -> PictureSize | None:
        before = self._before(node_id)
        given = None
        if before is not None and before not in seen:
            given = self._size(before, seen | {before})
        places = self._width_and_height(node_id)
        if places:
            return self._set(self._read(places, seen), given)
        factor = self._factor(node_id)
        if factor is not None:
            return given and _scaled(given, factor)
        fix = _FIXED.get(class_of(self._wiring.graph[node_id]))
        return fix(self._wiring.inputs(node_id), given) if fix else given

    @staticmethod
    def _set(size: PictureSize | None, given: PictureSize | None) -> PictureSize | None:
        """A size that is set; a side of 0 follows from the other one."""
        if size is None or all(size):
            return size
        if given is None or not any(size):
            return given
        factor = size.width / given.width or size.height / given.height
        return _scaled(given, factor)

    def _read(self, places: Sides, seen: set[NodeId] | None = None) -> PictureSize | None:
        sides = [self._number(it, seen or set()) for it in places]
        return PictureSize(*map(int, sides)) if None not in sides else None  # type: ignore[arg-type]  # None is ruled out

    def _number(self, place: NodeInput, seen: set[NodeId]) -> float | None:
        """A number that is written somewhere, or computed in a way that is known."""
        value = self._wiring.value(self._wiring.written(place, int))
        if is_literal(value, int) or is_literal(value, float):
            return float(value)
        link = link_of(value)
        if link is None or link.node not in self._wiring.graph or link.node in seen:
            return None
        return self._computed(link.node, link.slot, seen | {link.node})

    def _computed(self, node_id: NodeId, slot: int, seen: set[NodeId]) -> float | None:
        inputs = self._wiring.inputs(node_id)
        match class_of(self._wiring.graph[node_id]):
            case "ResolutionSelector":
                chosen = _selected(inputs)
                return chosen[slot] if chosen and slot < 2 else None
            case "GetImageSize":
                before = self._before(node_id)
                size = self._size(before, seen | {before}) if before else None
                return size[slot] if size and slot < 2 else None
        if isinstance(expression := inputs.get("expression"), str):
            names = {last_part(it): self._number(NodeInput(node_id, it), seen) for it in inputs}
            known = {name: it for name, it in names.items() if it is not None}
            number = evaluated(expression, known)
            return float(math.floor(number)) if number is not None and slot else number
        branches = [name for name, _ in self._wiring.branches(node_id) if name.startswith("on_")]
        return self._number(NodeInput(node_id, branches[0]), seen) if branches else None


def _selected(inputs: dict[str, Any]) -> tuple[int, int] | None:
    """ComfyUI's own arithmetic for a shape and a number of megapixels."""
    shape = re.match(r"(\d+):(\d+)", str(inputs.get("aspect_ratio")))
    pixels, multiple = inputs.get("megapixels"), inputs.get("multiple", LATENT_GRID)
    if shape is None or not isinstance(pixels, int | float) or not isinstance(multiple, int):
        return None
    wide, high = int(shape[1]), int(shape[2])
    scale = math.sqrt(pixels * 1024 * 1024 / (wide * high))
    width, height = (round(it * scale / multiple) * multiple for it in (wide, high))
    return width, height


def _scaled(size: PictureSize, factor: float) -> PictureSize:
    return PictureSize(round(size.width * factor), round(size.height * factor))


def _padded(inputs: dict[str, Any], given: PictureSize | None) -> PictureSize | None:
    left, top, right, bottom = (inputs.get(it) for it in ("left", "top", "right", "bottom"))
    if given is None or not all(isinstance(it, int) for it in (left, top, right, bottom)):
        return None
    return PictureSize(given.width + left + right, given.height + top + bottom)  # type: ignore[operator]  # numbers, as was seen


def _of_pixels(inputs: dict[str, Any], given: PictureSize | None) -> PictureSize | None:
    megapixels = inputs.get("megapixels")
    if given is None or not isinstance(megapixels, int | float):
        return None
    return _scaled(given, math.sqrt(megapixels * 1024 * 1024 / (given.width * given.height)))


def _of_longest(inputs: dict[str, Any], given: PictureSize | None) -> PictureSize | None:
    longest = inputs.get("largest_size")
    if given is None or not isinstance(longest, int):
        return None
    return _scaled(given, longest / max(given))


def _unknown(inputs: dict[str, Any], given: PictureSize | None) -> PictureSize | None:
    return None


_FIXED: Final = {
    "ImagePadForOutpaint": _padded,
    "ImageScaleToTotalPixels": _of_pixels,
    "ImageScaleToMaxDimension": _of_longest,
    "ResizeImageMaskNode": _unknown,
    "FluxKontextImageScale": _unknown,
    "ImageStitch": _unknown,
}
"""Nodes after which a picture has another size, by what makes it of their inputs."""


# ------------------------------------------------------------------------------------- asking for


def asked(steps: Iterable[SizeStep], size: PictureSize) -> dict[NodeInput, int]:
    """What to write where for a picture of a size. The size that is set last is that size, or what
    later scaling makes it of, but no fewer pixels than in the file; sizes before it keep their
    number of pixels. All of them have the picture's shape."""
    values: dict[NodeInput, int] = {}
    factor, is_decided = 1.0, False
    for step in steps:
        if step.sets is not None:
            wanted = _first_pass(step, size, None if is_decided else factor)
            for sides in (step.sets, *step.alike):
                values |= dict(zip(sides, wanted, strict=True))
            is_decided = True
        elif step.factor is not None:
            factor *= step.factor
        else:
            is_decided = True
    return values


def _first_pass(step: SizeStep, size: PictureSize, factor: float | None) -> PictureSize:
    """The size to set in a step. `factor` is what scales it afterwards, None if another step
    decides about the picture's size."""
    if factor == 1:
        grid = LATENT_GRID if step.is_latent else 1
        return PictureSize(*(math.ceil(it / grid) * grid for it in size))
    own = step.size.width * step.size.height if step.size else 0
    pixels = size.width * size.height
    wanted = max(own, pixels / factor**2) if factor else own or pixels
    scale = math.sqrt(wanted / pixels)
    return PictureSize(
        *(max(1, math.ceil(it * scale / PASS_GRID - 0.01)) * PASS_GRID for it in size)
    )
