"""What may be wrong with a workflow, in words that its user can act on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from storybook.stages.illustrator.comfyui.graph import Graph, NodeId, class_of, title_of

NAMES_SHOWN: Final = 12
"""Names that a message lists before it says how many more there are."""


class WorkflowProblem(msgspec.Struct, frozen=True):
    """Why a workflow fails or may fail. `kind` is a short stable word; `has` are the names that the
    server has instead of the one that is missing."""

    kind: str
    where: str
    message: str
    mend: str
    has: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


def where(graph: Graph, node_id: NodeId, input: str = "") -> str:
    """A node as its user knows it, by its title too."""
    node = graph.get(node_id)
    if node is None:
        return f"node {node_id}"
    title, name = title_of(node), class_of(node)
    called = "" if title in ("", name) else f" {title!r}"
    return f"node {node_id} ({name}{called})" + (f", {input}" if input else "")


def listed(names: Iterable[str]) -> str:
    """Some names, and how many more there are."""
    names = list(names)
    if not names:
        return "none at all"
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
