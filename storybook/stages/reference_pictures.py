"""A picture that a person gives of a character, as it is kept: a PNG of its pixels and no more.

It is decoded and written anew: what is no picture is found out, and what cameras and programs write
beside it (where it was taken, by whom) is gone, as is anything that hides there.
"""

from __future__ import annotations

from typing import Final

from storybook.processes import WorkerProcesses
from storybook.stages.illustrator.comfyui import png
from storybook.stages.illustrator.comfyui.sizes import PictureSize

MAX_BYTES: Final = 8 * 1024 * 1024
"""Of what is uploaded: a photograph of a drawing has less."""
LONGEST_SIDE: Final = 1536
"""Pixels of what is kept: no model looks at more."""
KINDS: Final = (png.SIGNATURE, b"\xff\xd8\xff")
"""How PNG and JPEG begin."""


def as_reference(content: bytes) -> bytes:
    """The picture as it is kept. Raises `png.BadPicture`. Takes up to a second of the GIL."""
    import skia  # type: ignore[import-not-found]  # skia-python has no stubs

    from storybook.stages.illustrator.comfyui.fitting import fitted

    if not content.startswith(KINDS):
        raise png.BadPicture("broken", "expected a PNG or a JPEG")
    try:
        info = skia.Codec.MakeFromData(content).getInfo()
    except (RuntimeError, AttributeError) as error:
        raise png.BadPicture("broken", "the picture is cut off or damaged") from error
    shrink = min(1.0, LONGEST_SIDE / max(info.width(), info.height()))
    size = PictureSize(max(1, round(info.width() * shrink)), max(1, round(info.height() * shrink)))
    return fitted(content, size).png


def picture_reader() -> WorkerProcesses[bytes, bytes]:
    """Does `as_reference` in a process of its own, one picture at a time."""
    return WorkerProcesses(as_reference, 1)
