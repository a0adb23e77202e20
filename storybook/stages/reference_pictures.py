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

    from storybook.stages.illustrator.comfyui.fitting import fitted, upright_size

    if not content.startswith(KINDS):
        raise png.BadPicture("broken", "expected a PNG or a JPEG")
    try:
        given = upright_size(skia.Codec.MakeFromData(content))
    except (RuntimeError, AttributeError) as error:
        raise png.BadPicture("broken", "the picture is cut off or damaged") from error
    shrink = min(1.0, LONGEST_SIDE / max(given))
    size = PictureSize(max(1, round(given.width * shrink)), max(1, round(given.height * shrink)))
    try:
        return fitted(content, size).png
    except png.BadPicture as error:
        if error.kind == "flat":  # for a model's picture it says what to look for in the server
            raise png.BadPicture("flat", "the picture shows nothing: it is one colour") from error
        raise


def picture_reader() -> WorkerProcesses[bytes, bytes]:
    """Does `as_reference` in a process of its own, one picture at a time."""
    return WorkerProcesses(as_reference, 1)
