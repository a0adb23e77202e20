"""What the registry knows of it: its name, its settings, and how it is built."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import msgspec

from storybook.book import Role
from storybook.engines import Engine, EngineSpec
from storybook.stages.credentials import BEARER

NAME: Final = "comfyui"
DEFAULT_URL: Final = "http://127.0.0.1:8188"
STYLE: Final = "watercolor painting, children's book illustration"
OWN_SIZE: Final = "workflow"
"""The size of pictures as the workflow makes them."""

SizeSetting = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(workflow|[1-9]\d{1,3}x[1-9]\d{1,3})?$", description="workflow or 1024x1024, say"
    ),
]


class ComfyUISettings(msgspec.Struct, frozen=True):
    """`urls` are ComfyUI servers, `workflow` a workflow file in either format, `nodes` the nodes in
    it that are not found by themselves, `style` what stands before every prompt. `size` is that of
    the pictures, `workflow` for the file's own, empty for what a book asks for. `checkpoint` is
    loaded instead of the workflow's. `launch` starts ComfyUI in `launch_folder` if it does not
    answer. `device` names the GPU that it shares. The environment variable `key_variable` holds the
    key, sent as `header` says (see `credentials`)."""

    urls: tuple[str, ...] = (DEFAULT_URL,)
    workflow: str = ""
    nodes: dict[str, str | tuple[str, ...]] = {}
    style: str = STYLE
    size: SizeSetting = ""
    checkpoint: str = ""
    launch: str = ""
    launch_folder: str = ""
    device: str = ""
    key_variable: str = ""
    header: str = BEARER


def build(settings: ComfyUISettings, data: Path) -> Engine:
    from storybook.stages.illustrator.comfyui.engine import ComfyUI

    return ComfyUI(
        urls=settings.urls,
        workflow=settings.workflow,
        style=settings.style,
        nodes=settings.nodes,
        size=settings.size,
        checkpoint=settings.checkpoint,
        device=settings.device,
        launch=settings.launch,
        launch_folder=settings.launch_folder,
        key_variable=settings.key_variable,
        header=settings.header,
    )


COMFYUI: Final = EngineSpec(NAME, Role.ILLUSTRATOR, ComfyUISettings, build)
