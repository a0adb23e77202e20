"""The workflow file: the user's own, or the one that ships with the package."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Final

import msgspec

from storybook.stages.illustrator.comfyui.explain import Explanation, explain
from storybook.stages.illustrator.comfyui.node_types import NodeTypes

SHIPPED: Final = "default.json"
LOADER: Final = "CheckpointLoaderSimple"


class Workflow:
    """A workflow file, and which of its nodes the configuration names (see `roles`)."""

    def __init__(self, path: str, named: Mapping[str, str]) -> None:
        self.path, self._named = path, dict(named)

    @property
    def is_shipped(self) -> bool:
        return not self.path

    def explain(self, node_types: NodeTypes | None) -> Explanation:
        """Explain the file against a server's node types. Raises `OSError` if it cannot be read,
        and `msgspec.DecodeError` if it is no JSON."""
        if not self.is_shipped:
            content = Path(self.path).read_bytes()
            return explain(msgspec.json.decode(content), node_types, self._named)
        shipped = resources.files(__package__).joinpath(SHIPPED).read_bytes()
        return explain(_with_checkpoint(msgspec.json.decode(shipped), node_types), node_types)


def _with_checkpoint(graph: dict[str, Any], node_types: NodeTypes | None) -> dict[str, Any]:
    """The shipped workflow names no checkpoint: it takes the server's first, whichever that is."""
    loader = node_types.of(LOADER) if node_types else None
    name = loader.input("ckpt_name") if loader else None
    for node in graph.values():
        if node["class_type"] == LOADER and name is not None and name.options:
            node["inputs"]["ckpt_name"] = name.options[0]
    return graph
