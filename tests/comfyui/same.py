"""Whether two graphs are the same but for their nodes' ids and titles."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any

from storybook.stages.illustrator.comfyui.graph import Graph, link_of


def nodes_of(graph: Graph) -> Counter[str]:
    """Every node by its class, its values and, for each link, what stands behind it."""
    known: dict[str, str] = {}
    return Counter(_described(graph, node_id, known) for node_id in graph)


def _described(graph: Graph, node_id: str, known: dict[str, str]) -> str:
    if node_id not in known:
        known[node_id] = "a circle"
        node = graph[node_id]
        inputs = {
            name: _value(graph, value, known) for name, value in sorted(node["inputs"].items())
        }
        text = json.dumps([node.get("class_type"), inputs], sort_keys=True)
        known[node_id] = hashlib.sha256(text.encode()).hexdigest()  # short, however deep it is
    return known[node_id]


def _value(graph: Graph, value: Any, known: dict[str, str]) -> Any:
    link = link_of(value)
    if link is None:
        return ["value", float(value) if _is_number(value) else value]
    origin = _described(graph, link.node, known) if link.node in graph else "nothing"
    return ["link", origin, link.slot]


def _is_number(value: Any) -> bool:
    """JavaScript has one kind of number: 1 and 1.0 are the same."""
    return isinstance(value, int | float) and not isinstance(value, bool)
