"""Whether we make of a workflow what ComfyUI's frontend submits.

`python -m bench.servers.conversion` compares two sets, each where it is there: the handed cases
(`STORYBOOK_CASES`, its folder `comfyui`), and workflows that `frontend_gold.py` has recorded
(`STORYBOOK_GOLD`), which are meant to be the image templates of `comfyui-workflow-templates`. Equal
means the same nodes with the same values and links, whatever their ids.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bench.figures import FULL, Effort, Figure, print_figures
from storybook.stages.illustrator.comfyui.editor import to_graph
from storybook.stages.illustrator.comfyui.graph import Graph, WorkflowError
from storybook.stages.illustrator.comfyui.node_types import NodeTypes
from tests.comfyui.same import nodes_of

WANTED_OTHERWISE: Final = ("02_", "05_", "36_", "37_", "38_")
"""Handed cases in which the frontend is not to be followed; the tests have what is wanted."""
TEMPLATES_REACH: Final = 98
"""Percent: node packs and the newest nodes may do something of their own in the browser."""

Pair = tuple[str, dict[str, Any], Graph]
"""A workflow's name, what the editor saved, and what the frontend submits for it."""


def measure(folder: Path, effort: Effort) -> list[Figure]:
    """The share of each set that is equal. What is not there is told in one line."""
    figures: list[Figure] = []
    cases, gold = os.environ.get("STORYBOOK_CASES"), os.environ.get("STORYBOOK_GOLD")
    if cases:
        handed = Path(cases) / "comfyui"
        for what, name in (("as they were saved", "editor"), ("as the frontend saves", "resaved")):
            pairs = list(_handed(handed, name))
            figures.append(_figure(f"ComfyUI cases {what}", pairs, handed, 100))
    else:
        print("no handed cases: STORYBOOK_CASES names no folder")
    if gold:
        pairs = list(_recorded(Path(gold)))
        figures.append(_figure("workflow templates", pairs, Path(gold), TEMPLATES_REACH))
    else:
        print("no templates: record them with bench/servers/frontend_gold.py, see its head")
    return figures


def _figure(what: str, pairs: list[Pair], folder: Path, reach: float) -> Figure:
    node_types = NodeTypes(json.loads((folder / "object_info.json").read_bytes()))
    different = [name for name, editor, graph in pairs if not _is_equal(editor, graph, node_types)]
    for name in different:
        print(f"{what}: {name} differs")
    equal = len(pairs) - len(different)
    share = 100 * equal / len(pairs) if pairs else 0
    return Figure(f"{what}, equal", share, "%", reach, "≥", f"{equal} of {len(pairs)}")


def _is_equal(editor: dict[str, Any], graph: Graph, node_types: NodeTypes) -> bool:
    try:
        return nodes_of(to_graph(editor, node_types)) == nodes_of(graph)
    except WorkflowError:
        return False


def _handed(folder: Path, which: str) -> Iterator[Pair]:
    for file in sorted((folder / which).glob("*.json")):
        if not file.name.startswith(WANTED_OTHERWISE):
            gold = json.loads((folder / "gold" / file.name).read_bytes())
            yield file.stem, json.loads(file.read_bytes()), gold


def _recorded(folder: Path) -> Iterator[Pair]:
    for file in sorted(folder.glob("*.json")):
        found = json.loads(file.read_bytes())
        if file.name != "object_info.json":
            yield file.stem, found["editor"], found["graph"]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        print_figures(measure(Path(temporary), FULL))
