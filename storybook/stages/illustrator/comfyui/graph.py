"""The graph that ComfyUI executes: the API format.

A graph maps node ids to nodes, `{"class_type": …, "inputs": {name: value}}`. A value that is a list
of a node id and a number is a **link** to that output of that node; anything else is a literal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

NodeId = str
Node = dict[str, Any]
Graph = dict[NodeId, Node]


class WorkflowError(Exception):
    """A workflow file cannot be understood. The message says where and why."""


class Link(NamedTuple):
    """An output of a node."""

    node: NodeId
    slot: int


def link_of(value: object) -> Link | None:
    """The link that an input's value is, if it is one."""
    match value:
        case [str() | int() as node, int(slot)] if not isinstance(node, bool):
            return Link(str(node), slot)
    return None


def links(node: Node) -> Iterator[tuple[str, Link]]:
    """The linked inputs of a node, by name."""
    for name, value in node["inputs"].items():
        if (link := link_of(value)) is not None:
            yield name, link


def class_of(node: Node) -> str:
    return str(node.get("class_type", ""))


def title_of(node: Node) -> str:
    """What its user called a node, or nothing."""
    return str(node.get("_meta", {}).get("title", ""))


def ancestors(graph: Graph, node_id: NodeId) -> set[NodeId]:
    """A node and everything that it depends on."""
    found: set[NodeId] = set()
    ahead = [node_id]
    while ahead:
        it = ahead.pop()
        if it in graph and it not in found:
            found.add(it)
            ahead += [link.node for _, link in links(graph[it])]
    return found


def digest(graph: Graph) -> str:
    """SHA-256 of a graph, in hexadecimal: the same for the same graph, however it was written."""
    encoded = msgspec.json.encode(graph, order="deterministic")
    return hashlib.sha256(encoded).hexdigest()


def is_editor_format(document: object) -> bool:
    """Whether a workflow file is the editor's own (`nodes` and `links`) and not a graph."""
    return isinstance(document, dict) and isinstance(document.get("nodes"), list)


def read_graph(document: object) -> Graph:
    """A graph out of a file in API format. Raises `WorkflowError`."""
    if isinstance(document, dict) and isinstance(document.get("prompt"), dict):
        document = document["prompt"]  # a saved body of POST /prompt
    if not isinstance(document, dict) or not document:
        raise WorkflowError("a workflow is an object with nodes in it; save it from ComfyUI again")
    for node_id, node in document.items():
        if not isinstance(node, dict) or not isinstance(node.get("class_type"), str):
            raise WorkflowError(f"node {node_id} has no class_type; save the workflow again")
        if not isinstance(node.get("inputs"), dict):
            raise WorkflowError(f"node {node_id} has no inputs; save the workflow again")
    return document
