"""What ComfyUI's own frontend submits for a drawing is what we make of it.

Each file in `cases/` holds a workflow as an editor saved it (`editor`), many of them the same as
frontend 1.58.1 saves it again (`resaved`, with the newer shape of subgraphs), and the `graph` that
this frontend submits for it, recorded in a browser (`bench/servers/frontend_gold.py`). Six are
wanted otherwise: where a control is missing, the values after it do not move (02); a date in a
file's name stays as it is written (05); setters, getters, reroutes and switches of node packs do
what their packs do (36 to 38); and an instance's `null` leaves the value within (70_host_nulls).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from storybook.stages.illustrator.comfyui.editor import to_graph
from storybook.stages.illustrator.comfyui.node_types import NodeTypes
from tests.comfyui.same import nodes_of

CASES: Final = Path(__file__).parent / "cases"
NAMES: Final = sorted(it.stem for it in CASES.glob("[0-9]*.json"))


@pytest.fixture(scope="module")
def node_types() -> NodeTypes:
    return NodeTypes(json.loads((CASES / "object_info.json").read_text()))


def case(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CASES / f"{name}.json").read_text())
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_becomes_what_the_frontend_submits(name: str, node_types: NodeTypes) -> None:
    """The same nodes with the same values and links, whatever their ids."""
    it = case(name)
    assert nodes_of(to_graph(it["editor"], node_types)) == nodes_of(it["graph"])


@pytest.mark.parametrize("name", [it for it in NAMES if "resaved" in case(it)])
def test_saved_again_it_becomes_the_same(name: str, node_types: NodeTypes) -> None:
    """Inputs without links are not saved any more, and a subgraph's values have no names."""
    it = case(name)
    assert nodes_of(to_graph(it["resaved"], node_types)) == nodes_of(it["graph"])


@pytest.mark.parametrize(
    ("value", "link"),
    [(43, ["5", 0]), (42, ["4", 0]), (42, ["5", 1])],
    ids=["a value", "a link's node", "a link's output"],
)
def test_two_graphs_that_differ_are_told_apart(value: int, link: list[Any]) -> None:
    """The comparison itself: by each value and each link, and not by the ids."""

    def graph(seed: int, latent: list[Any], prefix: str = "") -> dict[str, Any]:
        latent = [f"{prefix}{latent[0]}", latent[1]]
        return {
            f"{prefix}3": {"class_type": "KSampler", "inputs": {"seed": seed, "latent": latent}},
            f"{prefix}4": {"class_type": "EmptyImage", "inputs": {}},
            f"{prefix}5": {"class_type": "EmptyLatentImage", "inputs": {}},
        }

    assert nodes_of(graph(42, ["5", 0])) == nodes_of(graph(42, ["5", 0], "7:"))
    assert nodes_of(graph(42, ["5", 0])) != nodes_of(graph(value, link))
