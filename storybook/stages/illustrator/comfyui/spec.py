"""What the registry knows of it: its name, its settings, and how it is built."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from storybook.book import Role
from storybook.engines import Engine, EngineSpec
from storybook.stages.credentials import BEARER

DEFAULT_URL: Final = "http://127.0.0.1:8188"
STYLE: Final = "watercolor painting, children's book illustration"


class ComfyUISettings(msgspec.Struct, frozen=True):
    """`urls` are ComfyUI servers, `workflow` a workflow file in either format, `nodes` the nodes in
    it that are not found by themselves, `style` what stands before every prompt. `launch` starts
    ComfyUI in `launch_folder` if it does not answer. `device` names the GPU that it shares. The
    environment variable `key_variable` holds the key, sent as `header` says (see `credentials`)."""

    urls: tuple[str, ...] = (DEFAULT_URL,)
    workflow: str = ""
    nodes: dict[str, str] = {}
    style: str = STYLE
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
        device=settings.device,
        launch=settings.launch,
        launch_folder=settings.launch_folder,
        key_variable=settings.key_variable,
        header=settings.header,
    )


COMFYUI: Final = EngineSpec("comfyui", Role.ILLUSTRATOR, ComfyUISettings, build)
