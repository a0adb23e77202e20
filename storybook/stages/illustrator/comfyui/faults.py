"""What a server lacks for a graph, and what it may refuse.

What it **lacks** is certain, since it is read off the server's own lists: a class of nodes, a model
file. All else is a **doubt**: newer servers and node packs check values and links in ways of their
own, so it is said and the graph is sent all the same.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from storybook.stages.illustrator.comfyui.graph import Graph, Node, NodeId, class_of, link_of
from storybook.stages.illustrator.comfyui.node_types import Input, NodeType, NodeTypes
from storybook.stages.illustrator.comfyui.problems import WorkflowProblem, listed, where
from storybook.stages.illustrator.comfyui.roles import MODEL_NAMES
from storybook.stages.illustrator.comfyui.wiring import socket_types

MODEL_FILES: Final = (*(".safetensors", ".sft", ".ckpt", ".pt", ".pth", ".bin", ".gguf", ".onnx"),)
"""How the names of files in a server's `models` folder end."""

Packs = Mapping[str, str]
"""The node pack that a class of nodes is from, as far as the workflow says."""


def is_model_file(value: object) -> bool:
    return isinstance(value, str) and value.lower().endswith(MODEL_FILES)


def as_the_server_spells(graph: Graph, node_types: NodeTypes) -> Graph:
    """A graph whose choices are spelled as the server's own: a path from Windows has other strokes
    than one from elsewhere, and the server compares them letter by letter."""
    return {it: _spelled(node, node_types.of(class_of(node))) for it, node in graph.items()}


def _spelled(node: Node, kind: NodeType | None) -> Node:
    inputs = {}
    for name, value in node["inputs"].items():
        it = kind.input(name) if kind else None
        inputs[name] = _choice(it.options, value) if it and it.options else value
    return node | {"inputs": inputs}


def _choice(options: tuple[Any, ...], value: Any) -> Any:
    if value in options or not isinstance(value, str):
        return value
    wanted = value.replace("\\", "/")
    return next((it for it in options if str(it).replace("\\", "/") == wanted), value)


# ------------------------------------------------------------------------------- what is missing


def packs_in(document: object) -> dict[str, str]:
    """The packs that the editor has written beside its nodes, subgraphs' included."""
    found: dict[str, str] = {}
    match document:
        case {"nodes": list() as nodes, **rest}:
            for node in nodes:
                match node:
                    case {"type": str(name), "properties": dict(properties)}:
                        pack = properties.get("cnr_id") or properties.get("aux_id")
                        if isinstance(pack, str) and pack != "comfy-core":
                            found.setdefault(name, pack)
            definitions = rest.get("definitions")
            if isinstance(definitions, dict):
                for drawing in definitions.get("subgraphs") or ():
                    found = packs_in(drawing) | found
    return found


def missing_nodes(graph: Graph, node_types: NodeTypes, packs: Packs) -> Iterator[WorkflowProblem]:
    """Each class of nodes that the server does not have, once."""
    users: dict[str, list[NodeId]] = defaultdict(list)
    for node_id, node in graph.items():
        if class_of(node) not in node_types:
            users[class_of(node)].append(node_id)
    for name, (first, *others) in users.items():
        more = f"; it is used by node {', '.join(others)} too" if others else ""
        pack = packs.get(name, "")
        said = (
            f"the server has no such node; it is from the node pack {pack}"
            if pack
            else ("the server has no such node")
        )
        mend = (
            f"Install {pack} with ComfyUI's manager"
            if pack
            else ("Install the node pack that it is from")
        )
        yield WorkflowProblem(
            "missing_node",
            where(graph, first),
            said + more,
            f"{mend}, update ComfyUI, or take it out of the workflow",
            tuple(difflib.get_close_matches(name, list(node_types), 3, 0.6)),
        )


def missing_models(graph: Graph, node_types: NodeTypes) -> Iterator[WorkflowProblem]:
    """Model files that are not among those which the server lists."""
    for node_id, it, value in _values(graph, node_types):
        if it.options is not None and value not in it.options and _is_of_models(it, value):
            names = tuple(str(name) for name in it.options)
            yield WorkflowProblem(
                "missing_model",
                where(graph, node_id, it.name),
                f"the server has no {value!r}; it has {listed(names)}",
                "Put the file into ComfyUI's models folder, or choose one that is there",
                names,
            )


def _is_of_models(it: Input, value: Any) -> bool:
    names = (value, *(it.options or ()))
    return it.name in MODEL_NAMES or any(is_model_file(name) for name in names)


def _values(graph: Graph, node_types: NodeTypes) -> Iterator[tuple[NodeId, Input, Any]]:
    """The values that are written in a graph, with what is known of their inputs."""
    for node_id, node in graph.items():
        kind = node_types.of(class_of(node))
        for it in kind.inputs if kind else ():
            if it.name in node["inputs"] and link_of(node["inputs"][it.name]) is None:
                yield node_id, it, node["inputs"][it.name]


# -------------------------------------------------------------------------------- what is doubted


def doubts(graph: Graph, node_types: NodeTypes) -> Iterator[WorkflowProblem]:
    """What the server may refuse. Nothing is said of what only follows from a missing node."""
    for node_id, node in graph.items():
        kind = node_types.of(class_of(node))
        for it in kind.inputs if kind else ():
            if it.name in node["inputs"]:
                yield from _input_doubts(graph, node_id, it, node_types)
            elif it.required and not _is_grown(it, node):
                yield WorkflowProblem(
                    "missing_input",
                    where(graph, node_id, it.name),
                    "it is required and has no value",
                    "Connect it, or save the workflow again",
                )


def _is_grown(it: Input, node: Node) -> bool:
    """Whether an input stands for others (`values` for `values.a`), or for none at all."""
    return socket_types(it.kind) is None or any(
        name.startswith(f"{it.name}.") for name in node["inputs"]
    )


def _input_doubts(
    graph: Graph, node_id: NodeId, it: Input, node_types: NodeTypes
) -> Iterator[WorkflowProblem]:
    value, at = graph[node_id]["inputs"][it.name], where(graph, node_id, it.name)
    link = link_of(value)
    if link is None:
        yield from _value_doubts(at, it, value)
    elif link.node not in graph:
        yield WorkflowProblem(
            "broken_link", at, f"node {link.node} is not there", "Connect it again"
        )
    else:
        source = node_types.of(class_of(graph[link.node]))
        if source is not None and not _fits(source, link.slot, it):
            yield WorkflowProblem(
                "wrong_link", at, f"it takes {it.kind}, not this output", "Connect it again"
            )


def _fits(source: NodeType, slot: int, it: Input) -> bool:
    if slot >= len(source.outputs):
        return False
    given, taken = socket_types(source.outputs[slot]), socket_types(it.kind)
    return given is None or taken is None or not given.isdisjoint(taken)


def _value_doubts(at: str, it: Input, value: Any) -> Iterator[WorkflowProblem]:
    if it.options is not None and value not in it.options and not _is_of_models(it, value):
        names = tuple(str(name) for name in it.options)
        yield WorkflowProblem(
            "unknown_value",
            at,
            f"{value!r} is no choice; there are {listed(names)}",
            "Choose one of them in ComfyUI and save the workflow again",
            names,
        )
    elif it.kind in ("INT", "FLOAT") and isinstance(value, int | float):
        is_low = it.low is not None and value < it.low
        is_high = it.high is not None and value > it.high
        if is_low or is_high:
            yield WorkflowProblem(
                "out_of_range", at, f"{value} is not in {it.low} … {it.high}", "Change it"
            )
    elif it.kind in ("INT", "FLOAT") and not _is_number(value):
        yield WorkflowProblem("wrong_value", at, f"{value!r} is no number", "Change it")


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
