"""In how many of ComfyUI's image templates the places of a picture are found, and how many are
refused before the server has seen them.

`STORYBOOK_GOLD` is a folder of what ComfyUI's own frontend submits for each template
(`NAME.json` with `graph`), and of a server's `object_info.json`. Templates with nodes that this
server does not have are left out: of those the frontend submits only a part.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.figures import FULL, Effort, Figure, print_figures
from storybook.stages.illustrator.comfyui.explain import Explanation, explain
from storybook.stages.illustrator.comfyui.graph import Graph, class_of, link_of
from storybook.stages.illustrator.comfyui.node_types import NodeTypes

WITHOUT_FILES: Final = frozenset({"missing_model"})
"""Problems that only say that a server without models answered."""
REACH: Final = 88
"""Percent: some templates make a mask, a depth map or a larger picture, and take no text."""


def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Two shares. What is not there is told in one line."""
    recorded = os.environ.get("STORYBOOK_GOLD")
    if not recorded:
        print("no templates: STORYBOOK_GOLD names no folder of recorded ones")
        return []
    node_types = NodeTypes(json.loads((Path(recorded) / "object_info.json").read_bytes()))
    found: dict[str, Explanation] = {}
    for name, graph in _templates(Path(recorded)):
        if _is_whole(graph, node_types):
            found[name] = explain(graph, node_types)
    refused = {
        name: kinds
        for name, it in found.items()
        if (kinds := {problem.kind for problem in it.problems} - WITHOUT_FILES)
    }
    for name, kinds in refused.items():
        print(f"{name} is refused: {', '.join(kinds)}")
    painted = [it for it in found.values() if it.roles.positive and it.roles.output]
    return [
        _share("image templates with a place for the prompt", len(painted), len(found)),
        _share("image templates that are sent", len(found) - len(refused), len(found)),
    ]


def _templates(folder: Path) -> Iterator[tuple[str, Graph]]:
    for file in sorted(folder.glob("*.json")):
        if file.name != "object_info.json":
            yield file.stem, json.loads(file.read_bytes())["graph"]


def _is_whole(graph: Graph, node_types: NodeTypes) -> bool:
    links = [link_of(value) for node in graph.values() for value in node.get("inputs", {}).values()]
    return all(class_of(node) in node_types for node in graph.values()) and all(
        link is None or link.node in graph for link in links
    )


def _share(what: str, count: int, of: int) -> Figure:
    return Figure(what, 100 * count / of if of else 0, "%", REACH, "≥", f"{count} of {of}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        print_figures(measure(Path(temporary), FULL))
