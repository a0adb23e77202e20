"""The workflow file: the user's own, or the one that ships with the package."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

from storybook.stages.illustrator.comfyui.explain import ASKED, Explanation, explain
from storybook.stages.illustrator.comfyui.node_types import NodeTypes
from storybook.stages.illustrator.comfyui.roles import Named
from storybook.stages.illustrator.comfyui.sizes import PictureSize
from storybook.stages.illustrator.comfyui.spec import OWN_SIZE

SHIPPED: Final = "default.json"
LOADER: Final = "CheckpointLoaderSimple"

Places = str | tuple[str, ...]
"""What `nodes` of [illustrator] has for a role: places in a list, or in a text with commas."""


def named_places(nodes: Mapping[str, Places]) -> Named:
    """The places that the settings name for each role."""
    found = {}
    for role, places in nodes.items():
        parts = places.split(",") if isinstance(places, str) else places
        found[role] = tuple(it.strip() for it in parts if it.strip())
    return found


class Workflow:
    """A workflow file, and what the configuration says of it: the places of its roles (see
    `roles`), the checkpoint that its one loader takes, the size of its pictures."""

    def __init__(
        self, path: str, nodes: Mapping[str, Places], checkpoint: str = "", size: str = ""
    ) -> None:
        self.path, self._checkpoint, self._size = path, checkpoint, size
        self._named = named_places(nodes) if path else {}  # they are of the user's own nodes

    @property
    def is_shipped(self) -> bool:
        return not self.path

    @property
    def takes_any_checkpoint(self) -> bool:
        """Whether the checkpoint is left to us: another one will do."""
        return self.is_shipped and not self._checkpoint

    def size(self, asked: PictureSize) -> PictureSize | None:
        """The size of a picture that is asked for in one; None for the workflow's own."""
        if self._size == OWN_SIZE:
            return None
        return PictureSize(*map(int, self._size.split("x"))) if self._size else asked

    def explain(self, node_types: NodeTypes | None, without: Collection[str] = ()) -> Explanation:
        """Explain the file against a server's node types. Of the server's checkpoints none of
        `without` is taken, if the choice is ours. Raises `OSError` if the file cannot be read, and
        `msgspec.DecodeError` if it is no JSON."""
        if self.is_shipped:
            content = resources.files(__package__).joinpath(SHIPPED).read_bytes()
        else:
            content = Path(self.path).read_bytes()
        document = msgspec.json.decode(content)
        checkpoint = self._chosen(_checkpoints(node_types), without)
        return explain(document, node_types, self._named, self.size(ASKED), checkpoint)

    def _chosen(self, names: Sequence[str], without: Collection[str]) -> str:
        """The checkpoint to load; empty: the one that the file names."""
        if self._checkpoint:
            return _matching(self._checkpoint, names)
        return next((it for it in names if it not in without), "") if self.is_shipped else ""


def _checkpoints(node_types: NodeTypes | None) -> tuple[str, ...]:
    loader = node_types.of(LOADER) if node_types else None
    known = loader.input("ckpt_name") if loader else None
    return tuple(str(it) for it in known.options or ()) if known else ()


def _matching(wanted: str, names: Sequence[str]) -> str:
    """The server's name of a checkpoint: told in full, or without its folder or its ending, if that
    can be only one."""
    for told in (_as_path, _without_folder, _without_ending):
        alike = [name for name in names if told(name) == _as_path(wanted)]
        if len(alike) == 1:
            return alike[0]
    return wanted


def _as_path(name: str) -> str:
    return name.replace("\\", "/")


def _without_folder(name: str) -> str:
    return PurePosixPath(_as_path(name)).name


def _without_ending(name: str) -> str:
    return PurePosixPath(_as_path(name)).stem
